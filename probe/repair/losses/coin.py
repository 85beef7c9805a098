"""CoIN: an instruction said differently over one input is to be told from one instruction over another input.

Covered: the contrastive part. Not covered: its scaling down to the size of the generation loss, for which weights and ramps do.
"""

from __future__ import annotations

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, nothing
from probe.repair.losses.infonce import in_formulation
from probe.repair.losses.pairs import (
    Candidates,
    anchor_views,
    mean_over_anchors,
    pair_losses,
    pairs_of,
    same_task,
    unit,
)


@loss_term("coin", group="contrast", source="Yan et al. 2024, Contrastive Instruction Tuning, arXiv 2402.11138")
def coin(seen: Seen, *, temperature: float = 0.05) -> Tensor:
    """InfoNCE between the original and each other formulation, against the same instruction over other inputs.

    Return the mean over pairs of an item's original (its first view where that is not known) with its other formulations, in
    both directions, of -log exp(s_ip/tau) / (exp(s_ip/tau) + sum_n exp(s_in/tau)). The sum runs over views of the positive's
    formulation of other items of the same suite, so of the same instruction with another input and another right answer, and
    over contrast members. Other suites, whose instructions are told apart anyway, are no negatives: the paper's hard negatives.
    """
    pairs, z = pairs_of(seen), unit(seen.states)
    if not len(z):
        return nothing(z)
    first = anchor_views(seen)
    between = pairs.same_item & (first[:, None] != first[None, :])
    candidates = in_formulation(pairs, Candidates(between, pairs.negatives & same_task(seen)))
    return mean_over_anchors(pair_losses(z @ z.T, candidates, temperature), between)
