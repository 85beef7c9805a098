"""Another order of what has no order: listed options and demonstrations.

Covered: options rotated (one rotation for the whole suite) or permuted (anew for each item) where they are listed in
the prompt; demonstrations permuted. Demonstrations that share the question's choices list them in the new order too.
Not covered: choices that are not shown, options that speak of one another ("all of the above"), the order of fields.
"""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from probe.perturb.base import perturbation
from probe.types import Prompt

REFERS = re.compile(
    r"\b(?:(?:all|none|any|either|both|neither|two|some|each) of (?:the|these|those|them)\b|above\b|below\b"
    r"|(?:previous|preceding|other) (?:option|answer|choice)|both [A-Z] and [A-Z]\b|[A-Z] (?:and|or) [A-Z]$)",
    re.IGNORECASE,
)
"""What an option says that speaks of other options by their place."""


@perturbation("order-shift", family="order", scope="suite")
def order_shift(prompt: Prompt, rng: Random) -> Prompt | None:
    """Rotate the listed options, so that each comes to stand elsewhere."""
    if not _can_reorder(prompt):
        return None
    shift = rng.randrange(1, len(prompt.choices))
    return replace(prompt, choices=prompt.choices[shift:] + prompt.choices[:shift])


@perturbation("order-options", family="order")
def order_options(prompt: Prompt, rng: Random) -> Prompt | None:
    """Shuffle the listed options."""
    if not _can_reorder(prompt):
        return None
    order = _permutation(len(prompt.choices), rng)
    return replace(prompt, choices=tuple(prompt.choices[index] for index in order))


@perturbation("order-demonstrations", family="order", scope="suite")
def order_demonstrations(prompt: Prompt, rng: Random) -> Prompt | None:
    """Show the demonstrations in another order."""
    if len(prompt.demonstrations) < 2:
        return None
    order = _permutation(len(prompt.demonstrations), rng)
    return replace(prompt, demonstrations=tuple(prompt.demonstrations[index] for index in order))


def _can_reorder(prompt: Prompt) -> bool:
    if not prompt.list_choices or len(prompt.choices) < 2:
        return False
    return not any(REFERS.search(choice) for choice in prompt.choices)


def _permutation(count: int, rng: Random) -> list[int]:
    """Draw an order of `count` (two or more) things that is not the one they are in."""
    order = list(range(count))
    while order == list(range(count)):
        order = rng.sample(order, count)
    return order
