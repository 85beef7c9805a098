"""Other layouts for the same prompt: nothing is said differently, it is only put together differently.

Covered: a whole random layout, and another value of one part: separator, space, casing, options. One draw is shared by
all items of a suite. Mentions of option symbols in the instruction follow the numbering; where they cannot, it stays.
Not covered: prompts that are templates, other words for the descriptors.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from random import Random

from probe.perturb.base import perturbation
from probe.perturb.grammar import FULL, OPTION_DEGREES, check, degrees, draw, signature, skeleton
from probe.perturb.symbols import relabel
from probe.types import Layout, Prompt, evolve

MAX_REPEATS = 50
"""How often a layout is drawn again that renders as the prompt's own does."""


@perturbation("format-layout", family="format", scope="suite")
def format_layout(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put the whole prompt together in another random layout."""
    return _redrawn(prompt, rng, degrees(prompt))


@perturbation("format-separator", family="format", scope="suite", is_default=False)
def format_separator(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put something else between each descriptor and its text."""
    return _edited(prompt, rng, "separator")


@perturbation("format-space", family="format", scope="suite", is_default=False)
def format_space(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put something else between the components of the prompt."""
    return _edited(prompt, rng, "space")


@perturbation("format-casing", family="format", scope="suite", is_default=False)
def format_casing(prompt: Prompt, rng: Random) -> Prompt | None:
    """Write the descriptors in another casing."""
    return _edited(prompt, rng, "casing")


@perturbation("format-options", family="format", scope="suite", is_default=False)
def format_options(prompt: Prompt, rng: Random) -> Prompt | None:
    """Number, wrap and part the listed options otherwise."""
    return _redrawn(prompt, rng, OPTION_DEGREES) if prompt.list_choices and prompt.choices else None


def _redrawn(prompt: Prompt, rng: Random, names: tuple[str, ...]) -> Prompt | None:
    """Draw a legal layout in which only the named parts may differ, and which can be seen to differ."""
    if prompt.is_template:
        return None
    shape = skeleton(prompt)
    own = signature(prompt.layout, shape)
    for _ in range(MAX_REPEATS):
        drawn = draw(shape, rng)
        if drawn is None:
            return None
        layout = evolve(prompt.layout, **{name: getattr(drawn, name) for name in names})
        perturbed = relaid(prompt, layout)
        if _is_legal(perturbed.layout, shape) and signature(perturbed.layout, shape) != own:
            return perturbed
    return None


def _edited(prompt: Prompt, rng: Random, degree: str) -> Prompt | None:
    """Give the prompt with one other legal value of one part."""
    if prompt.is_template:
        return None
    neighbours = _neighbours(skeleton(prompt), degree)
    return replace(prompt, layout=rng.choice(neighbours)) if neighbours else None


@lru_cache(maxsize=1024)
def _neighbours(shape: Prompt, degree: str) -> tuple[Layout, ...]:
    """Give the legal layouts that differ from the shape's own in one part and render differently."""
    distinct = {signature(shape.layout, shape): shape.layout}
    for value in getattr(FULL, degree):
        layout = replace(shape.layout, **{degree: value})
        if _is_legal(layout, shape):
            distinct.setdefault(signature(layout, shape), layout)
    return tuple(distinct.values())[1:]


def _is_legal(layout: Layout, shape: Prompt) -> bool:
    """Tell whether the layout has no problem that the prompt as written has not."""
    return set(check(layout, shape)) <= set(check(shape.layout, shape))


def relaid(prompt: Prompt, layout: Layout) -> Prompt:
    """Give the prompt in the layout, with mentions of its symbols rewritten, or with the symbols as they were."""
    if not prompt.list_choices:
        return evolve(prompt, layout=layout)
    instruction = relabel(prompt.instruction, prompt.layout, layout, len(prompt.choices))
    if instruction is None:
        kept = replace(layout, numbering=prompt.layout.numbering, option_wrapper=prompt.layout.option_wrapper)
        return replace(prompt, layout=kept)
    return evolve(prompt, layout=layout, instruction=instruction)
