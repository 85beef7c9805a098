"""Two numbers swapped, after which another answer is right.

    Anna is 17, Ali is 75. Who is older?   the second   ->  Anna is 75, Ali is 17. Who is older?     the first

Minimal edits after Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets", section 2.

Covered: two numbers of which the question compares one. Not covered: everything else with numbers.
"""

from __future__ import annotations

import re
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.item_structure import MAX_LENGTH, ORDINAL, other_of_two, question, with_text
from probe.perturb.words import pairs
from probe.types import Item

_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w]|[.,]\d)")


@item_perturbation("contrast-number", family="contrast", effect="label-altering")
def contrast_number(item: Item, rng: Random) -> Item | None:
    """Swap the two numbers that the question compares."""
    other = other_of_two(item)
    asked = question(item) if other else None
    if asked is None or other is None or asked.field == 0 or len(item.prompt.fields) != 2:
        return None
    words = re.findall(r"\w+", asked.text.lower())
    compared = pairs("contrast", "comparative").keys() | pairs("contrast", "temporal").keys()
    is_compared = sum(word in compared for word in words) == 1
    text = item.prompt.fields[0].text
    found = list(_NUMBER.finditer(text[:MAX_LENGTH]))
    if not is_compared or len(found) != 2 or _value(found[0][0]) == _value(found[1][0]) or not _are_two(item, text):
        return None
    one, two = found
    swapped = text[: one.start()] + two[0] + text[one.end() : two.start()] + one[0] + text[two.end() :]
    return with_text(item, 0, swapped, other)


def _value(number: str) -> float:
    return float(number.replace(",", "")) if number.count(".") < 2 else 0.0


def _are_two(item: Item, text: str) -> bool:
    """Return whether the choices are the first and the second, or two things that the text names once each."""
    if ORDINAL.issuperset(choice.lower() for choice in item.prompt.choices):
        return True
    return all(len(re.findall(rf"(?<!\w){re.escape(choice)}(?!\w)", text)) == 1 for choice in item.prompt.choices)
