"""What the bench found as one HTML file, and as a section of the page of the run that it is of.

    Mitigation --> a view for each suite (here) --> page/mitigated.html.j2 --> page/mitigation.html.j2, page/page.html.j2

Covered: the values that the templates show; jinja2 escapes them. Not covered: any figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from probe.mitigate.mitigation import JUDGED, Change, MethodResult, Mitigation, Price, SuiteMitigation
from reports import words
from reports.charts.before_after import BeforeAfter, before_after
from reports.mitigation_words import apply_command, cost, ended, notes, once
from reports.template import render, save

CHARTS = ("flip_rate", "accuracy_worst", "spread", "contrast_consistency")
"""The figures that are drawn."""
KINDS = {"-": "removed", "+": "added"}


@dataclass(frozen=True, slots=True)
class Row:
    """A method's row of the tables."""

    result: MethodResult
    changes: tuple[Change | None, ...]
    families: tuple[Change | None, ...]
    price: str
    once: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A proposed file."""

    name: str
    path: str
    lines: tuple[tuple[str, str], ...]
    """The diff, each line with whether it is added or removed."""
    apply: str


@dataclass(frozen=True, slots=True)
class View:
    """A suite's section."""

    suite: SuiteMitigation
    price: str
    figures: tuple[str, ...]
    before: tuple[Change, ...]
    rows: tuple[Row, ...]
    families: tuple[str, ...]
    charts: tuple[tuple[str, BeforeAfter], ...]
    lower_is_better: dict[str, bool]
    notes: tuple[tuple[str, tuple[str, ...]], ...]
    without: tuple[tuple[str, str, str], ...]
    files: tuple[tuple[str, FileView], ...]


def write_mitigation_page(found: Mitigation, out: Path) -> Path:
    """Write the page of a bench to `out`, whole or not at all; return its path.

    Raises:
        StoreError: it cannot be written.
    """
    return save(page(found), out)


def page(found: Mitigation) -> str:
    """Return the page of a bench as one HTML document."""
    return render("mitigation.html.j2", words=words, found=found, views=views(found))


def views(found: Mitigation) -> list[View]:
    """Return what the templates show of each suite."""
    return [_view(one, found.run) for one in found.suites]


def _view(one: SuiteMitigation, run: str) -> View:
    figures = tuple(change.metric for change in one.figures)
    families = tuple(dict.fromkeys(change.family for method in one.judged for change in method.families))
    charts = []
    for name in CHARTS:
        reference = next((change.before for change in one.figures if change.metric == name), None)
        rows = [(method.method, change) for method in one.judged if (change := method.change(name)) is not None]
        if (plot := before_after(rows, reference)) is not None:
            charts.append((name, plot))
    return View(
        suite=one,
        price=cost(one.price),
        figures=figures,
        before=one.figures,
        rows=tuple(_row(method, figures, families) for method in one.judged),
        families=families,
        charts=tuple(charts),
        lower_is_better={change.metric: change.direction == "lower" for change in one.figures},
        notes=tuple((method.method, lines) for method in one.judged if (lines := tuple(notes(method, one)))),
        without=tuple(
            (method.method, ended(method), method.reason) for method in one.methods if method.status != JUDGED
        ),
        files=tuple(
            (
                method.method,
                FileView(file.name, f"{run}/{file.path}", _lines(file.diff), apply_command(one, run, file.path)),
            )
            for method in one.judged
            for file in method.files
        ),
    )


def _row(method: MethodResult, figures: Sequence[str], families: Sequence[str]) -> Row:
    price = method.price or Price()
    by_metric = {change.metric: change for change in method.changes}
    by_family = {change.family: change for change in method.families}
    return Row(
        method,
        tuple(by_metric.get(name) for name in figures),
        tuple(by_family.get(name) for name in families),
        cost(price),
        once(price),
    )


def _lines(diff: str) -> tuple[tuple[str, str], ...]:
    """Return the lines of a diff with what each is; its two heads are neither added nor removed."""
    found = []
    for line in diff.splitlines():
        is_head = line.startswith(("--- ", "+++ "))
        found.append(("" if is_head else KINDS.get(line[:1], ""), line))
    return tuple(found)
