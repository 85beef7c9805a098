"""How much is lost against the prompt as written: in points (mean drop) and as a share (PDR).

Both may be negative: the variants may be answered better. The mean drop is against the mean of all variants, the clean
one among them, as in "When Punctuation Matters"; the PDR is against the variants alone, as in PromptBench.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.accuracy import over_variants
from probe.metrics.base import Metric, add, ratio, tabled
from probe.metrics.cells import Floats


def mean_drop(table: Floats) -> Floats:
    """Return the clean accuracy minus the mean of all."""
    return np.asarray(table[:, 0] - table.mean(axis=1))


def pdr(table: Floats) -> Floats:
    """Return the share of the clean accuracy that the variants lose; NaN where that is 0 or there is no variant."""
    if table.shape[1] < 2:
        return np.full(len(table), np.nan)
    return np.asarray(1 - ratio(table[:, 1:].mean(axis=1), table[:, 0]))


add(
    Metric(
        "mean_drop",
        tabled(over_variants, mean_drop),
        "lower",
        -1.0,
        1.0,
        summary="Accuracy as written minus mean accuracy; negative where the variants are answered better.",
        formula="A_0 - mean_i A_i, i = 0 ... M",
        source="Seleznyov et al. 2025, When Punctuation Matters, arXiv 2508.11383",
        needs="enough",
        interval="student",
        table=over_variants,
        over=mean_drop,
    )
)
add(
    Metric(
        "pdr",
        tabled(over_variants, pdr),
        "lower",
        float("-inf"),
        1.0,
        summary="Performance drop rate: share of the accuracy as written that the variants lose; negative: they gain.",
        formula="1 - mean_(i>0) A_i / A_0",
        source="Zhu et al. 2023, PromptBench, arXiv 2306.04528",
        needs="enough",
        interval="student",
        table=over_variants,
        over=pdr,
        undefined="no item was answered right as written",
    )
)
