"""Consistency training: without labels, the model's own answer to the original is the target under every formulation.

Covered: answers (BCT), states (ACT). Not covered: free text, whose own answers would have to be generated first.
"""

from __future__ import annotations

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import floored, loss_term, mean_where, nothing
from probe.repair.losses.groups import by_item
from probe.repair.losses.pairs import anchor_views, is_original, unit

SOURCE = "Irpan et al. 2025, Consistency Training Helps Stop Sycophancy and Jailbreaks, arXiv 2510.27062"


@loss_term("own-answer", group="target", source=f"{SOURCE} (BCT)", needs=("base_logprobs",))
def own_answer(seen: Seen, *, held: Seen | None = None) -> Tensor:
    """Cross-entropy of other formulations to the model's own answer to the original.

    Return the mean over views other than the original of -log p_v(c), c the likeliest class under the item's original before
    repair, or now, where that is not known. The paper generates its targets by the checkpoint at hand, once. Items whose
    original is not in the batch are left out.
    """
    rows = by_item(held or seen)
    if not rows.logprobs.shape[0] or not seen.class_logprobs.shape[1]:
        return nothing(seen.class_logprobs)
    said = (held or seen).class_logprobs.detach() if seen.base_logprobs is None else seen.base_logprobs
    of_original = (seen.item[:, None] == seen.item[None, :]) & is_original(seen)[None, :]  # (N, N)
    place = of_original.to(seen.class_logprobs.dtype).argmax(dim=1)
    own = floored(said).argmax(dim=1)[place]
    nll = -floored(seen.class_logprobs).gather(1, own[:, None]).squeeze(1)
    has_classes = ~said[place].isinf().all(dim=1)
    return mean_where(nll, of_original.any(dim=1) & ~is_original(seen) & has_classes)


@loss_term("own-state", group="consistency", source=f"{SOURCE} (ACT)")
def own_state(seen: Seen, *, held: Seen | None = None) -> Tensor:
    """Squared distance of other formulations' states from the original's, which is held still (ACT-style).

    Return the mean over views other than the original (the item's first view where that is not known) of |z_v - z_0|^2, z on
    the unit sphere, z_0 detached. The paper compares unscaled activations at all prompt tokens that the two prompts end with;
    here it is the last one, which all formulations share, and its direction.
    """
    if not len(seen.states):
        return nothing(seen.states)
    first = anchor_views(seen)
    of_first = (seen.item[:, None] == seen.item[None, :]) & first[None, :]
    target = unit((held or seen).states.detach())[of_first.int().argmax(dim=1)]
    return mean_where((unit(seen.states) - target).square().sum(dim=1), ~first)
