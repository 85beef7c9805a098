"""Power of paired tests: the smallest difference that they detect with probability 0.8.

    mcnemar_detectable   two columns     difference of their accuracies, given how many items only one has right
    cochran_detectable   more columns    best accuracy minus worst, given how much an item's answers differ among columns

Both take from the run at hand how often answers to one item differ, which no plan knows beforehand. None where no difference
could be found, or where nothing is known of that.

Covered: a single test at its level. Not covered: what adjusting for many tests takes off.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from probe.metrics.cells import Floats, Ints
from probe.metrics.statistics.paired import chi_square_tail
from probe.metrics.statistics.power import POWER

ALPHA = 0.05
STEPS = 16
"""Halvings of an interval: four digits and more."""
MANY = 150
"""Discordant items from which the normal approximation is as good as the exact sum."""


def mcnemar_detectable(
    num_items: int, discordant: float, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Return the least difference of accuracies that the exact McNemar test of so many items finds with that power.

    `discordant` is the share of items that only one column has right. The number of such items is binomial, and given it so
    is that of each side; the power sums over both. From `MANY` on, Connor 1987, Biometrics 43(1):
    N = (z_{1-a/2} sqrt(s) + z_power sqrt(s - d^2))^2 / d^2, s the share, d the difference. Where at that share not even a
    difference all one way is found, it is the least share that is found if all of it is one way; None: not even with all items.
    """

    def power_of(difference: float, share: float) -> float:
        return _mcnemar_power(num_items, share, difference, alpha)

    if power_of(1.0, 1.0) < power:
        return None
    if discordant == 0 or power_of(discordant, discordant) < power:
        return _least(lambda share: power_of(share, share) >= power, discordant, 1.0)
    return _least(lambda difference: power_of(difference, discordant) >= power, 0.0, discordant)


def cochran_detectable(
    num_items: int, num_columns: int, within: float, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Return the least distance of the best from the worst column that Cochran's Q finds with that power, the others midway.

    `within` is the variance of an item's answers among columns. Q is then about noncentral chi-square with K - 1 degrees of
    freedom and noncentrality N sum_i (p_i - mean)^2 / within, where each two columns agree alike (Bhapkar and Somes 1977,
    JASA 72(359)); with the others midway the sum is half the squared distance, and with them anywhere else it is larger.
    """
    if within <= 0:
        return None
    distance = math.sqrt(2 * noncentrality(num_columns - 1, alpha, power) * within / num_items)
    return distance if distance <= 1 else None


@lru_cache(maxsize=256)
def noncentrality(degrees: int, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the noncentrality with which chi-square exceeds its critical value with that probability."""
    limit = _least(lambda value: chi_square_tail(value, degrees) <= alpha, 0.0, 20.0 + 5 * degrees)
    return _least(lambda shift: _noncentral_tail(limit, degrees, shift) >= power, 0.0, 40.0 + 5 * degrees)


def within_items(correct: Floats) -> float:
    """Return the variance of an item's answers (N, K) among columns, right 1, wrong 0; items not asked under all left out."""
    whole = correct[~np.isnan(correct).any(axis=1)]
    return float(whole.var(axis=1, ddof=1).mean()) if len(whole) else 0.0


def _mcnemar_power(num: int, share: float, difference: float, alpha: float) -> float:
    if share * num > MANY:
        room = math.sqrt(max(share - difference**2, 1e-12))
        return NormalDist().cdf(
            (difference * math.sqrt(num) + NormalDist().inv_cdf(alpha / 2) * math.sqrt(share)) / room
        )
    one_way = (1 + difference / share) / 2
    spread = 6 * math.sqrt(num * share * (1 - share)) + 1
    sizes = np.arange(max(0, math.floor(num * share - spread)), min(num, math.ceil(num * share + spread)) + 1)
    most = [critical(int(size), alpha) for size in sizes]
    rejected = _within(sizes, one_way, most) + _within(sizes, 1 - one_way, most)
    return float((_binomial(np.full(1, num), share, sizes) * rejected).sum())


@lru_cache(maxsize=4096)
def critical(discordant: int, alpha: float = ALPHA) -> int:
    """Return the most items on the smaller side at which the exact test is significant; -1 where it never is."""
    most, ways, total = -1, 1, 1
    limit = alpha / 2 * 2.0**discordant
    while total <= limit:
        most += 1
        ways = ways * (discordant - most) // (most + 1)
        total += ways
    return most


def _within(sizes: Ints, chance: float, most: list[int]) -> Floats:
    """Return for each number of tosses (S,) the probability of at most so many heads."""
    heads = np.arange(max(most) + 1)
    probabilities = _binomial(sizes[:, None], chance, heads[None])
    return np.asarray((probabilities * (heads[None] <= np.asarray(most)[:, None])).sum(axis=1))


def _binomial(num: Ints, chance: float, heads: Ints) -> Floats:
    """Return the probability of so many heads of so many tosses; 0 where there are more heads than tosses."""
    table = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, int(num.max()) + 2)))])
    chance = min(max(chance, 1e-15), 1 - 1e-15)
    tails = num - heads
    logs = table[num] - table[np.minimum(heads, num)] - table[np.maximum(tails, 0)]
    logs = logs + heads * math.log(chance) + np.maximum(tails, 0) * math.log1p(-chance)
    return np.where(tails >= 0, np.exp(logs), 0.0)


def _noncentral_tail(value: float, degrees: int, shift: float) -> float:
    """Return P(noncentral chi-square > value): central ones weighed by Poisson. Johnson, Kotz and Balakrishnan 1995, 29.2."""
    half, tail, weight = shift / 2, 0.0, math.exp(-shift / 2)
    for step in range(math.ceil(half + 10 * math.sqrt(half) + 20)):
        tail += weight * chi_square_tail(value, degrees + 2 * step)
        weight *= half / (step + 1)
    return tail


def _least(is_enough: Callable[[float], bool], low: float, high: float) -> float:
    """Return the least value between two at which something that rises is enough; the higher one if it is not before."""
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
