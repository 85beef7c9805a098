"""Interval, p-value and minimum detectable effect of a figure's worsening, paired by item.

A worsening w is the difference of a metric between two runs of the same items, turned so that more is worse. Its standard
error s / sqrt(N) comes from a bootstrap of the items. Where few items changed, or none, resamples say too little: no change in
ten items is not "no change, for certain". So the variance that a worsening of d must at least have, if it comes of items that
change or do not, stands in wherever it is larger:

    V(d) = max(s^2, |d| (1 - |d|))          w is compatible with d if |w - d| <= z sqrt(V(d) / N)

Without any change that is Tango's interval of matched pairs (1998, Statistics in Medicine 17), z^2 / (N + z^2) to either side.

An item's change of a mean over variants is often a part of 1. Where changes were seen, the good end and the p-value use their
grain g = (sum x^2 + 1) / (sum |x| + 1) over the items' changes x, that is V(d) = max(s^2, g |d| - d^2); the added item that
changes wholly keeps g at 1 where nothing changed. The bad end, which decides about a pass, keeps g = 1: a loss may be
coarser than the noise that was seen.

Covered: what is done with one difference. Not covered: which differences are checked (`probe.gating.against`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np

from probe.metrics.cells import Floats

LEVEL = 0.95
"""The level of the interval that is shown and that decides about a pass."""
ALARM = 0.02
"""The share of verdicts on two equal models that may be `regressed`; Benjamini-Hochberg holds it over all checks."""
POWER = 0.80
MAX_FACTS = 2000
"""Items above which an effect needs no exact count of the items that it moves."""
MOST_ITEMS = 1_000_000
"""Items above which none are advised."""


def grain_of(changes: Floats) -> float:
    """Return by how much an item changes if it changes, from (N,) changes, NaN where an item does not count; from 0 to 1.

    The ratio of the sums of squares and of sizes, each with one item more that changes by 1.
    """
    sizes = np.abs(changes[~np.isnan(changes)])
    return min(1.0, float(((sizes**2).sum() + 1) / (sizes.sum() + 1)))


def interval(
    worsening: float, error: float, num_items: int, *, grain: float = 1.0, level: float = LEVEL
) -> tuple[float, float]:
    """Return the interval of the worsenings that are compatible with the observed one."""
    low = -_upper(-worsening, error, num_items, level, grain)
    return min(low, worsening), _upper(worsening, error, num_items, level)


def p_beyond(worsening: float, margin: float, error: float, num_items: int, *, grain: float = 1.0) -> float:
    """Return the p-value of a worsening at least this large if the true one is `margin`; one-sided."""
    scale = math.sqrt(_variance(margin, error, num_items, grain) / num_items)
    if scale == 0:
        return 0.0 if worsening > margin else 1.0
    return 1 - NormalDist().cdf((worsening - margin) / scale)


def minimum_detectable(
    error: float, num_items: int, *, margin: float, num_checks: int, grain: float = 1.0, level: float = ALARM
) -> float:
    """Return the least true worsening that is found with power 0.8, even if no other check shows one.

    That is the hardest case: Benjamini-Hochberg then asks for p <= level / checks. Two conditions: the one-sided score test
    (Bloom 1995, Evaluation Review 19(5)), and that enough items move for the test that swaps answers, whose p-value is at
    least 2^-moved. An item is taken to move by `grain`. The effect's variance comes on top of what varies already.
    """
    alpha = level / max(1, num_checks)
    z = NormalDist().inv_cdf(1 - alpha) + NormalDist().inv_cdf(POWER)
    needed = math.ceil(math.log2(1 / alpha))

    def is_found(effect: float) -> bool:
        own = max(0.0, effect * (grain - effect))
        spare = effect - margin - z * math.sqrt(error * error + own / num_items)
        return spare >= 0 and _at_least(needed, num_items, min(1.0, effect / grain)) >= POWER

    low, high = margin, 1.0
    if not is_found(high):
        return high
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if is_found(middle) else (middle, high)
    return high


def ruled_out(num_items: int, error: float = 0.0) -> float:
    """Return the least worsening that a pass rules out if nothing changed: how large a loss so many items can see."""
    return interval(0.0, error, num_items)[1]


def items_that_pass(worsening: float, error: float, num_items: int, *, tolerance: float) -> int | None:
    """Return how many items like these rule out a worsening of `tolerance`; None where no number does."""
    if worsening >= tolerance:
        return None
    return least_items(lambda num: interval(worsening, _scaled(error, num_items, num), num)[1] <= tolerance, num_items)


def items_that_show(
    worsening: float, error: float, num_items: int, *, margin: float, num_checks: int, grain: float = 1.0
) -> int | None:
    """Return how many items like these show a worsening to be beyond `margin`; None where no number does."""

    def is_shown(num: int) -> bool:
        scaled = _scaled(error, num_items, num)
        p_value = max(p_beyond(worsening, margin, scaled, num, grain=grain), 0.5 ** (num * worsening / grain))
        return p_value <= ALARM / max(1, num_checks) and interval(worsening, scaled, num, grain=grain)[0] > margin

    return None if worsening <= margin else least_items(is_shown, num_items)


def least_items(is_enough: Callable[[int], bool], start: int) -> int | None:
    """Return the least number of items from `start` on that is enough; None above MOST_ITEMS."""
    low, high = start - 1, start
    while not is_enough(high):
        low, high = high, 2 * high
        if high > MOST_ITEMS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _scaled(error: float, num_items: int, num: int) -> float:
    return error * math.sqrt(num_items / num)


def _upper(worsening: float, error: float, num_items: int, level: float, grain: float = 1.0) -> float:
    """Return the largest worsening that is compatible with the observed one.

    The roots of (w - d)^2 = k |d| (g - |d|) with k = z^2 / N, beside the end that the standard error gives.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    k, w, g = z * z / num_items, worsening, grain
    of_harm = k * (k * g * g + 4 * w * (g - w))
    of_gain = k * (k * g * g - 4 * w * (g + w))
    counted = w
    if of_harm >= 0:
        counted = (2 * w + k * g + math.sqrt(of_harm)) / (2 * (1 + k))
    elif of_gain >= 0:
        counted = -(k * g - 2 * w - math.sqrt(of_gain)) / (2 * (1 + k))
    return min(1.0, max(w + z * error, counted, w))


def _variance(effect: float, error: float, num_items: int, grain: float) -> float:
    return max(num_items * error * error, abs(effect) * (grain - abs(effect)))


def _at_least(count: int, num: int, share: float) -> float:
    """Return the probability of at least `count` of `num` independent items, each moved with probability `share`."""
    if share >= 1.0 or num > MAX_FACTS:
        return float(num >= count)
    if share <= 0.0 or num < count:
        return float(count <= 0)
    logs = (
        math.lgamma(num + 1) - math.lgamma(k + 1) - math.lgamma(num - k + 1)
        + k * math.log(share) + (num - k) * math.log1p(-share)
        for k in range(count)
    )  # fmt: skip
    return 1.0 - math.fsum(map(math.exp, logs))
