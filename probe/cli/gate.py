"""`probe gate`: is this run worse than a baseline, or than a bound? The exit code is the verdict's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli.command import command
from probe.cli.options import AnyRunFolder, Json, Outputs, folder_of_runs, the_run
from probe.cli.output import out, out_json, step_summary, warn, width

if TYPE_CHECKING:
    from probe.gating.verdict import GateVerdict


def _share(flag: str, text: str) -> object:
    return typer.Option(flag, min=0.0, max=1.0, help=text, show_default=False, rich_help_panel="Bounds")


def _allow(flag: str, text: str) -> object:
    return typer.Option(flag, help=text, rich_help_panel="Differences allowed")


@command("Gate")
def gate(
    run: AnyRunFolder = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", "-b", help="Baseline to compare with, made by `probe bless`.", show_default=False),
    ] = None,
    max_flip_rate: Annotated[
        float | None, _share("--max-flip-rate", "Highest flip rate over all families, such as 0.10.")
    ] = None,
    max_spread: Annotated[float | None, _share("--max-spread", "Largest spread over all families.")] = None,
    min_accuracy: Annotated[float | None, _share("--min-accuracy", "Lowest accuracy on the original prompts.")] = None,
    min_worst_accuracy: Annotated[
        float | None, _share("--min-worst-accuracy", "Lowest accuracy of the worst variant.")
    ] = None,
    min_contrast_consistency: Annotated[
        float | None, _share("--min-contrast-consistency", "Lowest share of contrast sets with all answers right.")
    ] = None,
    margin: Annotated[
        float | None, _share("--margin", "Worsening against the baseline that may pass.  [default: 0.02]")
    ] = None,
    tolerance: Annotated[
        float | None, _share("--tolerance", "Worsening that a pass must rule out.  [default: 0.05]")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Judge bounds by the figure itself instead of its interval.")
    ] = False,
    fail_on_inconclusive: Annotated[
        bool | None,
        typer.Option(
            "--fail-on-inconclusive/--allow-inconclusive",
            help="Exit with 4, or with 0, if there are too few items to tell.  [default: 4]",
            show_default=False,
        ),
    ] = None,
    allow_missing_items: Annotated[
        bool, _allow("--allow-missing-items", "Compare only the items that are in both.")
    ] = False,
    allow_suite_change: Annotated[
        bool, _allow("--allow-suite-change", "Compare items by name although suite or prompt changed.")
    ] = False,
    allow_token_change: Annotated[
        bool, _allow("--allow-token-change", "Compare although tokenizer or chat template changed.")
    ] = False,
    allow_variant_change: Annotated[
        bool, _allow("--allow-variant-change", "Compare only the variants that are in both.")
    ] = False,
    output: Outputs = None,
    as_json: Json = False,
) -> None:
    """Judge a run by a baseline or by bounds.

    Exits with 0 for pass, 1 for regressed (worse than the baseline) or failed (beyond a bound), and 4 for inconclusive
    (0 with --allow-inconclusive). What is not typed comes from the project's file.
    """
    from probe.api.session import Session
    from probe.record.store import check_outputs
    from reports.formats import check_formats

    check_formats(output or [])
    check_outputs(output or [])
    allowed = {
        "missing-items": allow_missing_items,
        "suite-change": allow_suite_change,
        "token-change": allow_token_change,
        "variant-change": allow_variant_change,
    }
    session, folder = Session(), run or the_run(str(folder_of_runs()))
    verdict = session.verdict(
        folder,
        baseline=baseline,
        allow=[kind for kind, is_allowed in allowed.items() if is_allowed],
        max_flip_rate=max_flip_rate,
        max_spread=max_spread,
        min_accuracy=min_accuracy,
        min_worst_accuracy=min_worst_accuracy,
        min_contrast_consistency=min_contrast_consistency,
        margin=margin,
        tolerance=tolerance,
        strict=strict or None,
    )
    fails = session.project.gate.fail_on_inconclusive if fail_on_inconclusive is None else fail_on_inconclusive
    show(verdict, output or [], run=folder, as_json=as_json, fail_on_inconclusive=fails)


def show(verdict: GateVerdict, output: list[Path], *, run: Path, as_json: bool, fail_on_inconclusive: bool) -> None:
    """Write and print a verdict, and leave with its exit code."""
    from reports.formats import Results, write
    from reports.gate_console import page
    from reports.gate_markdown import markdown

    results = Results((run,), (verdict,), fail_on_inconclusive)
    for path in output:
        write(results, path)
    step_summary(lambda: markdown(verdict))
    for allowed in verdict.allowed:
        warn(f"compared although {allowed}")
    for text in (*verdict.not_judged, *verdict.unguarded):
        warn(text)
    if as_json:
        out_json(verdict.to_json(fail_on_inconclusive=fail_on_inconclusive))
    else:
        out(page(verdict, width=width()))
    raise typer.Exit(verdict.exit_code(fail_on_inconclusive=fail_on_inconclusive))
