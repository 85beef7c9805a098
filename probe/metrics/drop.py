"""How much is lost against the original prompt: in points (mean drop) and as a share (PDR).

Both may be negative: the variants may be answered better. The mean drop is against the mean of all variants, the
original among them, as in "When Punctuation Matters"; the PDR is against the variants alone, as in PromptBench.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.accuracy import over_variants
from probe.metrics.base import ratio, variant_metric
from probe.metrics.cells import Floats
from probe.metrics.distribution import PUNCTUATION


@variant_metric(
    over_variants,
    direction="lower",
    range=(-1.0, 1.0),
    formula="A_0 - mean_i A_i, i = 0 ... M",
    source=PUNCTUATION,
    interval="student",
    pooled=True,
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
    undefined="no original prompt was answered right",
)
def pdr(table: Floats) -> Floats:
    """Performance drop rate: share of the original accuracy that the variants lose; negative: they gain."""
    if table.shape[1] < 2:
        return np.full(len(table), np.nan)
    return np.asarray(1 - ratio(table[:, 1:].mean(axis=1), table[:, 0]))
