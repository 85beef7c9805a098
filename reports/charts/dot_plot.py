"""A dot plot: the accuracy of each variant with its interval, by family.

                 60   70   80   90  100 %
    o format   --o-- |    |    :    |     a lane for each family, the one with the worst variant first;
                 | --o--  |    :    |     in a lane a row for each variant, the worst first
    # typos      |    | --#--  :    |
                 |    |    | --#--  |     : = accuracy of the original prompts

Covered: positions in percent of the width and in pixels. Not covered: markup.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from probe.metrics import VariantRow
from reports.charts.axis import BOTTOM, NUM_MARKS, Tick, at, short
from reports.words import has_part, interval, on_all_items, percent, variant_name

LANE_PADDING = 9.0
MIN_LANE = 24.0
TOP = 24.0
"""Pixels above the first lane, for the name of the reference line."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One variant: its accuracy with its interval."""

    x: float
    low: float | None
    high: float | None
    y: float
    mark: int
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One family's band."""

    family: str
    label: str
    y: float
    height: float
    mark: int


@dataclass(frozen=True, slots=True)
class DotPlot:
    """Accuracy per variant, by family; everything that a template needs to draw it."""

    height: float
    bottom: float
    lanes: tuple[Lane, ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    reference: Tick | None
    reference_anchor: str
    description: str


def dot_plot(rows: Sequence[VariantRow], *, families: Sequence[str], most: int = 300) -> DotPlot | None:
    """Lay out a suite's variants, `most` of them at most and the worst first, or give None where not one has an accuracy.

    `families` numbers the marks.
    """
    lanes_of = by_family(sorted((row for row in rows if row.family != "original"), key=lambda row: row.accuracy)[:most])
    if not lanes_of:
        return None
    original = next((row for row in rows if row.family == "original"), None)
    shown = [row for members in lanes_of.values() for row in members]
    low, high = _domain([*shown, original] if original else shown)
    pitch = _pitch(len(shown))
    lanes: list[Lane] = []
    dots: list[Dot] = []
    y = TOP
    for family, members in lanes_of.items():
        mark = families.index(family) % NUM_MARKS if family in families else 0
        height = max(MIN_LANE, 2 * LANE_PADDING + pitch * (len(members) - 1))
        lanes.append(Lane(family, short(family), y, height, mark))
        first = y + (height - pitch * (len(members) - 1)) / 2
        dots += [_dot(row, first + pitch * k, mark, low, high) for k, row in enumerate(members)]
        y += height
    reference = Tick(at(original.accuracy, low, high), percent(original.accuracy)) if original else None
    return DotPlot(
        height=y + BOTTOM,
        bottom=y,
        lanes=tuple(lanes),
        dots=tuple(dots),
        ticks=_ticks(low, high),
        reference=reference,
        reference_anchor="end" if reference and reference.x > 50 else "start",
        description=_description(shown, original),
    )


def by_family(rows: Sequence[VariantRow]) -> dict[str, list[VariantRow]]:
    """Return the variants that have an accuracy by family, worst first in each; "original" is no family."""
    lanes: dict[str, list[VariantRow]] = {}
    known = [row for row in rows if row.family != "original"]
    for row in sorted(known, key=lambda row: row.accuracy):
        lanes.setdefault(row.family, []).append(row)
    return lanes


def _dot(row: VariantRow, y: float, mark: int, low: float, high: float) -> Dot:
    return Dot(
        x=at(row.accuracy, low, high),
        low=None if row.ci_low is None else at(row.ci_low, low, high),
        high=None if row.ci_high is None else at(row.ci_high, low, high),
        y=round(y, 1),
        mark=mark,
        title=f"{row.family}: {variant_name(row)}: {percent(row.accuracy)} {interval(row.ci_low, row.ci_high)}".rstrip(),
    )


def _domain(rows: Sequence[VariantRow]) -> tuple[float, float]:
    """Return the whole tenths that hold every interval, at least a fifth apart."""
    values = [v for row in rows for v in (row.accuracy, row.ci_low, row.ci_high) if v is not None]
    low, high = math.floor(10 * min(values) + 1e-9), math.ceil(10 * max(values) - 1e-9)
    high = min(10, max(high, low + 2))
    return max(0, min(low, high - 2)) / 10, high / 10


def _ticks(low: float, high: float) -> tuple[Tick, ...]:
    tenths = range(round(10 * low), round(10 * high) + 1)
    step = 2 if len(tenths) > 7 else 1
    return tuple(Tick(at(t / 10, low, high), str(10 * t)) for t in tenths if (t - tenths[-1]) % step == 0)


def _pitch(num_dots: int) -> float:
    """Return the pixels from a variant's row to the next: wide for few, so that a plot of a thousand is no wall."""
    return 10.0 if num_dots <= 40 else 7.0 if num_dots <= 120 else 4.0 if num_dots <= 400 else 2.0


def _description(shown: Sequence[VariantRow], original: VariantRow | None) -> str:
    """Name the worst and the best of the variants that worst accuracy and best accuracy are of, by these very figures."""
    known = [row for row in shown if has_part(row)]
    ends = (("Worst", min), ("Best", max)) if known else ()
    found = [(word, end(known, key=on_all_items)) for word, end in ends]
    parts = [f"{word}: {row.family}, {variant_name(row)}, {percent(on_all_items(row))}" for word, row in found]
    if original:
        parts.append(f"Original: {percent(original.accuracy)} {interval(original.ci_low, original.ci_high)}".rstrip())
    return ". ".join(parts) + "."
