"""Registering perturbations, and choosing among them by name.

A perturbation is a function of something and a random generator. Two decorators register it under its name:

    @perturbation("typo-swap", family="typos")           (Prompt, Random) -> Prompt | None    the right answer stays
    @item_perturbation("contrast-set", family="contrast", effect="flip")
                                                         (Item, Random) -> Item | None        it may name a new answer

None means that it does not apply here. A result equal to what came in is turned into None as well.

Covered: the two decorators, the list of families, choosing by family or name.
Not covered: seeds, draws and de-duplication (`probe.variants`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from probe.registry import perturbations, unknown_name
from probe.types import Effect, Item, Perturbation, Prompt, Scope

PromptFunction = Callable[[Prompt, Random], Prompt | None]
ItemFunction = Callable[[Item, Random], Item | None]

ALL = "all"
"""The name that stands for every registered perturbation."""


def perturbation(
    name: str, *, family: str, scope: Scope = "item", is_default: bool = True
) -> Callable[[PromptFunction], PromptFunction]:
    """Give a decorator that registers a function of the prompt, which keeps the right answer.

    One that is not `is_default` is drawn only where it is named itself, not where its family is.
    """

    def decorate(function: PromptFunction) -> PromptFunction:
        def apply(item: Item, rng: Random) -> Item | None:
            prompt = function(item.prompt, rng)
            return None if prompt is None or prompt == item.prompt else replace(item, prompt=prompt)

        perturbations.add(name, Perturbation(name, family, _summary(function), apply, "same", scope, is_default))
        return function

    return decorate


def item_perturbation(
    name: str, *, family: str, effect: Effect = "same", scope: Scope = "item"
) -> Callable[[ItemFunction], ItemFunction]:
    """Give a decorator that registers a function of the item, which needs or replaces the right answer."""

    def decorate(function: ItemFunction) -> ItemFunction:
        def apply(item: Item, rng: Random) -> Item | None:
            asked = function(item, rng)
            return None if asked is None or asked.prompt == item.prompt else asked

        perturbations.add(name, Perturbation(name, family, _summary(function), apply, effect, scope))
        return function

    return decorate


def families() -> list[str]:
    """Give the families, in the order in which they were registered."""
    return list(dict.fromkeys(perturbation.family for perturbation in perturbations.values()))


def select(names: Sequence[str]) -> list[Perturbation]:
    """Give the perturbations of those names, each once, in the order asked; a family gives those drawn by default.

    `all` gives the default ones of every family.

    Raises:
        UsageError: a name is neither; the message names the near ones.
    """
    known = [ALL, *dict.fromkeys([*families(), *perturbations])]
    chosen: dict[str, Perturbation] = {}
    for name in names:
        if name not in known:
            raise unknown_name("perturbation", name, known)
        named = [perturbations.get(name)] if name in perturbations else []
        members = named + [p for p in perturbations.values() if name in (ALL, p.family) and p.is_default]
        chosen |= {member.name: member for member in members}
    return list(chosen.values())


def _summary(function: Callable[..., object]) -> str:
    """Give the first line of a function's docstring, which a registered function must have."""
    text = inspect.getdoc(function)
    if not text:
        raise ValueError(f"{function.__qualname__} needs a docstring: its first line is shown to users")
    return text.splitlines()[0]
