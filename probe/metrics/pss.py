"""How often two variants of an item disagree on whether the answer is right.

    variants right   1 1 1 1   1 1 1 0   1 1 0 0        of an item's 6 pairs disagree 0, 3, 4
    score            0         1/2       2/3            2/3 is the ceiling for four variants

Covered: right or wrong outcomes. Not covered: graded outcomes (judge scores). A hopeless model scores 0: read it beside
the accuracy.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import item_metric, ratio
from probe.metrics.cells import Cells, Floats

ZHUO = "Zhuo et al. 2024, ProSA: Assessing and Understanding the Prompt Sensitivity of LLMs, arXiv 2410.12405"


def _two_way(cells: Cells, items: Floats, variants: Floats) -> Floats:
    """Weigh each pair of two different columns by the product of their weights; a column never disagrees with itself."""
    right, asked = np.nan_to_num(cells.correct).T, cells.asked.astype(np.float64).T
    k, m = variants @ right, variants @ asked
    pairs = (m * m - (variants * variants) @ asked) / 2
    score = np.divide(k * (m - k), pairs, out=np.zeros_like(k), where=pairs > 0)
    return ratio((items * score).sum(axis=1), (items * (pairs > 0)).sum(axis=1))


def disagreement(k: Floats, m: Floats) -> Floats:
    """Return the share of pairs that disagree, k of m variants being right; NaN where m < 2.

    Its expectation does not depend on m (it is the probability that two random variants disagree), its ceiling does.
    """
    return np.where(m >= 2, k * (m - k) / np.maximum(m * (m - 1) / 2, 1), np.nan)


@item_metric(
    title="PSS",
    direction="lower",
    formula="(1/N) sum_n k_n (m_n - k_n) / (m_n (m_n - 1) / 2)",
    source=ZHUO,
    two_way=_two_way,
)
def pss(cells: Cells) -> Floats:
    """PromptSensiScore: probability that two variants of an item disagree on being right."""
    return disagreement(np.nansum(cells.correct, axis=1), cells.asked.sum(axis=1, dtype=np.float64))


@item_metric(
    title="PSS, normalised",
    direction="lower",
    formula="(1/N) sum_n k_n (m_n - k_n) / (floor(m_n/2) ceil(m_n/2))",
    source=ZHUO,
)
def pss_normalised(cells: Cells) -> Floats:
    """PSS as a share of the highest value for as many variants."""
    return pss(cells) / pss_ceiling(cells)


@item_metric(
    title="PSS ceiling",
    direction="lower",
    formula="(1/N) sum_n floor(m_n/2) ceil(m_n/2) / (m_n (m_n - 1) / 2)",
    source=ZHUO,
    measures="relation",
    interval="exact",
)
def pss_ceiling(cells: Cells) -> Floats:
    """The highest PSS for as many variants as were asked; no property of the model."""
    m = cells.asked.sum(axis=1, dtype=np.float64)
    return disagreement(np.floor(m / 2), m)
