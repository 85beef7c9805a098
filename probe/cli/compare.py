"""`probe compare`: runs of several models on the same variants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from probe.cli.options import Json
from probe.cli.output import out, out_json


def compare(
    runs: Annotated[list[Path], typer.Argument(help="The folders of two runs or more, as `probe run` prints them.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the comparison as an HTML page.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the bootstrap and of the swaps.")] = 0,
    as_json: Json = False,
) -> None:
    """Compare models on the same variants: paired differences, and whether their order holds under other prompts."""
    from probe.changes import compare_folders
    from probe.errors import UsageError

    if output is not None and output.suffix not in (".html", ".htm"):
        raise UsageError(f"-o {output}: the format {output.suffix or '(none)'} is not known; write FILE.html")
    found = compare_folders(runs, seed=seed)
    if output is not None:
        from reports.compare_page import page, save

        save(page(found), output)
    if as_json:
        out_json(found)
        return
    from reports.console import table

    letters = {run["label"]: _letter(place) for place, run in enumerate(found["runs"])}
    whole = "all" if len(found["suite"]) > 1 else found["suite"][0]
    rows = [row for row in found["differences"] if row["suite"] == whole]
    for change in (one for pair in found["pairs"] for one in _weighty(pair["changes"])):
        out(f"changed  {change['entry']}: {change['a']} -> {change['b']}")
    out(found["verdict"])
    out("".join(f"\n  {letter}  {label}" for label, letter in letters.items()) + "\n")
    out(table([_difference(row, letters) for row in rows]))
    out("* differs at level 0.05: p adjusted over all rows of the comparison (Benjamini-Hochberg).")
    out("detectable: the least difference that a comparison of this size finds in four cases of five.")
    out("net: both values minus what each run shows on reruns of the identical prompt, its noise floor.\n")
    out(table([_mcnemar(row, letters) for row in found["tests"]]) + "\n")
    out(table([_ranking(row) for row in found["rankings"]]) + "\n")
    out(table([_reversal(row, letters) for row in found["reversals"]]))
    out(f"The order of models is {found['rankings'][0]['minimum_detectable_reason']}.")
    for pair in found["pairs"]:
        out(f"\n{pair['a']} -> {pair['b']}: {pair['num_broken']} items newly broken, {pair['num_fixed']} newly fixed")
    if output is not None:
        out(f"\npage  {output}")
    if len(found["suite"]) > 1:
        out("\nThe differences are over all suites pooled; --json has those of each suite.")


def _weighty(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the changes that decide which tokens the model was sent, or what the versions are; the page has them all."""
    return [one for one in changes if one["kind"] in ("tokens", "prompts", "versions")]


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"#{place + 1}"


def _pair(row: dict[str, Any], letters: dict[str, str]) -> str:
    return f"{letters[row['b']]} - {letters[row['a']]}"


def _difference(row: dict[str, Any], letters: dict[str, str]) -> dict[str, Any]:
    return {
        "family": row["family"],
        "metric": row["metric"],
        "pair": _pair(row, letters),
        "from": f"{row['value_a']:.3f}",
        "to": f"{row['value_b']:.3f}",
        "net": "" if row["net_a"] is None or row["net_b"] is None else f"{row['net_a']:.3f} {row['net_b']:.3f}",
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
        "detectable": row["reason"] or f"{row['minimum_detectable']:.3f}",
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
