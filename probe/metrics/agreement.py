"""Agreement among the answers to an item, the original included; no label is needed.

    answers a a b a      pairs that agree 3 of 6      most frequent answer 3 of 4

Answers are equal if they have the same text, or are both right (a free-text target may have several spellings). An
answer that could not be read is an answer of its own. An item asked under no variant has no pair and is left out.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import item_metric
from probe.metrics.cells import Cells, Floats


def answer_counts(cells: Cells) -> Floats:
    """Return (N, K): how often an item got each of its different answers, 0 for those that it did not get."""
    num_items, num_columns = cells.correct.shape
    codes = np.where(cells.correct == 1, 0, cells.prediction + 1)
    width = int(codes.max(initial=0)) + 1
    asked = cells.asked
    keys = (np.arange(num_items)[:, None] * width + codes)[asked]
    return np.bincount(keys, minlength=num_items * width).reshape(num_items, width).astype(np.float64)


@item_metric(
    direction="higher",
    formula="(1/N) sum_n sum_c k_nc (k_nc - 1) / (m_n (m_n - 1)), k_nc = how often answer c",
    source="Fleiss 1971, Measuring nominal scale agreement among many raters, Psychological Bulletin 76(5)",
)
def pairwise_agreement(cells: Cells) -> Floats:
    """Probability that two variants of an item get the same answer."""
    counts = answer_counts(cells)
    m = counts.sum(axis=1)
    equal = (counts * (counts - 1) / 2).sum(axis=1)
    return np.where(m >= 2, equal / np.maximum(m * (m - 1) / 2, 1), np.nan)


@item_metric(
    direction="higher",
    formula="(1/N) sum_n max_c k_nc / m_n",
    source="Wang et al. 2022, Self-Consistency, arXiv 2203.11171, for the vote",
    kind="extreme",
)
def modal_consistency(cells: Cells) -> Floats:
    """Share of an item's variants that get its most frequent answer; 1/m at least, falls as more are drawn."""
    counts = answer_counts(cells)
    m = counts.sum(axis=1)
    return np.where(m >= 2, counts.max(axis=1, initial=0) / np.maximum(m, 1), np.nan)
