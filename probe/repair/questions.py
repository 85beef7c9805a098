"""What a cure is judged on: evaluation items, said in formulations that no training has seen, and suites that none has seen.

    suite         items, in order            as written
                  x trained families         new draws, in layouts and instructions of the evaluation part
                  x held-out families        any draw
                  x contrast                 edits with another answer
    other suites  their first items          as written, and in some formats and held-out families

The draws have generators of their own, so that none repeats a training's. `Split.check` looks at every variant once more.

Covered: variants by section. Not covered: answers to them (`judge`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from probe.evaluation.run import Plan
from probe.evaluation.variants import make_variants, with_demonstrations
from probe.perturb import select
from probe.repair.judgement import Section
from probe.repair.split import Split, restricted
from probe.seeds import rng_for
from probe.types import Item, Perturbation, Suite, Variant

log = logging.getLogger(__name__)

FORMAT = "format"
CONTRAST = "contrast"
ORIGINAL = "original"


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is asked."""

    items: int | None = 60
    """The first so many evaluation items of a suite; None: all."""
    formats: int = 6
    """Variants of the format family and of each held-out family."""
    others: int = 2
    """Variants of each other trained family."""
    other_items: int = 30
    """Items of each suite that was not trained."""
    other_samples: int = 2
    """Variants of each family there."""


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """The variants of one suite, item by item, the original first."""

    suite: Suite
    plan: Plan
    variants: tuple[Variant, ...]
    is_other: bool = False
    """Whether nothing of the suite was trained."""
    held_out: tuple[str, ...] = ()

    def section_of(self, family: str) -> Section:
        """Return the section that a family is judged in."""
        if self.is_other:
            return "held-out-suites"
        if family == ORIGINAL:
            return "clean"
        if family == CONTRAST:
            return "contrast"
        if family in self.held_out:
            return "held-out-families"
        return "held-out-formats" if family == FORMAT else "trained"


def questions_of(
    split: Split, amounts: Amounts, *, others: Sequence[Suite] = (), num_fewshot: int = 0, seed: int = 0
) -> tuple[Questions, ...]:
    """Return what is asked of the suites of a split and of other suites.

    Raises:
        LeakError: a variant is of what was trained on.
    """
    judged = tuple(_of_suite(suite, split, amounts, num_fewshot, seed) for suite in split.suites)
    trained = {suite.name for suite in split.suites}
    unseen = [replace(one, items=_unseen(one, split)) for one in others if one.name not in trained]
    rest = tuple(_of_other(one, split, amounts, num_fewshot, seed) for one in unseen if one.items)
    for one in judged + rest:
        split.check("evaluation", one.variants)
    return judged + rest


def _of_suite(suite: Suite, split: Split, amounts: Amounts, num_fewshot: int, seed: int) -> Questions:
    suite = replace(suite, items=suite.items[: amounts.items])
    held_out = [one for one in select(list(split.held_out)) if one.effect == "label-preserving"]
    trained = [restricted(one, "evaluation") for one in split.perturbations if one.effect == "label-preserving"]
    formats = [one for one in trained if one.family == FORMAT]
    edits = [one for one in select([CONTRAST]) if one.effect == "label-altering"]
    drawn = rng_for(seed, "judged", suite.name).getrandbits(32)
    sets = [
        _drawn(suite, [*formats, *held_out], split, amounts.formats, drawn),
        _drawn(suite, [one for one in trained if one.family != FORMAT], split, amounts.others, drawn),
        _drawn(suite, edits, split, 1, drawn),
    ]
    plan = Plan((*trained, *held_out, *edits), samples=amounts.formats, num_fewshot=num_fewshot, seed=drawn)
    return Questions(suite, plan, _joined(suite, sets), held_out=split.held_out)


def _of_other(suite: Suite, split: Split, amounts: Amounts, num_fewshot: int, seed: int) -> Questions:
    """Return the questions of a suite that was not trained; formats of the evaluation part, since formats were trained."""
    shown = with_demonstrations(replace(suite, items=suite.items[: amounts.other_items]), num_fewshot, seed=seed)
    formats = [restricted(one, "evaluation") for one in split.perturbations if one.family == FORMAT]
    chosen = [*formats, *(one for one in select(list(split.held_out)) if one.effect == "label-preserving")]
    drawn = rng_for(seed, "judged", suite.name).getrandbits(32)
    sets = [_drawn(shown, chosen, split, amounts.other_samples, drawn)]
    plan = Plan(tuple(chosen), samples=amounts.other_samples, num_fewshot=num_fewshot, seed=drawn)
    return Questions(shown, plan, _joined(shown, sets), is_other=True, held_out=split.held_out)


def _unseen(suite: Suite, split: Split) -> tuple[Item, ...]:
    """Return the items of another suite that ask nothing that was trained on or chose the checkpoint."""
    known = split.keys["training"] | split.keys["validation"]
    kept = tuple(item for item in suite.items if not known & set(split.key.of_item(item)))
    if len(kept) < len(suite.items):
        log.warning("%s: not judged on %d items, which were trained on", suite.name, len(suite.items) - len(kept))
    return kept


def _drawn(suite: Suite, chosen: Sequence[Perturbation], split: Split, samples: int, seed: int) -> Iterable[Variant]:
    return make_variants(suite, chosen, samples=samples, seed=seed, validate=split.reviews.validate).variants


def _joined(suite: Suite, sets: Sequence[Iterable[Variant]]) -> tuple[Variant, ...]:
    """Return the variants of several draws item by item, each original once and first."""
    by_item: Mapping[str, list[Variant]] = {item.id: [] for item in suite.items}
    for number, variants in enumerate(sets):
        for variant in variants:
            if variant.family != ORIGINAL or number == 0:
                by_item[variant.item.id].append(variant)
    return tuple(variant for row in by_item.values() for variant in row)
