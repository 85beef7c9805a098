"""Rates over several families: each family weighs equally, however many of its pairs were asked.

              pairs   flips    rate    weight
    typos      800      80     10 %     1/2        families   (10 + 40) / 2      = 25 %
    order       80      32     40 %     1/2        pairs      (80 + 32) / 880    = 13 %

By pairs, the rate would follow how many draws each family has and how many of its edits apply to a suite, which says nothing
about the model. Of a family itself a rate is hits over pairs. A family asked on fewer than `FEW_ITEMS` items counts in
proportion: on five items half as much as one on ten or more. The weights belong to what was asked and are the same in every
resample; a family of which a resample holds no pair has no part in it.

Covered: weights, rates as functions of item weights. Not covered: means over items and figures of variants, which have none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probe.metrics.cells import Bools, Cells, Floats, Ints
from probe.metrics.packed import packed

# B = resamples, N = items, K = variants without the original, F = families

FEW_ITEMS = 10
"""Items from which on a family has its full weight, and may be named as the worst: of fewer, its rate says next to nothing."""


def ratio(part: Floats, whole: Floats) -> Floats:
    """Divide; NaN where there is nothing to be a part of."""
    quotient = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=quotient, where=whole > 0)
    return quotient


def summed(values: Floats, groups: Ints) -> Floats:
    """Return the sum (G,) of values (N,) by group; -1 is in none."""
    inside = groups >= 0
    return np.bincount(groups[inside], values[inside]).astype(np.float64)


@packed("hits", "pairs")
@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """Hits over counted pairs of each family, and the weighted mean of these rates."""

    hits: Floats
    """(F, N)"""
    pairs: Floats
    """(F, N), 0 of items on which the family has no pair that counts."""
    shares: Floats
    """(F,), the weights; they add up to 1 where there is any pair."""

    def __call__(self, weights: Floats) -> Floats:
        """Return (B,) for item weights (B, N)."""
        return self.mean(weights @ self.hits.T, weights @ self.pairs.T)

    def left_out(self, groups: Ints) -> Floats:
        """Return (G,) with each group of items (N,) left out in turn, which are numbered from 0; -1 is in none."""
        hits, pairs = (
            np.stack([row.sum() - summed(row, groups) for row in table], axis=1) for table in (self.hits, self.pairs)
        )
        return self.mean(hits, pairs)

    def mean(self, hits: Floats, pairs: Floats) -> Floats:
        """Return (B,), the mean of the families' rates from their hits and pairs (B, F)."""
        return ratio(np.nan_to_num(ratio(hits, pairs)) @ self.shares, (pairs > 0) @ self.shares)

    @property
    def whole(self) -> Floats:
        """Return (N,), how many pairs of an item count."""
        return np.asarray(self.pairs.sum(axis=0))


def members_of(cells: Cells, num_columns: int) -> tuple[tuple[str, ...], Bools]:
    """Return the families of the columns without the original (K), and which columns are whose (F, K).

    Columns that are others than these, such as the original's own, are one family.
    """
    names = cells.families if num_columns == len(cells.columns) - 1 else ()
    if not names:
        return ("",), np.ones((1, num_columns), np.bool_)
    own = np.array([column.family for column in cells.columns[1:]])
    return names, np.stack([own == name for name in names])


def shares_of(counted: Bools, members: Bools, *, by_pairs: bool) -> Floats:
    """Return (F,), how much each family weighs, given the pairs that count (N, K) and the families' columns (F, K)."""
    if by_pairs:
        weights = np.array([counted[:, own].sum() for own in members], np.float64)
    else:
        weights = np.array([min(counted[:, own].any(axis=1).sum(), FEW_ITEMS) for own in members], np.float64)
    return np.asarray(weights / max(weights.sum(), 1.0))


def rate_of(cells: Cells, hits: Bools, counted: Bools) -> Rate:
    """Return the rate of hits (N, K) among the pairs that count (N, K), weighed as the cells say."""
    _, members = members_of(cells, counted.shape[1])
    if cells.weight == "pairs":  # one rate of all pairs: what weighs a family are the pairs that a resample holds
        members = np.asarray(members.any(axis=0, keepdims=True))
    shares = shares_of(counted, members, by_pairs=False)
    belongs = members.T.astype(np.float64)
    return Rate((hits @ belongs).T, (counted @ belongs).T, shares)


def two_way_rate(cells: Cells, hits: Bools, counted: Bools, items: Floats, variants: Floats) -> Floats:
    """Return the rate (B,) with weights for items (B, N) and for columns with the original first (B, M)."""
    _, members = members_of(cells, counted.shape[1])
    rate = rate_of(cells, hits, counted)
    belongs = members.T.astype(np.float64) if cells.weight == "families" else np.ones((counted.shape[1], 1))
    part, whole = (((items @ one.astype(np.float64)) * variants[:, 1:]) @ belongs for one in (hits, counted))
    return rate.mean(part, whole)
