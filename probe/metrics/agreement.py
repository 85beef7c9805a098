"""Agreement among the answers to an item, the original included; no label is needed.

    answers a a b a      pairs that agree 3 of 6      most frequent answer 3 of 4

Answers are equal if they have the same text, or are both right (a free-text target may have several spellings). An
answer that could not be read is an answer of its own. A tie between choices is unlike every answer, and not compared with another
tie; a score that is no number is left out. An item asked under no variant has no pair and is left out.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import item_metric
from probe.metrics.cells import TIE, Cells, Floats


def answer_counts(cells: Cells) -> Floats:
    """Return (N, K): how often an item got each of its different answers, 0 for those that it did not get; ties are none."""
    num_items, num_columns = cells.correct.shape
    codes = np.where(cells.correct == 1, 0, cells.prediction + 1)
    width = int(codes.max(initial=0)) + 1
    asked = cells.asked if cells.void is None else cells.asked & (cells.void == 0)
    keys = (np.arange(num_items)[:, None] * width + codes)[asked]
    return np.bincount(keys, minlength=num_items * width).reshape(num_items, width).astype(np.float64)


@item_metric(
    direction="higher",
    formula="(1/N) sum_n sum_c k_nc (k_nc - 1) / (m_n (m_n - 1)), k_nc = how often answer c",
    source="Fleiss 1971, Measuring nominal scale agreement among many raters, Psychological Bulletin 76(5)",
)
def pairwise_agreement(cells: Cells) -> Floats:
    """Probability that two variants of an item get the same answer."""
    counts, ties = answer_counts(cells), _ties(cells)
    m = counts.sum(axis=1) + ties
    equal = (counts * (counts - 1) / 2).sum(axis=1)
    pairs = (m * (m - 1) - ties * (ties - 1)) / 2
    return np.where(pairs > 0, equal / np.maximum(pairs, 1), np.nan)


def _ties(cells: Cells) -> Floats:
    """Return (N,), how many of an item's answers are ties."""
    if cells.void is None:
        return np.zeros(len(cells.items))
    return np.asarray((cells.void == TIE).sum(axis=1, dtype=np.float64))


@item_metric(
    direction="higher",
    formula="(1/N) sum_n max_c k_nc / m_n",
    source="Wang et al. 2022, Self-Consistency, arXiv 2203.11171, for the vote",
    kind="extreme",
)
def modal_consistency(cells: Cells) -> Floats:
    """Share of an item's variants that get its most frequent answer; 1/m at least, falls as more are drawn."""
    counts = answer_counts(cells)
    m = np.where(counts.any(axis=1), counts.sum(axis=1) + _ties(cells), 0.0)
    return np.where(m >= 2, counts.max(axis=1, initial=0) / np.maximum(m, 1), np.nan)
