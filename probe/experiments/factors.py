"""The factors of a prompt's form, to be switched on and off one by one in a designed experiment.

    separator, space, casing                     a part of the layout
    option-wrapper, numbering, option-space      a part of the layout, where options are listed
    wording                                      synonyms in the instruction
    option-order, demonstration-order            a rotation, a permutation
    labels                                       the words to answer with, in other case

Each factor has the original level and, in every block, one other level that all items share; all come from the
perturbations and the grammar. The other values of the layout are drawn together, so that every mix of them with the
original values is legal.

Covered: drawing levels, applying them, why a factor does not apply.
Not covered: which to switch on (`probe.metrics.attribution`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from probe.perturb import select
from probe.perturb.helpers.format_grammar import FULL, check, signature, skeleton
from probe.perturb.helpers.option_references import held
from probe.perturb.helpers.option_symbols import relabel
from probe.prompt.render import CASINGS
from probe.seeds import rng_for
from probe.types import Casing, Demonstration, Item, Layout, Prompt

Values = Mapping[str, str]
Apply = Callable[[Item], Item]

FIELD_PARTS = {"separator": ("separator",), "space": ("space",), "casing": ("casing",)}
OPTION_PARTS = {
    "option-wrapper": ("option_wrapper",),
    "numbering": ("numbering",),
    "option-space": ("option_separator", "option_space"),
}
NAMES = (*FIELD_PARTS, *OPTION_PARTS, "wording", "option-order", "demonstration-order", "labels")
ATTEMPTS = 400
"""How often other levels are drawn until they are legal in every mix, or new."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor: for each block its other level, in words and as a function of an item."""

    name: str
    levels: tuple[str, ...]
    applies: tuple[Apply, ...]


@dataclass(frozen=True, slots=True)
class Factors:
    """The factors that apply to some items, and why the others do not."""

    chosen: tuple[Factor, ...]
    left_out: dict[str, str]


def draw_factors(items: Sequence[Item], *, blocks: int, seed: int) -> Factors:
    """Draw the other level of every factor for each block; the same for all items."""
    left_out: dict[str, str] = {}
    chosen = _layout_factors(items, blocks, seed, left_out)
    for name, perturbation, reason in (
        ("wording", "wording-synonyms", "no word of the instruction has a synonym in the list"),
        ("option-order", "order-shift", "no options are listed in the prompt, or they speak of one another"),
        ("demonstration-order", "order-demonstrations", "fewer than two demonstrations (--num-fewshot 2 or more)"),
    ):
        factor = _drawn(name, perturbation, items, blocks, seed)
        if factor is None:
            left_out[name] = reason
        else:
            chosen.append(factor)
    labels, reason = _labels(items, blocks, seed)
    if labels is None:
        left_out["labels"] = reason
    else:
        chosen.append(labels)
    order = {name: place for place, name in enumerate(NAMES)}
    return Factors(tuple(sorted(chosen, key=lambda factor: order[factor.name])), left_out)


def asked_as(item: Item, factors: Sequence[Factor], is_on: Sequence[bool], block: int) -> Item:
    """Return the item with some factors at their other level."""
    # The layout comes last: the numbering rewrites mentions of symbols in the instruction that wording has made.
    for factor, on in zip(reversed(factors), reversed(is_on), strict=True):
        if on:
            item = factor.applies[block](item)
    return item


def _layout_factors(items: Sequence[Item], blocks: int, seed: int, left_out: dict[str, str]) -> list[Factor]:
    parts = {**FIELD_PARTS, **OPTION_PARTS}
    if all(item.prompt.is_template for item in items):
        left_out |= dict.fromkeys(parts, "the prompt is a template, which has no layout")
        return []
    shapes = list(dict.fromkeys(skeleton(item.prompt) for item in items))
    candidates = {name: _values(name, degrees, shapes) for name, degrees in parts.items()}
    for name in list(candidates):
        if not candidates[name]:
            del candidates[name]
            is_option = name in OPTION_PARTS and not any(shape.list_choices for shape in shapes)
            left_out[name] = "no options are listed in the prompt" if is_option else "no other legal value can be seen"
    for name in ("numbering", "option-wrapper"):
        if name in candidates and not all(_can_rename(item.prompt, candidates[name]) for item in items):
            del candidates[name]
            left_out[name] = "the instruction mentions single options by their symbol"
    drawn = [_legal_mix(candidates, shapes, rng_for(seed, "attribution", "layout", block)) for block in range(blocks)]
    if not all(one is not None for one in drawn):
        left_out |= dict.fromkeys(candidates, "no values were found that are legal in every mix with the original ones")
        return []
    levels = {name: [one[name] for one in drawn if one is not None] for name in candidates}
    return [
        Factor(name, tuple(_in_words(v) for v in values), tuple(_relaid(v) for v in values))
        for name, values in levels.items()
    ]


def _values(name: str, degrees: tuple[str, ...], shapes: Sequence[Prompt]) -> list[Values]:
    """Return the values of one part of the layout that are legal alone and change the text, for prompts of every shape."""
    if name in OPTION_PARTS and not all(shape.list_choices and shape.choices for shape in shapes):
        return []
    lists = [dict.fromkeys(getattr(FULL, degree)) for degree in degrees]
    mixes = [dict(zip(degrees, values, strict=True)) for values in itertools.product(*lists)]
    return [values for values in mixes if all(_is_new(shape, values) for shape in shapes)]


def _is_new(shape: Prompt, values: Values) -> bool:
    layout = _with(shape.layout, values)
    return _is_legal(shape, layout) and signature(layout, shape) != signature(shape.layout, shape)


