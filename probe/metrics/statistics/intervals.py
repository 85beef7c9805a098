"""95 % intervals: what other items like those asked would have shown.

Items are the clusters: all variants of an item are drawn together, since they move together. Where a draw is shared by all
items (a format) it is resampled too, if asked for: see `probe.metrics.statistics.two_way`.

    metric                                     interval
    a share of items (accuracy, any_flip)      Wilson
    a mean over pairs or variants (flip rate)  cluster bootstrap, expanded BCa; percentile over many items or with shared samples
    the same, where few items have most of it  Hall's transformed t (`skewed`): rare flips
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
from statistics import NormalDist
from typing import Literal

import numpy as np

from probe.metrics.cells import Floats

LEVEL = 0.95
RESAMPLES = 2000
JACKKNIFED = 2000
"""Items up to which leaving out each in turn costs no more than the bootstrap itself."""
CHUNK_BYTES = 32 * 2**20
"""Of the weights held at a time."""
SKEWED = 1.0
"""Skewness of the items' contributions beyond which BCa, right to second order, ends too low (the limit is Bulmer's, 1979,
Principles of Statistics, chapter 4: highly skewed)."""
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
    z = NormalDist().inv_cdf((1 + level) / 2)
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


def jackknife(statistic: Statistic, *, num_items: int, chunk_bytes: int = CHUNK_BYTES) -> Floats:
    """Compute a statistic with each item left out in turn; (num_items, ...)."""
    rows = max(1, chunk_bytes // (8 * max(1, num_items)))
    parts = []
    for start in range(0, num_items, rows):
        weights = np.ones((min(rows, num_items - start), num_items))
        weights[np.arange(len(weights)), start + np.arange(len(weights))] = 0
        parts.append(statistic(weights))
    return np.concatenate(parts)


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


def expanded(level: float, num: int) -> float:
    """Return the level at which a bootstrap of `num` items holds as often as it says.

    Its resamples differ too little, by sqrt(1 - 1 / num), and their tails are those of the normal distribution, not of
    Student's: Hesterberg 2015, What Teachers Should Know About the Bootstrap, The American Statistician 69(4), section 5.3.
    """
    if num < 3:
        return level
    normal = NormalDist()
    wider = math.sqrt(num / (num - 1)) * student(normal.inv_cdf((1 + level) / 2), num - 1)
    return 2 * normal.cdf(wider) - 1


def student(z: float, degrees: int) -> float:
    """Return the quantile of Student's t where the normal one is z. Abramowitz and Stegun 1964, 26.7.5, to four terms."""
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / degrees**power for power, term in enumerate(terms, 1))


def skewness(left_out: Floats) -> float:
    """Return the skewness of what each item contributes, from the statistic with each left out (N,); 0 where all do the same."""
    influence = left_out.mean() - left_out
    scale = float(np.sqrt((influence**2).mean()))
    return float((influence**3).mean()) / scale**3 if scale > TINY else 0.0


def skewed(value: float, left_out: Floats, *, level: float = LEVEL) -> Interval:
    """Return the t interval of a mean of skewed contributions, with their skewness taken out, given its jackknife (N,).

    T = (estimate - truth) / error is itself skewed where most items contribute nothing and a few much: too often it is far
    below zero, so that a symmetric interval ends too low. Hall 1992, On the Removal of Skewness by Transformation, JRSS B 54:
    T + g T^2 / 3 sqrt(N) + g^2 T^3 / 27 N + g / 6 sqrt(N), with g the skewness, is nearer to normal, and has an inverse.
    """
    num, g = len(left_out), skewness(left_out)
    error = float(np.sqrt((num - 1) * ((left_out - left_out.mean()) ** 2).mean()))
    z, root = NormalDist().inv_cdf((1 + level) / 2), math.sqrt(num)

    def inverse(y: float) -> float:
        return 3 * root / g * (math.cbrt(1 + g * (y / root - g / (6 * num))) - 1) if abs(g) > TINY else y

    return min(value, value - inverse(z) * error), max(value, value - inverse(-z) * error)


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
    if num_items == 0:
        return np.zeros((num, 0))
    picks = rng.integers(0, num_items, (num, num_items))
    picks += np.arange(num)[:, None] * num_items
    return np.bincount(picks.ravel(), minlength=num * num_items).reshape(num, num_items).astype(np.float64)


def quantile(values: Floats, level: float) -> float:
    """Return a quantile of numbers."""
    return float(np.quantile(values, level))
