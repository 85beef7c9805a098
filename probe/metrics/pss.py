"""How often two variants of an item disagree on whether the answer is right.

    variants right   1 1 1 1   1 1 1 0   1 1 0 0        of an item's 6 pairs disagree 0, 3, 4
    score            0         1/2       2/3            2/3 is the ceiling for four variants

Covered: right or wrong outcomes. Not covered: graded outcomes (judge scores). A hopeless model scores 0: read it beside
the accuracy.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Metric, add, item_mean, prepared
from probe.metrics.cells import Cells, Floats


def pss_of(cells: Cells) -> Floats:
    """Return (N,), k(m-k) / C(m,2), with k of the m variants asked right, the clean one among them; NaN where m < 2.

    Zhuo et al. 2024, ProSA, arXiv 2410.12405, for right or wrong outcomes. m is each item's own. The expectation does
    not depend on m (it is the probability that two random variants disagree), its ceiling does.
    """
    m = cells.asked.sum(axis=1, dtype=np.float64)
    k = np.nansum(cells.correct, axis=1)
    return np.where(m >= 2, k * (m - k) / np.maximum(m * (m - 1) / 2, 1), np.nan)


def ceiling_of(cells: Cells) -> Floats:
    """Return (N,), the score of an item half of whose variants are right: m / (2(m-1)), (m+1) / (2m) of odd m."""
    m = cells.asked.sum(axis=1, dtype=np.float64)
    half = np.floor(m / 2)
    return np.where(m >= 2, half * (m - half) / np.maximum(m * (m - 1) / 2, 1), np.nan)


def normalised_of(cells: Cells) -> Floats:
    """Return (N,), each item's score as a share of its ceiling."""
    return pss_of(cells) / ceiling_of(cells)


_ZHUO = "Zhuo et al. 2024, ProSA: Assessing and Understanding the Prompt Sensitivity of LLMs, arXiv 2410.12405"

add(
    Metric(
        "pss",
        prepared(item_mean(pss_of)),
        "lower",
        0.0,
        1.0,
        summary="PromptSensiScore: probability that two variants of an item disagree on being right.",
        formula="(1/N) sum_n k_n (m_n - k_n) / (m_n (m_n - 1) / 2)",
        source=_ZHUO,
        prepare=item_mean(pss_of),
    )
)
add(
    Metric(
        "pss_normalised",
        prepared(item_mean(normalised_of)),
        "lower",
        0.0,
        1.0,
        summary="PSS as a share of the highest value for as many variants.",
        formula="(1/N) sum_n k_n (m_n - k_n) / (floor(m_n/2) ceil(m_n/2))",
        source=_ZHUO,
        prepare=item_mean(normalised_of),
    )
)
add(
    Metric(
        "pss_ceiling",
        prepared(item_mean(ceiling_of)),
        "lower",
        0.0,
        1.0,
        summary="The highest PSS for as many variants as were asked; no property of the model.",
        formula="(1/N) sum_n floor(m_n/2) ceil(m_n/2) / (m_n (m_n - 1) / 2)",
        source=_ZHUO,
        measures="relation",
        interval="exact",
        prepare=item_mean(ceiling_of),
    )
)
