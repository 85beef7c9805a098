"""What the metrics of other commands must be, in loops over plain lists.

Covered: ranks of models by variant (Kendall's W and tau, reversals), Spearman's correlation, alignment, uniformity and relative
distance of points, shares of variance of planted slopes. Not covered: intervals and p-values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, permutations
from statistics import mean, variance

from probe.selftest.reference.base import reference
from probe.selftest.reference.beliefs import pearson, ranks

Numbers = Sequence[float]


@reference("kendalls_w")
def kendalls_w(models: Sequence[Numbers]) -> float:
    """Return 12 S / (M^2 (K^3 - K) - M sum T) of K models' accuracies under M variants."""
    num, variants = len(models), list(zip(*models, strict=True))
    ranked = [ranks(column) for column in variants]
    sums = [math.fsum(row) for row in zip(*ranked, strict=True)]
    ties = sum(column.count(value) ** 3 - column.count(value) for column in ranked for value in set(column))
    return (
        12 * sum((one - mean(sums)) ** 2 for one in sums) / (len(variants) ** 2 * (num**3 - num) - len(variants) * ties)
    )


@reference("mean_tau")
def mean_tau(models: Sequence[Numbers]) -> float:
    """Return the mean of tau-b over pairs of variants in neither of which all models are equal."""
    signs = [[_sign(b - a) for a, b in combinations(column, 2)] for column in zip(*models, strict=True)]
    found = [
        sum(x * y for x, y in zip(one, other, strict=True)) / math.sqrt(_untied(one) * _untied(other))
        for one, other in combinations(signs, 2)
        if _untied(one) and _untied(other)
    ]
    return mean(found)


@reference("reversal")
def reversal(one: Numbers, other: Numbers) -> float:
    """Return in which share of ordered pairs of variants, the first of them no tie, the second has the other model ahead."""
    signs = [_sign(b - a) for a, b in zip(one, other, strict=True)]
    return mean(float(i * j < 0) for i, j in permutations(signs, 2) if i)


@reference("reversal_of_original")
def reversal_of_original(one: Numbers, other: Numbers) -> float:
    """Return the share of variants under which the original order is the other way round."""
    first, *rest = [_sign(b - a) for a, b in zip(one, other, strict=True)]
    return mean(float(first * sign < 0) for sign in rest)


@reference("spearman")
def spearman(one: Numbers, other: Numbers) -> float | None:
    """Return Pearson's correlation of the ranks."""
    return pearson(ranks(one), ranks(other))


Point = tuple[float, float]


@reference("alignment")
def alignment(pairs: Sequence[tuple[Point, Point]]) -> float:
    """Return the mean squared distance of pairs."""
    return mean(math.dist(*pair) ** 2 for pair in pairs)


@reference("uniformity")
def uniformity(points: Sequence[Point]) -> float:
    """Return the logarithm of the mean of exp(-2 distance^2) over pairs of points."""
    return math.log(mean(math.exp(-2 * math.dist(a, b) ** 2) for a, b in combinations(points, 2)))


@reference("relative_distance")
def relative_distance(pairs: Sequence[tuple[Point, Point]], points: Sequence[Point]) -> float:
    """Return the mean distance of pairs over that of distinct points."""
    return mean(math.dist(*pair) for pair in pairs) / mean(math.dist(a, b) for a, b in combinations(points, 2))


@reference("variance_share")
def variance_share(slopes: Sequence[Numbers], factor: int) -> float:
    """Return a factor's part of the spread, from each item's slope on each factor, where there is no residual.

    Alone: the squared mean, less what the items add to it; by item: the variance over items.
    """
    parts: list[float] = []
    for column in zip(*slopes, strict=True):
        between = variance(column)
        parts.append(max(0.0, mean(column) ** 2 - between / len(column)) + between)
    return parts[factor] / sum(parts)


def _sign(difference: float) -> int:
    return 0 if abs(difference) <= 1e-12 else 1 if difference > 0 else -1


def _untied(signs: Sequence[int]) -> int:
    return sum(sign != 0 for sign in signs)
