"""`probe report`: show runs again, from their folders alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli.command import command
from probe.cli.options import Json, Outputs, ReportFolders
from probe.cli.output import note, out, out_json, show_run, step_summary, warn, width
from probe.cli.written import check_files, write_files

if TYPE_CHECKING:
    from probe.gating.verdict import GateVerdict
    from probe.record.summary import Summary


@command("Inspect")
def report(
    runs: ReportFolders,
    output: Outputs = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown to stdout and nothing else.")] = False,
    as_json: Json = False,
) -> None:
    """Show saved runs again, in any format.

    Without -o, --json and --markdown, each run's page is made again in its folder.
    """
    from probe.errors import UsageError
    from probe.record.run import read_run
    from probe.record.store import check_outputs
    from probe.repair.record import is_repair
    from reports.escape import JOINT
    from reports.formats import Results, check_formats, needs_verdict, write

    outs = output or []
    if as_markdown and as_json:
        raise UsageError("--markdown with --json: one of them goes to stdout", hint="write the other one with -o FILE")
    if any(map(is_repair, runs)):
        _show_repair(runs, outs, as_markdown=as_markdown, as_json=as_json)
        return
    check_formats(outs)
    check_outputs(outs)
    summaries = [read_run(run).summary for run in runs]
    verdicts = [_verdict(run) for run in runs] if any(map(needs_verdict, outs)) else []
    for one in outs:
        results = Results(tuple(runs), tuple(verdicts) if needs_verdict(one) else ())
        note(f"wrote {write(results, one)}")
    step_summary(lambda: _markdown(runs))
    if as_json:
        values = [summary.to_json() for summary in summaries]
        out_json(values[0] if len(values) == 1 else values)
    elif as_markdown:
        out(_markdown(runs).rstrip("\n"), keep=JOINT)
    else:
        _show(runs, outs, summaries)


def _show_repair(folders: list[Path], outs: list[Path], *, as_markdown: bool, as_json: bool) -> None:
    """Show a repair from its adapter's folder."""
    from probe.errors import UsageError
    from probe.repair.record import read_repair
    from reports import judgement_console, repair_console, repair_markdown, repair_page
    from reports.escape import JOINT

    if len(folders) > 1:
        raise UsageError("an adapter's folder is shown alone", hint=f"probe report {folders[0]}")
    check_files(outs)
    found = read_repair(folders[0])
    write_files(
        outs,
        page=lambda: repair_page.page(found),
        markdown=lambda: repair_markdown.markdown(found),
        value=found.to_json,
    )
    step_summary(lambda: repair_markdown.markdown(found))
    if as_json:
        out_json(found.to_json())
    elif as_markdown:
        out(repair_markdown.markdown(found).rstrip("\n"), keep=JOINT)
    else:
        out(repair_console.page_of(found, width=width()))
        if found.judgement is not None:
            out("")
            out(judgement_console.page(found.judgement, width=width()))


def _markdown(runs: list[Path]) -> str:
    from reports.markdown import markdown_of

    return "\n".join(map(markdown_of, runs))


def _show(runs: list[Path], outs: list[Path], summaries: list[Summary]) -> None:
    """Print each run's terminal page, with its folder above it where there are several.

    The page that it names is the one that was asked for. Where none was, the page in the run's folder is made again.
    """
    written = next((one for one in outs if one.suffix.lower() in (".html", ".htm")), None)
    for place, (run, summary) in enumerate(zip(runs, summaries, strict=True)):
        if len(runs) > 1:
            out(f"{'' if place == 0 else chr(10)}{run}\n")
        show_run(summary, str(written or _page_in(run)))


def _page_in(run: Path) -> Path:
    """Return the page in a run's folder, made anew; a folder that cannot be written keeps what it has."""
    from probe.errors import StoreError
    from reports.html import write_page

    place = run / "report.html"
    try:
        return write_page(run, place)
    except StoreError as problem:
        kept = "still as it was" if place.is_file() else "missing"
        warn(f"{place}: the page could not be made again and is {kept} ({problem})")
        return place


def _verdict(run: Path) -> GateVerdict:
    """Return what the bounds of the project's file say of a run; if there are none, its figures without a verdict."""
    from probe.api.project import find_project
    from probe.gating.evaluate import evaluate
    from probe.gating.rule import Rule
    from probe.record.run import read_run
    from reports.not_evaluated import not_evaluated

    project = find_project(Path.cwd())
    if not project.gate.bounds:
        return not_evaluated(read_run(run).summary)
    return evaluate(run, bounds=project.gate.bounds, rule=Rule(strict=project.gate.strict), settings=project.path)
