"""How often the answer moves away from the original, and from what to what.

A flip is another answer than the original; a label is needed only to say of which kind it is:

                    variant right    variant wrong
    original right  no flip          right to wrong
    original wrong  wrong to right   wrong to wrong, if another wrong answer

Two right answers are one answer (a free-text target may have several spellings), so the three kinds add up to the
flip rate. An answer that cannot be read is an answer of its own: it is neither dropped nor equal to a wrong one. So is a tie
between the likeliest choices under a variant. Where the original is a tie there is no answer that could stay or move, and where a
score is no number nothing is known of the answer: such pairs do not count. All four rates are shares of the (item, variant) pairs
that were asked and can be compared.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Pairs, item_metric, rate_metric
from probe.metrics.cells import Bools, Cells, Floats

_LU = "Lu et al. 2023, How are Prompts Different in Terms of Sensitivity?, arXiv 2311.07230"
_PARTS = "decomposition of the flip rate"
INCOMPARABLE = "no original has an answer: each is a tie, or its scores are no numbers"


def flipped(cells: Cells) -> Bools:
    """Return (N, M-1), whether the variant can be compared with the original prompt and has another answer."""
    right = cells.correct == 1
    both_right = right[:, :1] & right[:, 1:]
    another = cells.prediction[:, 1:] != cells.prediction[:, :1]
    return np.asarray(cells.comparable & another & ~both_right)


@rate_metric(
    direction="lower",
    formula="sum_n sum_i [yhat(n,i) != yhat(n,0)] / number of pairs asked",
    source=_LU,
    undefined=INCOMPARABLE,
    shared_variants=True,
)
def flip_rate(cells: Cells) -> Pairs:
    """Share of (item, variant) pairs whose answer is not the original."""
    return flipped(cells), cells.comparable


@rate_metric(
    title="Right to wrong",
    direction="lower",
    formula="flips with Y[n,0] = 1, Y[n,i] = 0, over the pairs asked",
    source=_PARTS,
    undefined=INCOMPARABLE,
    shared_variants=True,
)
def flip_right_to_wrong(cells: Cells) -> Pairs:
    """Share of pairs that are right in the original and wrong in the variant."""
    return flipped(cells) & (cells.correct[:, :1] == 1), cells.comparable


@rate_metric(
    title="Wrong to right",
    direction="lower",
    formula="flips with Y[n,0] = 0, Y[n,i] = 1, over the pairs asked",
    source=_PARTS,
    undefined=INCOMPARABLE,
    shared_variants=True,
)
def flip_wrong_to_right(cells: Cells) -> Pairs:
    """Share of pairs that are wrong in the original and right in the variant."""
    return flipped(cells) & (cells.correct[:, 1:] == 1), cells.comparable


@rate_metric(
    title="Wrong to wrong",
    direction="lower",
    formula="flips with Y[n,0] = Y[n,i] = 0, over the pairs asked",
    source=_PARTS,
    undefined=INCOMPARABLE,
    shared_variants=True,
)
def flip_wrong_to_wrong(cells: Cells) -> Pairs:
    """Share of pairs that go from one wrong answer to another."""
    both_wrong = (cells.correct[:, :1] == 0) & (cells.correct[:, 1:] == 0)
    return flipped(cells) & both_wrong, cells.comparable


@item_metric(
    title="Any flip",
    direction="lower",
    formula="(1/N) sum_n [some i: yhat(n,i) != yhat(n,0)]",
    source=_LU,
    kind="extreme",
    interval="wilson",
    undefined=INCOMPARABLE,
)
def any_flip_rate(cells: Cells) -> Floats:
    """Share of items with at least one flip; rises as more variants are drawn."""
    return np.where(cells.comparable.any(axis=1), flipped(cells).any(axis=1), np.nan)
