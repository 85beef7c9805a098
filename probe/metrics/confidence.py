"""Confidence in the answers, and its correlation with PSS: whether answers move where the model is unsure.

The confidence of an answer is its probability among the choices, or the geometric mean of its tokens' probabilities in
free text. ProSA finds that it goes with robustness: the rank correlation with an item's PSS is negative then. Ranks of
ties are their mean; in a resample an item drawn twice is there twice.

Not covered: whether the confidence is deserved (calibration).
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Weighted, item_metric, ratio, undefined, unknown, weighted_metric
from probe.metrics.cells import Bools, Cells, Floats
from probe.metrics.pss import ZHUO, pss

RESAMPLES = 200
ROUNDING = 5
"""Decimals that are compared: confidences that differ by less are a tie, and not an order made of rounding errors."""


@item_metric(
    direction="higher",
    formula="(1/N) sum_n mean_i p(yhat(n,i))",
    source=ZHUO,
    needs="cells",
    measures="level",
    is_continuous=True,
    undefined="no answer has a probability",
)
def confidence(cells: Cells) -> Floats:
    """Mean probability of the answers given, over an item and its variants; says nothing of whether they are right."""
    if cells.detail is None:
        return unknown(cells)
    known = ~np.isnan(cells.detail.confidence) & cells.asked
    total = np.where(known, cells.detail.confidence, 0.0).sum(axis=1)
    # of a family it is of the items that were asked under it: the others' originals say nothing of it
    counts = cells.asked[:, 1:].any(axis=1) if len(cells.columns) > 1 else cells.asked[:, 0]
    return np.where(counts, ratio(total, known.sum(axis=1).astype(np.float64)), np.nan)


def _has_both(cells: Cells) -> Bools:
    """Return (N,), whether an item has a confidence and a PSS."""
    return np.asarray(~np.isnan(confidence(cells)) & ~np.isnan(pss(cells)))


@weighted_metric(
    title="Confidence and PSS, rank correlation",
    direction="lower",
    range=(-1.0, 1.0),
    formula="rho(mean_i p(yhat(n,i)), S_n)",
    source=ZHUO,
    measures="relation",
    defined=_has_both,
    resamples=RESAMPLES,
    undefined="all items have the same confidence or the same PSS",
    is_share=False,
    pooled=True,
)
def confidence_pss_correlation(cells: Cells) -> Weighted:
    """Spearman's correlation over items of confidence and PSS; negative: the unsure ones move (200 resamples)."""
    rows = np.flatnonzero(_has_both(cells))
    if rows.size < 2:
        return undefined
    first, second = (Ranks(np.round(score(cells)[rows], ROUNDING)) for score in (confidence, pss))
    return lambda weights: correlation(first(weights[:, rows]), second(weights[:, rows]), weights[:, rows])


class Ranks:
    """Mean ranks of values (N,) in resamples of them: what is smaller, plus half of what is equal."""

    def __init__(self, values: Floats) -> None:
        unique, self.place = np.unique(values, return_inverse=True)
        self.order = np.argsort(self.place, kind="stable")
        self.starts = np.searchsorted(self.place[self.order], np.arange(len(unique)))

    def __call__(self, weights: Floats) -> Floats:
        """Return (B, N) for weights (B, N)."""
        equal = np.add.reduceat(weights[:, self.order], self.starts, axis=1)
        smaller = np.cumsum(equal, axis=1) - equal
        return np.asarray((smaller + (equal + 1) / 2)[:, self.place])


def correlation(one: Floats, other: Floats, weights: Floats) -> Floats:
    """Return Pearson's weighted correlation (B,) of two tables (B, N); NaN where one is constant."""
    total = weights.sum(axis=1, keepdims=True)
    first = one - ratio((weights * one).sum(axis=1, keepdims=True), total)
    second = other - ratio((weights * other).sum(axis=1, keepdims=True), total)
    together = np.einsum("bn,bn,bn->b", weights, first, second)
    alone = np.einsum("bn,bn,bn->b", weights, first, first) * np.einsum("bn,bn,bn->b", weights, second, second)
    size = np.sqrt(np.where(alone > 1e-18, alone, 0.0))
    return np.clip(ratio(together, size), -1, 1)
