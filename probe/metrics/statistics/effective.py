"""Intervals of means from what each item, and each sample that all items share, contributes to them.

    flip rate 3 %     items     220, of which 9 flip anywhere      worth 700 independent answers    below .008  above .011
                      formats   4, of rates .01 .02 .02 .15        worth 8 independent formats      below .010  above .060
    the interval      [.03 - hypot(.008, .010), .03 + hypot(.011, .060)]

Items. Wilson's interval with the size that they are worth, p (1 - p) / variance (Korn and Graubard 1998, Survey Methodology 24),
at a quantile of Student's t. Where few items have all the flips, that variance is itself hardly known, and too small more often
than not: which items flip in most variants, nobody has seen yet. So the end that lies away from the bound takes

    variance' = (k variance + UNSEEN p (1 - p) / N) / (k + UNSEEN)      k = (sum y)^2 / sum y^2, the items that carry the rate

as if `UNSEEN` more items had been seen that move wholly or not at all. With many moved items it changes nothing.

Samples that all items share. Their variance beyond that of the items (Cameron, Gelbach and Miller 2011, Journal of Business &
Economic Statistics 29(2): items + samples - both) acts on the family's own rate r, on the scale of its logits, which keeps the
interval between 0 and 1 and lets it reach farther to the side that is open. The error has m - 1 degrees of freedom; of a rate
near 0 or 1, where the samples' rates are skewed, one less: m - 2 + 4 r (1 - r).

The parts are put together as differences of independent estimates are: Zou and Donner 2008, Statistics in Medicine 27(10).

Covered: means and smooth functions of them, within their range; differences of two rates. Not covered: extremes over variants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from probe.metrics.cells import Floats
from probe.metrics.statistics.intervals import LEVEL, TINY, Interval, score_interval, student

UNSEEN = 0.5
"""Items that move wholly or not at all, added to those seen. Without them rare flips on 20 to 50 items cover in .87 to .92; a
whole item more is too much (`benchmarks/coverage.py`)."""
FARTHER = 1.5
"""How much farther than any item seen the next may pull a difference, up to 1."""
FARTHEST = 500.0
"""Logits from which on a share is 0 or 1."""
STEP = 0.1
"""To which degrees of freedom are rounded: their quantiles are computed once."""


@dataclass(frozen=True, slots=True)
class SharedPart:
    """What the samples of one family that all items share add to the uncertainty of a figure."""

    family: str
    num: int
    """Samples, at least two."""
    variance: float
    """Of the figure, by other samples, beyond what other items explain."""
    weight: float
    """By how much the figure moves where the family's own moves by one."""
    value: float
    """The family's own figure."""


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """What items and shared samples contribute to a figure."""

    items: Floats
    """(C,), of each item, or of each cluster of them, on the scale of their mean: how far it pulls the figure. The sum is 0."""
    num_answers: int
    """The most independent answers that they can be worth."""
    num_clusters: int
    """Which may be more than C, where groups of them were left out together."""
    shared: tuple[SharedPart, ...] = ()
    num_strata: int = 1
    """Whose means the contributions are taken from."""
    suites: Floats | None = None
    """(S,), of each suite as a whole, where suites are pooled."""

    @property
    def variance(self) -> float:
        """Return that of the figure by other items."""
        num, degrees = len(self.items), self.degrees
        return float((self.items**2).sum()) / (num * degrees) if degrees else 0.0

    @property
    def degrees(self) -> int:
        """Return the degrees of freedom of the variance by items."""
        return max(0, len(self.items) - self.num_strata)

    @property
    def by_samples(self) -> float:
        """Return the share of the variance that other samples of the shared families make, from 0 to 1."""
        of_samples = math.fsum(part.variance for part in self.shared)
        total = of_samples + self.variance
        return of_samples / total if total > 0 else 0.0


def influence(left_out: Floats, value: float, *, low: float, high: float) -> Floats:
    """Return the contributions (C,) of clusters from a figure with each left out; Efron and Tibshirani 1993, chapter 11.

    One without which the figure is not defined counts as if it alone held it where it is: it pulls to the farther end.
    """
    known = ~np.isnan(left_out)
    if not known.any():
        return np.zeros(len(left_out))
    pull = (len(left_out) - 1) * (left_out[known].mean() - left_out)
    below, above = min(value - low, 1.0), min(high - value, 1.0)
    return np.where(known, pull, above if above > below else -below)


