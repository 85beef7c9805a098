"""Noise floor of each metric, with an interval: its value where nothing was changed.

    change (spread, flips, pss)      the metric on the null family
    level (accuracies, unreadable)   how far the null family moves it from where it is if nothing moves

Extremes (spread, worst, best, any flip) grow with the number of variants, so the null family must have at least as many
draws as the row has variants (the first that many are used); else there is no floor. The same number is used for means where
there are enough, and all null samples where not. None for relations between two things.

The interval of a floor says what other items like these would have shown, as that of any row: of a change it is the metric's own,
of a level the percentile interval of the distance. Where no resample differs it is Wilson's: "no answer of 220 moved" is not
"none ever does". Not so of figures of probabilities (`Metric.is_continuous`): what moved on no item by 1e-6 moves on no other
by 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

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
    wanted: Mapping[tuple[str, int], Metric], cells: Cells, *, seed: int, level: float = LEVEL
) -> dict[tuple[str, int], Floor]:
    """Return floors by metric and number of variants; those of metrics without one are left out."""
    null = _Samples(cells.of(NULL))
    pairs = {key: _Null.of(metric, null, key[1]) for key, metric in wanted.items()}
    asked = {key: pair for key, pair in pairs.items() if pair is not None}
    statistics: dict[Key, Statistic] = {}
    for one in asked.values():
        for key, guise in one.guises():
            statistics.setdefault(key, one.metric.statistic(guise))
    drawn = bootstrap(list(statistics.values()), num_items=len(cells.items), seed=seed, resamples=RESAMPLES)
    by_key = dict(zip(statistics, drawn, strict=True))
    computed = {key: one.floor(by_key, one.whole(), level) for key, one in asked.items()}
    return {key: floor for key, floor in computed.items() if floor is not None}


def floor_value(metric: Metric, num_variants: int, cells: Cells) -> float | None:
    """Return a metric's floor for a number of variants without its interval; None where it has none."""
    one = _Null.of(metric, _Samples(cells.of(NULL)), num_variants)
    value = math.nan if one is None else one.value(one.whole())
    return None if math.isnan(value) else value


class _Samples:
    """The first samples of the null family, so many as are wanted: one table for all metrics, which is large."""

    def __init__(self, null: Cells) -> None:
        self.num = len(null.columns) - 1
        self.first = cache(lambda size: null if size == self.num else null.select(range(1, 1 + size)))
        """By their number, the original column and the samples."""
        self.still = cache(lambda size: self.first(size).still())
        """The same as if nothing had moved."""


@dataclass(frozen=True, slots=True)
class _Null:
    """A metric on some draws of the null family."""

    metric: Metric
    samples: _Samples
    size: int

    @property
    def cells(self) -> Cells:
        """Return the original column and the draws."""
        return self.samples.first(self.size)

    @classmethod
    def of(cls, metric: Metric, null: _Samples, wanted: int) -> _Null | None:
        available = null.num
        if available < 1 or metric.measures == "relation" or (metric.kind == "extreme" and available < wanted):
            return None
        return cls(metric, null, min(wanted or available, available))

    def guises(self) -> Iterator[tuple[Key, Cells]]:
        """Return the cells that the floor is made of: as asked, and for a level also as if nothing had moved."""
        name, size = self.metric.table or self.metric.name, self.size
        yield (name, size, "asked"), self.cells
        if self.metric.measures == "change":
            return
        if self.metric.needs != "original":
            yield (name, size, "still"), self.samples.still(size)
            return
        for sample in range(1, size + 1):
            yield (name, size, f"sample {sample}"), self.cells.instead(sample)

    def whole(self) -> dict[Key, Floats]:
        """Return the statistic of each guise on all items."""
        ones = np.ones((1, len(self.cells.items)))
        return {key: self.metric.statistic(guise)(ones) for key, guise in self.guises()}

    def value(self, whole: dict[Key, Floats]) -> float:
        """Return the floor from its guises on all items; NaN where it is not defined."""
        first, *others = whole.values()
        return float((self._distance(whole) if others else self.metric.of_statistic(first))[0])

    def floor(self, drawn: dict[Key, Floats], whole: dict[Key, Floats], level: float) -> Floor | None:
        """Return the floor from its guises on the resamples and on all items."""
        first, *others = whole
        metric, num_items, value = self.metric, len(self.cells.items), self.value(whole)
        if math.isnan(value):
            return None
        if not others:
            table, parts = None, drawn[first]
            if metric.over is not None:
                table, parts = metric.own(whole[first])[0], metric.own(parts)
            if metric.is_continuous:
                return Floor(value, *percentile(value, parts, level=level))
            low, high = interval_of(metric, value, Resampled(parts), num_items=num_items, table=table, level=level)
            return Floor(value, low, high)
        low, high = percentile(value, self._distance({key: drawn[key] for key in whole}), level=level)
        if high - low < NARROW and metric.is_share and not metric.is_continuous:
            low, high = wilson(min(1.0, value), num_items, level=level)
        return Floor(value, min(value, low), max(value, high))

    def _distance(self, drawn: dict[Key, Floats]) -> Floats:
        """Return how far the first guise is from the others, on average."""
        first, *others = map(self.metric.of_statistic, drawn.values())
        return np.asarray(np.mean([np.abs(first - other) for other in others], axis=0))
