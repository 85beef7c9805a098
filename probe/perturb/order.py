"""Another order of what has no order: listed options, demonstrations, fields, instruction and question, the lines of a list.

Covered: options rotated (one rotation for the whole suite), in every order there is (the same for the whole suite) or permuted
(anew for each item) where they are listed in the prompt; demonstrations permuted. Demonstrations that share the question's
choices list them in the new order too.
Not covered: choices that are not shown; options that speak of one another ("all of the above", "A and B only"), and questions
and instructions that speak of one by its place or symbol ("Option B is wrong").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from probe.evolve import T
from probe.perturb.catalogue.register import perturbation
from probe.perturb.helpers.machine.text import machine_text
from probe.perturb.helpers.option_references import references
from probe.perturb.helpers.option_symbols import names_one
from probe.types import Prompt

MOST_IN_ALL_ORDERS = 4

POINTS = re.compile(
    r"\b(?:following|below|above|next|preceding|previous|first|second|third|last|former|latter|earlier|later|then|order|list"
    r"|before|after|left|right|top|bottom|begin\w*|start\w*|end|ends|ending|middle|finally|continu\w+)\b|[12]st\b|2nd\b",
    re.IGNORECASE,
)
"""What says where a part stands, or which of several it is: with another order it would point elsewhere."""

COUNTED = re.compile(r"\b(?:[12]|[Tt]wo|A|B)\b")
"""What an instruction or a descriptor says that counts the fields."""

HERE = re.compile(
    r"\b(?:following|below|above|next|preceding|previous|this|these|here|now|then"
    r"|folgende[nmrs]?|nachstehende[nmrs]?|obige[nmrs]?|diese[nmrs]?|suivante?s?|ci-dess(?:ous|us)|cette|siguientes?|seguintes?|seguent[ei]"
    r"|quest[aeio]|volgende|deze|f\u00f6ljande|f\u00f8lgende|seuraav\w+|nast\u0119puj\u0105c\w+|n\u00e1sleduj\u00edc\w+"
    r"|\u0441\u043b\u0435\u0434\u0443\u044e\u0449\w+|a\u015fa\u011f\u0131daki\w*|berikut|sau \u0111\u00e2y)\b"
    r"|\u4ee5\u4e0b|\u4e0b\u9762|\u4e0b\u5217|\u6b21\u306e|\ub2e4\uc74c|\u0928\u093f\u092e\u094d\u0928|\u0627\u0644\u062a\u0627\u0644\u064a",
    re.IGNORECASE,
)
"""What an instruction says that needs the question to come after it, or before."""

BULLET = re.compile(r"[ \t]*[-*\u2022\u00b7\u25aa] +\S")
LEANS = re.compile(
    r"\b(?:he|she|it|its|they|them|their|his|her|him|this|these|those|such|also|too|as well|however|therefore|so|thus|but|because"
    r"|instead|otherwise|else|same|other|another|both|neither|respectively|former|latter|again|still|meanwhile|that)\b",
    re.IGNORECASE,
)
"""What a line says that leans on one before it."""


SENTENCE = re.compile(r"(?<=[.])[ \n]+(?=[A-Z])")
STATEMENT = re.compile(
    r"(?:The |An? )?[A-Za-z][\w' -]{0,40}? (?:is|are|has|have|says|lies|tells|costs?|weighs?|owns?|likes?|lives?|sits?|stands?"
    r"|knows?|finished)\b[^,:;.?!]*\."
)
"""A sentence of one clause that says how something is, not what happened next."""
STEPS = re.compile(
    r"\b(?:then|after|before|next|finally|now|later|earlier|when|while|until|once|begin\w*|start\w*|continu\w+)\b", re.I
)
NAMES_A_LINE = re.compile(
    r"\b(?:first|second|third|last|next|previous|preceding|following|above|below|earlier|later)\s+"
    r"(?:sentences?|statements?|lines?|claims?|facts?|clues?|premises?|persons?|people|speakers?)\b",
    re.IGNORECASE,
)
"""What speaks of a statement by its place in the text."""


@perturbation("order-shift", family="order", scope="suite")
def order_shift(prompt: Prompt, rng: Random) -> Prompt | None:
    """Rotate the listed options."""
    if not can_reorder(prompt):
        return None
    return replace(prompt, choices=_rotated(prompt.choices, rng.randrange(1, len(prompt.choices))))


@perturbation("order-with-symbols", family="order", scope="suite", is_default=False)
def order_with_symbols(prompt: Prompt, rng: Random) -> Prompt | None:
    """Rotate the listed options together with their symbols: "C. kid / A. foal / B. cub".

    Covered: listed options of the question and of the demonstrations.
    Not covered: an instruction that speaks of one symbol alone; templates, which list nothing.
    """
    num = len(prompt.choices)
    if not can_reorder(prompt) or prompt.is_template or prompt.symbol_shift:
        return None
    shift = rng.randrange(1, num)
    if names_one(prompt.instruction, prompt.layout, num):
        return None
    shots = tuple(
        replace(one, choices=_rotated(one.choices, shift)) if one.choices else one for one in prompt.demonstrations
    )
    return replace(prompt, choices=_rotated(prompt.choices, shift), symbol_shift=shift, demonstrations=shots)


@perturbation("order-all", family="order", scope="suite", is_default=False)
def order_all(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put the listed options in every other order, one a sample.

    Covered: up to four listed options: 23 other orders, all of which are asked with `--samples 23`.
    Not covered: more options, of which `order-options` and `order-shift` draw some orders.
    """
    return order_options(prompt, rng) if len(prompt.choices) <= MOST_IN_ALL_ORDERS else None


