"""Geometry of the page's other charts: forest plot, stacked bars, heat map, scatter, shares.

    forest    format   |      --o--        x in percent of the plot's width, y in pixels, as in `reports.charts`
              typos    | -o-               a row for each family, the largest figure first, all families together on top
                       0    20    40 %

    stack     format   |##==....|          a bar for each family, a part for each cause; the parts add up to its flip rate

    heat map  columns are variants, rows are items; x in variants, y in rows, so that a run of equal cells is one stroke:
              M3 7h4  =  row 7, variants 3 to 6

    scatter   x confidence, y share of variants that moved the answer; the area of a point says how many items it is

Covered: places, sizes, titles, ticks. Not covered: which figures there are (`probe.record.summary`), colours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from probe.metrics import Row
from probe.record.outcomes import OutcomeTable, Point, Points
from reports.attribution import Attribution
from reports.charts import BOTTOM, NUM_MARKS, Tick, short
from reports.words import CAUSES, OUTCOMES, family_name, interval, percent

ROW = 24.0
"""Pixels of a row of a forest plot or of bars."""
HEAD = 6.0
SCATTER_HEIGHT = 260.0
SCATTER_PADDING = 12.0
HEAT_ROW = 5.0
LARGEST, SMALLEST = 13.0, 3.2
"""Radii of a scatter plot's points, in pixels."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a forest plot: a figure with its interval."""

    family: str
    label: str
    mark: int | None
    y: float
    x: float
    low: float | None
    high: float | None
    is_net: bool
    title: str


@dataclass(frozen=True, slots=True)
class Forest:
    """Flip rates by family, net of noise where the noise was measured."""

    height: float
    bottom: float
    zero: float
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    description: str

    @property
    def is_net(self) -> bool:
        """Return whether every figure is net of a noise floor."""
        return all(line.is_net for line in self.lines)


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


@dataclass(frozen=True, slots=True)
class Strip:
    """Adjacent columns of a heat map that are one family."""

    x: int
    width: int
    mark: int
    title: str


