"""All that a perturbation makes of an item, over many draws."""

from probe.perturb import select
from probe.seeds import rng_for
from probe.types import Field, Item, Prompt


def samples(name: str, item: Item, num: int = 60) -> list[Item]:
    """Return the items that so many draws make of one; those where it does not apply are left out."""
    [perturbation] = select([name])
    asked = [perturbation.apply(item, rng_for(name, n)) for n in range(num)]
    return [one for one in asked if one is not None]


def instructions(name: str, text: str, *, num: int = 60, **prompt) -> set[str]:
    """Return the instructions that are made of one."""
    item = Item("1", Prompt(text, (), **prompt), "the right one")
    return {asked.prompt.instruction for asked in samples(name, item, num)}


def field_texts(name: str, text: str, *, target: str = "the right one", num: int = 60, **prompt) -> set[str]:
    """Return the texts that are made of a field's, where there is no instruction."""
    item = Item("1", Prompt("", (Field("Text", text),), **prompt), target)
    return {asked.prompt.fields[0].text for asked in samples(name, item, num)}
