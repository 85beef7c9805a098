"""InfoNCE within a batch: the other formulation of an item is to be told from the same formulation of other items.

Covered: any number of formulations, both directions, contrast members as hard negatives. Not covered: a queue of past states.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, nothing
from probe.repair.losses.pairs import Candidates, Hard, Pairs, mean_over_anchors, pair_losses, pairs_of, unit
from probe.repair.losses.temperature import adapted


def in_formulation(pairs: Pairs, candidates: Candidates) -> Candidates:
    """Return candidates whose negatives, for a pair, are those in the positive's formulation, and contrast members."""
    known, place = torch.unique(pairs.column, return_inverse=True)
    return replace(candidates, in_column=pairs.in_column, column_of=place) if len(known) else candidates


@loss_term(
    "infonce",
    group="contrast",
    source="van den Oord et al. 2018, arXiv 1807.03748; Gao et al. 2021 (SimCSE), arXiv 2104.08821",
)
def infonce(
    seen: Seen,
    *,
    temperature: float = 0.05,
    beta: float = 0.0,
    top: int = 0,
    adapt: float = 0.0,
    held: Seen | None = None,
) -> Tensor:
    """In-batch InfoNCE: another formulation of the item against the same formulation of other items.

    Return the mean over anchors i and their positives p of -log exp(s_ip/tau) / (exp(s_ip/tau) + sum_n exp(s_in/tau)), s the
    cosine similarity of states. The sum runs over views in p's formulation of items with another right answer, and over
    contrast members, as over the hard negatives of supervised SimCSE. Both directions of a pair count. `beta` and `top` put
    hard negatives first.
    """
    pairs, z = pairs_of(seen), unit(seen.states)
    if not len(z):
        return nothing(z)
    similarity = z @ z.T
    candidates = Candidates(pairs.same_item, pairs.negatives).harder(similarity, Hard(beta, top))
    tau = adapted(temperature, adapt, held or seen, pairs.same_item)
    losses = pair_losses(similarity, in_formulation(pairs, candidates), tau)
    return mean_over_anchors(losses, pairs.same_item)
