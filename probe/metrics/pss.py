"""How often two variants of an item disagree on whether the answer is right.

Not covered: graded outcomes (judge scores), the normalised form. A hopeless model scores 0: read it beside the
accuracy.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Metric, add, ratio
from probe.metrics.cells import Cells, Floats


def pss(cells: Cells, weights: Floats) -> Floats:
    """Give the mean over items of k(m-k) / C(m,2), with k of the m variants asked right, the clean one among them.

    Zhuo et al. 2024, ProSA, arXiv 2410.12405, for right or wrong outcomes. m is each item's own; an item asked only as
    written (m = 1) has no pair and is left out. The expectation does not depend on m (it is the probability that two
    random variants disagree), its ceiling does: m / (2(m-1)) for even m.
    """
    m = cells.asked.sum(axis=1, dtype=np.float64)
    k = np.nansum(cells.correct, axis=1)
    has_pair = m >= 2
    pairs = np.where(has_pair, m * (m - 1) / 2, 1.0)
    return ratio(weights @ np.where(has_pair, k * (m - k) / pairs, 0.0), weights @ has_pair.astype(np.float64))


add(
    Metric(
        "pss",
        pss,
        "lower",
        0.0,
        1.0,
        summary="PromptSensiScore: probability that two variants of an item disagree on being right.",
        formula="(1/N) sum_n k_n (m_n - k_n) / (m_n (m_n - 1) / 2)",
        source="Zhuo et al. 2024, ProSA: Assessing and Understanding the Prompt Sensitivity of LLMs, arXiv 2410.12405",
    )
)
