r"""The grammar of layouts: which values each part may take, and which combinations are legal.

Sclar et al. 2023, "Quantifying Language Models' Sensitivity to Spurious Features in Prompt Design", section 3.1. Its
nodes are, in our prompts:

    Passage: It rains.\n            simple field       casing(descriptor) + separator + text
    Options: A. yes\nB. no\n        enumeration        casing(header) + separator, if it has a header, then each
                                                       wrapper(symbol) + option separator + text,
                                                       joined by the option space
    Answer:                         field without text casing(descriptor) + separator
    all three                       composite          components joined by the space

A layout is one immutable value: separator and casing are tied over all components, and `check` looks at the whole of
it, so that what is declared is what is rendered. Two layouts count as one where they render the same.

Deviations: the header of an enumeration shares the fields' separator (there it is a degree of freedom of its own),
and an option has no descriptor word. Components with text are told by their kind, never by what an item has written
in them, so that a layout is legal for all items of one shape or for none.

Covered: value lists, legality, size, drawing, enumeration. Not covered: other words for the descriptors.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from probe.evolve import evolve
from probe.perturb.helpers.english import is_recased
from probe.prompt.render import MAX_SYMBOLS, cased, continuation, render
from probe.types import Casing, Field, Layout, Numbering, Prompt

SEPARATORS = ("", "::: ", ":: ", ": ", " \n\t", "\n    ", " : ", " - ", " ", "\n ", "\n\t", ":", "::", "- ", "\t")

# " -- " stands twice in the published list, which makes it twice as likely; kept, so that counts can be compared
SPACES = (
    *("", " ", "\n", " \n", " -- ", "  ", "; \n", " || "),
    *(" <sep> ", " -- ", ", ", " \n ", " , ", "\n ", ". ", " ,  "),
)
OPTION_SEPARATORS = ("", " ", "  ", "\t")
CASINGS: tuple[Casing, ...] = ("identity", "title", "upper", "lower")
WRAPPERS = ("({})", "{}.", "{})", "{} )", "[{}]", "<{}>")
NUMBERINGS: tuple[Numbering, ...] = ("digit", "upper", "lower", "roman-unicode", "roman-lower", "roman-upper")

MAX_REJECTIONS = 2000
"""How many illegal layouts are drawn in a row before a grammar counts as empty; of the full one over half are legal."""

ENUMERABLE = 20_000
"""Up to this size a grammar is listed in full rather than drawn from."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """The values that each degree of freedom may take; a part of the full grammar is a split of it."""

    separator: tuple[str, ...] = SEPARATORS
    space: tuple[str, ...] = SPACES
    casing: tuple[Casing, ...] = CASINGS
    option_wrapper: tuple[str, ...] = WRAPPERS
    numbering: tuple[Numbering, ...] = NUMBERINGS
    option_separator: tuple[str, ...] = OPTION_SEPARATORS
    option_space: tuple[str, ...] = SPACES


FULL = Grammar()
FIELD_DEGREES = ("separator", "space", "casing")
OPTION_DEGREES = ("option_wrapper", "numbering", "option_separator", "option_space")


def degrees(prompt: Prompt) -> tuple[str, ...]:
    """Return the attributes of the layout that can be seen in this prompt."""
    return FIELD_DEGREES + OPTION_DEGREES if _lists_options(prompt) else FIELD_DEGREES


def size(prompt: Prompt, *, grammar: Grammar = FULL) -> int:
    """Count all combinations of values, legal or not, as often as the lists name them."""
    return math.prod(len(getattr(grammar, degree)) for degree in degrees(prompt))


def check(layout: Layout, prompt: Prompt) -> list[str]:
    """Return what is wrong with the layout for prompts of this shape, in words; an empty list where it is legal."""
    problems = _component_problems(layout, prompt)
    if _lists_options(prompt):
        problems += _option_problems(layout, prompt)
    return problems


def signature(layout: Layout, prompt: Prompt) -> str:
    """Return the prompt with its texts blanked, in this layout: equal exactly where two layouts render the same."""
    blank = evolve(skeleton(prompt), layout=layout)
    return render(blank) + continuation(blank, "<0>" if blank.choices else "<answer>")


def skeleton(prompt: Prompt) -> Prompt:
    """Return the shape of a prompt: its descriptors and the number of its options, with blanked texts."""
    return Prompt(
        instruction="",
        fields=tuple(Field(field.name, "<text>") for field in prompt.fields),
        choices=tuple(f"<{index}>" for index in range(_num_options(prompt))),
        answer_field=prompt.answer_field,
        options_field=prompt.options_field,
        list_choices=prompt.list_choices,
        answer_with=prompt.answer_with if prompt.list_choices else "text",
        layout=prompt.layout,
        structure=prompt.structure,
    )


def combinations(prompt: Prompt, *, grammar: Grammar = FULL) -> Iterator[Layout]:
    """Return every combination of values in turn, legal or not; values that cannot be seen stay the prompt's own."""
    names = degrees(prompt)
    for values in itertools.product(*(getattr(grammar, name) for name in names)):
        yield evolve(prompt.layout, **dict(zip(names, values, strict=True)))


