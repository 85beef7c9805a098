"""95 % intervals: what other items like those asked would have shown.

Items are the clusters: all variants of an item are drawn together, since they move together. Where a draw is shared by all
items (a format) it counts as a cluster too, if asked for: see `probe.metrics.statistics.two_way`.

    metric                                     interval
    a share of items (accuracy, any_flip)      Wilson
    a mean over pairs or variants (flip rate)  Wilson with the size that the clusters are worth (`effective.py`)
    a difference of two rates (mean drop, PDR) Student's t with the jackknife's error: few items pull it, either way
    quantiles, std, IQR, Sat of the variants   cluster bootstrap, band of all variants (`metric_interval.py`)
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
from functools import cache
from statistics import NormalDist
from typing import Literal

import numpy as np

from probe.metrics.cells import Floats, Ints

LEVEL = 0.95
RESAMPLES = 2000
JACKKNIFED = 2000
"""Items up to which each is left out in turn; of more, so many groups of them."""
CHUNK_BYTES = 4 * 2**20
"""Of the weights held at a time."""
PICKS = 2**18
"""Items that are drawn at a time."""
FARTHEST = 1e12
"""Beyond it a quantile is as good as infinite."""
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


def wilson(share: float, num: float, *, level: float = LEVEL) -> Interval:
    """Return the Wilson score interval of a share of `num` independent items. Wilson 1927, JASA 22(158)."""
    return score_interval(share, num, NormalDist().inv_cdf((1 + level) / 2))


def score_interval(share: float, num: float, z: float) -> Interval:
    """Return Wilson's interval at a quantile `z`, of Student's distribution where the variance is estimated."""
    scale = 1 + z * z / num
    centre = (share + z * z / (2 * num)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / num + z * z / (4 * num * num))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def unmoved(value: float, num: int, *, low: float = 0.0, high: float = 1.0, level: float = LEVEL) -> Interval:
    """Return the interval of a mean over items that no resample changes: Wilson's, stretched to the range that it has."""
    ends = wilson(min(1.0, max(0.0, (value - low) / (high - low))), num, level=level)
    return min(value, low + ends[0] * (high - low)), max(value, low + ends[1] * (high - low))


def unmoved_difference(value: float, num: int, *, reach: float = 1.0, level: float = LEVEL) -> Interval:
    """Return the interval of a paired difference within +-`reach` that is the same for all items asked.

    As many others as Wilson's interval of 0 of `num` allows may differ from them by `reach`.
    """
    unseen = reach * wilson(0.0, num, level=level)[1]
    return min(value, max(-reach, value - unseen)), max(value, min(reach, value + unseen))


def clustered_wilson(parts: Floats, wholes: Floats, *, level: float = LEVEL) -> Interval:
    """Return Wilson's interval of a rate sum(parts) / sum(wholes) over items (N,), with the size that the clusters are worth.

    That size is r (1 - r) / (standard error)^2, the error being that of the ratio over items (Cochran 1977, Sampling
    Techniques, section 6.4); at least half an item each and at most one a pair. Kish 1965, Survey Sampling, section 8.2.
    It holds for rare events on few items, where resamples of a few fragile items say too little.
    """
    num_items, total = len(parts), float(wholes.sum())
    rate = float(parts.sum()) / total
    error = float(np.sqrt(((parts - rate * wholes) ** 2).sum() * num_items / max(1, num_items - 1))) / total
    worth = num_items if error < TINY else min(max(rate * (1 - rate) / error**2, num_items / 2), total)
    return wilson(rate, worth, level=level)


