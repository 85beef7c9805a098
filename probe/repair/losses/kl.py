"""Consistency as Kullback-Leibler divergence from a teacher distribution.

Covered: class distributions, answer positions of free text. Not covered: divergence in both directions (`symmetric_kl`), a
bounded one (`js`).
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, nothing
from probe.repair.losses.divergence import kl as divergence
from probe.repair.losses.groups import Distributions, by_item

Teacher = Literal["mean", "original", "two-sided"]


def teacher_of(rows: Distributions, teacher: Teacher, held: Seen | None) -> Tensor:
    """Return the log-probabilities (R, C) that each row is compared with.

    "mean": of the item's formulations, detached; "original": of the unperturbed prompt, detached, the mean where it is not among
    them; "two-sided": the mean with its gradient, so that it moves too.
    """
    if teacher == "two-sided":
        return rows.mean()
    still = rows if held is None else by_item(held)
    return (still.mean() if teacher == "mean" else still.original()).detach()


@loss_term(
    "kl", group="consistency", source="Hinton et al. 2015, arXiv 1503.02531; Xie et al. 2020 (UDA), arXiv 1904.12848"
)
def consistency_kl(seen: Seen, *, teacher: Teacher = "mean", held: Seen | None = None) -> Tensor:
    """KL divergence of each formulation's answer distribution from the mean of the item's formulations.

    Return mean over items of (1/V) sum_v KL(q || p_v), in nats, where p_v is the distribution over classes under formulation v
    and q the teacher. With a detached teacher the gradient pulls every formulation to the mean and cannot pull the mean itself.
    Items with one view are left out.
    """
    rows = by_item(seen)
    if not len(rows.logprobs):
        return nothing(seen.class_logprobs)
    return (rows.weight * divergence(teacher_of(rows, teacher, held), rows.logprobs)).sum()