@dataclass(frozen=True, slots=True)
class Heat:
    """Items by variants."""

    num_columns: int
    num_rows: int
    height: float
    strokes: tuple[tuple[str, str, str], ...]
    """Letter, what it means, and the path of its cells."""
    strips: tuple[Strip, ...]
    families: tuple[tuple[str, int], ...]
    titles: tuple[str, ...]
    """Of the rows."""
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of a scatter plot."""

    x: float
    y: float
    r: float
    title: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """Confidence against sensitivity."""

    height: float
    bottom: float
    spots: tuple[Spot, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


def forest(figures: Sequence[Row], *, families: Sequence[str]) -> Forest | None:
    """Lay out flip rates by family, largest first and all together on top; None where there is none."""
    known = [row for row in figures if row.value is not None and row.family not in ("clean", "null")]
    if not known:
        return None
    ordered = sorted(known, key=lambda row: (row.family != "all", -_net(row)[0]))
    shown = [(row, *_net(row)) for row in ordered]
    rows = [(row.family, value, ci_low, ci_high, row.net is not None) for row, value, ci_low, ci_high in shown]
    return _forest(rows, families)


def difference_forest(
    rows: Sequence[tuple[str, float | None, float | None, float | None]], *, families: Sequence[str]
) -> Forest | None:
    """Lay out differences of two runs by family, with their intervals; None where there is none."""
    known = [(name, value, low, high, True) for name, value, low, high in rows if value is not None]
    return _forest(sorted(known, key=lambda row: row[0] != "all"), families) if known else None


def _forest(rows: Sequence[tuple[str, float, float | None, float | None, bool]], families: Sequence[str]) -> Forest:
    """Lay out figures by family in the order given: family, value, the ends of its interval, whether it is net."""
    low, high = _span([v for _, *values, _ in rows for v in values if v is not None])
    lines = [
        Line(
            family=family,
            label=short(family_name(family)),
            mark=families.index(family) % NUM_MARKS if family in families else None,
            y=HEAD + ROW * (k + 0.5),
            x=_at(value, low, high),
            low=None if ci_low is None else _at(ci_low, low, high),
            high=None if ci_high is None else _at(ci_high, low, high),
            is_net=is_net,
            title=f"{family_name(family)}: {percent(value)} {interval(ci_low, ci_high)}".rstrip(),
        )
        for k, (family, value, ci_low, ci_high, is_net) in enumerate(rows)
    ]
    bottom = HEAD + ROW * len(lines) + HEAD
    said = ". ".join(line.title for line in lines[:4])
    return Forest(bottom + BOTTOM, bottom, _at(0.0, low, high), tuple(lines), _ticks(low, high), said + ".")


def _net(row: Row) -> tuple[float, float | None, float | None]:
    """Return what a forest plot shows of a figure: net of noise, or as observed where the noise was not measured."""
    if row.net is not None:
        return row.net, row.net_ci_low, row.net_ci_high
    return row.value or 0.0, row.ci_low, row.ci_high


def taxonomy(figures: Mapping[str, Mapping[str, Row]]) -> Bars | None:
    """Lay out why answers flipped: `figures` by family and metric; None where no cause is known or nothing flipped."""
    causes = {
        family: {cause: row.value for cause in CAUSES if (row := of.get(f"flip_{cause}")) and row.value}
        for family, of in figures.items()
        if family not in ("clean", "null")
    }
    totals = {family: sum(v for v in parts.values() if v) for family, parts in causes.items() if parts}
    if not totals:
        return None
    order = sorted(totals, key=lambda family: (family != "all", -totals[family]))
    high = _ceiling(max(totals.values()))
    names = list(CAUSES)
    bars = []
    for k, family in enumerate(order):
        parts, x = [], 0.0
        for cause, value in causes[family].items():
            width = _at(value or 0.0, 0.0, high)
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
    high = _ceiling(max(v for row in ordered for v in (row.share, row.ci_high) if v is not None))
    bars = []
    for k, row in enumerate(ordered):
        name = "several together" if row.name == "residual" else row.name.replace("-", " ")
        title = f"{name}: {percent(row.share)} {interval(row.ci_low, row.ci_high)}".rstrip()
        part = Part(0.0, _at(row.share or 0.0, 0.0, high), 1 if row.name == "residual" else 0, title)
        ends = [None if v is None else _at(v, 0.0, high) for v in (row.ci_low, row.ci_high)]
        bars.append(Bar(short(name, length=18), HEAD + ROW * k, (part,), ends[0], ends[1]))
    return _bars(bars, high, ())


def _bars(bars: Sequence[Bar], high: float, kinds: tuple[tuple[int, str], ...]) -> Bars:
    bottom = HEAD + ROW * len(bars) + HEAD
    return Bars(bottom + BOTTOM, bottom, tuple(bars), _ticks(0.0, high), kinds)


def heat(found: OutcomeTable, *, families: Sequence[str]) -> Heat | None:
    """Lay out the table of outcomes; None where it is empty."""
    num_columns, num_rows = len(found.variants), len(found.items)
    if not num_columns or not num_rows:
        return None
    paths = {
        letter: "".join(_strokes([row.cells for row in found.items], letter)) for letter in OUTCOMES if letter != "."
    }
    strips, x = [], 0
    for family, members in groupby(found.variants, key=lambda variant: variant.family):
        width = len(list(members))
        strips.append(Strip(x, width, families.index(family) % NUM_MARKS if family in families else 0, family))
        x += width
    return Heat(
        num_columns=num_columns,
        num_rows=num_rows,
        height=max(60.0, HEAT_ROW * num_rows),
        strokes=tuple((letter, OUTCOMES[letter], path) for letter, path in paths.items() if path),
        strips=tuple(strips),
        families=tuple(dict.fromkeys((one.title, one.mark) for one in strips)),
        titles=tuple(f"{row.item}: moved under {row.moved} of {row.asked}" for row in found.items),
        is_cut=(found.num_items or 0) > num_rows or (found.num_variants or 0) > num_columns,
    )


def _strokes(rows: Iterable[str], letter: str) -> Iterable[str]:
    """Return a stroke for each run of equal cells, along the middle of its row."""
    for y, cells in enumerate(rows):
        x = 0
        for found, run in groupby(cells):
            length = len(list(run))
            if found == letter:
                yield f"M{x} {y}.5h{length}"
            x += length


def scatter(found: Points) -> Scatter | None:
    """Lay out a suite's items by confidence and sensitivity; None where there is none."""
    known = [p for p in found.points if p.confidence is not None and p.flip_rate is not None]
    if not known:
        return None
    low = min(0.99, math.floor(100 * min(p.confidence or 0.0 for p in known)) / 100)
    high = _ceiling(max(p.flip_rate or 0.0 for p in known))
    bottom = SCATTER_HEIGHT - BOTTOM
    places: dict[tuple[float, float], list[Point]] = {}
    for p in known:
        place = (round(_at(p.confidence or 0.0, low, 1.0)), _rise(p.flip_rate or 0.0, high, bottom))
        places.setdefault(place, []).append(p)
    most = max(_size(members) for members in places.values())
    spots = [
        Spot(x, y, round(SMALLEST + (LARGEST - SMALLEST) * math.sqrt((_size(members) - 1) / most), 1), _who(members))
        for (x, y), members in places.items()
    ]
    up = tuple(Tick(_rise(v, high, bottom), f"{100 * v:.0f}") for v in _steps(0.0, high))
    across = tuple(Tick(_at(v, low, 1.0), f"{v:.4g}") for v in _steps(low, 1.0))
    return Scatter(SCATTER_HEIGHT, bottom, tuple(sorted(spots, key=lambda spot: -spot.r)), across, up)


def _size(members: Sequence[Point]) -> int:
    return sum(p.num_items or 1 for p in members)


def _who(members: Sequence[Point]) -> str:
    """Say which items a point is: those that lie closer than one percent of the width are one point."""
    first, num = members[0], _size(members)
    who = first.item or ("1 item" if num == 1 else f"{num:,} items")
    who += f" and {num - 1:,} more" if first.item and num > 1 else ""
    return f"{who}: confidence {first.confidence or 0.0:.3f}, moved under {percent(first.flip_rate)}"


def _rise(value: float, high: float, bottom: float) -> float:
    return round(bottom - SCATTER_PADDING - (bottom - 2 * SCATTER_PADDING) * min(value / high, 1.0), 1)


def _at(value: float, low: float, high: float) -> float:
    return round(100 * min(max((value - low) / (high - low), 0.0), 1.0), 2)


def _span(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis that holds zero and all values."""
    lowest = min(0.0, *values)
    high = _ceiling(max(values))
    return (0.0 if lowest > -0.005 else -high * max(1, math.ceil(-lowest / high * 5)) / 5), high


def _ceiling(value: float) -> float:
    """Return the end of an axis from zero: 0.05, 0.1, or the next whole fifth or tenth."""
    for end in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8):
        if value <= end + 1e-9:
            return end
    return 1.0


def _steps(low: float, high: float) -> list[float]:
    """Return four to seven round values from `low` to `high`."""
    width = high - low
    step = next(s for s in (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if width / s <= 6.001)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(k * step, 4) for k in range(first, last + 1)]


def _ticks(low: float, high: float) -> tuple[Tick, ...]:
    return tuple(Tick(_at(v, low, high), f"{100 * v:.0f}") for v in _steps(low, high))
