"""Which states of a batch are pulled together, which apart, and the cross-entropy over them.

    item     0 0 | 1 1 | 2 2 | 3        positives of a view: the other views of its item
    label    a a | b b | a a | b        negatives: views of other items with another right answer (item 1 for item 0, not 2),
    contrast         ... 3 is of 0      and contrast members of the item: said almost the same, with another right answer
                                        the rest, other items with the same answer, are neither

Covered: masks, hard negatives first, the loss of an anchor with its positives and negatives. Not covered: how items come into a
batch (`probe.repair.losses.batches`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from probe.repair.base import Seen
from probe.repair.losses.base import mean_where, raised

NEVER = -1e9
"""The logit of what is no candidate: its exponential is zero, and sums of it stay finite."""


def unit(states: Tensor) -> Tensor:
    """Return states (N, D) on the unit sphere, in at least 32 bits; a state of length zero stays there."""
    return normalize(raised(states), dim=1)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of views, (N, N) bool each; row i says it of anchor i."""

    same_item: Tensor
    """Two different views of one item."""
    same_answer: Tensor
    """Two different views with the same right answer, be it of two tasks."""
    same_class: Tensor
    """Two different views of one task with the same right answer."""
    contrast: Tensor
    """One is a contrast member of the other's item."""
    column: Tensor
    """(N,) int64, the formulation of each view."""
    is_member: Tensor
    """(N,) bool, whether a view is a contrast member."""

    @property
    def negatives(self) -> Tensor:
        """Return the pairs to push apart: of different items with different answers, and contrast members with their items."""
        others = ~self.same_item & ~self.same_answer
        return (others | self.contrast).fill_diagonal_(False)

    @property
    def in_column(self) -> Tensor:
        """Return (N, N, K) bool: whether view n is asked in the k-th formulation, or is a contrast member."""
        known: Tensor = torch.unique(self.column)
        return (self.column[None, :, None] == known[None, None, :]) | self.is_member[None, :, None]


def pairs_of(seen: Seen) -> Pairs:
    """Return which views of a batch belong together."""
    item, other = seen.item[:, None], seen.item[None, :]
    same_label = seen.label[:, None] == seen.label[None, :]
    same_class = same_label & same_task(seen)
    is_edit = seen.contrast_of[:, None] == other
    contrast = (is_edit & (seen.contrast_of >= 0)[:, None]) | (is_edit & (seen.contrast_of >= 0)[:, None]).T
    itself = torch.eye(len(seen.item), dtype=torch.bool, device=seen.item.device)
    return Pairs(
        same_item=(item == other) & ~itself,
        same_answer=same_label & ~itself,
        same_class=same_class & ~itself & ~contrast,
        contrast=contrast & ~itself,
        column=columns(seen),
        is_member=seen.contrast_of >= 0,
    )


def same_task(seen: Seen) -> Tensor:
    """Return (N, N) bool: whether two views are of one suite, with its instruction and classes."""
    if seen.task is None:
        return torch.ones(len(seen.item), len(seen.item), dtype=torch.bool, device=seen.item.device)
    return seen.task[:, None] == seen.task[None, :]


def is_original(seen: Seen) -> Tensor:
    """Return (N,) bool: whether a view is of an unperturbed prompt; false for all where families are not known."""
    original = [family == "original" for family in seen.families] or [False] * len(seen.item)
    return torch.tensor(original, dtype=torch.bool, device=seen.item.device)


def anchor_views(seen: Seen) -> Tensor:
    """Return (N,) bool: the original of each item, or the first view of an item whose original is not in the batch."""
    same = seen.item[:, None] == seen.item[None, :]
    is_first = same.tril().sum(dim=1) == 1
    original = is_original(seen)
    return original | (is_first & ~(same & original[None, :]).any(dim=1))


def columns(seen: Seen) -> Tensor:
    """Return the formulation (N,) of each view: as given if all items are seen in the same ones, else its place in its item.

    Where formulations are drawn for each item, few of another item's views would be said as a positive is, and there would
    be next to no negatives in its formulation; then the k-th views of items are compared, as two random augmentations are.
    """
    place = (seen.item[:, None] == seen.item[None, :]).tril().sum(dim=1) - 1
    return place if seen.formulation is None or not _is_grid(seen, seen.formulation) else seen.formulation