def mean_interval(
    value: float, of: Influence, *, low: float, high: float, level: float = LEVEL, is_whole: bool = False
) -> Interval:
    """Return the interval of a mean within a range, or of a smooth function of means.

    With `is_whole`, items are what they are under most variants, as right or wrong: one slip of ten right items says no more of
    items that are wrong than none, and the interval reaches as far.
    """
    reach, z = high - low, NormalDist().inv_cdf((1 + level) / 2)
    share, items = min(1.0, max(0.0, (value - low) / reach)), of.items / reach
    below, above = [_below(share, items, of, z)], [_below(1 - share, -items, of, z)]
    if is_whole:
        unseen = score_interval(0.0, of.num_clusters, z)[1]
        below, above = [max(below[0], share - (1 - unseen))], [max(above[0], unseen - share)]
    for part in of.shared:
        down, up = _of_samples((part.value - low) / reach, part.variance / reach**2, part, z)
        below.append(down)
        above.append(up)
    return max(low, value - reach * math.hypot(*below)), min(high, value + reach * math.hypot(*above))


def difference_interval(value: float, of: Influence, *, level: float = LEVEL) -> Interval:
    """Return the interval of a difference of two rates: of what items lose on average, less what they gain.

        loses   .3 0 0 .1 0 0 0     mean .057, of which it has an interval as any mean
        gains   0 .1 0 0 0 0 0      mean .014, likewise

    Both put together with the correlation that they have over items (Zou and Donner 2008).
    Where flips are rare, nearly all that move may pull one way, and Student's interval ends too low on that side.
    """
    z, pull = NormalDist().inv_cdf((1 + level) / 2), value + of.items
    largest = float(np.abs(pull).max(initial=0.0))
    reach = max(largest, min(1.0, FARTHER * largest)) or 1.0
    loses, gains = (np.maximum(side, 0.0) / reach for side in (pull, -pull))
    (loses_low, loses_high), (gains_low, gains_high) = (_ends(side, of, z) for side in (loses, gains))
    together = _correlation(loses, gains)
    down, up = zip(*(_either_way(part, z) for part in of.shared), strict=True) if of.shared else ((), ())
    below = math.sqrt(max(0.0, loses_low**2 + gains_high**2 - 2 * together * loses_low * gains_high))
    above = math.sqrt(max(0.0, loses_high**2 + gains_low**2 - 2 * together * loses_high * gains_low))
    return value - math.hypot(reach * below, *down), value + math.hypot(reach * above, *up)


def _ends(values: Floats, of: Influence, z: float) -> tuple[float, float]:
    """Return how far below and above the mean of values (C,) from 0 to 1 it may be by other items."""
    mean = float(values.mean())
    return _below(mean, values - mean, of, z), _below(1 - mean, mean - values, of, z)


def _correlation(one: Floats, other: Floats) -> float:
    first, second = one - one.mean(), other - other.mean()
    size = math.sqrt(float((first**2).sum()) * float((second**2).sum()))
    return float(first @ second) / size if size > 0 else 0.0


def _degrees(part: SharedPart, rate: float) -> float:
    """Return the degrees of freedom of what samples of a family vary, of whose own rate they are skewed."""
    return max(STEP, STEP * round((part.num - 2 + 4 * rate * (1 - rate)) / STEP))


def _either_way(part: SharedPart, z: float) -> tuple[float, float]:
    """Return how far below and above a difference may be by other samples: farther to the side on which it is."""
    error = math.sqrt(part.variance)
    if error < TINY or part.weight <= 0:
        return 0.0, 0.0
    rate = min(0.5, max(abs(part.value), 2 * error / part.weight))
    near, far = (max(side, student(z, part.num - 1) * error) for side in _of_samples(rate, part.variance, part, z))
    return (near, far) if part.value >= 0 else (far, near)


def _below(share: float, items: Floats, of: Influence, z: float) -> float:
    """Return how far below a share it may be by other items, whose contributions are shares as well."""
    variance = float((items**2).sum()) / max(1, len(items) * of.degrees)
    if variance < TINY**2 or not 0 < share < 1:
        return share - score_interval(share, of.num_clusters, z)[0]
    carried = 1 - share - items
    num_carrying = float(carried.sum() ** 2 / (carried**2).sum())
    widest = max(variance, share * (1 - share) / of.num_clusters)
    variance = (num_carrying * variance + UNSEEN * widest) / (num_carrying + UNSEEN)
    worth = min(share * (1 - share) / variance, of.num_answers)
    return share - score_interval(share, worth, student(z, of.degrees))[0]


def _of_samples(rate: float, variance: float, part: SharedPart, z: float) -> tuple[float, float]:
    """Return how far below and above a share may be by other samples of a family whose own rate is `rate`."""
    if variance <= 0 or part.weight <= 0 or not 0 < rate < 1:
        return 0.0, 0.0
    reach = min(FARTHEST, student(z, _degrees(part, rate)) * math.sqrt(variance) / part.weight / (rate * (1 - rate)))
    odds = math.log(rate / (1 - rate))
    return part.weight * (rate - _logistic(odds - reach)), part.weight * (_logistic(odds + reach) - rate)


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds)) if odds > -FARTHEST else 0.0