@perturbation("order-options", family="order")
def order_options(prompt: Prompt, rng: Random) -> Prompt | None:
    """Shuffle the listed options."""
    return replace(prompt, choices=_shuffled(prompt.choices, rng)) if can_reorder(prompt) else None


@perturbation("order-demonstrations", family="order", scope="suite")
def order_demonstrations(prompt: Prompt, rng: Random) -> Prompt | None:
    """Shuffle the demonstrations."""
    return replace(prompt, demonstrations=_shuffled(prompt.demonstrations, rng)) if prompt.demonstrations[1:] else None


@perturbation("order-instruction", family="order", scope="suite")
def order_instruction(prompt: Prompt, rng: Random) -> Prompt | None:
    """Move the instruction after the question, or back before it.

    Covered: laid-out prompts in every structure. Not covered: templates, instructions that point at what follows or precedes.
    """
    if prompt.is_template or not prompt.fields or not prompt.instruction.strip() or HERE.search(prompt.instruction):
        return None
    return replace(prompt, instruction_place="after" if prompt.instruction_place == "before" else "before")


@perturbation("order-fields", family="order", scope="suite")
def order_fields(prompt: Prompt, rng: Random) -> Prompt | None:
    """Shuffle the fields of the question and of the demonstrations.

    Covered: fields with names that do not number them.
    Not covered: templates, one field, fields that are first and second by name, instructions or labels that speak of a place.
    """
    names = [field.name for field in prompt.fields]
    text = " . ".join([prompt.instruction, *names, *(choice for choice in prompt.choices if not prompt.list_choices)])
    if prompt.is_template or len(names) < 2 or POINTS.search(text) or COUNTED.search(text) or _follow(names):
        return None
    order = _permutation(len(names), rng)
    shots = tuple(
        replace(shot, fields=tuple(shot.fields[index] for index in order)) if len(shot.fields) == len(order) else shot
        for shot in prompt.demonstrations
    )
    return replace(prompt, fields=tuple(prompt.fields[index] for index in order), demonstrations=shots)


