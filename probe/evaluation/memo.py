"""One sample for items that are alike: prompts that differ at most in the texts of their fields.

    original   Say which. / Text: one two       ->  SAY WHICH. / Text: one two        perturbed
    alike      Say which. / Text: three four    ->  SAY WHICH. / Text: three four     as it was done to the last one

A suite-wide sample of a function of the prompt does the same to both, so the prompt before and after is remembered. Prompts of
which one speaks of its options ("Option B is wrong"), or is in another language, are not alike.

Covered: instructions, layouts, options, descriptors, the order of fields. Not covered: samples that change a field's text,
samples made for each item.
"""

from __future__ import annotations

from operator import attrgetter
from random import Random

from probe.evolve import evolve
from probe.perturb.helpers.language import has_dotted_i, is_english
from probe.perturb.helpers.option_references import references
from probe.types import Item, Perturbation, Prompt

Memo = dict[tuple[str, int], tuple[Prompt, Prompt | None]]
"""By the name of a perturbation and the number of its sample: the last item's prompt and what it became."""

_beside_fields = attrgetter(*(name for name in Prompt.__slots__ if name != "fields"))


def applied(perturbation: Perturbation, item: Item, rng: Random, memo: Memo, number: int) -> Item | None:
    """Return an item perturbed by a sample, from the memo where the last item differed in its fields' texts alone."""
    if perturbation.scope == "item" or not perturbation.of_prompt:
        return perturbation.apply(item, rng)
    key = (perturbation.name, number)
    original, result = memo.get(key, (None, None))
    if original is not None and _are_alike(original, item.prompt):
        return None if result is None else evolve(item, prompt=_with_texts(result, item.prompt))
    perturbed = perturbation.apply(item, rng)
    if perturbed is None or _has_its_texts(perturbed.prompt, item.prompt):
        memo[key] = (item.prompt, None if perturbed is None else perturbed.prompt)
    return perturbed


def _are_alike(one: Prompt, other: Prompt) -> bool:
    """Return whether two prompts differ at most in the texts of their fields."""
    return (
        bool(_beside_fields(one) == _beside_fields(other))
        and [field.name for field in one.fields] == [field.name for field in other.fields]
        and references(one) == references(other)
        and is_english(one) == is_english(other)
        and has_dotted_i("", one) == has_dotted_i("", other)
    )


def _has_its_texts(perturbed: Prompt, original: Prompt) -> bool:
    """Return whether each field still has its text.

    Where fields changed places, two equal texts would hide which of them moved: then the answer is no.
    """
    names, before = ([field.name for field in prompt.fields] for prompt in (perturbed, original))
    is_moved = names != before and sorted(names) == sorted(before)
    return not is_moved and [field.text for field in perturbed.fields] == [field.text for field in original.fields]


def _with_texts(perturbed: Prompt, item: Prompt) -> Prompt:
    """Return another item's perturbed prompt with this item's texts in its fields."""
    pairs = zip(perturbed.fields, item.fields, strict=True)
    return evolve(perturbed, fields=tuple(evolve(own, name=field.name) for field, own in pairs))
