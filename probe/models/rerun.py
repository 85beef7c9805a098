"""A model asked again under a smaller token budget: other rows, other padding, the same answers up to its noise.

Covered: models with a token budget (local ones). Not covered: others, which are asked as they are.
"""

from __future__ import annotations

from probe.models.base import Model

SMALLEST = 512
"""Tokens below which a budget is not made smaller: it would only be slow."""


def with_budget_share(model: Model, share: int) -> Model:
    """Return the model with `1 / share` of its token budget; itself where it has none, or too small a one to divide."""
    smaller = (model.token_budget or 0) // share
    return model if smaller < SMALLEST else model.with_token_budget(smaller)
