"""The interval of a metric, of the kind that it declares, from its bootstrap: the table of `probe.metrics.statistics.intervals`.

    metric.interval      exact, wilson, student, percentile, lowest, highest, range, quantile, iqr, std, sat, cps

Covered: every metric that is registered, within its range; Wilson's where no resample differs.
Not covered: differences of two runs (`probe.comparison.runs`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from probe.metrics.base import Metric
from probe.metrics.cells import Floats
from probe.metrics.statistics.intervals import (
    LEVEL,
    SKEWED,
    TINY,
    Interval,
    band,
    bca,
    expanded,
    percentile,
    quantile,
    skewed,
    skewness,
    standard_error,
    symmetric,
    unmoved,
    wilson,
)


@dataclass(frozen=True, slots=True)
class Resampled:
    """The resampled values that an interval is computed from."""

    items: Floats | None = None
    """(B,) of the metric, or (B, K) of the accuracies of which it is made; None for Wilson."""
    variants: Floats | None = None
    """(B,) of the metric, variants resampled with the items; None where they are given."""
    left_out: Floats | None = None
    """(N,) of the metric with each item left out; None where that is too slow."""


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
        resampled: Its bootstrap.
        num_items: That the metric counts.
        table: (K,), the accuracies of which the metric is made.
        level: Of the interval.
    """
    if metric.interval == "exact":
        return value, value
    if metric.interval == "wilson" or resampled.items is None:
        return wilson(value, num_items, level=level)
    if metric.interval == "student":
        low, high = symmetric(value, _error(metric, resampled, num_items), num_items=num_items, level=level)
    else:
        low, high = _bootstrapped(metric, value, resampled, table, level)
    if high - low < TINY:
        return unmoved(value, num_items, low=max(metric.low, -1.0), high=min(metric.high, 1.0), level=level)
    return max(metric.low, low), min(metric.high, high)


def _error(metric: Metric, resampled: Resampled, num_items: int) -> float:
    """Return the standard error by the jackknife, or by the bootstrap where there is none or it is not defined."""
    if resampled.left_out is not None and not np.isnan(resampled.left_out).any():
        return standard_error(resampled.left_out)
    drawn = resampled.items
    assert drawn is not None
    drawn = drawn if metric.over is None else metric.over(drawn)
    # Resamples differ too little by sqrt(1 - 1 / N), as in `expanded`.
    return float(np.nanstd(drawn)) * math.sqrt(num_items / max(1, num_items - 1))


def _bootstrapped(metric: Metric, value: float, resampled: Resampled, table: Floats | None, level: float) -> Interval:
    drawn = resampled.items
    assert drawn is not None
    if resampled.variants is not None:
        return percentile(value, resampled.variants, level=level)
    if metric.interval == "percentile" or table is None:
        if table is not None and metric.over is not None:
            drawn = metric.over(drawn)
        if resampled.left_out is not None:
            if abs(skewness(resampled.left_out)) > SKEWED:
                return skewed(value, resampled.left_out, level=level)
            return bca(value, drawn, resampled.left_out, level=expanded(level, len(resampled.left_out)))
        return percentile(value, drawn, level=level)
    drawn = drawn[~np.isnan(drawn).any(axis=1)]
    if len(drawn) == 0:
        return value, value
    if metric.interval in ("lowest", "highest", "range"):
        return band(table, drawn, metric.interval, level=level)
    radius = quantile(RADII[metric.interval](drawn - table), level)
    return value - radius, value + radius


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
