"""One draw for items that are alike: prompts that differ in the texts of their fields at most.

    written   Say which. / Text: one two       ->  SAY WHICH. / Text: one two        applied
    alike     Say which. / Text: three four    ->  SAY WHICH. / Text: three four     as it was done to the last one

A suite-wide draw of a function of the prompt does the same to both: what is remembered is the prompt before and after.

Covered: instructions, layouts, options, descriptors, the order of fields. Not covered: draws that change a field's text,
draws made anew for each item.
"""

from __future__ import annotations

from operator import attrgetter
from random import Random

from probe.types import Item, Perturbation, Prompt, evolve

Alike = dict[int, tuple[Prompt, Prompt | None]]
"""By column, the last item's prompt and what it became."""

_beside_fields = attrgetter(*(name for name in Prompt.__slots__ if name != "fields"))


def applied(perturbation: Perturbation, item: Item, rng: Random, alike: Alike, column: int) -> Item | None:
    """Apply a column's perturbation; where the last item differed in its fields' texts alone, as it was done to that one."""
    if perturbation.scope == "item" or not perturbation.of_prompt:
        return perturbation.apply(item, rng)
    known = alike.get(column)
    if known is not None and _are_alike(known[0], item.prompt):
        return None if known[1] is None else evolve(item, prompt=_with_texts(known[1], item.prompt))
    asked = perturbation.apply(item, rng)
    if asked is None or _has_its_texts(asked.prompt, item.prompt):
        alike[column] = (item.prompt, None if asked is None else asked.prompt)
    return asked


def _are_alike(one: Prompt, other: Prompt) -> bool:
    """Return whether two prompts differ in the texts of their fields at most."""
    return bool(_beside_fields(one) == _beside_fields(other)) and [field.name for field in one.fields] == [
        field.name for field in other.fields
    ]


def _has_its_texts(asked: Prompt, written: Prompt) -> bool:
    """Return whether each field has its text still; of fields in another order that cannot be told where two texts are equal."""
    names, before = ([field.name for field in prompt.fields] for prompt in (asked, written))
    is_moved = names != before and sorted(names) == sorted(before)
    return not is_moved and [field.text for field in asked.fields] == [field.text for field in written.fields]


def _with_texts(asked: Prompt, item: Prompt) -> Prompt:
    """Return the prompt asked of another item with this one's texts in its fields."""
    named = zip(asked.fields, item.fields, strict=True)
    return evolve(asked, fields=tuple(evolve(own, name=field.name) for field, own in named))
