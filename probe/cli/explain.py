"""`probe explain`: what goes with the flips of a finished run, and how the model represents its prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.cli.command import command, joined
from probe.cli.options import AllowOutside, Json, ModelArgs, PerturbAgain, RunFolder, RunModel, TrustTasks, typed_again
from probe.cli.output import messages, note, out, out_json, warn

if TYPE_CHECKING:
    from probe.api.session import Session
    from probe.models.base import Model

SHOWN_TOKENS = 6
NOTE = (
    "within families: each variant against others of its family, since families differ in everything. Interval and q are "
    "corrected for all correlations that were tried: where q is above 0.05 the interval holds 0: chance alone could do it. "
    "rho of all: over all variants, families mixed; it is not tested."
)
LAYER_NOTE = (
    "alignment: squared distance of a variant from its original, 0 the same, 2 unrelated; lower is steadier. uniformity: 0 all "
    "items in one place, lower spreads them. relative_distance, also of each family: 1 is as far as another item is; lower is "
    "steadier."
)


@command("Diagnose", settings=("seed", "device", "trust_remote_code"))
def explain(
    session: Session,
    run: RunFolder,
    model: RunModel = None,
    model_args: ModelArgs = None,
    flip: Annotated[
        str | None, typer.Option("--flip", help="Id of one flip, as in the report and in --json.", show_default=False)
    ] = None,
    flips: Annotated[int, typer.Option("--flips", min=0, help="The worst flips, if none is named.")] = 3,
    items: Annotated[
        int, typer.Option("--items", min=2, help="Items of a suite whose hidden states are compared.")
    ] = 64,
    perturb: PerturbAgain = None,
    trust_tasks: TrustTasks = False,
    allow_outside: AllowOutside = False,
    as_json: Json = False,
) -> None:
    """Explain flips by states, features and tokens.

    Shows hidden states by layer, what goes with accuracy and flips, and the tokens that an answer hung on.
    """
    from probe.experiments.explain import explain as explained
    from probe.record.redraw import redrawn_results
    from probe.record.run import read_run
    from probe.record.store import check_place, write_json
    from probe.record.trust import check

    made, seed = read_run(run), session.settings.seed
    # Of this command line alone: what the project's file trusts is its own model.
    trusts = bool(session.given.get("trust_remote_code"))
    typed = typed_again(perturb, trust_tasks=trust_tasks, allow_outside=allow_outside, trust_remote_code=trusts)
    check(made, typed, model=model is None)
    check_place(run / "explanation.json", what="what is found", hint="copy the run to where you may write")
    results = redrawn_results(made, then="explain that run", typed=typed)
    with messages():
        asking = session.using(model_args=joined(model_args), out=run.parent, trust_remote_code=trusts)
        loaded = _model(asking, made.manifest["model"], model)
        note(f"asking {loaded.name} again")
        found = explained(results, loaded, flip=flip, num_flips=flips, max_items=items, seed=seed) | {"run": str(run)}
    write_json(run / "explanation.json", found)
    if as_json:
        out_json(found)
        return
    out("\n".join(_lines(found)))


def _model(session: Session, facts: Mapping[str, Any], spec: str | None) -> Model:
    """Load the model that the manifest names, as it was loaded then; warn if it is not the same."""
    from probe.models.loaders import backends

    name = str(facts["name"])
    is_local = facts.get("path") in ("trie", "padded")
    loaded = session.using(
        model=spec or (name if name.partition(":")[0] in backends.names() else f"hf:{name}"),
        dtype=str(facts.get("dtype", "auto")) if is_local else "auto",
        revision=facts.get("revision"),
        adapter=facts.get("adapter"),
        apply_chat_template=bool(facts.get("chat_template_hash")),
        max_length=facts.get("max_length"),
    ).model()
    if differing := loaded.facts().differing(facts):
        warn(
            f"{loaded.name} is not the model of the run: it differs from what the manifest records in {', '.join(differing)}"
        )
    return loaded


def _lines(found: dict[str, Any]) -> list[str]:
    from reports.console import prose, table, visible_line

    lines = prose(found["verdict"])
    if found["correlations"]:
        rows = _correlations(found)
        lines += [
            "",
            f"what goes with the accuracy and the flips of variants (Spearman's rho{_of_variants(rows)})",
            table(rows),
        ]
        lines += prose(NOTE)
    if found["representation"]:
        lines += ["", "how the model represents rephrasings, by layer", table(_layers(found)), *prose(LAYER_NOTE)]
    for row in found["salience"]:
        head = f"{row['id']}  {row['kind']}: {row['before_prediction']!r} -> {row['after_prediction']!r}"
        lines += ["", visible_line(head)]
        lines += [f"  not explained: {row['reason']}"] if row["reason"] else _tokens(row)
    missing: dict[str, list[str]] = {}
    for row in found["missing"]:
        missing.setdefault(row["reason"], []).append(row["what"])
    lines += [""] * bool(missing) + [f"missing  {', '.join(whats)}: {reason}" for reason, whats in missing.items()]
    return [*lines, "", f"written  {Path(found['run']) / 'explanation.json'}"]


def _correlations(found: dict[str, Any]) -> list[dict[str, str]]:
    """Return the correlations over all families, closest to significance first; those of one family are in the file."""
    from reports.words import short_name

    rows = [row for row in found["correlations"] if row["family"] == "all"]
    rows.sort(key=lambda row: (row["q_value"] is None, row["q_value"] or 0.0, -abs(row["rho"] or 0.0)))
    return [
        {
            "suite": row["suite"],
            "outcome": short_name(row["outcome"]),
            "feature": row["feature"].replace("_", " "),
            "rho within families": "-" if row["q_value"] is None else _within(row),
            "q": row["reason"] if row["q_value"] is None else f"{row['q_value']:.3f}",
            "rho of all": "-" if row["rho"] is None else f"{row['rho']:+.2f}",
            "variants": str(row["num_variants"]),
        }
        for row in rows
    ]


def _of_variants(rows: Sequence[dict[str, str]]) -> str:
    """Return of how many variants all rows are, taking the column away; empty where they differ, as one column more."""
    numbers = {row["variants"] for row in rows}
    if len(numbers) != 1:
        return ""
    for row in rows:
        del row["variants"]
    return f" over {numbers.pop()} variants"


def _within(row: dict[str, Any]) -> str:
    return f"{row['rho_within']:+.2f} [{row['within_low']:+.2f}, {row['within_high']:+.2f}]"


def _layers(found: dict[str, Any]) -> list[dict[str, str]]:
    """Return a row for each suite and layer."""
    rows: dict[tuple[str, int], dict[str, str]] = {}
    for row in found["representation"]:
        line = rows.setdefault((row["suite"], row["layer"]), {"suite": row["suite"], "layer": str(row["layer"])})
        if row["family"] == "all":
            line[row["metric"]] = "-" if row["value"] is None else f"{row['value']:.3f}"
        elif row["metric"] == "relative_distance":
            line[row["family"]] = "-" if row["value"] is None else f"{row['value']:.2f}"
    heads = list(dict.fromkeys(head for line in rows.values() for head in line))
    return [{head: line.get(head, "") for head in heads} for line in rows.values()]


def _tokens(row: dict[str, Any]) -> list[str]:
    """Return the tokens of the changed prompt with the largest weights, each as a signed share of all weights."""
    from reports.console import visible_line

    total = sum(abs(score) for _, score in row["after"]["tokens"]) or 1.0
    tokens = sorted(row["after"]["tokens"], key=lambda pair: -abs(pair[1]))[:SHOWN_TOKENS]
    shown = ", ".join(f"{token!r} {100 * score / total:+.0f} %" for token, score in tokens)
    margins = f"{row['before']['margin']:+.2f} originally, {row['after']['margin']:+.2f} now"
    return [
        f"  log-odds of the new answer against the old one (nats): {margins}",
        visible_line(f"  it hung on (share of all weights, + for the new answer)  {shown}"),
    ]
