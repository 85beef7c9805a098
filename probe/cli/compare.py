"""`probe compare`: runs of several models on the same variants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from probe.cli.options import Json
from probe.cli.output import out, out_json


def compare(
    runs: Annotated[list[Path], typer.Argument(help="The folders of two runs or more, as `probe run` prints them.")],
    seed: Annotated[int, typer.Option("--seed", help="Seed of the bootstrap and of the swaps.")] = 0,
    as_json: Json = False,
) -> None:
    """Compare models on the same variants: paired differences, and whether their order holds under other prompts."""
    from probe.compare import compare as compare_runs
    from probe.compare import read_finished

    found = compare_runs(read_finished(runs), seed=seed)
    if as_json:
        out_json(found)
        return
    from reports.console import table

    letters = {run["label"]: _letter(place) for place, run in enumerate(found["runs"])}
    whole = "all" if len(found["suite"]) > 1 else found["suite"][0]
    rows = [row for row in found["differences"] if row["suite"] == whole]
    out(_verdict(rows))
    out("".join(f"\n  {letter}  {label}" for label, letter in letters.items()) + "\n")
    out(table([_difference(row, letters) for row in rows]))
    out("* differs at level 0.05: p adjusted over the families of a metric (Benjamini-Hochberg).")
    out("detectable: the least difference that a comparison of this size finds in four cases of five.\n")
    out(table([_mcnemar(row, letters) for row in found["tests"]]) + "\n")
    out(table([_ranking(row) for row in found["rankings"]]) + "\n")
    out(table([_reversal(row, letters) for row in found["reversals"]]))
    if len(found["suite"]) > 1:
        out("\nThe differences are over all suites pooled; --json has those of each suite.")


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"#{place + 1}"


def _pair(row: dict[str, Any], letters: dict[str, str]) -> str:
    return f"{letters[row['b']]} - {letters[row['a']]}"


def _verdict(rows: list[dict[str, Any]]) -> str:
    differing = [row for row in rows if row["significant"]]
    if not differing:
        return f"None of {len(rows)} differences is larger than chance explains."
    clean = [row for row in differing if row["metric"] == "accuracy"]
    first = f"{len(differing)} of {len(rows)} differences are larger than chance explains"
    if not clean:
        return first + ", none of them in accuracy as written."
    top = max(clean, key=lambda row: abs(row["difference"]))
    better, worse = (top["b"], top["a"]) if top["difference"] > 0 else (top["a"], top["b"])
    return f"{first}; as written, {better} beats {worse} by {100 * abs(top['difference']):.1f} points."


def _difference(row: dict[str, Any], letters: dict[str, str]) -> dict[str, Any]:
    return {
        "family": row["family"],
        "metric": row["metric"],
        "pair": _pair(row, letters),
        "from": f"{row['value_a']:.3f}",
        "to": f"{row['value_b']:.3f}",
        "by": f"{row['difference']:+.3f}" + (" *" if row["significant"] else ""),
        "95 %": f"[{row['ci_low']:+.3f}, {row['ci_high']:+.3f}]",
        "detectable": f"{row['minimum_detectable']:.3f}",
        "p": f"{row['p_adjusted']:.2g}",
    }


def _mcnemar(row: dict[str, Any], letters: dict[str, str]) -> dict[str, Any]:
    return {
        "McNemar, as written": row["suite"],
        "pair": _pair(row, letters),
        "items": row["num_items"],
        "p": f"{row['p_value']:.2g}",
        "p adjusted": f"{row['p_adjusted']:.2g}" + (" *" if row["significant"] else ""),
    }


def _ranking(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "ranking of models": row["suite"],
        "models": row["num_models"],
        "variants": row["num_variants"],
        "Kendall's W": _rate(row, "kendalls_w"),
        "mean tau": _rate(row, "mean_tau"),
        "note": row["reason"],
    }


def _reversal(row: dict[str, Any], letters: dict[str, str]) -> dict[str, Any]:
    return {
        "order reverses": row["suite"],
        "pair": _pair(row, letters),
        "between two prompts": _rate(row, "reversal"),
        "from the one written": _rate(row, "reversal_of_clean"),
        "note": row["reason"],
    }


def _rate(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return "-"
    return f"{row[name]:.2f} [{row[name + '_ci_low']:.2f}, {row[name + '_ci_high']:.2f}]"
