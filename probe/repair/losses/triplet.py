"""Triplet hinge: an item's formulations are nearer to one another than to the nearest other item, by a margin.

Covered: squared distance on the unit sphere, the hardest negative or the one in the same formulation. Not covered: the policy
gradient that the paper adds it to.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, nothing
from probe.repair.losses.pairs import anchor_views, mean_over_anchors, pairs_of, unit


@loss_term(
    "triplet", group="contrast", source="Reinforcing LLM agents, prompt overfitting: arXiv 2410.19920, eq. of L_con"
)
def triplet(
    seen: Seen,
    *,
    margin: float = 1.0,
    negatives: Literal["hardest", "formulation"] = "hardest",
    anchors: Literal["original", "each"] = "original",
) -> Tensor:
    """Triplet hinge on squared distances: the original nearer to its formulations than to another item, by a margin.

    Return the mean over anchors and their positives p of max(0, |z_i - z_p|^2 - |z_i - z_n|^2 + margin), z on the unit sphere,
    where squared distances are at most 4. The anchor is the item's original, or its first view where that is not known; with
    `anchors="each"`, every view. The negative n is the nearest view with another right answer, contrast members among them;
    with `negatives="formulation"`, the nearest in the formulation of p, as in the paper, which has one such view.
    """
    pairs, z = pairs_of(seen), unit(seen.states)
    if not len(z):
        return nothing(z)
    distance = (2 - 2 * z @ z.T).clamp(min=0)
    usable = pairs.negatives
    if negatives == "formulation":
        in_formulation = (pairs.column[None, :, None] == pairs.column[None, None, :]) | pairs.is_member[None, :, None]
        usable_by = usable[:, :, None] & in_formulation  # (N anchors, N negatives, N positives)
    else:
        usable_by = usable[:, :, None]
    nearest = distance[:, :, None].masked_fill(~usable_by, torch.inf).amin(dim=1)  # (N, N) or (N, 1)
    is_pair = pairs.same_item & usable_by.any(dim=1)
    if anchors == "original":
        is_pair = is_pair & anchor_views(seen)[:, None]
    gap = distance - nearest.masked_fill(nearest.isinf(), 0) + margin
    return mean_over_anchors(gap.clamp(min=0), is_pair)
