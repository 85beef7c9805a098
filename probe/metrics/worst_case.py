"""Share of items answered right under every variant: the worst case of each item, not of each prompt.

It is at most the worst variant's accuracy, and far below it where every variant fails other items. The answer must be
right and stay; where it must change, see `contrast_consistency`.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import item_metric
from probe.metrics.cells import Cells, Floats


@item_metric(
    name="accuracy_item_worst",
    title="Right under every variant",
    direction="higher",
    formula="(1/N) sum_n min_i Y[n,i]",
    source="Ribeiro et al. 2020, CheckList, arXiv 2005.04118, section 2.2: an invariance test fails if any member does",
    kind="extreme",
    measures="level",
    interval="wilson",
)
def always_right(cells: Cells) -> Floats:
    """Share of items right in the original and under every variant; falls as more variants are drawn."""
    worst = np.nanmin(cells.correct, axis=1) if cells.correct.size else np.zeros(len(cells.items))
    return np.where(cells.asked[:, 1:].any(axis=1), worst, np.nan)
