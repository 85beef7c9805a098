"""`probe attribute`: one designed experiment that says which part of a prompt moves the answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.api.settings import of_panel
from probe.cli.command import command
from probe.cli.options import Json, SuiteName, run_of
from probe.cli.output import messages, out, out_json, typed
from probe.cli.progress import progress_line

if TYPE_CHECKING:
    from probe.api.session import Session
    from probe.experiments.attribution import Attribution
    from probe.metrics.attribution import SpreadShare
    from probe.models.base import Model
    from probe.types import Suite

NOTES = (
    "share of spread: of all changes between right and wrong, the part that a factor causes; high: answers hang on it.",
    "accuracy (pt): mean change at the other levels, in percentage points; below 0: the original is better.",
    "sd alike (pt): standard deviation of accuracy that a factor gives all items together; high: one level is better for all.",
    "sd by item (pt): standard deviation among items of what it does to each; high: some gain and others lose.",
    "share of log-odds: the share of spread of how likely the right answer is, which moves before an answer does.",
    "residual: several factors together, and chance. How items differ in difficulty is left out.",
)
"""What the columns of the table mean."""

SETTINGS = (*of_panel("Model", without=("token_budget", "max_length")), "num_fewshot", "seed", "limit", "out")


@command("Diagnose", settings=SETTINGS)
def attribute(
    session: Session,
    suite: SuiteName,
    budget: Annotated[
        int, typer.Option("--budget", min=1, help="Most evaluations; one is one item asked in one form.")
    ] = 2000,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            parser=run_of("--into"),
            metavar="RUN",
            help="A run of this suite, whose page then shows the result.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find which part of a prompt moves answers.

    Switches separator, casing, wording, order of options and the like on and off by a designed experiment.
    """
    from probe.api.messages import recorded_warnings
    from probe.api.save import Experiment
    from probe.experiments.attribute import ask, plan_experiment, summarise
    from probe.record.store import check_place

    with messages():
        session.check_out()
        read = session.suite(suite)
    if into is not None:
        check_place(into / "report.html", what="the result")
    chosen = session.settings
    facts: dict[str, Any] = {
        "budget": budget,
        "num_fewshot": chosen.num_fewshot,
        "seed": chosen.seed,
        "limit": chosen.limit,
    }
    experiment = plan_experiment(read, **facts)
    with messages(), recorded_warnings() as warnings:
        model = session.model()
        if into is not None:
            _check_into(into, read, model)
        with progress_line() as progress:
            scores = ask(experiment, model, progress=progress)
        found = summarise(experiment, scores, model, warnings=warnings)
    summary = found.to_json()
    Experiment(
        kind="attribution",
        suite=read,
        model=model,
        command=typed(session),
        facts=facts | {"design": experiment.runs.astype(int).tolist()},
        before_suite="attribute-",
    ).save(session.out, summary, scores=scores)
    if into is not None:
        _add_to_run(into, summary)
    if as_json:
        out_json(summary)
    else:
        out("\n".join(_lines(found, summary["run"])))


def _check_into(run: Path, suite: Suite, model: Model) -> None:
    """Refuse a folder that is no run of the suite with the model.

    Raises:
        UsageError: it is another run, or none.
    """
    from probe.errors import UsageError
    from probe.record.run import read_run

    manifest = read_run(run).manifest
    ran = {one["name"]: one["digest"] for one in manifest["suites"]}
    if ran.get(suite.name) != suite.digest:
        what = "was run with other files" if suite.name in ran else f"is not among {', '.join(ran)}"
        raise UsageError(
            f"--into {run}: the suite {suite.name!r} {what}", hint="leave --into out, or run the suite first"
        )
    if manifest["model"]["name"] != model.name:
        raise UsageError(f"--into {run}: was run with {manifest['model']['name']!r}, not with {model.name!r}")
    if differing := model.facts().differing(manifest["model"]):
        raise UsageError(
            f"--into {run}: {model.name!r} was changed since that run; another {', '.join(differing)}",
            hint="leave --into out, or run the suite again first",
        )


def _add_to_run(run: Path, summary: dict[str, Any]) -> None:
    """Write the experiment's figures into a run's folder and make its page again."""
    from probe.record.store import write_json
    from reports.html import write_page

    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", summary["suite"])
    write_json(run / f"attribution-{name}.json", summary)
    write_page(run, run / "report.html")


def _lines(found: Attribution, run: str) -> list[str]:
    """Return the lines of the terminal page."""
    from reports.console import prose, table
    from reports.words import counted

    lines = [*prose(found.verdict), "", table(_rows(found)), ""]
    lines += [line for note in NOTES for line in prose(note)]
    lines += ["", *prose("accuracy at each other level less that at the original, with 95 % intervals")]
    lines += [table(_levels(found)), ""]
    lines += prose(
        f"{found.num_evaluations:,} evaluations: {found.num_items} items x {found.num_runs} runs"
        f" x {counted(found.num_blocks, 'sample')} of the other levels. 95 % intervals by bootstrap over items."
    )
    reasons: dict[str, list[str]] = {}
    for row in found.left_out:
        reasons.setdefault(row.reason, []).append(row.factor)
    lines += [line for why, names in reasons.items() for line in prose(f"left out  {', '.join(names)}: {why}")]
    return [*lines, "", f"written  {run}"]


def _rows(found: Attribution) -> list[dict[str, str]]:
    """Return a row for each factor, largest part of the spread first, then the residual."""
    shares = {(row.outcome, row.name): row for row in found.spread}
    variances = {row.name: row.variance for row in found.components if row.outcome == "correct"}
    names = [name for outcome, name in shares if outcome == "correct"]
    rows = []
    for name in sorted(names[:-1], key=lambda name: -(shares["correct", name].share or 0.0)) + names[-1:]:
        changes = [row.accuracy_change for row in found.factors if row.factor == name]
        row = {
            "factor": name,
            "share of spread": _share(shares["correct", name]),
            "accuracy (pt)": f"{100 * sum(changes) / len(changes):+.1f}" if changes else "",
            "sd alike (pt)": "" if name == names[-1] else _points(variances.get(name)),
            "sd by item (pt)": _points(variances.get(f"item x {name}")),
        }
        if ("log_odds", name) in shares:
            row["share of log-odds"] = _share(shares["log_odds", name])
        rows.append(row)
    return rows


def _levels(found: Attribution) -> list[dict[str, str]]:
    """Return a row for each other level of a factor: what it does to accuracy, and on how many items it changes the prompt."""
    return [
        {
            "factor": row.factor,
            "change (pt)": f"{100 * row.accuracy_change:+.1f} [{100 * row.ci_low:+.1f}, {100 * row.ci_high:+.1f}]",
            "items changed": f"{row.num_items_changed} of {found.num_items}",
            "other level": row.level,
        }
        for row in found.factors
    ]


def _share(row: SpreadShare) -> str:
    if row.share is None:
        return "-"
    return f"{100 * row.share:.0f} % ({100 * (row.ci_low or 0.0):.0f}\u2013{100 * (row.ci_high or 0.0):.0f})"


def _points(variance: float | None) -> str:
    """Return a variance component as a standard deviation in points of accuracy."""
    return "" if variance is None else f"{100 * variance**0.5:.1f}"
