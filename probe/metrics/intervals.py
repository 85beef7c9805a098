"""95 % intervals: what other items like those asked would have shown.

Items are the clusters: all variants of an item are drawn together, since they move together. The variants are taken as
given; how another draw of variants would differ is not covered.

    metric                                     interval
    a share of items (accuracy, any_flip)      Wilson
    a mean over pairs or variants (flip rate)  cluster bootstrap, percentile
    quantiles, std, IQR, Sat of the variants   cluster bootstrap, band of all variants (`RADII`)
    the lowest or highest variant, the spread  cluster bootstrap, simultaneous band (below)
    any of them, if no resample differs        Wilson with the number of items: "all 20 right" is not "1.0, for certain"

Why not percentiles for extremes: the spread of noise is positive, and a resample adds its noise to that of the
sample. With eleven variants of equal accuracy the percentile interval of the spread never contained the true 0 in 400
simulated runs; of the worst accuracy, in 45 %. The band did in 94 % or more, and is wide where the extremes are close
to the rest: it pays for having picked them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Literal

import numpy as np

from probe.metrics.base import Metric
from probe.metrics.cells import Floats

LEVEL = 0.95
RESAMPLES = 2000
CHUNK_BYTES = 32 * 2**20
"""Of the weights held at a time."""
TINY = 1e-9
"""A narrower bootstrap interval is none: no resample differed, but for rounding."""

Interval = tuple[float, float]
Statistic = Callable[[Floats], Floats]
"""Item weights (B, N) to (B,) or (B, K)."""


def bootstrap(
    statistics: Sequence[Statistic],
    *,
    num_items: int,
    seed: int,
    resamples: int = RESAMPLES,
    chunk_bytes: int = CHUNK_BYTES,
) -> list[Floats]:
    """Compute each statistic on the same resamples of the items, drawn with replacement; (resamples, ...) each.

    Neither the number of statistics nor `chunk_bytes` changes what is drawn.
    """
    rng = np.random.default_rng(seed)
    rows = max(1, chunk_bytes // (8 * max(1, num_items)))
    parts: list[list[Floats]] = [[] for _ in statistics]
    for start in range(0, resamples, rows):
        weights = _draw(rng, min(rows, resamples - start), num_items)
        for part, statistic in zip(parts, statistics, strict=True):
            part.append(statistic(weights))
    return [np.concatenate(part) if part else np.empty(0) for part in parts]


def wilson(share: float, num: int) -> Interval:
    """Give the Wilson score interval of a share of `num` independent items. Wilson 1927, JASA 22(158)."""
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    scale = 1 + z * z / num
    centre = (share + z * z / (2 * num)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / num + z * z / (4 * num * num))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def percentile(value: float, resampled: Floats) -> Interval:
    """Give the percentile interval of a bootstrap (B,), resamples on which the statistic is undefined left out.

    Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13. It is widened to contain the value.
    """
    defined = resampled[~np.isnan(resampled)]
    if defined.size == 0:
        return value, value
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return min(value, float(low)), max(value, float(high))


def band(table: Floats, resampled: Floats, which: Literal["lowest", "highest", "range"]) -> Interval:
    """Give an interval for an extreme of several accuracies (K,), given a bootstrap (B, K) of all of them.

    If all differences between the accuracies are within c of the truth at once, so is the largest of them. c is the
    quantile of the largest deviation over the resamples: of all variants first, then once more of those only that are
    within the first c of the extreme, because the others cannot be it. It covers in at least (not: exactly) 95 %.
    """
    deviation = resampled - table
    slack = _quantile(np.ptp(deviation, axis=1))
    is_top, is_bottom = table >= table.max() - slack, table <= table.min() + slack
    top, bottom = deviation[:, is_top], deviation[:, is_bottom]
    if which == "range":
        value = float(np.ptp(table))
        radius = _quantile(np.maximum(top.max(axis=1) - bottom.min(axis=1), bottom.max(axis=1) - top.min(axis=1)))
    elif which == "highest":
        value, radius = float(table.max()), _quantile(np.abs(top).max(axis=1))
    else:
        value, radius = float(table.min()), _quantile(np.abs(bottom).max(axis=1))
    return value - radius, value + radius


def interval_of(
    metric: Metric, value: float, resampled: Floats | None, *, num_items: int, table: Floats | None
) -> Interval:
    """Give the 95 % interval that the metric asks for, within its range.

    Args:
        metric: Whose interval.
        value: The metric, not NaN.
        resampled: (B,) of the metric, or (B, K) of the accuracies of which it is an extreme; None for Wilson.
        num_items: That the metric counts.
        table: (K,), the accuracies of which the metric is an extreme.
    """
    if metric.interval == "exact":
        return value, value
    if metric.interval == "wilson" or resampled is None:
        return wilson(value, num_items)
    if table is not None and metric.interval == "percentile" and metric.over is not None:
        low, high = percentile(value, metric.over(resampled))
    elif metric.interval == "percentile" or table is None:
        low, high = percentile(value, resampled)
    elif metric.interval in ("lowest", "highest", "range"):
        low, high = band(table, resampled, metric.interval)
    else:
        radius = _quantile(RADII[metric.interval](resampled - table))
        low, high = value - radius, value + radius
    if high - low < TINY:
        return _unmoved(metric, value, num_items)
    return max(metric.low, low), min(metric.high, high)


RADII: dict[str, Callable[[Floats], Floats]] = {
    "quantile": lambda deviation: np.abs(deviation).max(axis=1),
    "iqr": lambda deviation: np.ptp(deviation, axis=1),
    "std": lambda deviation: deviation.std(axis=1, ddof=1),
    "sat": lambda deviation: np.abs(deviation - deviation.mean(axis=1, keepdims=True)).max(axis=1),
}
"""How far a function of all accuracies can be from the truth if each accuracy deviates (B, K) as much as this.

A quantile moves by no more than the largest deviation, the distance of two by no more than their range, a standard
deviation by no more than that of the deviations (triangle inequality), the distance of the best from the mean by no more
than the largest deviation from the mean deviation. As the band above they cover in at least 95 %."""


def _unmoved(metric: Metric, value: float, num_items: int) -> Interval:
    """Give the interval of a metric that no resample changes: Wilson's, stretched to the range that the metric has."""
    low, high = max(metric.low, -1.0), min(metric.high, 1.0)
    ends = wilson(min(1.0, max(0.0, (value - low) / (high - low))), num_items)
    return min(value, low + ends[0] * (high - low)), max(value, low + ends[1] * (high - low))


def _draw(rng: np.random.Generator, num: int, num_items: int) -> Floats:
    """Give (num, N): how often each item is in each of `num` resamples."""
    if num_items == 0:
        return np.zeros((num, 0))
    picks = rng.integers(0, num_items, (num, num_items))
    picks += np.arange(num)[:, None] * num_items
    return np.bincount(picks.ravel(), minlength=num * num_items).reshape(num, num_items).astype(np.float64)


def _quantile(values: Floats) -> float:
    return float(np.quantile(values, LEVEL))
