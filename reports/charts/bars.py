"""Bars with one axis: why answers flipped, by family, and which factor moves them.

    format   |##==....|          a part for each cause; the parts add up to the family's flip rate
    typos    |#=|

Covered: positions in percent of the width and in pixels. Not covered: markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from probe.experiments.attribution import Attribution
from probe.metrics import Row
from reports.charts.axis import BOTTOM, HEAD, ROW, Tick, at, ceiling, short, ticks
from reports.words import CAUSES, family_name, interval, percent


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar."""

    x: float
    width: float
    kind: int
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of stacked or single bars; `low` and `high` are the ends of an interval."""

    label: str
    y: float
    parts: tuple[Part, ...]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars with one axis."""

    height: float
    bottom: float
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    kinds: tuple[tuple[int, str], ...]
    """What the parts' numbers mean, of those that occur."""


def taxonomy(figures: Mapping[str, Mapping[str, Row]]) -> Bars | None:
    """Lay out why answers flipped: `figures` by family and metric; None where no cause is known or nothing flipped."""
    causes = {
        family: {cause: row.value for cause in CAUSES if (row := of.get(f"flip_{cause}")) and row.value}
        for family, of in figures.items()
        if family not in ("original", "null")
    }
    totals = {family: sum(v for v in parts.values() if v) for family, parts in causes.items() if parts}
    if not totals:
        return None
    order = sorted(totals, key=lambda family: (family != "all", -totals[family]))
    high = ceiling(max(totals.values()))
    names = list(CAUSES)
    bars = []
    for k, family in enumerate(order):
        parts, x = [], 0.0
        for cause, value in causes[family].items():
            width = at(value or 0.0, 0.0, high)
            title = f"{family_name(family)}: {CAUSES[cause]}, {percent(value)}"
            parts.append(Part(round(x, 2), width, names.index(cause), title))
            x += width
        bars.append(Bar(short(family_name(family)), HEAD + ROW * k, tuple(parts)))
    used = [cause for cause in names if any(cause in causes[family] for family in order)]
    kinds = tuple((names.index(cause), CAUSES[cause]) for cause in used)
    return _bars(bars, high, kinds)


def shares(found: Attribution) -> Bars | None:
    """Lay out what part of the spread each factor is, largest first, the rest last."""
    known = [row for row in found.spread if row.share is not None]
    if not known:
        return None
    ordered = sorted(known, key=lambda row: (row.name == "residual", -(row.share or 0.0)))
    high = ceiling(max(v for row in ordered for v in (row.share, row.ci_high) if v is not None))
    bars = []
    for k, row in enumerate(ordered):
        name = "several together" if row.name == "residual" else row.name.replace("-", " ")
        title = f"{name}: {percent(row.share)} {interval(row.ci_low, row.ci_high)}".rstrip()
        part = Part(0.0, at(row.share or 0.0, 0.0, high), 1 if row.name == "residual" else 0, title)
        ends = [None if v is None else at(v, 0.0, high) for v in (row.ci_low, row.ci_high)]
        bars.append(Bar(short(name, length=18), HEAD + ROW * k, (part,), ends[0], ends[1]))
    return _bars(bars, high, ())


def _bars(bars: Sequence[Bar], high: float, kinds: tuple[tuple[int, str], ...]) -> Bars:
    bottom = HEAD + ROW * len(bars) + HEAD
    return Bars(bottom + BOTTOM, bottom, tuple(bars), ticks(0.0, high), kinds)
