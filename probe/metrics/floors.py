"""What each metric shows although nothing was changed: its noise floor, with an interval.

    change (spread, flips, pss)      the metric on the null family
    level (accuracies, unreadable)   how far the null family moves it from where it is if nothing moves

Extremes (spread, worst, best, any flip) grow with the number of variants, so the null family must have at least as many
draws as the row has variants (the first that many are used); else there is no floor. The same number is used for means where
there are enough, and all null samples where not. None for relations between two things.

The interval of a floor says what other items like these would have shown, as that of any row: of a change it is the metric's own,
of a level the percentile interval of the distance. Where no resample differs it is Wilson's: "no answer of 220 moved" is not
"none ever does".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from probe.metrics.base import Metric, Table
from probe.metrics.cells import NULL, Cells, Floats
from probe.metrics.statistics.intervals import LEVEL, Statistic, bootstrap, percentile, wilson
from probe.metrics.statistics.metric_interval import Resampled, interval_of

RESAMPLES = 400
"""Fewer than of a row: a floor's interval says how near zero it may be, not its third digit."""
NARROW = 1e-6
"""A narrower interval of a distance is none: no resample differed, but for rounding."""

Key = tuple[str | Table, int, str]
"""What is resampled: a metric's name or its table, the null samples used, and in which guise."""


@dataclass(frozen=True, slots=True)
class Floor:
    """A noise floor with its 95 % interval."""

    value: float
    low: float
    high: float


def floors(
    wanted: Iterable[tuple[Metric, int]], cells: Cells, *, seed: int, resamples: int = RESAMPLES, level: float = LEVEL
) -> dict[tuple[str, int], Floor]:
    """Return the floor of each metric for a number of variants, by both; those without one are left out."""
    null = cells.of(NULL)
    if len(null.columns) < 2:
        return {}
    pairs = {(metric.name, num): _Null.of(metric, null, num) for metric, num in wanted}
    asked = {key: pair for key, pair in pairs.items() if pair is not None}
    statistics: dict[Key, Statistic] = {}
    for one in asked.values():
        for key, guise in one.guises():
            statistics.setdefault(key, one.metric.statistic(guise))
    num = min(resamples, RESAMPLES)
    drawn = bootstrap(list(statistics.values()), num_items=len(cells.items), seed=seed, resamples=num)
    by_key = dict(zip(statistics, drawn, strict=True))
    ones = np.ones((1, len(cells.items)))
    computed = {
        key: one.floor(by_key, {k: s(ones) for k, s in one.own(statistics)}, level) for key, one in asked.items()
    }
    return {key: floor for key, floor in computed.items() if floor is not None}


def floor_value(metric: Metric, num_variants: int, cells: Cells) -> float | None:
    """Return a metric's floor for a number of variants without its interval; None where it has none."""
    null = cells.of(NULL)
    one = _Null.of(metric, null, num_variants) if len(null.columns) > 1 else None
    value = math.nan if one is None else one.value
    return None if math.isnan(value) else value


@dataclass(frozen=True, slots=True)
class _Null:
    """A metric on some draws of the null family."""

    metric: Metric
    cells: Cells
    """The original column and the draws."""

    @classmethod
    def of(cls, metric: Metric, null: Cells, wanted: int) -> _Null | None:
        available = len(null.columns) - 1
        if metric.measures == "relation" or (metric.kind == "extreme" and available < wanted):
            return None
        return cls(metric, null.select(range(1, 1 + min(wanted or available, available))))

    @property
    def size(self) -> int:
        return len(self.cells.columns) - 1

    @property
    def value(self) -> float:
        ones = np.ones((1, len(self.cells.items)))
        whole = {key: self.metric.statistic(guise)(ones) for key, guise in self.guises()}
        first, *others = whole.values()
        return float((self._distance(whole) if others else self.metric.of_statistic(first))[0])

    def guises(self) -> Iterator[tuple[Key, Cells]]:
        """Return the cells that the floor is made of: as asked, and for a level also as if nothing had moved."""
        name = self.metric.table or self.metric.name
        yield (name, self.size, "asked"), self.cells
        if self.metric.measures == "change":
            return
        if self.metric.needs != "original":
            yield (name, self.size, "still"), self.cells.still()
            return
        for sample in range(1, self.size + 1):
            yield (name, self.size, f"draw {sample}"), self.cells.instead(sample)

    def own(self, statistics: dict[Key, Statistic]) -> list[tuple[Key, Statistic]]:
        return [(key, statistics[key]) for key, _ in self.guises()]

    def floor(self, drawn: dict[Key, Floats], whole: dict[Key, Floats], level: float) -> Floor | None:
        """Return the floor from its guises on the resamples and on all items."""
        first, *others = whole
        metric, num_items = self.metric, len(self.cells.items)
        if not others:
            value = float(metric.of_statistic(whole[first])[0])
            if math.isnan(value):
                return None
            table = whole[first][0] if metric.over is not None else None
            parts = Resampled(drawn[first])
            if table is not None:
                table, parts = metric.own(whole[first])[0], Resampled(metric.own(drawn[first]))
            return Floor(value, *interval_of(metric, value, parts, num_items=num_items, table=table, level=level))
        value = float(self._distance(whole)[0])
        if math.isnan(value):
            return None
        low, high = percentile(value, self._distance({key: drawn[key] for key in whole}), level=level)
        if high - low < NARROW and metric.is_share:
            low, high = wilson(min(1.0, value), num_items, level=level)
        return Floor(value, min(value, low), max(value, high))

    def _distance(self, drawn: dict[Key, Floats]) -> Floats:
        """Return how far the first guise is from the others, on average."""
        first, *others = map(self.metric.of_statistic, drawn.values())
        return np.asarray(np.mean([np.abs(first - other) for other in others], axis=0))
