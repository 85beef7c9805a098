"""Sensitivity (uncertainty of an answer over rephrasings) and consistency (similarity of answers within a class).

Errica et al. 2025, "What Did I Do Wrong? Quantifying LLMs' Sensitivity and Consistency to Prompt Engineering", arXiv
2406.12334. Every item has one distribution over its C choices: the mean over its variants, the original among them,
of the choices' probabilities (`soft`) or of the answers given, as votes (`hard`). The two are not comparable.

    sensitivity of an item       entropy of its distribution / log C
    mutual information           that minus the mean entropy of each variant / log C: 0 exactly if all rephrasings agree
    consistency of a class       mean of 1 - TVD over unordered pairs of distinct items whose right answer it is
    consistency                  mean over the classes that have a pair, each counting the same

Sensitivity is 0 log 0 = 0 and needs C > 1. An answer that is none of the choices is a vote for one class more, and C
counts it if there is such an answer anywhere in the cells. So is a tie between choices, unless an item has nothing else: then it
has no votes. A score that is no number is no vote. A probability that is not known (other labels) is left out,
and so is an item asked under no variant. In a resample, copies of an item are no pair. Soft sensitivity is high too where
one and the same uncertainty meets every rephrasing; the mutual information is not.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from probe.metrics.base import Prepare, Score, Weighted, item_metric, ratio, undefined, unknown, weighted_metric
from probe.metrics.cells import NON_FINITE, TIE, Bools, Cells, Floats
from probe.metrics.classes import has_classes

RESAMPLES = 200
ERRICA = "Errica et al. 2025, What Did I Do Wrong?, arXiv 2406.12334"
NO_CHOICES = "no item has choices, or none has two"


def soft(cells: Cells) -> Floats:
    """Return (N, C), each item's mean probabilities over its variants; NaN where none is known."""
    known = _known(cells)[:, :, None]
    return ratio(np.where(known, _probabilities(cells), 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64))


def hard(cells: Cells) -> Floats:
    """Return (N, C+1), each item's shares of votes, the last one for none of the choices; NaN for free text."""
    detail = cells.detail
    if detail is None:
        return np.full((len(cells.items), 1), np.nan)
    width = int(detail.num_choices.max(initial=0)) + 1
    votes = np.zeros((len(cells.items), width))
    void = np.zeros_like(detail.answer) if cells.void is None else cells.void
    for column, kinds in zip(detail.answer.T, void.T, strict=True):
        is_choice = (column >= 0) & (column < detail.num_choices)
        rows = np.flatnonzero((column >= 0) & (kinds != NON_FINITE))
        votes[rows, np.where(is_choice, column, width - 1)[rows]] += 1
    votes[(votes.sum(axis=1) == (void == TIE).sum(axis=1))] = 0
    return ratio(votes, votes.sum(axis=1, keepdims=True))


def entropy(shares: Floats) -> Floats:
    """Return the entropy (nats) along the last axis; NaN shares count nothing."""
    filled = np.nan_to_num(shares)
    nats = np.where(filled > 0, filled, 1.0)
    np.log(nats, out=nats)
    nats *= filled
    return np.asarray(-nats.sum(axis=-1))


@item_metric(
    title="Sensitivity (soft)",
    direction="lower",
    formula="(1/N) sum_n H(mean_i p(.|n,i)) / log C",
    source=ERRICA,
    measures="level",
    is_continuous=True,
    undefined=NO_CHOICES,
)
def sensitivity_soft(cells: Cells) -> Floats:
    """Entropy of an item's mean probabilities over its variants; high also for a steady uncertainty."""
    return _normalised(entropy(soft(cells)), cells, np.asarray(_known(cells).any(axis=1)), extra=False)


@item_metric(
    title="Sensitivity (hard)",
    direction="lower",
    formula="(1/N) sum_n H(votes of n) / log C",
    source=ERRICA,
    undefined=NO_CHOICES,
)
def sensitivity_hard(cells: Cells) -> Floats:
    """Entropy of the votes of an item's variants; 0 where all give the same answer."""
    votes = hard(cells)
    return _normalised(entropy(votes), cells, np.asarray(~np.isnan(votes[:, 0])), extra=bool((votes[:, -1] > 0).any()))


@item_metric(
    title="Sensitivity (mutual information)",
    direction="lower",
    formula="(1/N) sum_n [H(mean_i p_i) - mean_i H(p_i)] / log C",
    source=f"{ERRICA}; Lin 1991, Divergence measures based on the Shannon entropy",
    is_continuous=True,
    undefined=NO_CHOICES,
)
def sensitivity_mutual_information(cells: Cells) -> Floats:
    """What the choice of the prompt tells of the answer; 0 where all variants give the same probabilities."""
    known = _known(cells)
    num = known.sum(axis=1)
    each = np.where(known, entropy(_probabilities(cells)), 0.0).sum(axis=1) / np.maximum(num, 1)
    return _normalised(np.maximum(entropy(soft(cells)) - each, 0.0), cells, num >= 2, extra=False)


