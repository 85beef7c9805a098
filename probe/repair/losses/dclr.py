"""DCLR: negatives that are likely to mean the same as the anchor count nothing.

Covered: instance weights by a complementary model, noise as negatives. Not covered: the paper's updates of the noise by
gradient ascent.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, nothing
from probe.repair.losses.infonce import in_formulation
from probe.repair.losses.pairs import Candidates, mean_over_anchors, pair_losses, pairs_of, unit
from probe.seeds import rng_for


@loss_term("dclr", group="contrast", source="after Zhou et al. 2022 (DCLR), arXiv 2205.00656", needs=("base_states",))
def dclr(
    seen: Seen,
    *,
    temperature: float = 0.05,
    threshold: float = 0.9,
    noise: int = 0,
    labels: Literal["known", "unknown"] = "known",
    seed: int = 0,
) -> Tensor:
    """InfoNCE in which a negative counts 0 where another model holds it for a positive, and 1 elsewhere.

    Return infonce with sum_n alpha_in exp(s_in/tau) + sum_k exp(s_ik/tau) below, alpha_in = 0 where the complementary model's
    similarity of i and n is at least `threshold`, else 1; k runs over `noise` random directions of Gaussian noise, drawn anew
    at each step. The complementary model is the one before repair (the states themselves, detached, where it is not known),
    centred on the batch, since the states of a causal model lie in a narrow cone in which all is similar. With
    `labels="unknown"`, views of all other items are negatives, which is what the weights are for; with labels, those of the
    same answer are none to begin with. Contrast members always count.
    """
    pairs, z = pairs_of(seen), unit(seen.states)
    if not len(z):
        return nothing(z)
    other = raw_states(seen)
    by = unit(other - other.mean(dim=0))
    negatives = pairs.negatives if labels == "known" else (~pairs.same_item).fill_diagonal_(False)
    counted = negatives & ((by @ by.T < threshold) | pairs.contrast)
    candidates = in_formulation(pairs, Candidates(pairs.same_item, counted))
    drawn = unit(_noise(noise, z, seed, seen.step)) if noise else None
    losses = pair_losses(z @ z.T, candidates, temperature, beside=None if drawn is None else z @ drawn.T)
    return mean_over_anchors(losses, pairs.same_item)


def raw_states(seen: Seen) -> Tensor:
    """Return the states (N, D) of the model before repair, else those of the batch; without a gradient."""
    return (seen.states if seen.base_states is None else seen.base_states).detach()


def _noise(num: int, like: Tensor, *key: object) -> Tensor:
    """Return Gaussian noise (num, D), the same for the same key on every device."""
    rng = torch.Generator().manual_seed(rng_for("noise negatives", *key).getrandbits(63))
    return torch.randn(num, like.shape[1], generator=rng, dtype=torch.float64).to(like)
