"""Other layouts of the same prompt, without any other word.

Covered: a whole random layout, another value of one part, layouts of one side of a split of the grammar, and other words for the
descriptors. One sample is shared by all items of a suite. Mentions of option symbols in the instruction follow the
numbering; where they cannot, or an item speaks of an option by its symbol ("Both A and B"), the symbols stay.
Not covered: prompts that are templates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from random import Random

from probe.evolve import evolve
from probe.perturb.catalogue.register import perturbation
from probe.perturb.helpers.descriptors import fitting, renamed
from probe.perturb.helpers.format_grammar import (
    FULL,
    OPTION_DEGREES,
    Grammar,
    check,
    degrees,
    sample,
    signature,
    skeleton,
)
from probe.perturb.helpers.format_splits import SPLITS
from probe.perturb.helpers.language import has_dotted_i, in_english
from probe.perturb.helpers.option_references import held
from probe.perturb.helpers.option_symbols import relabel
from probe.types import Layout, Prompt

MAX_REPEATS = 50
"""How often a layout is drawn again that renders as the prompt's own does."""


@perturbation("format-layout", family="format", scope="suite")
def format_layout(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put the whole prompt in another random layout."""
    return _redrawn(prompt, rng, degrees(prompt))


@perturbation("format-separator", family="format", scope="suite", is_default=False)
def format_separator(prompt: Prompt, rng: Random) -> Prompt | None:
    """Change the separator between each descriptor and its text."""
    return _edited(prompt, rng, "separator")


@perturbation("format-space", family="format", scope="suite", is_default=False)
def format_space(prompt: Prompt, rng: Random) -> Prompt | None:
    """Change the separator between the parts of the prompt."""
    return _edited(prompt, rng, "space")


@perturbation("format-casing", family="format", scope="suite", is_default=False)
def format_casing(prompt: Prompt, rng: Random) -> Prompt | None:
    """Write the descriptors in another casing.

    Covered: descriptors whose letters all have a capital. Not covered: templates; prompts in Turkish or Azerbaijani.
    """
    return None if has_dotted_i("", prompt) else _edited(prompt, rng, "casing")


@perturbation("format-options", family="format", scope="suite", is_default=False)
def format_options(prompt: Prompt, rng: Random) -> Prompt | None:
    """Number, wrap and separate the listed options in another style."""
    return _redrawn(prompt, rng, OPTION_DEGREES) if prompt.list_choices and prompt.choices else None


@perturbation("format-neighbour", family="format", scope="suite", is_default=False)
def format_neighbour(prompt: Prompt, rng: Random) -> Prompt | None:
    """Change one value of the layout: a one-edit neighbour.

    Covered: each of the three parts of a layout, and the four more of listed options. Not covered: templates, two edits at once.
    """
    if prompt.is_template:
        return None
    shape = skeleton(prompt)
    able = [near for degree in degrees(shape) if (near := _neighbours(shape, degree))]
    if not able:
        return None
    layout = rng.choice(rng.choice(able))
    asked = relaid(prompt, layout)
    return asked if asked.layout == layout else None


@perturbation("format-descriptors", family="format", scope="suite", is_default=False)
@in_english
def format_descriptors(prompt: Prompt, rng: Random) -> Prompt | None:
    """Rename the descriptors: Review to Text or Passage, Question to Query, Answer to Reply.

    Covered: descriptors of the project's table, all at once and in the demonstrations too.
    Not covered: templates; of several fields those that the instruction names.
    """
    names = (*(field.name for field in prompt.fields), prompt.answer_field, prompt.options_field)
    pick = rng.random()
    if prompt.is_template:
        return None
    sets = fitting(names, prompt.instruction)
    return renamed(prompt, sets[int(pick * len(sets))]) if sets else None


def _register_splits() -> None:
    """Register each side of each split of the grammar as a perturbation, drawn by name only."""
    for name, sides in SPLITS.items():
        for side, grammar in zip(("train", "test"), sides, strict=True):
            perturbation(f"format-{side}-{name}", family="format", scope="suite", is_default=False)(
                _of(grammar, side, name)
            )


def _of(grammar: Grammar, side: str, name: str) -> Callable[[Prompt, Random], Prompt | None]:
    def format_of_split(prompt: Prompt, rng: Random) -> Prompt | None:
        has_space = prompt.fields or (prompt.list_choices and prompt.choices)
        return _redrawn(prompt, rng, degrees(prompt), grammar=grammar) if has_space else None

    format_of_split.__doc__ = f"Put the prompt together in a layout of the {side} side of the {name} split."
    return format_of_split


def _redrawn(prompt: Prompt, rng: Random, names: tuple[str, ...], *, grammar: Grammar = FULL) -> Prompt | None:
    """Draw a legal layout in which only the named parts may differ, and which can be seen to differ.

    It is one for all items: what a single item says of its options changes that item alone, and after the draw.
    """
    if prompt.is_template:
        return None
    shape = skeleton(prompt)
    own = signature(prompt.layout, shape)
    for _ in range(MAX_REPEATS):
        drawn = sample(shape, rng, grammar=grammar)
        if drawn is None:
            return None
        layout = evolve(prompt.layout, **{name: getattr(drawn, name) for name in names})
        perturbed = _relabelled(prompt, layout)
        if _is_legal(perturbed.layout, shape) and signature(perturbed.layout, shape) != own:
            asked = relaid(prompt, layout)
            return asked if signature(asked.layout, shape) != own else None
    return None


def _edited(prompt: Prompt, rng: Random, degree: str) -> Prompt | None:
    """Return the prompt with one other legal value of one part."""
    if prompt.is_template:
        return None
    neighbours = _neighbours(skeleton(prompt), degree)
    return replace(prompt, layout=rng.choice(neighbours)) if neighbours else None


@lru_cache(maxsize=1024)
def _neighbours(shape: Prompt, degree: str) -> tuple[Layout, ...]:
    """Return the legal layouts that differ from the shape's own in one part and render differently."""
    distinct = {signature(shape.layout, shape): shape.layout}
    for value in getattr(FULL, degree):
        layout = replace(shape.layout, **{degree: value})
        if _is_legal(layout, shape):
            distinct.setdefault(signature(layout, shape), layout)
    return tuple(distinct.values())[1:]


def _is_legal(layout: Layout, shape: Prompt) -> bool:
    """Return whether the layout has no problem that the original prompt has not."""
    return set(check(layout, shape)) <= set(check(shape.layout, shape))


def relaid(prompt: Prompt, layout: Layout) -> Prompt:
    """Return the prompt in the layout, with the symbols as they were where its texts speak of them."""
    if has_dotted_i("", prompt):
        layout = evolve(layout, casing=prompt.layout.casing)
    return _relabelled(prompt, held(prompt, layout))


def _relabelled(prompt: Prompt, layout: Layout) -> Prompt:
    """Return the prompt in the layout, with its instruction's mentions of symbols rewritten, or with the symbols as they were."""
    if not prompt.list_choices:
        return evolve(prompt, layout=layout)
    instruction = relabel(prompt.instruction, prompt.layout, layout, len(prompt.choices))
    if instruction is None:
        same_symbols = replace(layout, numbering=prompt.layout.numbering, option_wrapper=prompt.layout.option_wrapper)
        return replace(prompt, layout=same_symbols)
    return evolve(prompt, layout=layout, instruction=instruction)


_register_splits()
