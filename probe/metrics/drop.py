"""How much is lost against the original prompt: in points (mean drop) and as a share (PDR).

Both may be negative: the variants may be answered better. The mean drop is against the mean of all variants, the
original among them, as in "When Punctuation Matters"; the PDR is against the variants alone, as in PromptBench.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.accuracy import over_variants, variant_table
from probe.metrics.base import ratio, variant_metric
from probe.metrics.cells import Cells, Floats
from probe.metrics.distribution import PUNCTUATION


def _drop_two_way(cells: Cells, items: Floats, variants: Floats) -> Floats:
    table = variant_table(cells, items)
    return np.asarray(table[:, 0] - ratio((table * variants).sum(axis=1), variants.sum(axis=1)))


def _pdr_two_way(cells: Cells, items: Floats, variants: Floats) -> Floats:
    table = variant_table(cells, items)
    kept = ratio((table * variants)[:, 1:].sum(axis=1), variants[:, 1:].sum(axis=1))
    return np.asarray(1 - ratio(kept, table[:, 0]))


@variant_metric(
    over_variants,
    direction="lower",
    range=(-1.0, 1.0),
    formula="A_0 - mean_i A_i, i = 0 ... M",
    source=PUNCTUATION,
    interval="student",
    pooled=True,
    two_way=_drop_two_way,
)
def mean_drop(table: Floats) -> Floats:
    """Original accuracy minus mean accuracy; negative where the variants are answered better."""
    return np.asarray(table[:, 0] - table.mean(axis=1))


@variant_metric(
    over_variants,
    title="Performance drop rate",
    direction="lower",
    range=(float("-inf"), 1.0),
    formula="1 - mean_(i>0) A_i / A_0",
    source="Zhu et al. 2023, PromptBench, arXiv 2306.04528",
    interval="student",
    two_way=_pdr_two_way,
    undefined="no original prompt was answered right",
)
def pdr(table: Floats) -> Floats:
    """Performance drop rate: share of the original accuracy that the variants lose; negative: they gain."""
    if table.shape[1] < 2:
        return np.full(len(table), np.nan)
    return np.asarray(1 - ratio(table[:, 1:].mean(axis=1), table[:, 0]))
