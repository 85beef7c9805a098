"""The same prompt again: what moves then is the noise floor of the model and its engine.

Covered: nothing is changed. Not covered: the other batch composition under which it is asked, which is the run's part.
"""

from __future__ import annotations

from random import Random

from probe.registry import perturbations
from probe.types import Item, Perturbation


def same_again(item: Item, rng: Random) -> Item:
    """Return the item as it is."""
    return item


# registered by hand: the decorators take an unchanged result for "does not apply"
perturbations.add(
    "null",
    Perturbation(
        "null",
        "null",
        "Ask the same prompt again in another batch: the noise floor.",
        same_again,
        "label-preserving",
        "suite",
    ),
)