def _is_legal(shape: Prompt, layout: Layout) -> bool:
    return set(check(layout, shape)) <= set(check(shape.layout, shape))


def _with(layout: Layout, values: Values) -> Layout:
    return replace(layout, **values)  # type: ignore[arg-type]  # the values come from the grammar's own lists


def _legal_mix(
    candidates: Mapping[str, list[Values]], shapes: Sequence[Prompt], rng: Random
) -> dict[str, Values] | None:
    """Draw a value for each part so that every mix with the original values is legal."""
    for _ in range(ATTEMPTS):
        drawn = {name: rng.choice(values) for name, values in candidates.items()}
        if all(_is_legal(shape, _with(shape.layout, mix)) for shape in shapes for mix in _mixes(drawn)):
            return drawn
    return None


def _mixes(drawn: Mapping[str, Values]) -> list[Values]:
    parts = list(drawn.values())
    chosen = itertools.product((False, True), repeat=len(parts))
    return [{k: v for on, part in zip(mask, parts, strict=True) if on for k, v in part.items()} for mask in chosen]


def _can_rename(prompt: Prompt, candidates: Sequence[Values]) -> bool:
    count = len(prompt.choices)
    return all(
        relabel(prompt.instruction, prompt.layout, _with(prompt.layout, v), count) is not None for v in candidates
    )


def _relaid(values: Values) -> Apply:
    """Return the function that lays an item out with those values and rewrites mentions of its symbols."""

    def apply(item: Item) -> Item:
        prompt = item.prompt
        layout = _with(prompt.layout, values)
        if not prompt.list_choices:
            return replace(item, prompt=replace(prompt, layout=layout))
        instruction = relabel(prompt.instruction, prompt.layout, layout, len(prompt.choices))
        if instruction is None or held(prompt, layout) != layout:
            return item
        return replace(item, prompt=replace(prompt, layout=layout, instruction=instruction))

    return apply


def _in_words(values: Values) -> str:
    return ", ".join(repr(value) for value in values.values())


def _drawn(name: str, perturbation: str, items: Sequence[Item], blocks: int, seed: int) -> Factor | None:
    """Return the factor of a registered perturbation; None where it applies to no item."""
    (registered,) = select([perturbation])
    levels: list[str] = []
    applies: list[Apply] = []
    for block in range(blocks):
        for attempt in range(ATTEMPTS):
            key = (seed, "attribution", name, block, attempt)

            def apply(item: Item, key: tuple[object, ...] = key) -> Item:
                return registered.apply(item, rng_for(*key)) or item

            level = next((_difference(item, apply(item)) for item in items if apply(item) != item), None)
            # A small prompt has few other wordings or orders: after some attempts a level may come back.
            if level is not None and (level not in levels or attempt >= 12):
                levels.append(level)
                applies.append(apply)
                break
            if level is None and attempt >= 12:
                return None
    return Factor(name, tuple(levels), tuple(applies))


def _difference(before: Item, after: Item) -> str:
    """Describe the change of an item: its new instruction, or the former places of its options or demonstrations."""
    old, new = before.prompt, after.prompt
    if new.instruction != old.instruction:
        return repr(new.instruction)
    if new.choices != old.choices:
        return "places " + " ".join(str(old.choices.index(choice) + 1) for choice in new.choices)
    return "places " + " ".join(str(old.demonstrations.index(shown) + 1) for shown in new.demonstrations)


def _labels(items: Sequence[Item], blocks: int, seed: int) -> tuple[Factor | None, str]:
    """Return the factor of answer words in another case, or why there is none."""
    prompt = items[0].prompt
    if not prompt.choices:
        return None, "answers are free text"
    if prompt.answer_with == "symbol":
        return None, "answers are symbols, see numbering"
    if any(set(item.prompt.choices) != set(prompt.choices) for item in items):
        return None, "each item has choices of its own"
    cases: tuple[Casing, ...] = ("title", "upper", "lower")
    ways = [name for name in cases if _is_other_case(prompt.choices, CASINGS[name])]
    if not ways:
        return None, "the labels have no other case"
    rng = rng_for(seed, "attribution", "labels")
    order = rng.sample(ways, len(ways))
    names = [order[block % len(order)] for block in range(blocks)]
    return Factor("labels", tuple(names), tuple(_recased(CASINGS[name]) for name in names)), ""


def _is_other_case(choices: Sequence[str], cased: Callable[[str], str]) -> bool:
    new = [cased(choice) for choice in choices]
    return tuple(new) != tuple(choices) and len(set(new)) == len(choices)


def _recased(cased: Callable[[str], str]) -> Apply:
    """Return the function that changes the case of an item's labels, in the instruction too."""

    def apply(item: Item) -> Item:
        prompt = item.prompt
        new = {choice: cased(choice) for choice in prompt.choices}
        pattern = "|".join(rf"(?<!\w){re.escape(label)}(?!\w)" for label in sorted(new, key=len, reverse=True))
        shown = tuple(_recased_demonstration(one, new) for one in prompt.demonstrations)
        changed = replace(
            prompt,
            instruction=re.sub(pattern, lambda match: new[match[0]], prompt.instruction),
            choices=tuple(new.values()),
            demonstrations=shown,
        )
        return replace(item, prompt=changed, target=new.get(item.target, item.target))

    return apply


def _recased_demonstration(shown: Demonstration, new: Mapping[str, str]) -> Demonstration:
    choices = tuple(new.get(choice, choice) for choice in shown.choices)
    return replace(shown, target=new.get(shown.target, shown.target), choices=choices)
