"""Stability of the ranking of several models over equivalent prompts.

    accuracy   original  format 0  format 1
    model A         .80       .70       .81       each column ranks the models; A beats B in the original and format 1,
    model B         .75       .78       .70       B beats A under format 0

Input is a table (..., K, M) of accuracies, K models by M variants with the original first, as for bootstrap resamples;
output is (...). NaN: not defined.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import command_metric, ratio
from probe.metrics.cells import Floats

TIE = 1e-12
"""Accuracies that differ by no more are equal: the same sum in another order."""
_MIZRAHI = "Mizrahi et al. 2024, State of What Art?, arXiv 2401.00595"


@command_metric(
    "compare",
    direction="higher",
    range=(0.0, 1.0),
    formula="12 S / (M^2 (K^3 - K) - M sum T), S of the K models' rank sums over M variants",
    source="Kendall and Smith 1939, Annals of Mathematical Statistics 10; Siegel and Castellan 1988, section 9.4",
)
def kendalls_w(table: Floats) -> Floats:
    """How far the variants agree on the order of several models, with ties corrected for.

    Not defined for one model, or where every variant ties all models.
    """
    ranks, ties = _ranks(table)
    num_models, num_variants = table.shape[-2:]
    sums = ranks.sum(axis=-1)
    spread = ((sums - sums.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return ratio(12 * spread, num_variants**2 * (num_models**3 - num_models) - num_variants * ties.sum(axis=-1))


@command_metric(
    "compare",
    direction="higher",
    range=(-1.0, 1.0),
    formula="mean over pairs of variants of (concordant - discordant) / sqrt(untied in one x untied in the other)",
    source=f"Kendall 1945, Biometrika 33; used by {_MIZRAHI}",
)
def mean_tau(table: Floats) -> Floats:
    """Mean of Kendall's tau-b over all pairs of variants, each ranking the models.

    Pairs in which one ties all models are left out.
    """
    signs = _signs(table)
    agreement = np.swapaxes(signs, -1, -2) @ signs
    untied = (signs != 0).sum(axis=-2).astype(np.float64)
    scale = np.sqrt(untied[..., :, None] * untied[..., None, :])
    upper = np.triu(np.ones(agreement.shape[-2:], bool), 1)
    counted = (scale > 0) & upper
    tau = np.where(counted, agreement / np.where(scale > 0, scale, 1.0), 0.0)
    return ratio(tau.sum(axis=(-1, -2)), counted.sum(axis=(-1, -2)).astype(np.float64))


@command_metric(
    "compare",
    direction="lower",
    range=(0.0, 1.0),
    formula="2 ahead behind / ((ahead + behind) (M - 1)), counts of the M variants under which A is ahead or behind",
    source=f"after {_MIZRAHI}",
)
def reversal(first: Floats, second: Floats) -> Floats:
    """Probability that 'A beats B', said of one variant, is the other way round under another.

    Over ordered pairs of variants (i, j), i the one of the claim: reversed pairs / pairs in which i is no tie. (..., M) each.
    """
    signs = _sign(second - first)
    ahead, behind = (signs > 0).sum(axis=-1).astype(np.float64), (signs < 0).sum(axis=-1).astype(np.float64)
    return ratio(2 * ahead * behind, (ahead + behind) * (signs.shape[-1] - 1))


@command_metric(
    "compare",
    direction="lower",
    range=(0.0, 1.0),
    formula="(1/(M-1)) sum_i [sign(B_i - A_i) = -sign(B_0 - A_0)]",
    source=f"after {_MIZRAHI}",
)
def reversal_of_original(first: Floats, second: Floats) -> Floats:
    """Share of variants under which the order of two models in the original is the other way round.

    NaN where that is a tie.
    """
    signs = _sign(second - first)
    others = np.full(signs.shape[:-1], float(signs.shape[-1] - 1))
    reversed_ = (signs[..., 1:] * signs[..., :1] < 0).sum(axis=-1).astype(np.float64)
    return ratio(reversed_, np.where(signs[..., 0] != 0, others, 0.0))


def _sign(difference: Floats) -> Floats:
    return np.where(np.abs(difference) <= TIE, 0.0, np.sign(difference))


def _signs(table: Floats) -> Floats:
    """Return (..., K(K-1)/2, M): which of each two models is ahead under each variant."""
    one, other = np.triu_indices(table.shape[-2], 1)
    return _sign(table[..., other, :] - table[..., one, :])


def _ranks(table: Floats) -> tuple[Floats, Floats]:
    """Return mean ranks (..., K, M) from 1 and, by variant (..., M), the sum of t^3 - t over groups of t tied models."""
    order = _sign(table[..., :, None, :] - table[..., None, :, :])
    below, equal = (order > 0).sum(axis=-2), (order == 0).sum(axis=-2)
    ranks = below + (equal + 1) / 2
    return ranks, (equal.astype(np.float64) ** 2 - 1).sum(axis=-2)
