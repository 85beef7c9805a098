r"""Prompt to text: the one place that renders.

A prompt becomes a context, and each possible answer a continuation of it. Whitespace between the two always belongs to the
continuation, which is how lm-eval tokenizes them, so that numbers can be compared.

    instruction                      Say whether the review is positive or negative.
    demonstration + its answer       Review: A bore.
                                     Sentiment: negative

    fields, options, answer slot     Review: A joy from start to end.
                                     Sentiment:| positive
                                        context | continuation

Covered: laid-out prompts, templates with placeholders, options with symbols, demonstrations.
Not covered: chat messages; a model that has a chat template wraps the context in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from probe.types import Casing, Demonstration, Field, Layout, Numbering, Prompt

BLOCK_SPACE = "\n\n"
"""Between a demonstration and the next, and before the question."""

INSTRUCTION_SPACE = "\n"
"""After the instruction."""

PLACEHOLDER = re.compile(r"\{(\w+(?: \w+)*)\}")
"""A field's name in braces; what a template and an instruction may hold."""

ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")
SYMBOLS: dict[Numbering, Callable[[int], str]] = {
    "digit": lambda index: str(index + 1),
    "upper": lambda index: chr(ord("A") + index),
    "lower": lambda index: chr(ord("a") + index),
    "roman-unicode": lambda index: chr(0x2160 + index),
    "roman-lower": lambda index: ROMAN[index],
    "roman-upper": lambda index: ROMAN[index].upper(),
}
CASINGS: dict[Casing, Callable[[str], str]] = {
    "identity": str,
    "title": str.title,
    "upper": str.upper,
    "lower": str.lower,
}
MAX_SYMBOLS = {"digit": 99, "upper": 26, "lower": 26, "roman-unicode": 12, "roman-lower": 15, "roman-upper": 15}
"""How many options each kind of numbering can name."""


def symbol(layout: Layout, index: int) -> str:
    """Give the bare symbol of the option at `index` (from 0), such as B or ii."""
    return SYMBOLS[layout.numbering](index)


def cased(layout: Layout, descriptor: str) -> str:
    """Give a descriptor in the layout's casing."""
    return CASINGS[layout.casing](descriptor)


def render(prompt: Prompt) -> str:
    """Give the context: all text before the answer, without trailing whitespace."""
    return _with_gap(prompt).rstrip()


def continuations(prompt: Prompt) -> tuple[str, ...]:
    """Give each choice as the continuation of the context, in the order of `prompt.choices`."""
    return tuple(continuation(prompt, choice) for choice in prompt.choices)


def continuation(prompt: Prompt, answer: str) -> str:
    """Give an answer's text as the continuation of the context, with the whitespace that parts them."""
    full = _with_gap(prompt)
    gap = full[len(full.rstrip()) :]
    if not gap and prompt.is_template:
        gap = " "
    return gap + _answer(prompt, prompt.choices, answer)


def instruction_text(prompt: Prompt) -> str:
    """Give the instruction with `{symbols}` and `{choices}` filled in."""
    return fill(prompt.instruction, _lists(prompt))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in the place of their `{names}`; leave unknown names as they are."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


def listed(words: list[str]) -> str:
    """Give words as a list in English: `A, B or C`."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1] if words else ""


def _with_gap(prompt: Prompt) -> str:
    if prompt.is_template:
        blocks = [_filled(prompt, d.fields, d.choices) + " " + d.target for d in prompt.demonstrations]
        return BLOCK_SPACE.join([*blocks, _filled(prompt, prompt.fields, prompt.choices)])
    blocks = [_solved(prompt, demonstration) for demonstration in prompt.demonstrations]
    blocks.append(_block(prompt, prompt.fields, prompt.choices))
    instruction = instruction_text(prompt)
    head = instruction + (BLOCK_SPACE if len(blocks) > 1 else INSTRUCTION_SPACE) if instruction else ""
    return head + BLOCK_SPACE.join(blocks)


def _filled(prompt: Prompt, fields: tuple[Field, ...], choices: tuple[str, ...]) -> str:
    values = {field.name: field.text for field in fields}
    return fill(prompt.instruction, _lists(prompt, choices) | values)


def _lists(prompt: Prompt, choices: tuple[str, ...] | None = None) -> dict[str, str]:
    shown = prompt.choices if choices is None else choices
    symbols = [symbol(prompt.layout, index) for index in range(len(shown))] if prompt.list_choices else []
    return {"symbols": listed(symbols), "choices": listed(list(shown))} if shown else {}


def _solved(prompt: Prompt, demonstration: Demonstration) -> str:
    choices = demonstration.choices or prompt.choices
    return _block(prompt, demonstration.fields, choices) + _answer(prompt, choices, demonstration.target)


def _block(prompt: Prompt, fields: tuple[Field, ...], choices: tuple[str, ...]) -> str:
    """Give the components of one question, up to where its answer begins."""
    layout = prompt.layout
    parts = [cased(layout, field.name) + layout.separator + field.text for field in fields]
    if prompt.list_choices and choices:
        parts.append(_options(prompt, choices))
    parts.append(cased(layout, prompt.answer_field) + layout.separator)
    return layout.space.join(parts)


def _options(prompt: Prompt, choices: tuple[str, ...]) -> str:
    layout = prompt.layout
    head = cased(layout, prompt.options_field) + layout.separator if prompt.options_field else ""
    options = (
        layout.option_wrapper.format(symbol(layout, index)) + layout.option_separator + choice
        for index, choice in enumerate(choices)
    )
    return head + layout.option_space.join(options)


def _answer(prompt: Prompt, choices: tuple[str, ...], answer: str) -> str:
    if prompt.answer_with == "symbol":
        return symbol(prompt.layout, choices.index(answer))
    return answer
