"""A forest plot: a figure of each family with its interval, net of noise where the noise was measured.

    format   |      --o--        a row for each family, the largest figure first, all families together on top
    typos    | -o-
             0    20    40 %

Covered: positions in percent of the width and in pixels. Not covered: markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probe.metrics import Row
from reports.charts.axis import BOTTOM, HEAD, NUM_MARKS, ROW, Tick, at, short, span, ticks
from reports.words import family_name, interval, percent, worst_first


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


def forest(figures: Sequence[Row], *, families: Sequence[str]) -> Forest | None:
    """Lay out flip rates by family, largest first and all together on top; None where there is none."""
    known = [row for row in figures if row.value is not None and row.family not in ("original", "null")]
    if not known:
        return None
    ordered = sorted(known, key=lambda row: (row.family != "all", worst_first(row)[0], -_net(row)[0]))
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
    low, high = span([v for _, *values, _ in rows for v in values if v is not None])
    lines = [
        Line(
            family=family,
            label=short(family_name(family)),
            mark=families.index(family) % NUM_MARKS if family in families else None,
            y=HEAD + ROW * (k + 0.5),
            x=at(value, low, high),
            low=None if ci_low is None else at(ci_low, low, high),
            high=None if ci_high is None else at(ci_high, low, high),
            is_net=is_net,
            title=f"{family_name(family)}: {percent(value)} {interval(ci_low, ci_high)}".rstrip(),
        )
        for k, (family, value, ci_low, ci_high, is_net) in enumerate(rows)
    ]
    bottom = HEAD + ROW * len(lines) + HEAD
    titles = ". ".join(line.title for line in lines[:4])
    return Forest(bottom + BOTTOM, bottom, at(0.0, low, high), tuple(lines), ticks(low, high), titles + ".")


def _net(row: Row) -> tuple[float, float | None, float | None]:
    """Return what a forest plot shows of a figure: net of noise, or as observed where the noise was not measured."""
    if row.net is not None:
        return row.net, row.net_ci_low, row.net_ci_high
    return row.value or 0.0, row.ci_low, row.ci_high
