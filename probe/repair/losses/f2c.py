"""F2C: without labels, what most formulations answer is the target, and the doubtful ones follow the confident ones.

Covered: choices. Not covered: free text, whose answers have no classes to vote over.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import floored, loss_term, nothing
from probe.repair.losses.divergence import kl


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """What the formulations of one item agree on."""

    views: Tensor
    """(V,) the item's views in the batch."""
    answer: int
    """The class that more than half of them give."""
    is_teacher: Tensor
    """(V,) bool: those that give it with the largest margins."""


def consensuses(seen: Seen, top: int) -> list[Consensus]:
    """Return the items on whose answer more than half of at least two formulations agree.

    `top` teachers at most, and one fewer than there are that agree; at least one.
    """
    found = []
    logprobs = floored(seen.class_logprobs.detach())
    for item in sorted(set(seen.item.tolist())):
        views = (seen.item == item).nonzero().flatten()
        rows = logprobs[views]
        if len(views) < 2 or not rows.shape[1] or seen.class_logprobs[views[0]].isinf().all():
            continue
        given = rows.argmax(dim=1)
        answer = int(given.mode().values)
        agree = given == answer
        if 2 * int(agree.sum()) <= len(views):
            continue
        others = rows.clone()
        others[:, answer] = -torch.inf
        margin = (rows[:, answer] - others.amax(dim=1)).masked_fill(~agree, -torch.inf)
        num = max(1, min(top, int(agree.sum()) - 1))
        teachers = torch.zeros_like(agree)
        teachers[margin.argsort(descending=True, stable=True)[:num]] = True
        found.append(Consensus(views, answer, teachers))
    return found


@loss_term("f2c", group="target", source="Hejabi et al. 2025, Flip-Flop Consistency, arXiv 2510.14242")
def f2c(
    seen: Seen, *, alignment: float = 1.0, top: int = 2, temperature: float = 1.0, held: Seen | None = None
) -> Tensor:
    """Cross-entropy to the answer of most formulations, and the other formulations drawn to the most confident ones.

    Return the mean over items with a consensus of (1/V) sum_v -log p_v(c) + alignment w (1/|S|) sum_{s in S} KL(q || p_s). c is
    the answer of more than half of the V formulations. q is the mean distribution of the teachers, the `top` formulations that
    give c with the largest margins over the runner-up, detached; S are the others. w = sigmoid((mean log-probability of c among
    teachers - among S) / temperature), detached. Items without a consensus are left out, as are those with one view.

    The paper's alignment is of representations; its released code aligns token distributions at the answer, as here the class
    distributions. There an item needs two teachers and unanimous, sure items are not aligned; here one teacher will do, since
    batches have 3 to 8 formulations of an item instead of 4 to 15.
    """
    still = seen if held is None else held
    found = consensuses(still, top)
    if not found:
        return nothing(seen.class_logprobs)
    losses = []
    for one in found:
        rows, fixed = floored(seen.class_logprobs[one.views]), floored(still.class_logprobs[one.views]).detach()
        teacher = fixed[one.is_teacher].exp().mean(dim=0).log()
        lead = fixed[one.is_teacher, one.answer].mean() - fixed[~one.is_teacher, one.answer].mean()
        drawn = kl(teacher, rows[~one.is_teacher]).mean()
        losses.append(alignment * (lead / temperature).sigmoid() * drawn - rows[:, one.answer].mean())
    return torch.stack(losses).mean()
