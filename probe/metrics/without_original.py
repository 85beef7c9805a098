"""Mean accuracy, spread, drop and PSS over the perturbed variants alone.

FormatSpread, "When Punctuation Matters" and ProSA have a set of prompts of which the default one is a member, so the figures
of their names count the original as one of the variants. These do not:

    A_0 = .90   A_1 = .80   A_2 = .70       mean   (A_0 + A_1 + A_2) / 3 = .80      perturbed   (A_1 + A_2) / 2 = .75
                                            spread  A_0 - A_2            = .20      perturbed    A_1 - A_2      = .10
"""

from __future__ import annotations

import numpy as np

from probe.metrics.accuracy import MIZRAHI, over_variants, variant_table
from probe.metrics.base import item_metric, ratio, variant_metric
from probe.metrics.cells import Cells, Floats
from probe.metrics.distribution import PUNCTUATION
from probe.metrics.pss import ZHUO, disagreement

SCLAR = "Sclar et al. 2023, Quantifying Language Models' Sensitivity to Spurious Features, arXiv 2310.11324"


def over_perturbed(cells: Cells, weights: Floats) -> Floats:
    """Return (B, M - 1) of the variants to compare without the original; one column of NaN where there is none."""
    table = over_variants(cells, weights)
    return table[:, 1:] if table.shape[1] > 1 else table


def _mean_two_way(cells: Cells, items: Floats, variants: Floats) -> Floats:
    return ratio((variant_table(cells, items) * variants)[:, 1:].sum(axis=1), variants[:, 1:].sum(axis=1))


def _drop_two_way(cells: Cells, items: Floats, variants: Floats) -> Floats:
    return np.asarray(variant_table(cells, items)[:, 0] - _mean_two_way(cells, items, variants))


@variant_metric(
    over_perturbed,
    title="Mean accuracy, perturbed alone",
    direction="higher",
    formula="(1/M) sum_i A_i, i = 1 ... M",
    source=f"{MIZRAHI}, without the original",
    measures="level",
    pooled=True,
    two_way=_mean_two_way,
)
def accuracy_mean_perturbed(table: Floats) -> Floats:
    """Mean accuracy over the perturbed variants, the original not among them."""
    return np.asarray(table.mean(axis=1))


@variant_metric(
    over_perturbed,
    title="Spread, perturbed alone",
    direction="lower",
    formula="max_i A_i - min_i A_i, i = 1 ... M",
    source=f"{SCLAR}, without the original",
    kind="extreme",
    interval="range",
    undefined="one variant: a spread needs two",
)
def spread_perturbed(table: Floats) -> Floats:
    """Best minus worst perturbed variant's accuracy, the original not among them."""
    return np.ptp(table, axis=1) if table.shape[1] > 1 else np.full(len(table), np.nan)


@variant_metric(
    over_variants,
    title="Mean drop, perturbed alone",
    direction="lower",
    range=(-1.0, 1.0),
    formula="A_0 - mean_i A_i, i = 1 ... M",
    source=f"{PUNCTUATION}, without the original in the mean",
    interval="student",
    pooled=True,
    two_way=_drop_two_way,
)
def mean_drop_perturbed(table: Floats) -> Floats:
    """Original accuracy minus mean accuracy of the perturbed variants; as a share of the original it is the PDR."""
    if table.shape[1] < 2:
        return np.full(len(table), np.nan)
    return np.asarray(table[:, 0] - table[:, 1:].mean(axis=1))


def _pss_two_way(cells: Cells, items: Floats, variants: Floats) -> Floats:
    """Weigh each pair of two different columns by the product of their weights, as `probe.metrics.pss` does."""
    right, asked = np.nan_to_num(cells.correct[:, 1:]).T, cells.asked[:, 1:].astype(np.float64).T
    drawn = variants[:, 1:]
    k, m = drawn @ right, drawn @ asked
    pairs = (m * m - (drawn * drawn) @ asked) / 2
    score = np.divide(k * (m - k), pairs, out=np.zeros_like(k), where=pairs > 0)
    return ratio((items * score).sum(axis=1), (items * (pairs > 0)).sum(axis=1))


@item_metric(
    title="PSS, perturbed alone",
    direction="lower",
    formula="(1/N) sum_n k_n (m_n - k_n) / (m_n (m_n - 1) / 2), the original not among the m_n",
    source=f"{ZHUO}, without the original",
    two_way=_pss_two_way,
    undefined="no item was asked under two variants",
)
def pss_perturbed(cells: Cells) -> Floats:
    """Probability that two perturbed variants of an item disagree on being right."""
    return disagreement(np.nansum(cells.correct[:, 1:], axis=1), cells.asked[:, 1:].sum(axis=1, dtype=np.float64))
