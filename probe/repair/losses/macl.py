"""MACL: a temperature that rises with alignment, and a gradient that does not fade with few negatives.

Covered: adaptive temperature and reweighting. Not covered: the exponential form of the temperature.
"""

from __future__ import annotations

import torch
from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, nothing
from probe.repair.losses.infonce import in_formulation
from probe.repair.losses.pairs import Candidates, mean_over_anchors, pair_losses, pairs_of, unit
from probe.repair.losses.temperature import adapted

MOST = 1e4
"""The largest weight of a pair: beyond it, rounding in 32 bits would be scaled up with the gradient."""


@loss_term("macl", group="contrast", source="Huang et al. 2023, Model-Aware Contrastive Learning, arXiv 2207.07874")
def macl(
    seen: Seen, *, temperature: float = 0.1, adapt: float = 0.5, reweight: bool = True, held: Seen | None = None
) -> Tensor:
    """InfoNCE with a temperature that rises with the alignment of positives, and reweighted gradients.

    Return the mean over anchors and positives of -w_ip log P_ip, P_ip the softmax of infonce at tau = temperature (1 + adapt A),
    A the mean similarity of positives, and w_ip = 1 / (1 - P_ip). A and w have no gradient. The weight undoes what makes the
    gradient of infonce vanish with few or easy negatives, which is its factor 1 - P_ip; with `reweight` off it is 1.
    """
    pairs, z = pairs_of(seen), unit(seen.states)
    if not len(z):
        return nothing(z)
    candidates = in_formulation(pairs, Candidates(pairs.same_item, pairs.negatives))
    still = seen if held is None else held
    tau = adapted(temperature, adapt, still, pairs.same_item)
    losses = pair_losses(z @ z.T, candidates, tau)
    if reweight:
        fixed = unit(still.states.detach())
        doubt = -torch.expm1(-pair_losses(fixed @ fixed.T, candidates, tau))  # 1 - P
        losses = losses / doubt.clamp(min=1 / MOST)
    return mean_over_anchors(losses, pairs.same_item)