def _is_grid(seen: Seen, formulation: Tensor) -> bool:
    """Return whether all items with several views are seen in the same formulations, once in each; but for contrast members."""
    found: dict[int, list[int]] = {}
    rows = zip(seen.item.tolist(), formulation.tolist(), seen.contrast_of.tolist(), strict=True)
    for item, number, contrast_of in rows:
        if contrast_of < 0:
            found.setdefault(item, []).append(number)
    several = [sorted(numbers) for numbers in found.values() if len(numbers) > 1]
    return all(numbers == several[0] and len(set(numbers)) == len(numbers) for numbers in several)


@dataclass(frozen=True, slots=True)
class Hard:
    """How much more hard negatives count than others."""

    beta: float = 0.0
    """Concentration: a negative of similarity s counts exp(beta s), divided by the mean of these over the anchor's negatives.
    Robinson et al. 2021, "Contrastive Learning with Hard Negative Samples", arXiv 2010.04592, section 4, without the correction
    for false negatives, which labels rule out here. 0: all count the same."""
    top: int = 0
    """Number of negatives of an anchor that are kept, the most similar ones. 0: all."""


def hardest(similarity: Tensor, negatives: Tensor, top: int) -> Tensor:
    """Return `negatives` (N, N) with only the `top` most similar of each anchor left; all for 0."""
    if top <= 0 or top >= similarity.shape[1]:
        return negatives
    among = similarity.detach().masked_fill(~negatives, -math.inf)
    kept = torch.zeros_like(negatives).scatter_(1, among.topk(top, dim=1).indices, True)
    return negatives & kept


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What the softmax of an anchor runs over."""

    positives: Tensor
    """(N, N) bool."""
    negatives: Tensor
    """(N, N) bool."""
    log_weight: Tensor | None = None
    """(N, N) logarithm of what a negative counts; None: 1 each."""
    in_column: Tensor | None = None
    """(N, N, K) or (1, N, K) bool and, in `column_of`, which k a positive is of: negatives of a pair are those of its k alone."""
    column_of: Tensor | None = None
    """(N,) int64, the k of each view."""

    def harder(self, similarity: Tensor, hard: Hard) -> Candidates:
        """Return these with hard negatives first."""
        negatives = hardest(similarity, self.negatives, hard.top)
        if not hard.beta:
            return replace(self, negatives=negatives)
        exponent = (hard.beta * similarity).masked_fill(~negatives, NEVER)
        count = negatives.sum(dim=1, keepdim=True).clamp(min=1)
        weight = exponent - (exponent.logsumexp(dim=1, keepdim=True) - count.to(exponent.dtype).log())
        given = 0 if self.log_weight is None else self.log_weight
        return replace(self, negatives=negatives, log_weight=given + weight.masked_fill(~negatives, 0))


def pair_losses(
    similarity: Tensor, candidates: Candidates, temperature: Tensor | float, *, beside: Tensor | None = None
) -> Tensor:
    """Return -log exp(s_ip/tau) / (exp(s_ip/tau) + sum_n w_in exp(s_in/tau)) for all pairs (i, p), (N, N) to (N, N).

    `beside` (N, K) are similarities to negatives that are no views. Entries that are no pairs of an anchor with its positive
    are finite and mean nothing.
    """
    logits = similarity / temperature
    against = logits if candidates.log_weight is None else logits + candidates.log_weight
    against = against.masked_fill(~candidates.negatives, NEVER)
    if candidates.in_column is None or candidates.column_of is None:
        all_against = against.logsumexp(dim=1, keepdim=True)
    else:
        by_column = against[:, :, None].masked_fill(~candidates.in_column, NEVER).logsumexp(dim=1)  # (N, columns)
        all_against = by_column[:, candidates.column_of]
    if beside is not None:
        all_against = torch.logaddexp(all_against, (beside / temperature).logsumexp(dim=1, keepdim=True))
    return torch.logaddexp(logits, all_against) - logits


def mean_over_anchors(losses: Tensor, positives: Tensor) -> Tensor:
    """Return the mean () over anchors that have a positive of the mean over their positives; zero where none has."""
    num = positives.sum(dim=1)
    by_anchor = losses.masked_fill(~positives, 0).sum(dim=1) / num.clamp(min=1)
    return mean_where(by_anchor, num > 0)
