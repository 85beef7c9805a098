"""How sure the answers are, and whether the items that move are those of which the model is unsure.

The confidence of an answer is its probability among the choices, or the geometric mean of its tokens' probabilities in
free text. ProSA finds that it goes with robustness: the rank correlation with an item's PSS is negative then. Ranks of
ties are their mean; in a resample an item drawn twice is there twice.

Not covered: whether the confidence is deserved (calibration).
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Metric, Weighted, add, item_mean, prepared, ratio, where_known
from probe.metrics.cells import Bools, Cells, Floats
from probe.metrics.pss import pss_of

RESAMPLES = 200
ROUNDING = 5
"""Decimals that are compared: confidences that differ by less are a tie, and not an order made of rounding errors."""


def confidence_of(cells: Cells) -> Floats:
    """Return (N,), an item's mean confidence over its variants, the clean one among them; NaN where none is known."""
    if cells.detail is None:
        return np.full(len(cells.items), np.nan)
    known = ~np.isnan(cells.detail.confidence) & cells.asked
    total = np.where(known, np.nan_to_num(cells.detail.confidence), 0.0).sum(axis=1)
    num = known.sum(axis=1)
    return np.where(num > 0, total / np.maximum(num, 1), np.nan)


def confidence_pss(cells: Cells) -> Weighted:
    """Make Spearman's correlation of confidence and PSS over items, that have both."""
    sure, moved = confidence_of(cells), pss_of(cells)
    rows = np.flatnonzero(has_both(cells))
    if rows.size < 2:
        return lambda weights: np.full(len(weights), np.nan)
    first, second = Ranks(np.round(sure[rows], ROUNDING)), Ranks(np.round(moved[rows], ROUNDING))
    return lambda weights: correlation(first(weights[:, rows]), second(weights[:, rows]), weights[:, rows])


def has_both(cells: Cells) -> Bools:
    """Return (N,), whether an item has a confidence and a PSS."""
    return np.asarray(~np.isnan(confidence_of(cells)) & ~np.isnan(pss_of(cells)))


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


_ZHUO = "Zhuo et al. 2024, ProSA: Assessing and Understanding the Prompt Sensitivity of LLMs, arXiv 2410.12405"

add(
    Metric(
        "confidence",
        prepared(item_mean(confidence_of)),
        "higher",
        0.0,
        1.0,
        summary="Mean probability of the answers given, over an item's variants; says nothing of whether they are right.",
        formula="(1/N) sum_n mean_i p(yhat(n,i))",
        source=_ZHUO,
        needs="cells",
        measures="level",
        prepare=item_mean(confidence_of),
        defined=where_known(confidence_of),
        undefined="no answer has a probability",
    )
)
add(
    Metric(
        "confidence_pss_correlation",
        prepared(confidence_pss),
        "lower",
        -1.0,
        1.0,
        summary="Spearman's correlation over items of confidence and PSS; negative: the unsure ones move (200 resamples).",
        formula="rho(mean_i p(yhat(n,i)), S_n)",
        source=_ZHUO,
        measures="relation",
        prepare=confidence_pss,
        defined=has_both,
        resamples=RESAMPLES,
        undefined="all items have the same confidence or the same PSS",
        is_share=False,
    )
)
