"""Distributions of one item under several formulations: which belong together, and what each counts.

    row of logprobs   item   group            a row is a view (classes), or a view at one position of its answer (free text)
    view 0            0      0
    view 1            0      0                rows of one group are compared with one another; a group counts 1/(groups of the
    view 2            1      1  (alone)       item), an item of at least one group of two rows counts 1/(such items)

Covered: class distributions, token distributions aligned by the position in the answer. Not covered: divergences.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import floored
from probe.repair.losses.pairs import is_original


@dataclass(frozen=True, slots=True, eq=False)
class Distributions:
    """R distributions over C outcomes that a consistency term compares."""

    logprobs: Tensor
    """(R, C), finite."""
    same: Tensor
    """(R, R) bool, whether two rows are of one group; true on the diagonal."""
    weight: Tensor
    """(R,) what a row counts in a mean over items, then groups of the item, then rows of the group; zero of a row that is alone
    in its group. They sum to one, or to zero where nothing can be compared."""
    is_original: Tensor
    """(R,) bool, whether a row is of an unperturbed prompt."""

    @property
    def size(self) -> Tensor:
        """Return the number (R,) of rows in the group of each."""
        return self.same.sum(dim=1)

    def mean(self) -> Tensor:
        """Return the logarithm (R, C) of the mean distribution of each row's group."""
        share = self.same.to(self.logprobs.dtype) / self.size[:, None]
        return floored((share @ self.logprobs.exp()).clamp(min=1e-30).log())

    def original(self) -> Tensor:
        """Return the log-probabilities (R, C) of the unperturbed prompt in each row's group; the mean where it has none."""
        theirs = self.same & self.is_original[None, :]
        share = theirs.to(self.logprobs.dtype) / theirs.sum(dim=1, keepdim=True).clamp(min=1)
        return torch.where(theirs.any(dim=1)[:, None], share @ self.logprobs, self.mean())


def by_item(seen: Seen) -> Distributions:
    """Return the distributions to compare: over classes, aligned by class; of free text over tokens, aligned by position.

    Of free text without token log-probabilities there are none: (0, 0).
    """
    original = is_original(seen)
    if seen.token_logprobs is None or seen.class_logprobs.shape[1]:
        rows = seen.class_logprobs if seen.class_logprobs.shape[1] else seen.class_logprobs[:0]
        item = seen.item[: len(rows)]
        return _distributions(rows, item, item, original[: len(rows)])
    return by_position(seen.token_logprobs, seen.item, seen.token_mask, original)


def by_position(
    logprobs: Tensor, item: Tensor, mask: Tensor | None = None, original: Tensor | None = None
) -> Distributions:
    """Return token distributions of teacher-forced answers, with those of one item at one position in a group.

    `logprobs` (V, T, W) are over the vocabulary: entry t is what is expected in place of the answer's token t, so shifted by
    one against the tokens read. All views of an `item` (V,) are forced to the same answer. `mask` (V, T) says whether the
    answer has a token t, `original` (V,) which views are unperturbed; all and none, if not given.
    """
    num_views, num_positions, _ = logprobs.shape
    is_there = torch.ones_like(logprobs[..., 0], dtype=torch.bool) if mask is None else mask
    is_original = torch.zeros_like(item, dtype=torch.bool) if original is None else original
    owner = item[:, None].expand(num_views, num_positions)[is_there]  # (R,)
    position = torch.arange(num_positions, device=item.device).expand(num_views, num_positions)[is_there]
    group = owner * num_positions + position
    return _distributions(logprobs[is_there], group, owner, is_original[:, None].expand_as(is_there)[is_there])


def _distributions(rows: Tensor, group: Tensor, owner: Tensor, original: Tensor) -> Distributions:
    same = group[:, None] == group[None, :]
    size = same.sum(dim=1)
    dtype = floored(rows).dtype
    in_group = (size > 1).to(dtype) / size.clamp(
        min=1
    )  # (R,) the rows of a group sum to one, or to zero if it is one row
    groups = (owner[:, None] == owner[None, :]).to(dtype) @ in_group  # (R,) number of groups of the row's item
    in_item = in_group / groups.clamp(min=1)
    return Distributions(floored(rows), same, in_item / in_item.sum().clamp(min=1), original)
