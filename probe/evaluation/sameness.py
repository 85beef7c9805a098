"""Whether two items ask the same: by the texts of their fields and their choices, whatever the layout and wording around them.

    Review: A joy.        review - a  JOY.        the same question
    Review: A joy.        Review: A bore.         another one

What is trained on, shown as solved, or chosen by must say nothing that an evaluation item or one of its contrast members says.

Covered: texts but for case and whitespace, choices in any order, contrast members. Not covered: paraphrased duplicates.
"""

from __future__ import annotations

from collections.abc import Sequence

from probe.prompt.render import render
from probe.types import Field, Item, Prompt

Key = tuple[str, ...]


def keys_of(item: Item) -> list[Key]:
    """Return what an item and its contrast members say."""
    edits = [key_of_parts(one.fields, one.choices or item.prompt.choices) for one in item.contrasts]
    return [key_of(item.prompt), *edits]


def key_of(prompt: Prompt) -> Key:
    """Return what a prompt asks about: the texts of its fields and its choices, but for case, whitespace and order of choices.

    Of a prompt without fields, all of its text.
    """
    return key_of_parts(prompt.fields, prompt.choices) if prompt.fields else (folded(render(prompt)),)


def folded(text: str) -> str:
    """Return text without case, each run of whitespace as a blank."""
    return " ".join(text.casefold().split())


def key_of_parts(fields: Sequence[Field], choices: Sequence[str]) -> Key:
    """Return what fields and choices ask about."""
    return (*(folded(one.text) for one in fields), "", *sorted(map(folded, choices)))
