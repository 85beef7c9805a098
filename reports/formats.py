"""Files by their extension: runs and verdicts written in the format that a name asks for.

    .html .htm     the page, a verdict at its top where one was made; of several runs the page that compares them
    .md            a summary for a pull request, the verdict first
    .xml           JUnit, for a CI system
    .sarif         SARIF 2.1.0, for code scanning
    .json          the verdict, where one was made; else the summary as it lies in the run; of several a list of them
    .csv .parquet  the figures, a row each, with the run and its model

A file is written whole or not at all. Everything comes from the runs' folders and, where a verdict was made, from it.
Covered: which format, and writing. Not covered: what a format holds (one file of this room each), judging.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.gating.verdict import GateVerdict
from probe.record.run import read_run
from probe.record.store import json_text, write_whole
from probe.record.tables import parquet_of
from reports.escape import csv_cell

COLUMNS: dict[str, type] = {
    **dict.fromkeys(("run", "model", "metric", "suite", "family"), str),
    **dict.fromkeys(("value", "ci_low", "ci_high"), float),
    **dict.fromkeys(("num_items", "num_variants"), int),
    "direction": str,
    **dict.fromkeys(("noise_floor", "noise_floor_low", "noise_floor_high"), float),
    "reason": str,
    "num_pairs": int,
}
"""Of the table of figures; a row of `metrics` in summary.json with the run's folder and its model before it."""


@dataclass(frozen=True, slots=True)
class Results:
    """Runs' folders, and the gate's verdicts on them, if any."""

    runs: tuple[Path, ...]
    verdicts: tuple[GateVerdict, ...] = ()
    fail_on_inconclusive: bool = True


def check_formats(outs: Iterable[Path]) -> None:
    """Refuse a name whose extension stands for no format, before any work is done.

    Raises:
        UsageError: an extension is not known.
    """
    for out in outs:
        if out.suffix.lower() not in FORMATS:
            known = ", ".join(FORMATS)
            raise UsageError(
                f"-o {out}: the format {out.suffix or '(none)'} is not known; an extension of {known} says which"
            )


def needs_verdict(out: Path) -> bool:
    """Return whether a name's format holds a verdict."""
    return out.suffix.lower() in (".xml", ".sarif")


def write(results: Results, out: Path) -> Path:
    """Write results to `out` in the format of its extension, and return its path.

    Raises:
        UsageError: the extension is not known, or a folder is no run.
        StoreError: a run is damaged, or the file cannot be written.
    """
    check_formats([out])
    FORMATS[out.suffix.lower()](results, out)
    return out


def figures(runs: Sequence[Path]) -> list[dict[str, Any]]:
    """Return every figure of some runs as a row with the run's folder and model."""
    rows: list[dict[str, Any]] = []
    for run in runs:
        summary = read_run(run).summary
        facts = {"run": str(run), "model": summary.model}
        rows += [facts | {key: getattr(row, key) for key in list(COLUMNS)[2:]} for row in summary.metrics]
    return rows


def _html(results: Results, out: Path) -> None:
    if len(results.runs) > 1:
        from reports.compare_page import write_compare_page

        write_compare_page(results.runs, out)
        return
    from reports.html import write_page

    write_page(results.runs[0], out, gate=next(iter(results.verdicts), None))


def _markdown(results: Results, out: Path) -> None:
    from reports.gate_markdown import markdown as of_verdict
    from reports.markdown import markdown_of

    parts = [*map(of_verdict, results.verdicts), *map(markdown_of, results.runs)]
    write_whole(out, "\n".join(parts))


def _junit(results: Results, out: Path) -> None:
    from reports.junit import junit

    write_whole(out, junit(*results.verdicts, fail_on_inconclusive=results.fail_on_inconclusive))


def _sarif(results: Results, out: Path) -> None:
    from reports.sarif import prompt_files_of, sarif

    places = [prompt_files_of(read_run(run).manifest) for run in results.runs]
    prompt_files = {suite: place for one in places for suite, place in one.items()}
    write_whole(out, sarif(*results.verdicts, prompt_files=prompt_files))


def _json(results: Results, out: Path) -> None:
    if results.verdicts:
        values = [one.to_json(fail_on_inconclusive=results.fail_on_inconclusive) for one in results.verdicts]
    else:
        values = [read_run(run).summary.to_json() for run in results.runs]
    value = values[0] if len(values) == 1 else values
    write_whole(out, json_text(value) + "\n")


def _csv(results: Results, out: Path) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: csv_cell(cell) for key, cell in row.items()} for row in figures(results.runs))
    write_whole(out, text.getvalue())


def _parquet(results: Results, out: Path) -> None:
    write_whole(out, parquet_of(figures(results.runs), COLUMNS))


FORMATS: dict[str, Callable[[Results, Path], None]] = {
    ".html": _html,
    ".htm": _html,
    ".md": _markdown,
    ".xml": _junit,
    ".sarif": _sarif,
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
}
