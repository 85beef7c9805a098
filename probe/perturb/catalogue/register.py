"""Register perturbations.

A perturbation is a function of something and a random generator. Two decorators register it under its name:

    @perturbation("order-shift", family="order")         (Prompt, Random) -> Prompt | None    the right answer stays
    @item_perturbation("contrast-set", family="contrast", effect="label-altering")
                                                         (Item, Random) -> Item | None        it may name a new answer

With `strength=0.1` the function takes the strength, from 0 to 1, as a third argument; 0 does nothing. The first line of its
docstring is what users read, as are "Covered: ..." and "Not covered: ..." in it or in that of its module.

None means that it does not apply here. A result equal to what came in is turned into None as well.

Covered: the two decorators, the list of families. Not covered: choosing by name (`probe.perturb.catalogue.select`),
seeds, draws and de-duplication (`probe.evaluation.variants`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

from probe.errors import UsageError
from probe.evolve import evolve
from probe.files.docstrings import doc_of
from probe.registry import perturbations
from probe.types import Effect, Item, OldEffect, Perturbation, Prompt, Scope, effect_of

PromptFunction = Callable[..., Prompt | None]
"""Of a prompt, a generator and, where it has one, the strength."""
ItemFunction = Callable[..., Item | None]

COVERAGE = re.compile(r"Covered: (?P<covers>.*?)\s*Not covered: (?P<leaves>.*?)(?=\n\s*\n|\Z)", re.DOTALL)


def perturbation(
    name: str,
    *,
    family: str,
    scope: Scope = "item",
    is_default: bool = True,
    strength: float | None = None,
    adds: bool = False,
) -> Callable[[PromptFunction], PromptFunction]:
    """Return a decorator that registers a function of the prompt, which keeps the right answer.

    Without `is_default` it is drawn only by its own name, not by its family's. With `adds` it puts text beside the question
    and changes nothing of it.
    """

    def decorate(function: PromptFunction) -> PromptFunction:
        def on_item(item: Item, rng: Random, *strength: float) -> Item | None:
            prompt = function(item.prompt, rng, *strength)
            return None if prompt is None else evolve(item, prompt=prompt)

        made = Perturbation(name, family, "", on_item, "label-preserving", scope, is_default, adds=adds, of_prompt=True)
        perturbations.add(name, described(made, function, strength))
        return function

    return decorate


def item_perturbation(
    name: str,
    *,
    family: str,
    effect: Effect | OldEffect = "label-preserving",
    scope: Scope = "item",
    is_default: bool = True,
    strength: float | None = None,
    adds: bool = False,
) -> Callable[[ItemFunction], ItemFunction]:
    """Return a decorator that registers a function of the item, which needs or replaces the right answer."""

    def decorate(function: ItemFunction) -> ItemFunction:
        count = getattr(function, "count", None)
        made = Perturbation(name, family, "", function, effect_of(effect), scope, is_default, adds=adds, count=count)
        perturbations.add(name, described(made, function, strength))
        return function

    return decorate


def asked_whole(count: Callable[[Item], int]) -> Callable[[ItemFunction], ItemFunction]:
    """Return a decorator for a function, before it is registered, of which all that it has for an item is asked.

    `count` says how many questions that are, whatever the number of samples.
    """

    def decorate(function: ItemFunction) -> ItemFunction:
        function.count = count  # type: ignore[attr-defined]
        return function

    return decorate


def families() -> list[str]:
    """Return the families, in the order in which they were registered."""
    return list(dict.fromkeys(perturbation.family for perturbation in perturbations.values()))


def described(bare: Perturbation, function: Callable[..., object], strength: float | None) -> Perturbation:
    """Return a perturbation with its summary and coverage from the docstring, at its strength if it has one."""
    covers, leaves = coverage(function)
    made = replace(bare, summary=_summary(function), covers=covers, leaves=leaves)
    if strength is None:
        return replace(made, apply=partial(_changed, bare.apply))

    def at(value: float) -> Perturbation:
        if not 0 <= value <= 1:
            raise UsageError(f"{bare.name}@{value:g}: a strength is from 0 (nothing) to 1")
        named = bare.name if value == strength else f"{bare.name}@{value:g}"
        apply = partial(_changed, bare.apply, strength=value)
        return replace(made, name=named, apply=apply, strength=value, at=at)

    return at(strength)


def coverage(function: Callable[..., object]) -> tuple[str, str]:
    """Return the "Covered" and "Not covered" of a docstring, else those of its module's."""
    module = sys.modules.get(function.__module__)
    for text in (doc_of(function), doc_of(module) if module else ""):
        if text and (found := COVERAGE.search(text)):
            return tuple(" ".join(found[part].split()) for part in ("covers", "leaves"))  # type: ignore[return-value]
    return "", ""


def _changed(
    function: Callable[..., Item | None], item: Item, rng: Random, *, strength: float | None = None
) -> Item | None:
    """Return the perturbed item; None where nothing changed."""
    if strength is not None and strength == 0:
        return None
    extra: tuple[Any, ...] = () if strength is None else (strength,)
    asked = function(item, rng, *extra)
    return None if asked is None or asked.prompt == item.prompt else asked


def _summary(function: Callable[..., object]) -> str:
    """Return the first line of a function's docstring, which a registered function must have."""
    text = doc_of(function)
    if not text:
        raise ValueError(f"{function.__qualname__} needs a docstring: its first line is shown to users")
    return text.splitlines()[0]
