"""How states lie on the unit sphere while a model is repaired: the detectors of collapse.

    alignment     mean |z - z+|^2 over pairs of views of an item          falls as formulations become one
    uniformity    log mean exp(-2 |z - z'|^2) over pairs of items         rises to 0 as all items become one: collapse

Wang and Isola 2020, "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere",
arXiv 2005.10242 (alpha = 2, t = 2). The same figures on finished runs, with intervals: `probe.metrics.representation`.

Covered: both figures of a batch, when to call it collapse. Not covered: what the loop does then (`probe.repair.train`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.pairs import unit

COLLAPSED = 0.1
"""Share of its uniformity at the start below which a model has collapsed, if alignment has not risen."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where the states of a batch lie; None where no pair of views could be compared."""

    alignment: float | None
    uniformity: float | None


def alignment(states: Tensor, item: Tensor) -> Tensor:
    """Return the mean squared distance () of views of one item, of states (N, D); NaN without two views of an item."""
    same = (item[:, None] == item[None, :]).triu(1)
    return _squared(states)[same].mean()


def uniformity(states: Tensor, item: Tensor | None = None) -> Tensor:
    """Return log mean exp(-2 |z - z'|^2) () over pairs of states (N, D), of different items if these are given; else NaN."""
    pairs = torch.ones(len(states), len(states), dtype=torch.bool, device=states.device).triu(1)
    if item is not None:
        pairs &= item[:, None] != item[None, :]
    return (-2 * _squared(states)[pairs]).exp().mean().log()


def geometry(seen: Seen) -> Geometry:
    """Return alignment and uniformity of a batch; contrast members are left out, which are meant to be apart."""
    kept = seen.contrast_of < 0
    states, item = seen.states.detach()[kept], seen.item[kept]
    return Geometry(_known(alignment(states, item)), _known(uniformity(states, item)))


def has_collapsed(start: Geometry, now: Geometry) -> bool:
    """Return whether items have become one another: uniformity near zero against the start, while views are no farther apart."""
    if None in (start.uniformity, now.uniformity, start.alignment, now.alignment):
        return False
    assert start.uniformity is not None and now.uniformity is not None
    assert start.alignment is not None and now.alignment is not None
    return now.uniformity > COLLAPSED * start.uniformity and now.alignment <= start.alignment


def _squared(states: Tensor) -> Tensor:
    z = unit(states)
    return (2 - 2 * z @ z.T).clamp(min=0)


def _known(value: Tensor) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
