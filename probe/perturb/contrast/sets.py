"""A different question with a different answer: a model that does not move here only looks robust.

Covered: the contrast sets that a suite brings along, one member a sample, and every member however few samples are asked for:
a set is right or wrong as a whole.
Not covered: edits made by rule (negation, numbers, roles).
"""

from __future__ import annotations

from random import Random

from probe.evolve import evolve
from probe.perturb.catalogue.register import asked_whole, item_perturbation
from probe.types import Contrast, Item


def _members(item: Item) -> list[Contrast]:
    return [contrast for contrast in item.contrasts if _flips(contrast, item)]


def _count(item: Item) -> int:
    """Return how many different questions an item's contrast set asks."""
    return len({(one.fields, one.choices) for one in _members(item)})


@item_perturbation("contrast-set", family="contrast", effect="label-altering")
@asked_whole(_count)
def contrast_set(item: Item, rng: Random) -> Item | None:
    """Ask one of the item's own contrast questions, which has another answer."""
    members = _members(item)
    if not members:
        return None
    member = rng.choice(members)
    prompt = evolve(item.prompt, fields=member.fields, choices=member.choices or item.prompt.choices)
    return evolve(item, prompt=prompt, target=member.target, aliases=())


def _flips(contrast: Contrast, item: Item) -> bool:
    """Return whether the edit names another answer that can be given, and asks something else."""
    choices = contrast.choices or item.prompt.choices
    return (
        contrast.target != item.target
        and contrast.fields != item.prompt.fields
        and (not choices or contrast.target in choices)
    )
