"""Paired tests, on answers to the same items: of two columns, all columns of a family, or two runs.

    exact_mcnemar   two columns            items where only one of them is right, against a fair coin
    cochran_q       two or more columns    chi-square with (columns - 1) degrees of freedom
    sign_flip_test  a difference an item   the differences of items change sign
    swap_test       any metric, two runs   the two runs' answers to an item change places, all metrics of whole rows

The first two speak of right and wrong; items not asked under every column are left out and `num_items` says how many
stayed. The last is exact (up to the number of draws) if neither run is better in any way, whatever the metric is and
however the variants of an item depend on one another, because whole items change places.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from probe.metrics.cells import Cells, Floats, stack
from probe.metrics.statistics.clusters import clusters_of

SWAPS = 2000
CHUNK_BYTES = 4 * 2**20
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The result of a paired test."""

    statistic: float
    p_value: float
    num_items: int
    """That the test counts."""
    num_discordant: int = 0
    """Of these, items that only one of two columns has right; of `exact_mcnemar` alone."""


def exact_mcnemar(first: Floats, second: Floats) -> PairedTest:
    """Test whether two columns (N,) of right (1), wrong (0) and not asked (NaN) are right equally often.

    McNemar 1947, Psychometrika 12; two-sided exact binomial form. The statistic is the smaller of the two counts of items
    that only one column has right; without any such item p is 1.
    """
    both = ~(np.isnan(first) | np.isnan(second))
    only_first = int(((first == 1) & (second == 0) & both).sum())
    only_second = int(((first == 0) & (second == 1) & both).sum())
    fewer, discordant = min(only_first, only_second), only_first + only_second
    return PairedTest(float(fewer), min(1.0, 2 * _fair_coin(fewer, discordant)), int(both.sum()), discordant)


def cochran_q(correct: Floats) -> PairedTest:
    """Test whether all columns of (N, K) right, wrong or NaN are right equally often.

    Cochran 1950, Biometrika 37: Q = K (K-1) sum_i (T_i - T/K)^2 / sum_n u_n (K - u_n), with T_i right in column i, u_n
    right on item n. The chi-square form is an approximation, good from about 24 items on which columns differ. Without any
    such item p is 1.

    Raises:
        ValueError: there is one column.
    """
    whole = correct[~np.isnan(correct).any(axis=1)]
    num_columns = correct.shape[1]
    if num_columns < 2:
        raise ValueError("one column cannot differ from itself")
    by_item = whole.sum(axis=1)
    varied = float((by_item * (num_columns - by_item)).sum())
    if varied == 0:
        return PairedTest(0.0, 1.0, len(whole))
    by_column = whole.sum(axis=0)
    statistic = num_columns * (num_columns - 1) * float(((by_column - by_column.mean()) ** 2).sum()) / varied
    return PairedTest(statistic, chi_square_tail(statistic, num_columns - 1), len(whole))


def sign_flip_test(differences: Floats, *, seed: int, samples: int = SWAPS) -> PairedTest:
    """Test whether differences of items (N,) average zero: under the hypothesis, each could as well have the other sign.

    Fisher 1935, The Design of Experiments, section 21, with `draws` random signs instead of all. The statistic is the mean.
    """
    moved = differences[differences != 0]
    observed = float(differences.sum())
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK_BYTES // (8 * max(1, moved.size)))
    beyond = 0
    for start in range(0, samples, rows):
        signs = rng.integers(0, 2, (min(rows, samples - start), moved.size)).astype(np.float64) * 2 - 1
        beyond += int((np.abs(signs @ moved) >= abs(observed) - ROUNDING).sum())
    return PairedTest(observed / max(1, differences.size), (1 + beyond) / (1 + samples), differences.size)


def swap_test(
    function: Callable[[Cells, Floats], Floats],
    first: Cells,
    second: Cells,
    *,
    seed: int,
    swaps: int = SWAPS,
    most: int = 0,
) -> PairedTest:
    """Test whether a metric differs between two runs of the same items under the same variants.

    A permutation test (Pitman 1937): under the hypothesis, whose answers to an item are whose does not matter. Each draw
    lets both runs' rows of every second item, on average, change places; copies of an item in pooled suites go together.

        rows of first   1 0 1 1        which rows a draw gives to the one side; the other side gets the rest
        rows of second  0 1 0 0

    The statistic is the metric of `second` minus that of `first`; NaN and p 1 where the metric is not defined. Where none of
    the `swaps` is as far, it goes on to `most` of them, so that p can be small enough to be adjusted for many tests. p stays
    valid: it is below 1 / (1 + swaps) only where it is that of all `most`, and where it goes on it was the least before.
    """
    num_items = len(first.items)
    both = _beneath(first, second)
    own = np.r_[np.ones(num_items), np.zeros(num_items)][None]
    observed = float((function(both, 1 - own) - function(both, own))[0])
    if math.isnan(observed):
        return PairedTest(observed, 1.0, num_items)
    cluster = clusters_of(first, np.ones(num_items, np.bool_))[0]
    num_clusters = int(cluster.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK_BYTES // (16 * max(1, num_items)))
    beyond, done, end = 0, 0, swaps
    while done < end:
        heads = rng.integers(0, 2, (min(rows, end - done), num_clusters))[:, cluster].astype(np.float64)
        sides = np.concatenate([heads, 1 - heads], axis=1)
        difference = function(both, 1 - sides) - function(both, sides)
        beyond += int((np.abs(np.nan_to_num(difference)) >= abs(observed) - ROUNDING).sum())
        done += len(heads)
        if done == swaps and beyond == 0:
            end = max(swaps, most)
    return PairedTest(observed, (1 + beyond) / (1 + done), num_items)


def chi_square_tail(value: float, degrees: int) -> float:
    """Return P(chi-square with `degrees` degrees of freedom > value), by the finite sum for whole degrees.

    Abramowitz and Stegun 1964, 26.4.4 and 26.4.5.
    """
    half = value / 2
    if half <= 0:
        return 1.0
    tail = math.erfc(math.sqrt(half)) if degrees % 2 else 0.0
    power = 0.5 if degrees % 2 else 0.0
    while power < degrees / 2:
        tail += math.exp(power * math.log(half) - half - math.lgamma(power + 1))
        power += 1
    return min(1.0, tail)


def _fair_coin(most: int, tosses: int) -> float:
    """Return the probability of at most `most` heads; exact whole numbers until the last division."""
    if tosses <= 1000:
        return float(sum(math.comb(tosses, heads) for heads in range(most + 1)) / 2**tosses)
    logs = [
        math.lgamma(tosses + 1) - math.lgamma(k + 1) - math.lgamma(tosses - k + 1) - tosses * math.log(2)
        for k in range(most + 1)
    ]
    return math.fsum(map(math.exp, logs))


def _beneath(first: Cells, second: Cells) -> Cells:
    """Put the rows of the second table beneath those of the first, each with its own answers."""
    if first.columns != second.columns or first.items != second.items:
        raise ValueError("the two tables are not of the same items under the same variants")
    return stack([first, second])