def consistency(distribution: Score, *, only: int | None = None) -> Prepare:
    """Return the metric that is the mean over classes, or that of one class, of the mean 1 - TVD over its pairs of items."""

    def prepare(cells: Cells) -> Weighted:
        shares, detail = distribution(cells), cells.detail
        if detail is None or not has_classes(detail):
            return undefined
        usable = _usable(distribution, cells)
        wanted = range(len(detail.classes)) if only is None else [only]
        groups = [np.flatnonzero(usable & (detail.target == right)) for right in wanted]
        parts = [(rows, [PairSum(values) for values in shares[rows].T]) for rows in groups if rows.size > 1]

        def weighted(weights: Floats) -> Floats:
            values = np.full((len(weights), max(1, len(parts))), np.nan)
            for k, (rows, sums) in enumerate(parts):
                weight = weights[:, rows]
                pairs = (weight.sum(axis=1) ** 2 - (weight**2).sum(axis=1)) / 2
                distance = np.sum([one(weight) for one in sums], axis=0) / 2
                values[:, k] = 1 - ratio(distance, pairs)
            defined = ~np.isnan(values)
            return ratio(np.nan_to_num(values).sum(axis=1), defined.sum(axis=1).astype(np.float64))

        return weighted

    return prepare


def _usable(distribution: Score, cells: Cells) -> Bools:
    """Return (N,), the items that have a distribution over their choices and were asked under a variant."""
    if cells.detail is None or not has_classes(cells.detail):
        return np.zeros(len(cells.items), np.bool_)
    return np.asarray(~np.isnan(distribution(cells)[:, 0]) & cells.asked[:, 1:].any(axis=1))


class PairSum:
    """The sum of w_n w_m |a_n - a_m| over pairs, for many weights: values sorted once, then a running sum.

    values        a1   a2        a3
    gaps            d1      d2             a gap lies between all pairs of an item on its left and one on its right:
    left of it     W1     W1+W2            sum over gaps of  gap * weight left * weight right
    """

    def __init__(self, values: Floats) -> None:
        unique, self.place = np.unique(values, return_inverse=True)
        self.order = np.argsort(self.place, kind="stable")
        self.starts = np.searchsorted(self.place[self.order], np.arange(len(unique)))
        self.gaps = np.diff(unique)

    def __call__(self, weights: Floats) -> Floats:
        """Return (B,) for weights (B, N)."""
        if self.gaps.size == 0:
            return np.zeros(len(weights))
        grouped = np.add.reduceat(weights[:, self.order], self.starts, axis=1)
        left = np.cumsum(grouped, axis=1)
        total = left[:, -1:]
        left = left[:, :-1]
        return np.asarray((left * (total - left)) @ self.gaps)


def _known(cells: Cells) -> Bools:
    """Return (N, M), whether the probabilities of a cell are known."""
    if cells.detail is None or cells.detail.probability.shape[2] == 0:
        return np.zeros(cells.correct.shape, np.bool_)
    return np.asarray(~np.isnan(cells.detail.probability[:, :, 0]) & cells.asked)


def _probabilities(cells: Cells) -> Floats:
    return np.full((*cells.correct.shape, 1), np.nan) if cells.detail is None else cells.detail.probability


def _normalised(nats: Floats, cells: Cells, usable: Bools, *, extra: bool) -> Floats:
    """Divide by log C; NaN where C < 2, where nothing is known, and of items asked under no variant."""
    if cells.detail is None:
        return unknown(cells)
    size = cells.detail.num_choices + int(extra)
    varied = cells.asked[:, 1:].any(axis=1)
    good = usable & varied & (cells.detail.num_choices > 0) & (size > 1)
    return np.where(good, np.clip(nats / np.log(np.maximum(size, 2)), 0, 1), np.nan)


for _name, _distribution, _what in (("soft", soft, "mean probabilities"), ("hard", hard, "votes")):
    _of = {"soft": "mean_i p(.|{0},i)", "hard": "votes of {0}"}[_name]
    weighted_metric(
        name=f"consistency_{_name}",
        title=f"Consistency ({_name})",
        summary=f"How alike the {_what} of two items of one class are (interval: 200 resamples).",
        direction="higher",
        formula=f"mean over classes of mean over pairs n < m of 1 - TVD({_of.format('n')}, {_of.format('m')})",
        source=ERRICA,
        measures="level",
        defined=partial(_usable, _distribution),
        resamples=RESAMPLES,
        undefined="the items do not share their choices, or no class has two items",
    )(consistency(_distribution))
