"""`probe gate`: is this run worse than a baseline, or than a bound? The exit code is the verdict's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli.loading import run_of
from probe.cli.options import Json
from probe.cli.output import out, out_json, step_summary, warn
from probe.cli.run import _width

if TYPE_CHECKING:
    from probe.gating.bounds import Bound
    from probe.gating.config import Config
    from probe.gating.verdict import Verdict


def _bound(flag: str, text: str) -> object:
    return typer.Option(flag, min=0.0, max=1.0, help=text, show_default=False)


def gate(
    run: Annotated[
        Path, typer.Argument(help="The folder of a run, as `probe run` prints it; of a folder of runs, the newest.")
    ],
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", "-b", help="Baseline to compare with, made by `probe bless`.", show_default=False),
    ] = None,
    max_flip_rate: Annotated[
        float | None, _bound("--max-flip-rate", "Most flips over all families, such as 0.10.")
    ] = None,
    max_spread: Annotated[float | None, _bound("--max-spread", "Most spread over all families.")] = None,
    min_accuracy: Annotated[float | None, _bound("--min-accuracy", "Least accuracy as written.")] = None,
    min_worst_accuracy: Annotated[
        float | None, _bound("--min-worst-accuracy", "Least accuracy of the worst variant.")
    ] = None,
    min_contrast_consistency: Annotated[
        float | None, _bound("--min-contrast-consistency", "Least share of contrast sets right throughout.")
    ] = None,
    margin: Annotated[
        float | None, _bound("--margin", "Worsening against the baseline that is let pass.  [default: 0.02]")
    ] = None,
    tolerance: Annotated[
        float | None, _bound("--tolerance", "Worsening that a pass must rule out.  [default: 0.05]")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Judge bounds by the figure itself instead of its interval.")
    ] = False,
    fail_on_inconclusive: Annotated[
        bool, typer.Option("--fail-on-inconclusive", help="Exit 4 where there are too few items to say.")
    ] = False,
    allow_missing_items: Annotated[
        bool, typer.Option("--allow-missing-items", help="Compare the items that are in both.")
    ] = False,
    allow_suite_change: Annotated[
        bool, typer.Option("--allow-suite-change", help="Compare items by name though suite or prompt changed.")
    ] = False,
    allow_token_change: Annotated[
        bool, typer.Option("--allow-token-change", help="Compare though tokenizer or chat template changed.")
    ] = False,
    allow_variant_change: Annotated[
        bool, typer.Option("--allow-variant-change", help="Compare the variants that are in both.")
    ] = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            help="Write FILE.json, .md, .xml (JUnit), .sarif, .html, .csv or .parquet; may be given again.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge a run: pass (exit 0), regressed (exit 1) or inconclusive (exit 0, or 4 with --fail-on-inconclusive)."""
    from probe.gating.config import find_config
    from probe.gating.judge import judge
    from probe.gating.rule import Rule
    from reports.formats import check_formats

    config = find_config(Path.cwd())
    given = {
        "max-flip-rate": max_flip_rate,
        "max-spread": max_spread,
        "min-accuracy": min_accuracy,
        "min-worst-accuracy": min_worst_accuracy,
        "min-contrast-consistency": min_contrast_consistency,
    }
    allowed = {
        "missing-items": allow_missing_items,
        "suite-change": allow_suite_change,
        "token-change": allow_token_change,
        "variant-change": allow_variant_change,
    }
    check_formats(output or [])
    folder = run_of(run)
    verdict = judge(
        folder,
        baseline=baseline or config.baseline,
        bounds=_bounds(given, config),
        rule=Rule(
            margin=_first(margin, config.margin, Rule().margin),
            tolerance=_first(tolerance, config.tolerance, Rule().tolerance),
            strict=strict or config.strict,
        ),
        allowed=frozenset(kind for kind, is_allowed in allowed.items() if is_allowed),
        settings=config.name,
    )
    fails = fail_on_inconclusive or config.fail_on_inconclusive
    show(verdict, output or [], run=folder, as_json=as_json, fail_on_inconclusive=fails)


def show(verdict: Verdict, output: list[Path], *, run: Path, as_json: bool, fail_on_inconclusive: bool) -> None:
    """Write and print a verdict, and leave with its exit code."""
    from probe.gating.as_json import as_dict
    from reports.formats import Told, write
    from reports.gate_console import page
    from reports.gate_markdown import markdown

    told = Told((run,), (verdict,), fail_on_inconclusive)
    for path in output:
        write(told, path)
    step_summary(lambda: markdown(verdict))
    for allowed in verdict.allowed:
        warn(f"compared although {allowed}")
    for not_judged in verdict.not_judged:
        warn(not_judged)
    if as_json:
        out_json(as_dict(verdict, fail_on_inconclusive=fail_on_inconclusive))
    else:
        out(page(verdict, width=_width()))
    raise typer.Exit(verdict.exit_code(fail_on_inconclusive=fail_on_inconclusive))


def _bounds(given: dict[str, float | None], config: Config) -> list[Bound]:
    """Return the bounds of the file, those without a suite or family replaced by the flags."""
    from probe.gating.bounds import Bound

    flags = [Bound(name, value) for name, value in given.items() if value is not None]
    named = {bound.name for bound in flags}
    return flags + [b for b in config.bounds if b.suite or b.family or b.name not in named]


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)
