"""How often the answer moves away from the clean one, and from what to what.

A flip is another answer than the clean one; a label is needed only to say of which kind it is:

                    variant right    variant wrong
    clean right     no flip          right to wrong
    clean wrong     wrong to right   wrong to wrong, if another wrong answer

Two right answers are one answer (a free-text target may have several spellings), so the three kinds add up to the
flip rate. An answer that cannot be read is an answer of its own: it is neither dropped nor equal to a wrong one. All
four rates are shares of the (item, variant) pairs that were asked.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Metric, add, ratio
from probe.metrics.cells import Bools, Cells, Floats


def flipped(cells: Cells) -> Bools:
    """Return (N, M-1), whether the variant was asked and has another answer than the clean prompt."""
    right = cells.correct == 1
    both_right = right[:, :1] & right[:, 1:]
    another = cells.prediction[:, 1:] != cells.prediction[:, :1]
    return np.asarray(cells.asked[:, 1:] & another & ~both_right)


def flip_rate(cells: Cells, weights: Floats) -> Floats:
    """Return the share of pairs that flip."""
    return _rate(flipped(cells), cells, weights)


def flip_right_to_wrong(cells: Cells, weights: Floats) -> Floats:
    """Return the share of pairs that flip from right to wrong."""
    return _rate(flipped(cells) & (cells.correct[:, :1] == 1), cells, weights)


def flip_wrong_to_right(cells: Cells, weights: Floats) -> Floats:
    """Return the share of pairs that flip from wrong to right."""
    return _rate(flipped(cells) & (cells.correct[:, 1:] == 1), cells, weights)


def flip_wrong_to_wrong(cells: Cells, weights: Floats) -> Floats:
    """Return the share of pairs that flip from one wrong answer to another."""
    both_wrong = (cells.correct[:, :1] == 0) & (cells.correct[:, 1:] == 0)
    return _rate(flipped(cells) & both_wrong, cells, weights)


def any_flip_rate(cells: Cells, weights: Floats) -> Floats:
    """Return the share of items with at least one flip, among those asked under at least one variant."""
    varied = cells.asked[:, 1:].any(axis=1)
    return ratio(weights @ flipped(cells).any(axis=1).astype(np.float64), weights @ varied.astype(np.float64))


def _rate(pairs: Bools, cells: Cells, weights: Floats) -> Floats:
    return ratio(
        weights @ pairs.sum(axis=1, dtype=np.float64), weights @ cells.asked[:, 1:].sum(axis=1, dtype=np.float64)
    )


_LU = "Lu et al. 2023, How are Prompts Different in Terms of Sensitivity?, arXiv 2311.07230"

add(
    Metric(
        "flip_rate",
        flip_rate,
        "lower",
        0.0,
        1.0,
        summary="Share of (item, variant) pairs whose answer is not the clean one.",
        formula="sum_n sum_i [yhat(n,i) != yhat(n,0)] / number of pairs asked",
        source=_LU,
    )
)
add(
    Metric(
        "flip_right_to_wrong",
        flip_right_to_wrong,
        "lower",
        0.0,
        1.0,
        summary="Share of pairs that were right as written and are wrong in the variant.",
        formula="flips with Y[n,0] = 1, Y[n,i] = 0, over the pairs asked",
        source="decomposition of the flip rate",
    )
)
add(
    Metric(
        "flip_wrong_to_right",
        flip_wrong_to_right,
        "lower",
        0.0,
        1.0,
        summary="Share of pairs that were wrong as written and are right in the variant.",
        formula="flips with Y[n,0] = 0, Y[n,i] = 1, over the pairs asked",
        source="decomposition of the flip rate",
    )
)
add(
    Metric(
        "flip_wrong_to_wrong",
        flip_wrong_to_wrong,
        "lower",
        0.0,
        1.0,
        summary="Share of pairs that go from one wrong answer to another.",
        formula="flips with Y[n,0] = Y[n,i] = 0, over the pairs asked",
        source="decomposition of the flip rate",
    )
)
add(
    Metric(
        "any_flip_rate",
        any_flip_rate,
        "lower",
        0.0,
        1.0,
        summary="Share of items with at least one flip; rises as more variants are drawn.",
        formula="(1/N) sum_n [some i: yhat(n,i) != yhat(n,0)]",
        source=_LU,
        kind="extreme",
        interval="wilson",
    )
)
