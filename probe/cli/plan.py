"""`probe plan`: what a run would ask and what it would cost, before it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.api.settings import of_panel
from probe.cli.command import command
from probe.cli.options import Json, run_of
from probe.cli.output import messages, out, out_json

if TYPE_CHECKING:
    from probe.api.session import Session

SETTINGS = (
    "suites",
    *of_panel("Suite"),
    *of_panel("Perturbations", without=("embedding_model", "embedding_threshold", "nli_model", "nli_threshold")),
    *of_panel("Model", without=("dtype", "batch_size", "token_budget", "adapter")),
    "noise_floor",
    "budget",
)


@command("Run", settings=SETTINGS)
def plan(
    session: Session,
    target_ci: Annotated[
        float | None,
        typer.Option("--target-ci", min=0.001, max=0.5, help="Say what intervals of this half-width need."),
    ] = None,
    pilot: Annotated[
        Path | None,
        typer.Option(
            "--pilot",
            parser=run_of("--pilot"),
            metavar="RUN",
            help="A run that shows how far items and variants differ.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Count what a run would ask, and its cost.

    Shows variants, requests, tokens and a rough time. Loads no weights.
    """
    from probe.errors import UsageError
    from probe.evaluation.plan import count
    from probe.models.loaders import tokenizer_only, tokens_per_second

    if pilot is not None and target_ci is None:
        raise UsageError(
            "--pilot without --target-ci: a pilot says what an interval needs", hint="add --target-ci 0.02"
        )
    with messages():
        wanted = session.plan()
        suites, wanted, _ = session.paraphrased(session.suites(), wanted)
    asked, options = session.settings, session.options()
    tokenizer = tokenizer_only(asked.model, options, model_args=asked.model_args)
    rate = None
    if tokenizer is not None:
        rate = tokens_per_second(asked.model, options, model_args=asked.model_args)
    counted = count(suites, wanted, tokenizer=tokenizer, rate=rate)
    if target_ci is not None:
        from probe.comparison.sample_size import needs

        counted["needs"] = needs(suites, wanted, target=target_ci, pilot=pilot)
    if as_json:
        out_json(counted)
        return
    from reports.console import table

    out(f"{table(counted['suites'])}\n\n{_sums(counted)}")
    if target_ci is not None:
        rows = [_need(row) for row in counted["needs"]]
        out(f"\n{table(rows)}\n{_meaning(counted['needs'])}")


def _sums(counted: dict[str, Any]) -> str:
    lines = [
        f"variants  {counted['variants']:,}",
        f"requests  {counted['requests']:,}, {counted['unique_requests']:,} of them distinct",
    ]
    if counted["tokens"] is not None:
        share = counted["tokens"] / max(counted["unique_tokens"], 1)
        lines.append(
            f"tokens    {counted['tokens']:,}, {counted['unique_tokens']:,} to compute ({share:.1f} times fewer)"
        )
    if counted["seconds"] is not None:
        lines.append(f"time      roughly {counted['seconds']:,.0f} s on this machine")
    return "\n".join(lines)


def _need(row: dict[str, Any]) -> dict[str, Any]:
    samples = (
        "-" if row["metric"] == "accuracy" else "no number" if row["samples_needed"] is None else row["samples_needed"]
    )
    added = "-" if row["shared_half_width"] is None else f"+-{row['shared_half_width']:.3f}"
    return {
        "suite": row["suite"],
        "interval of": row["metric"],
        "items needed": f"{row['items_needed']:,} of {row['items_available']:,}",
        "with all items": f"+-{row['half_width']:.3f}",
        "samples, with all items": samples,
        "other formats add": added,
        "samples for those": "-" if row["shared_samples_needed"] is None else f"{row['shared_samples_needed']:,}",
        "from": row["source"].split()[0],
    }


def _meaning(rows: list[dict[str, Any]]) -> str:
    target = rows[0]["target"]
    lines = [
        f"For intervals of +-{target:g} at 95 %, for these variants. Items beyond those of a suite have to be added."
    ]
    for metric in ("flip_rate", "accuracy"):
        assumed = [row for row in rows if row["metric"] == metric and row["source"] == "assumed"]
        if assumed:
            row = assumed[0]
            lines.append(
                f"Assumed: {metric} {row['rate']:g}, correlation of two variants of an item {row['correlation']:g}."
            )
    for row in rows:
        if row["not_in_pilot"]:
            lines.append(
                f"{row['suite']}: the pilot did not ask {', '.join(row['not_in_pilot'])}; "
                "nothing is known of them, and they may flip more."
            )
    if any(row["source"] == "assumed" for row in rows):
        lines.append("A pilot knows better: probe run --limit 50, then probe plan --target-ci W --pilot RUN.")
    return "\n".join(lines)