def jackknife(
    statistic: Statistic, *, num_items: int, groups: Ints | None = None, chunk_bytes: int = CHUNK_BYTES
) -> Floats:
    """Compute a statistic with each item left out in turn, or each of some groups of them, numbered from 0; (groups, ...)."""
    groups = np.arange(num_items) if groups is None else groups
    num = int(groups.max(initial=-1)) + 1
    rows = max(1, chunk_bytes // (8 * max(1, num_items)))
    parts = []
    for start in range(0, num, rows):
        left_out = np.arange(start, min(num, start + rows))[:, None]
        parts.append(statistic((groups != left_out).astype(np.float64)))
    return np.concatenate(parts) if parts else np.empty(0)


def bca(value: float, resampled: Floats, left_out: Floats, *, level: float = LEVEL) -> Interval:
    """Return the bias-corrected accelerated interval of a bootstrap (B,) of a smooth statistic, given its jackknife (N,).

    Efron and Tibshirani 1993, chapter 14: percentiles are moved by the share of resamples below the value (half of those
    that equal it) and by the skewness of what each item contributes. For means of rare events it covers better than
    plain percentiles. Where the jackknife is not defined or says nothing, plain percentiles.
    """
    defined = resampled[~np.isnan(resampled)]
    below = float(np.mean(defined < value) + np.mean(defined == value) / 2) if defined.size else 0.0
    influence = left_out.mean() - left_out
    scale = float((influence**2).sum()) ** 1.5
    if not (0 < below < 1 and scale > TINY**3):
        return percentile(value, resampled, level=level)
    normal = NormalDist()
    bias, acceleration = normal.inv_cdf(below), float((influence**3).sum()) / (6 * scale)
    ends = []
    for side in ((1 - level) / 2, (1 + level) / 2):
        moved = bias + normal.inv_cdf(side)
        ends.append(normal.cdf(bias + moved / (1 - acceleration * moved)))
    low, high = np.quantile(defined, ends)
    return min(value, float(low)), max(value, float(high))


@cache
def student(z: float, degrees: float) -> float:
    """Return the quantile of Student's t where the normal one is z > 0; degrees of freedom may be a fraction.

    P(|T| > t) = I_x(degrees / 2, 1 / 2) with x = degrees / (degrees + t^2): Abramowitz and Stegun 1964, 26.7.1, 26.5.3.
    """
    tail = math.erfc(z / math.sqrt(2))
    low, high = z, z + 1.0
    while incomplete_beta(degrees / (degrees + high * high), degrees / 2, 0.5) > tail and high < FARTHEST:
        low, high = high, 2 * high
    while high - low > TINY * high:
        middle = (low + high) / 2
        is_below = incomplete_beta(degrees / (degrees + middle * middle), degrees / 2, 0.5) > tail
        low, high = (middle, high) if is_below else (low, middle)
    return high


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), by its continued fraction.

    Abramowitz and Stegun 1964, 26.5.8, evaluated as in Lentz 1976, Applied Optics 15(3).
    """
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    if x <= 0:
        return 0.0
    logs = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    numerator, denominator, fraction = 1.0, 0.0, 1.0
    for step in range(1000):
        half = step // 2
        if step == 0:
            term = 1.0
        elif step % 2:
            term = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            term = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        denominator = 1 / (1 + term * denominator)
        numerator = 1 + term / numerator
        fraction *= numerator * denominator
        if abs(1 - numerator * denominator) < 1e-14:
            break
    return math.exp(logs) / a * (fraction - 1)


def standard_error(left_out: Floats) -> float:
    """Return the jackknife's standard error of a statistic, from it with each item left out (N,).

    Efron and Tibshirani 1993, chapter 11.
    """
    num = len(left_out)
    return math.sqrt((num - 1) / num * float(((left_out - left_out.mean()) ** 2).sum()))


def symmetric(value: float, error: float, *, num_items: int, level: float = LEVEL) -> Interval:
    """Return Student's t interval of a statistic with that standard error over so many items.

    For differences of two rates: few items pull it, some up and some down. There the estimated skewness is noise, and an interval
    that corrects for it (BCa, `skewed`) errs.
    """
    half = student(NormalDist().inv_cdf((1 + level) / 2), max(1, num_items - 1)) * error
    return value - half, value + half


def percentile(value: float, resampled: Floats, *, level: float = LEVEL) -> Interval:
    """Return the percentile interval of a bootstrap (B,), resamples on which the statistic is undefined left out.

    Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13. It is widened to contain the value.
    """
    defined = resampled[~np.isnan(resampled)]
    if defined.size == 0:
        return value, value
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return min(value, float(low)), max(value, float(high))


def band(
    table: Floats, resampled: Floats, which: Literal["lowest", "highest", "range"], *, level: float = LEVEL
) -> Interval:
    """Return an interval for an extreme of several accuracies (K,), given a bootstrap (B, K) of all of them.

    If all differences between the accuracies are within c of the truth at once, so is the largest of them. c is the
    quantile of the largest deviation over the resamples: of all variants first, then once more of those only that are
    within the first c of the extreme, because the others cannot be it. It covers in at least (not: exactly) 95 %.
    """
    deviation = resampled - table
    slack = quantile(np.ptp(deviation, axis=1), level)
    is_top, is_bottom = table >= table.max() - slack, table <= table.min() + slack
    top, bottom = deviation[:, is_top], deviation[:, is_bottom]
    if which == "range":
        value = float(np.ptp(table))
        radius = quantile(np.maximum(top.max(axis=1) - bottom.min(axis=1), bottom.max(axis=1) - top.min(axis=1)), level)
    elif which == "highest":
        value, radius = float(table.max()), quantile(np.abs(top).max(axis=1), level)
    else:
        value, radius = float(table.min()), quantile(np.abs(bottom).max(axis=1), level)
    return value - radius, value + radius


def _draw(rng: np.random.Generator, num: int, num_items: int) -> Floats:
    """Return (num, N): how often each item is in each of `num` resamples."""
    weights = np.zeros((num, num_items))
    step = max(1, PICKS // max(1, num_items))
    for start in range(0, num if num_items else 0, step):  # what is picked takes as much memory again as the weights
        part = weights[start : start + step]
        picks = rng.integers(0, num_items, part.shape)
        picks += np.arange(len(part))[:, None] * num_items
        part[:] = np.bincount(picks.ravel(), minlength=part.size).reshape(part.shape)
    return weights


def quantile(values: Floats, level: float) -> float:
    """Return a quantile of numbers."""
    return float(np.quantile(values, level))
