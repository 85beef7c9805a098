"""Consistency as Jensen-Shannon divergence, over any number of formulations.

Covered: class distributions, answer positions of free text. Not covered: weights of formulations other than equal ones.
"""

from __future__ import annotations

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, nothing
from probe.repair.losses.divergence import kl as divergence
from probe.repair.losses.groups import by_item
from probe.repair.losses.kl import Teacher, teacher_of


@loss_term("js", group="consistency", source="Lin 1991, Divergence Measures Based on the Shannon Entropy")
def consistency_js(seen: Seen, *, teacher: Teacher = "mean", held: Seen | None = None) -> Tensor:
    """Jensen-Shannon divergence between the answer distributions of an item's formulations.

    Return mean over items of (1/V) sum_v KL(p_v || m), m = (1/V) sum_v p_v, in nats; at most ln V. For two views it is the usual
    half-sum. Detaching m changes neither value nor gradient, since m is the best common approximation of the p_v: the
    derivative of the sum by m is the same number for each class. Items with one view are left out.
    """
    rows = by_item(seen)
    if not len(rows.logprobs):
        return nothing(seen.class_logprobs)
    return (rows.weight * divergence(rows.logprobs, teacher_of(rows, teacher, held))).sum()
