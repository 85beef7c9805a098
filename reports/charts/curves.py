r"""Line charts of small size: how something went over the steps of a training, or over the layers of a model.

    2.0 |\.            a line for each seed, told apart by colour and dashes
        | \`-._.--     across: percent of the width; up: pixels
    0.0 +---------
        0   160   320

Covered: places of lines, marks and ticks. Not covered: markup.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts.axis import BOTTOM, Tick, at

HEIGHT = 150.0
EDGE = 7.0
"""Pixels above the highest and below the lowest place."""
MOST_MARKS = 12
"""Points of a line of which each gets a mark."""
NUM_DASHES = 4
"""Patterns that the style sheet has."""

Points = Sequence[tuple[float, float]]
"""Across and up, as values."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a line."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line."""

    label: str
    number: int
    points: str
    """Of a polyline: percent of the width and pixels."""
    marks: tuple[Mark, ...]
    title: str

    @property
    def dash(self) -> int:
        """Return the number of its pattern of dashes."""
        return self.number % NUM_DASHES


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over one axis."""

    name: str
    curves: tuple[Curve, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    height: float
    bottom: float
    description: str


def line_chart(
    name: str, lines: Sequence[tuple[str, Points]], *, is_share: bool = False, from_zero: bool = False, of: str = "step"
) -> LineChart | None:
    """Lay out lines by label; None where there is no point.

    The axis holds all values, shown in percent where `is_share`, and zero where `from_zero`.
    """
    known = [(k, label, points) for k, (label, points) in enumerate(lines) if points]
    if not known:
        return None
    values = [value for *_, points in known for _, value in points]
    up = nice(*_room(min(0.0, *values) if from_zero else min(values), max(values), is_share=is_share))
    last = max(place for *_, points in known for place, _ in points)
    bottom = HEIGHT - BOTTOM

    def shown(value: float) -> str:
        return f"{100 * value:.1f} %" if is_share else f"{value:.4g}"

    def rise(value: float) -> float:
        return round(bottom - EDGE - (bottom - 2 * EDGE) * (value - up[0]) / (up[-1] - up[0]), 1)

    def along(place: float) -> float:
        return at(place, 0.0, max(last, 1.0))

    curves = tuple(
        Curve(
            label=label,
            number=k,
            points=" ".join(f"{along(place)},{rise(value)}" for place, value in points),
            marks=tuple(
                Mark(along(place), rise(value), f"{label}: {shown(value)} at {of} {place:g}") for place, value in points
            )
            if len(points) <= MOST_MARKS
            else (),
            title=f"{label}: {shown(points[0][1])} at {of} {points[0][0]:g}, {shown(points[-1][1])} at {of} {points[-1][0]:g}",
        )
        for k, label, points in known
    )
    return LineChart(
        name=name,
        curves=curves,
        across=tuple(Tick(along(value), f"{value:g}") for value in nice(0.0, max(last, 1.0), inside=True, whole=True)),
        up=tuple(Tick(rise(value), f"{100 * value:.4g} %" if is_share else f"{value:.4g}") for value in up),
        height=HEIGHT,
        bottom=bottom,
        description=". ".join(one.title for one in curves) + ".",
    )


def _room(low: float, high: float, *, is_share: bool) -> tuple[float, float]:
    """Return an axis on which small changes look small: a tenth of the values high, of shares ten points."""
    lack = (0.1 if is_share else 0.1 * max(abs(low), abs(high))) - (high - low)
    if lack <= 0:
        return low, high
    low, high = low - lack / 2, high + lack / 2
    if is_share:
        low, high = max(0.0, min(low, 0.9)), min(1.0, max(high, 0.1))
    return low, high


def nice(low: float, high: float, *, inside: bool = False, whole: bool = False) -> list[float]:
    """Return three to six round values around `low` and `high`, or between them; whole numbers only where asked."""
    width = max(high - low, 1e-3 * max(abs(low), abs(high)), 1e-6)
    power = 10.0 ** math.floor(math.log10(width))
    step = next(size * power for size in (0.2, 0.5, 1.0, 2.0, 5.0) if width / (size * power) <= 5)
    step = max(1.0, step) if whole else step
    first, last = low / step, high / step
    ends = (
        (math.ceil(first - 1e-9), math.floor(last + 1e-9))
        if inside
        else (math.floor(first + 1e-9), math.ceil(last - 1e-9))
    )
    if not inside and ends[0] == ends[1]:
        ends = (ends[0] - 1, ends[1] + 1)
    return [round(k * step, 12) for k in range(ends[0], ends[1] + 1)]
