"""Suite to variants: every item as written and as each draw says it differently.

A family gets `draws` draws, shared out among its perturbations in turn. One draw is one column of the run:

    item     clean  format 0  format 1  ...  typos 0 (swap)  typos 1 (drop)  ...  null 0
    s-001      x       x         x               x               --                  x       -- does not apply here
    s-002      x       x         x               x               x                   x

A draw of scope "suite" (a format, a wording) is one and the same for all items, so that the accuracy of its column is the
accuracy of one format; a draw of scope "item" (a typo) is made anew for each. A draw that would repeat an earlier text is
drawn again with another seed a few times; what still repeats is counted as duplicate, and a column in which nothing is new
ends the family. A variant that equals its original is counted as unchanged, never as a pass.

Covered: drawing, de-duplication by rendered text, counting. Not covered: whether the meaning was kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from probe.errors import UsageError
from probe.prompt import render
from probe.seeds import rng_for
from probe.types import Demonstration, Item, Perturbation, Suite, Variant

ATTEMPTS = 12
"""How often a draw is made anew when it repeats an earlier text."""

Fate = Literal["asked", "unchanged", "duplicate", "not_applicable"]
FATES: tuple[Fate, ...] = ("asked", "unchanged", "duplicate", "not_applicable")


@dataclass(frozen=True, slots=True)
class Column:
    """One draw of one perturbation over a whole suite, with the seed's last part that made it new."""

    perturbation: Perturbation
    draw: int
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class VariantSet:
    """All variants of a suite, item by item with the clean one first, and what became of the draws."""

    suite: Suite
    variants: tuple[Variant, ...]
    counts: dict[str, dict[Fate, int]]
    """By family: how many (item, draw) pairs ended how."""
    not_run: tuple[Variant, ...] = ()
    """Variants that were drawn and are not asked, because a budget does not reach so far."""


def clean(item: Item) -> Variant:
    """Give the item as written."""
    return Variant(item, item, "clean", "clean", 0, "same", render(item.prompt))


def make_variants(suite: Suite, perturbations: Sequence[Perturbation], *, draws: int, seed: int) -> VariantSet:
    """Draw all variants of a suite; adding an item changes no other item's variants."""
    families: dict[str, list[Perturbation]] = {}
    for perturbation in perturbations:
        families.setdefault(perturbation.family, []).append(perturbation)
    drawn: dict[str, list[Variant]] = {item.id: [clean(item)] for item in suite.items}
    counts: dict[str, dict[Fate, int]] = {}
    for family, members in families.items():
        tally: Counter[Fate] = Counter()
        for column, fates in _family_columns(suite, members, draws=draws, seed=seed):
            tally.update(fate for fate, _ in fates.values())
            for item_id, (fate, asked) in fates.items():
                if fate == "asked" and asked is not None:
                    drawn[item_id].append(_variant(drawn[item_id][0].item, asked, column))
        counts[family] = {fate: tally[fate] for fate in FATES}
    return VariantSet(suite, tuple(variant for row in drawn.values() for variant in row), counts)


def with_demonstrations(suite: Suite, num_fewshot: int, *, seed: int) -> Suite:
    """Give the suite with `num_fewshot` solved training items shown before each question, the same ones for all items.

    Every item then knows all training items, for perturbations that show others.

    Raises:
        UsageError: the suite has fewer training items.

    """
    if len(suite.train) < num_fewshot:
        raise UsageError(
            f"--num-fewshot {num_fewshot}: suite {suite.name!r} has {len(suite.train)} training items to take "
            f"demonstrations from",
            hint=f"add rows to {suite.path or suite.name}/train.jsonl, in the form of items.jsonl",
        )
    if not suite.train:
        return suite
    pool = tuple(Demonstration(item.prompt.fields, item.target, item.prompt.choices) for item in suite.train)
    items = tuple(replace(item, pool=pool) for item in suite.items)
    if num_fewshot:
        shots = tuple(rng_for(seed, suite.name, "demonstrations").sample(pool, num_fewshot))
        items = tuple(replace(item, prompt=replace(item.prompt, demonstrations=shots)) for item in items)
    return replace(suite, items=items)


Fates = dict[str, tuple[Fate, Item | None]]


def _family_columns(suite: Suite, members: list[Perturbation], *, draws: int, seed: int) -> list[tuple[Column, Fates]]:
    members = [member for member in members if _applies_somewhere(member, suite, seed)]
    if not members:
        return [(Column(_nothing, 0), {item.id: ("not_applicable", None) for item in suite.items})]
    seen: dict[str, set[str]] = {item.id: {render(item.prompt)} for item in suite.items}
    columns: list[tuple[Column, Fates]] = []
    for draw in range(draws):
        member = members[draw % len(members)]
        column = Column(member, draw, _fresh_attempt(member, draw, suite, seen, seed))
        fates = {item.id: _draw(column, item, seen[item.id], seed) for item in suite.items}
        if columns and all(fate != "asked" for fate, _ in fates.values()):
            break
        columns.append((column, fates))
    return columns


def _applies_somewhere(member: Perturbation, suite: Suite, seed: int) -> bool:
    return any(member.apply(item, _rng(Column(member, 0), item, 0, seed)) is not None for item in suite.items)


def _fresh_attempt(member: Perturbation, draw: int, suite: Suite, seen: dict[str, set[str]], seed: int) -> int:
    """Give the first attempt of a suite-wide draw that says something new on the first item to which it applies."""
    if member.scope == "item" or member.family == "null":
        return 0
    for item in suite.items:
        applicable = False
        for attempt in range(ATTEMPTS):
            asked = member.apply(item, _rng(Column(member, draw, attempt), item, 0, seed))
            if asked is None:
                continue
            applicable = True
            if render(asked.prompt) not in seen[item.id]:
                return attempt
        if applicable:
            break
    return 0


def _draw(column: Column, item: Item, seen: set[str], seed: int) -> tuple[Fate, Item | None]:
    """Draw one variant of one item; `seen` holds the texts that it may not repeat, and learns the new one."""
    if column.perturbation.family == "null":
        return "asked", item
    fate: Fate = "not_applicable"
    clean_text = render(item.prompt)
    for retry in range(ATTEMPTS if column.perturbation.scope == "item" else 1):
        asked = column.perturbation.apply(item, _rng(column, item, retry, seed))
        if asked is None:
            continue
        text = render(asked.prompt)
        if text not in seen:
            seen.add(text)
            return "asked", asked
        fate = "unchanged" if text == clean_text else "duplicate"
    return fate, None


def _rng(column: Column, item: Item, retry: int, seed: int) -> Random:
    name = column.perturbation.name
    if column.perturbation.scope == "suite":
        return rng_for(seed, name, column.draw, column.attempt)
    return rng_for(seed, name, column.draw, retry, item.id)


def _variant(item: Item, asked: Item, column: Column) -> Variant:
    perturbation = column.perturbation
    text = render(asked.prompt)
    return Variant(item, asked, perturbation.family, perturbation.name, column.draw, perturbation.effect, text)


_nothing = Perturbation("none", "none", "Stands for a family that applies nowhere.", lambda item, rng: None)
