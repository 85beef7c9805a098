"""The temperature of a contrastive softmax: fixed, or adaptive to how well positives are aligned already.

Covered: MACL's adaptive temperature. Not covered: its reweighting (`probe.repair.losses.macl`), a learned temperature.
"""

from __future__ import annotations

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import mean_where
from probe.repair.losses.pairs import unit

LEAST = 0.05
"""The least share of the given temperature that an adaptive one falls to."""


def adapted(temperature: float, adapt: float, seen: Seen, positives: Tensor) -> Tensor | float:
    """Return tau (1 + adapt A), A the mean cosine similarity of the positive pairs (N, N) of a batch, without a gradient.

    Huang et al. 2023, "Model-Aware Contrastive Learning", arXiv 2207.07874 (MACL): tau_a = (1 + alpha (A - A_0)) tau_0, here with
    A_0 = 0. While positives are far apart the temperature is low, which pushes the hardest negatives most; once they lie together
    it rises, and what is similar to the anchor is tolerated. `adapt` is MACL's alpha, from 0 (fixed) to 1.
    """
    if not adapt:
        return temperature
    z = unit(seen.states.detach())
    return temperature * (1 + adapt * mean_where(z @ z.T, positives)).clamp(min=LEAST)
