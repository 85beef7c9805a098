"""The interval of a metric, of the kind that it declares: the table of `probe.metrics.statistics.intervals`.

    metric.interval      exact, wilson, student, percentile, lowest, highest, range, quantile, iqr, std, sat, cps

Covered: every metric that is registered, within its range; Wilson's where no item differs.
Not covered: differences of two runs (`probe.comparison.runs`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from probe.metrics.base import Metric
from probe.metrics.cells import Bools, Cells, Floats, Ints
from probe.metrics.statistics.clusters import by_suite, clusters_of, within_strata
from probe.metrics.statistics.effective import Influence, difference_interval, influence, mean_interval
from probe.metrics.statistics.intervals import (
    JACKKNIFED,
    LEVEL,
    TINY,
    Interval,
    band,
    percentile,
    quantile,
    student,
    symmetric,
    unmoved,
    wilson,
)
from probe.metrics.statistics.two_way import shared_parts


@dataclass(frozen=True, slots=True)
class Resampled:
    """What an interval is computed from."""

    items: Floats | None = None
    """(B,) of the metric, or (B, K) of the accuracies of which it is made; None where it needs no bootstrap."""
    influence: Influence | None = None
    """What items and shared samples contribute to it; None of an extreme, and where leaving out is too slow."""


def interval_of(
    metric: Metric,
    value: float,
    resampled: Resampled,
    *,
    num_items: int,
    table: Floats | None = None,
    level: float = LEVEL,
) -> Interval:
    """Return the interval that the metric asks for, within its range.

    Args:
        metric: Whose interval.
        value: The metric, not NaN.
        resampled: Its bootstrap, or what contributes to it.
        num_items: That the metric counts.
        table: (K,), the accuracies of which the metric is made.
        level: Of the interval.
    """
    if metric.interval == "exact":
        return value, value
    of = resampled.influence
    if of is not None and metric.interval != "student" and math.isfinite(metric.high - metric.low):
        is_whole = metric.measures == "level"
        return mean_interval(value, of, low=metric.low, high=metric.high, level=level, is_whole=is_whole)
    if of is not None:
        low, high = difference_interval(value, of, level=level)
        num_items = min(num_items, of.num_clusters)
    elif metric.interval == "wilson" or resampled.items is None:
        return wilson(value, num_items, level=level)
    elif metric.interval == "student":
        low, high = symmetric(value, _error(metric, resampled.items, num_items), num_items=num_items, level=level)
    else:
        low, high = _bootstrapped(metric, value, resampled.items, table, level)
        if table is not None and metric.interval != "percentile":
            low, high = _of_few(metric, (low, value, high), num_items, level)
    if high - low < TINY:
        return unmoved(value, num_items, low=max(metric.low, -1.0), high=min(metric.high, 1.0), level=level)
    return max(metric.low, low), min(metric.high, high)


def other_suites(
    metric: Metric, value: float, of: Influence | None, *, level: float = LEVEL
) -> Interval | tuple[None, None]:
    """Return the interval of a figure of pooled suites over other suites such as these; None of one, or of copies of one."""
    if of is None or of.suites is None or len(of.suites) < 2:
        return None, None
    num = len(of.suites)
    resampled = Resampled(influence=replace(of, items=of.suites, num_clusters=num, num_strata=1, suites=None))
    low, high = interval_of(metric, value, resampled, num_items=num, level=level)
    given = interval_of(metric, value, Resampled(influence=of), num_items=num, level=level)
    return min(low, given[0]), max(high, given[1])


def is_left_out(metric: Metric) -> bool:
    """Return whether the interval of a metric comes from leaving out items, rather than from resampling them."""
    return metric.interval in ("percentile", "student") and metric.resamples is None


def contributions(
    metric: Metric,
    cells: Cells,
    value: float,
    left_out: Callable[[Ints], Floats],
    *,
    counted: Bools,
    shared: frozenset[str] = frozenset(),
) -> Influence:
    """Return what items, of which some are counted, and samples of the shared families contribute to a metric.

    `left_out` is the metric with each group of items left out. Items that are copies of one another in pooled suites are one
    cluster. Contributions are taken from the mean of their suite: the figure is of these suites. Of more than `JACKKNIFED`
    clusters, as many groups are left out (Kott 2001, The Delete-a-Group Jackknife, Journal of Official Statistics 17(4)).
    """
    cluster, strata = clusters_of(cells, counted)
    num_clusters, num_items = len(strata), len(cells.items)
    groups = cluster
    if num_clusters > JACKKNIFED:
        groups, strata = np.where(cluster < 0, -1, cluster % JACKKNIFED), np.zeros(JACKKNIFED, np.int64)
    pulls = influence(left_out(groups), value, low=metric.low, high=metric.high)
    suites = None if cells.pool is None else by_suite(cells, cluster, groups, pulls)
    pulls, num_strata = within_strata(pulls, strata)
    asked = int(cells.asked[counted, min(1, len(cells.columns) - 1) :].sum())
    num_answers = num_clusters if metric.interval == "wilson" else max(num_clusters, asked * num_clusters // num_items)
    parts = (
        () if metric.two_way is None else shared_parts(metric.two_way, cells, shared, clusters=np.maximum(cluster, 0))
    )
    return Influence(pulls, num_answers, num_clusters, parts, num_strata, suites)


def _error(metric: Metric, drawn: Floats, num_items: int) -> float:
    """Return the standard error by the bootstrap, whose resamples differ too little by sqrt(1 - 1 / N)."""
    drawn = drawn if metric.over is None else metric.over(drawn)
    return float(np.nanstd(drawn)) * math.sqrt(num_items / max(1, num_items - 1))


def _bootstrapped(metric: Metric, value: float, drawn: Floats, table: Floats | None, level: float) -> Interval:
    if metric.interval == "percentile" or table is None:
        return percentile(value, drawn if table is None or metric.over is None else metric.over(drawn), level=level)
    drawn = drawn[~np.isnan(drawn).any(axis=1)]
    if len(drawn) == 0:
        return value, value
    if metric.interval in ("lowest", "highest", "range"):
        return band(table, drawn, metric.interval, level=level)
    radius = quantile(RADII[metric.interval](drawn - table), level)
    return value - radius, value + radius


def _of_few(metric: Metric, band: tuple[float, float, float], num_items: int, level: float) -> Interval:
    """Return a band (its ends around the value) as wide as few items ask.

    Resamples of N items differ too little by sqrt(1 - 1 / N), and have normal tails: Hesterberg 2015, What Teachers Should Know
    About the Bootstrap, The American Statistician 69(4), section 5.3. The accuracy of a variant that was picked as the worst or
    the best is not known better than that of any variant.
    """
    low, value, high = band
    if num_items > 1:
        z = NormalDist().inv_cdf((1 + level) / 2)
        wider = student(z, num_items - 1) / z * math.sqrt(num_items / (num_items - 1))
        low, high = value - wider * (value - low), value + wider * (high - value)
    if metric.interval in ("lowest", "highest") and (metric.low, metric.high) == (0.0, 1.0):
        one = wilson(value, num_items, level=level)
        low, high = min(low, one[0]), max(high, one[1])
    return low, high


RADII: dict[str, Callable[[Floats], Floats]] = {
    "quantile": lambda deviation: np.abs(deviation).max(axis=1),
    "iqr": lambda deviation: np.ptp(deviation, axis=1),
    "std": lambda deviation: deviation.std(axis=1, ddof=1),
    "sat": lambda deviation: np.abs(deviation - deviation.mean(axis=1, keepdims=True)).max(axis=1),
    "cps": lambda deviation: RADII["sat"](deviation) + RADII["quantile"](deviation),
}
"""How far a function of all accuracies can be from the truth if each accuracy deviates (B, K) as much as this.

A quantile moves by no more than the largest deviation, the distance of two by no more than their range, a standard
deviation by no more than that of the deviations (triangle inequality), the distance of the best from the mean by no more
than the largest deviation from the mean deviation, a product of two shares by no more than both together. They cover
in at least 95 %, as the band above."""
