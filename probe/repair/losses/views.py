"""Which views a term takes, by the families of their perturbations.

Covered: templates, paraphrases. Not covered: which formulations are sampled (`probe.repair.views`).
"""

from __future__ import annotations

import torch
from torch import Tensor

from probe.repair.base import Seen

TEMPLATES = frozenset({"format", "structure", "labels", "order", "shots"})
"""Families that ask the same question by another template, other label words or other demonstrations."""

PARAPHRASES = frozenset({"paraphrase", "wording", "grammar"})
"""Families that say the instruction or the question in other words."""


def is_of(seen: Seen, families: frozenset[str]) -> Tensor:
    """Return (N,) bool: views of these families, originals and contrast members; all views where families are not known."""
    if not seen.families:
        return torch.ones_like(seen.item, dtype=torch.bool)
    kept = torch.tensor([one == "original" or one in families for one in seen.families], device=seen.item.device)
    return kept.to(torch.bool) | (seen.contrast_of >= 0)


def said_twice(seen: Seen, kept: Tensor) -> Tensor:
    """Return (N,) bool: the views of `kept` (N,) whose item has another view among these."""
    same = (seen.item[:, None] == seen.item[None, :]) & kept[None, :]
    return kept & (same.sum(dim=1) > 1)
