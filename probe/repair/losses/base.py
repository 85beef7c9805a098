"""What all terms of the loss share: how one is registered, and numbers that stay finite.

Covered: the decorator, a zero with a gradient, log-probabilities without infinities, means under a mask. Not covered: which
views are alike (`probe.repair.losses.pairs`, `probe.repair.losses.groups`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from probe.files.docstrings import doc_of
from probe.repair.base import LossTerm, loss_terms

FLOOR = -69.0
"""Natural logarithm of the least probability that is told from zero, 1e-30: a log-probability of -inf counts as this, without a
gradient. A class that no view has thus adds nothing to a divergence; one that a single view rules out adds a large, finite
part."""

Function = Callable[..., Tensor]
Group = Literal["consistency", "contrast", "anchor", "target"]


def loss_term(
    name: str, *, group: Group, source: str, also: tuple[str, ...] = (), needs: tuple[str, ...] = ()
) -> Callable[[Function], Function]:
    """Return a decorator that registers a function as a loss term; the first line of its docstring is the summary."""

    def register(function: Function) -> Function:
        summary = doc_of(function).partition("\n")[0]
        term = LossTerm(name=name, group=group, summary=summary, source=source, needs=needs, function=function)
        loss_terms.add(name, term, also=also)
        return function

    return register


def nothing(tensor: Tensor) -> Tensor:
    """Return a zero () that has a gradient, zero too, whatever the tensor holds; it may be empty."""
    return raised(tensor).clamp(0, 0).sum() * 0


def raised(tensor: Tensor) -> Tensor:
    """Return a tensor in at least 32 bits: losses are not computed in half precision."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def floored(logprobs: Tensor) -> Tensor:
    """Return log-probabilities with `FLOOR` in place of smaller ones and of -inf, where the gradient is zero."""
    return raised(logprobs).clamp(min=FLOOR)


def mean_where(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean () of the values where the mask is true; zero, with a gradient, where it is true nowhere."""
    return values.masked_fill(~mask, 0).sum() / mask.sum().clamp(min=1)
