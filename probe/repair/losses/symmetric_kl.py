"""Consistency as symmetric Kullback-Leibler divergence of all pairs of formulations.

Covered: class distributions, answer positions of free text. Not covered: R-Drop's two passes under dropout of one prompt.
"""

from __future__ import annotations

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, nothing
from probe.repair.losses.divergence import kl as divergence
from probe.repair.losses.divergence import kl_of_pairs
from probe.repair.losses.groups import by_item
from probe.repair.losses.kl import Teacher, teacher_of


@loss_term("symmetric-kl", group="consistency", source="Liang et al. 2021 (R-Drop), arXiv 2106.14448", also=("r-drop",))
def symmetric_kl(seen: Seen, *, teacher: Teacher = "two-sided", held: Seen | None = None) -> Tensor:
    """Symmetric KL divergence between the answer distributions of each two formulations (R-Drop).

    Return mean over items of the mean over pairs of formulations of (KL(p || q) + KL(q || p)) / 2, in nats. R-Drop compares two
    dropouts of one prompt; here two formulations of one item are compared. "two-sided" is R-Drop's own; with another teacher q,
    each formulation is compared with q alone, detached. Items with one view are left out.
    """
    rows = by_item(seen)
    if not len(rows.logprobs):
        return nothing(seen.class_logprobs)
    if teacher != "two-sided":
        q = teacher_of(rows, teacher, held)
        halves = (divergence(q, rows.logprobs) + divergence(rows.logprobs, q)) / 2
        return (rows.weight * halves).sum()
    # (R, R); summed over the others of the group both directions come once for each row, which halves them in the mean
    pairs = kl_of_pairs(rows.logprobs).masked_fill(~rows.same, 0)
    return (rows.weight * pairs.sum(dim=1) / (rows.size - 1).clamp(min=1)).sum()
