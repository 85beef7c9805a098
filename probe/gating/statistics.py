"""Interval, p-value and minimum detectable effect of a figure's worsening, paired by item.

A worsening w is the difference of a metric between two runs of the same items, turned so that more is worse. Its standard
error s / sqrt(N) comes from a bootstrap of the items. Where few items changed, or none, resamples say too little: no change in
ten items is not "no change, for certain". So the variance that a worsening of d must at least have, if it comes of items that
change or do not, stands in wherever it is larger:

    V(d) = max(s^2, |d| (1 - |d|))          w is compatible with d if |w - d| <= z sqrt(V(d) / N)

Without any change that is Tango's interval of matched pairs (1998, Statistics in Medicine 17), z^2 / (N + z^2) to either side.

Covered: what is done with one difference. Not covered: which differences are checked (`probe.gating.against`).
"""

from __future__ import annotations

import math
from statistics import NormalDist

LEVEL = 0.95
"""The level of the interval that is shown and that decides about a pass."""
ALARM = 0.02
"""The share of verdicts on two equal models that may be `regressed`; Benjamini-Hochberg holds it over all checks."""
POWER = 0.80
MAX_FACTS = 2000
"""Items above which an effect needs no exact count of the items that it moves."""


def interval(worsening: float, error: float, num_items: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of the worsenings that are compatible with the observed one."""
    return -_upper(-worsening, error, num_items, level), _upper(worsening, error, num_items, level)


def p_beyond(worsening: float, margin: float, error: float, num_items: int) -> float:
    """Return the p-value of a worsening at least this large if the true one is `margin`; one-sided."""
    scale = math.sqrt(_variance(margin, error, num_items) / num_items)
    if scale == 0:
        return 0.0 if worsening > margin else 1.0
    return 1 - NormalDist().cdf((worsening - margin) / scale)


def minimum_detectable(error: float, num_items: int, *, margin: float, num_checks: int, level: float = ALARM) -> float:
    """Return the least true worsening that is found with power 0.8, even if no other check shows one.

    That is the hardest case: Benjamini-Hochberg then asks for p <= level / checks. Two conditions: the one-sided score test
    (Bloom 1995, Evaluation Review 19(5)), and that enough items move for the test that swaps answers, whose p-value is at
    least 2^-moved. An item is taken to move wholly, by 1: an effect spread over more items is found sooner. Its variance
    comes on top of what varies already.
    """
    alpha = level / max(1, num_checks)
    z = NormalDist().inv_cdf(1 - alpha) + NormalDist().inv_cdf(POWER)
    needed = math.ceil(math.log2(1 / alpha))

    def is_found(effect: float) -> bool:
        spare = effect - margin - z * math.sqrt(error * error + effect * (1 - effect) / num_items)
        return spare >= 0 and _at_least(needed, num_items, effect) >= POWER

    low, high = margin, 1.0
    if not is_found(high):
        return high
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if is_found(middle) else (middle, high)
    return high


def _upper(worsening: float, error: float, num_items: int, level: float) -> float:
    """Return the largest worsening that is compatible with the observed one.

    The roots of (w - d)^2 = k |d| (1 - |d|) with k = z^2 / N, beside the end that the standard error gives.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    k, w = z * z / num_items, worsening
    of_harm = k * (k + 4 * w * (1 - w))
    if of_harm >= 0:
        counted = (2 * w + k + math.sqrt(of_harm)) / (2 * (1 + k))
    else:
        counted = -(k - 2 * w - math.sqrt(k * (k - 4 * w * (1 + w)))) / (2 * (1 + k))
    return min(1.0, max(w + z * error, counted, w))


def _variance(effect: float, error: float, num_items: int) -> float:
    return max(num_items * error * error, abs(effect) * (1 - abs(effect)))


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