def sample(prompt: Prompt, rng: Random, *, grammar: Grammar = FULL) -> Layout | None:
    """Draw each degree of freedom uniformly and on its own until the whole is legal; None where hardly anything is."""
    names = degrees(prompt)
    lists = [getattr(grammar, name) for name in names]
    for _ in range(MAX_REJECTIONS):
        values = [rng.choice(values) for values in lists]
        layout = evolve(prompt.layout, **dict(zip(names, values, strict=True)))
        if not check(layout, prompt):
            return layout
    return None


def layouts(prompt: Prompt, *, num: int, rng: Random, grammar: Grammar = FULL) -> tuple[Layout, ...]:
    """Return up to `num` legal layouts that all render differently; every one there is where the grammar is small."""
    distinct: dict[str, Layout] = {}
    for layout in _candidates(prompt, num=num, rng=rng, grammar=grammar):
        distinct.setdefault(signature(layout, prompt), layout)
        if len(distinct) == num:
            break
    return tuple(distinct.values())


def _candidates(prompt: Prompt, *, num: int, rng: Random, grammar: Grammar) -> Iterator[Layout]:
    if size(prompt, grammar=grammar) <= max(num, ENUMERABLE):
        legal = [layout for layout in combinations(prompt, grammar=grammar) if not check(layout, prompt)]
        yield from rng.sample(legal, len(legal))
        return
    for _ in range(100 * num):
        layout = sample(prompt, rng, grammar=grammar)
        if layout is None:
            return
        yield layout


def _lists_options(prompt: Prompt) -> bool:
    return prompt.list_choices and bool(prompt.choices)


def _num_options(prompt: Prompt) -> int:
    """Count the options of the longest list shown, demonstrations included."""
    shown = [prompt.choices, *(d.choices for d in prompt.demonstrations)]
    return max(map(len, shown))


def _component_problems(layout: Layout, prompt: Prompt) -> list[str]:
    has_text = bool(prompt.fields) or _lists_options(prompt)
    is_separated = bool(prompt.fields) or (_lists_options(prompt) and bool(prompt.options_field))
    problems = []
    if not layout.separator and (is_separated or prompt.answer_field):
        problems.append("the separator is empty, so that a descriptor and its text run together")
    if not layout.space and has_text:
        problems.append("the space between components is empty, so that they run together")
    if "\n" in layout.separator and "\n" not in layout.space and is_separated:
        problems.append("the separator breaks the line but the space between components does not")
    names = [field.name for field in prompt.fields] + [prompt.answer_field, prompt.options_field]
    if not all(is_recased(name, cased(layout, name)) for name in names):
        problems.append("the casing loses a letter of a descriptor, which has no capital of its own")
    if _is_restricted(layout.space, prompt.layout.space):
        problems.append("the space between components is empty in the original and may only become whitespace")
    return problems


def _option_problems(layout: Layout, prompt: Prompt) -> list[str]:
    problems = []
    if layout.option_wrapper.count("{}") != 1 or set(layout.option_wrapper.replace("{}", "")) & set("{}"):
        problems.append(f"the option wrapper {layout.option_wrapper!r} does not hold one {{}} for the symbol")
    if _num_options(prompt) > MAX_SYMBOLS[layout.numbering]:
        most = MAX_SYMBOLS[layout.numbering]
        problems.append(f"numbering {layout.numbering!r} names at most {most} options, not {_num_options(prompt)}")
    if not layout.option_space and _num_options(prompt) > 1:
        problems.append("the space between options is empty, so that they run together")
    breaks = layout.option_separator + (layout.separator if prompt.options_field else "")
    if "\n" in breaks and "\n" not in layout.option_space:
        problems.append("a separator in the list of options breaks the line but the space between options does not")
    if "\n" in layout.option_separator and "\n" not in layout.space:
        problems.append("the option separator breaks the line but the space between components does not")
    if _is_restricted(layout.option_space, prompt.layout.option_space):
        problems.append("the space between options is empty in the original and may only become whitespace")
    return problems


def _is_restricted(space: str, as_written: str) -> bool:
    return not as_written and bool(space) and not space.isspace()
