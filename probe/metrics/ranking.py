"""Whether the order of several models holds under another equivalent prompt.

    accuracy      clean  format 0  format 1
    model A         .80       .70       .81       each column ranks the models; A beats B under clean and format 1,
    model B         .75       .78       .70       B beats A under format 0

Input is a table (..., K, M) of accuracies, K models by M variants with the clean one first, as for bootstrap resamples;
output is (...). NaN: not defined.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import ratio
from probe.metrics.cells import Floats

TIE = 1e-12
"""Accuracies that differ by no more are equal: the same sum in another order."""


def kendalls_w(table: Floats) -> Floats:
    """Return Kendall's coefficient of concordance of the variants' rankings: 1 all agree, 0 none.

    Kendall and Smith 1939, with mean ranks for ties and their correction (Siegel and Castellan 1988, section 9.4):
    W = 12 S / (M^2 (K^3 - K) - M sum T). Not defined for one model, or where every variant ties all models.
    """
    ranks, ties = _ranks(table)
    num_models, num_variants = table.shape[-2:]
    sums = ranks.sum(axis=-1)
    spread = ((sums - sums.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return ratio(12 * spread, num_variants**2 * (num_models**3 - num_models) - num_variants * ties.sum(axis=-1))


def mean_tau(table: Floats) -> Floats:
    """Return the mean of Kendall's tau-b over all pairs of variants; pairs in which one ties all models are left out.

    Kendall 1945, Biometrika 33: (concordant - discordant) / sqrt(untied pairs in the one x in the other).
    """
    signs = _signs(table)
    agreement = np.swapaxes(signs, -1, -2) @ signs
    untied = (signs != 0).sum(axis=-2).astype(np.float64)
    scale = np.sqrt(untied[..., :, None] * untied[..., None, :])
    upper = np.triu(np.ones(agreement.shape[-2:], bool), 1)
    counted = (scale > 0) & upper
    tau = np.where(counted, agreement / np.where(scale > 0, scale, 1.0), 0.0)
    return ratio(tau.sum(axis=(-1, -2)), counted.sum(axis=(-1, -2)).astype(np.float64))


def reversal(first: Floats, second: Floats) -> Floats:
    """Return the probability that a claim "one beats the other" made under one variant is reversed under another.

    Over ordered pairs of variants (i, j), i the one of the claim: reversed pairs / pairs in which i is no tie. (..., M) each.
    """
    signs = _sign(second - first)
    ahead, behind = (signs > 0).sum(axis=-1).astype(np.float64), (signs < 0).sum(axis=-1).astype(np.float64)
    return ratio(2 * ahead * behind, (ahead + behind) * (signs.shape[-1] - 1))


def reversal_of_clean(first: Floats, second: Floats) -> Floats:
    """Return the share of the other variants that reverse the order seen under the clean prompt; NaN where that is a tie."""
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