@perturbation("order-sentences", family="order")
def order_sentences(prompt: Prompt, rng: Random) -> Prompt | None:
    """Shuffle the bullet points or statements of a list-like input.

    Covered: three or more lines in a row that begin with the same bullet mark and stand each for itself; three or more sentences
    in a row that say how things are ("The owl is left of the hen.").
    Not covered: numbered lists, steps, stories, what leans on what stands before it, and questions that speak of a line by its
    place.
    """
    if prompt.is_template or len(prompt.fields) == 0:
        return None
    for place, field in enumerate(prompt.fields):
        others = [prompt.instruction, *(one.text for n, one in enumerate(prompt.fields) if n != place), *prompt.choices]
        if machine_text(field.text).blocks:
            continue  # lines that a program reads have an order
        shuffled = _relined(field.text, others, rng) or _restated(field.text, others, rng)
        if shuffled is not None:
            fields = (*prompt.fields[:place], replace(field, text=shuffled), *prompt.fields[place + 1 :])
            return replace(prompt, fields=fields)
    return None


def _relined(text: str, others: list[str], rng: Random) -> str | None:
    """Return the text with its bullet points in another order; None where it has none, or their order may matter."""
    lines = text.split("\n")
    marked = [number for number, line in enumerate(lines) if BULLET.match(line)]
    if len(marked) < 3 or marked[-1] - marked[0] + 1 != len(marked):
        return None
    points = [lines[number] for number in marked]
    around = [*lines[: marked[0]], *lines[marked[-1] + 1 :]]
    marks = {point[: len(point) - len(point.lstrip(" \t-*\u2022\u00b7\u25aa"))] for point in points}
    if len(marks) > 1 or len(set(points)) < len(points):
        return None
    if any(LEANS.search(one) for one in points) or any(POINTS.search(one) for one in [*points, *around, *others]):
        return None
    return "\n".join([*lines[: marked[0]], *_shuffled(points, rng), *lines[marked[-1] + 1 :]])


def _restated(text: str, others: list[str], rng: Random) -> str | None:
    """Return the text with its statements in another order; None where it has no three in a row, or their order may matter."""
    parts = SENTENCE.split(text)
    is_one = [
        STATEMENT.fullmatch(part) is not None and not (LEANS.search(part) or STEPS.search(part)) for part in parts
    ]
    first = next((n for n in range(len(parts) - 2) if all(is_one[n : n + 3])), None)
    if first is None or any(NAMES_A_LINE.search(one) for one in [text, *others]):
        return None
    last = next((n for n in range(first, len(parts)) if not is_one[n]), len(parts))
    around, statements = [*parts[:first], *parts[last:]], parts[first:last]
    leans = any(LEANS.search(one) for one in parts[last:])
    if leans or len(set(statements)) < len(statements) or any(STEPS.search(one) for one in around):
        return None
    gaps = [found[0] for found in SENTENCE.finditer(text)]
    parts = [*parts[:first], *_shuffled(statements, rng), *parts[last:]]
    return "".join(part + gap for part, gap in zip(parts, [*gaps, ""], strict=True))


def _follow(names: list[str]) -> bool:
    """Return whether names differ only in a number or letter at their end, so that they count the fields."""
    stems = [re.sub(r"[\s_-]*(?:\d+|[A-Za-z])$", "", name) for name in names]
    return any(stem != name and stems.count(stem) > 1 for stem, name in zip(stems, names, strict=True))


def can_reorder(prompt: Prompt) -> bool:
    """Return whether a prompt lists two options or more, and nothing in it speaks of their order."""
    if not prompt.list_choices or len(prompt.choices) < 2:
        return False
    return not references(prompt).fix_order


def _rotated(choices: tuple[str, ...], shift: int) -> tuple[str, ...]:
    """Return options from the one at `shift` on, the ones before it last."""
    start = shift % len(choices)
    return choices[start:] + choices[:start]


def _shuffled(things: Sequence[T], rng: Random) -> tuple[T, ...]:
    """Return two or more things in an order that is not the one they are in."""
    return tuple(things[index] for index in _permutation(len(things), rng))


def _permutation(count: int, rng: Random) -> list[int]:
    """Draw an order of `count` (two or more) things that is not the one they are in."""
    order = list(range(count))
    while order == list(range(count)):
        order = rng.sample(order, count)
    return order
