"""What is trained on, what chooses the checkpoint, and what the cure is judged on: disjoint, and checked on what is really used.

    suite.items                     evaluation     never trained on, never chosen by
    suite.train less demonstrations
        training | validation       by a hash of seed and id
    layouts, instructions
        training | validation | evaluation         by a hash of the text that all items share; as written: all three
    families
        trained | held out          --hold-out

"When Punctuation Matters" trains in some formats and tests in others, and its script trains on the items that it tests on; ours
refuses that. Which part a layout or an instruction belongs to depends on its text alone, so that it can be told of any run.

Covered: items by id and by what they ask (`probe.evaluation.keys`), contrast members, demonstrations, layouts, instructions,
families, by name and by what they do. Not covered: paraphrased duplicates of items, label words, the order of options; those are
drawn anew.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from random import Random
from typing import Any, Literal, get_args

from probe.errors import LeakError, SuiteError, UsageError
from probe.evaluation.keys import Key, Keys, folded
from probe.evaluation.variants import with_demonstrations
from probe.evolve import evolve
from probe.perturb.helpers.format_grammar import signature, skeleton
from probe.prompt.render import render
from probe.registry import few, perturbations, unknown_name
from probe.repair.base import View
from probe.seeds import is_untouched, rng_for
from probe.types import Demonstration, Item, Perturbation, Prompt, Suite, Variant
from probe.validity import Reviews

log = logging.getLogger(__name__)

Part = Literal["training", "validation", "evaluation"]
PARTS: tuple[Part, ...] = get_args(Part)
SHARES = (0.6, 0.2, 0.2)
"""Of all layouts and instructions, by part."""

FEWEST_TRAINING = 16
FEWEST_VALIDATION = 8
FEW_DUPLICATES = 0.05
"""Share of the training items that may be evaluation items too and are left out; of more, the file is wrong."""
TRIES = 40
"""How often a perturbation is drawn again that fell into another part; all but hopeless at a share of a fifth."""


@dataclass(frozen=True, eq=False)
class Split:
    """The items, formulations and families of a repair, by what they are for."""

    suites: tuple[Suite, ...]
    """As they are asked, with their demonstrations."""
    training: tuple[Item, ...]
    """Of all suites; their ids begin with the suite's name."""
    validation: tuple[Item, ...]
    perturbations: tuple[Perturbation, ...]
    """Of the trained families."""
    held_out: tuple[str, ...]
    """Families that are not trained."""
    seed: int
    duplicates: int = 0
    """Training items that were left out because they are evaluation items as well."""
    reviews: Reviews = field(default_factory=Reviews)
    """Decisions of people about variants; validity rules decide about the others."""

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Return the trained families."""
        return tuple(dict.fromkeys(one for p in self.perturbations for one in families_of(p.name, p.family)))

    @cached_property
    def suite_of(self) -> Mapping[str, Suite]:
        """Return the suite of each training and validation item, by id."""
        names = {suite.name: suite for suite in self.suites}
        return {item.id: names[item.id.partition("/")[0]] for item in self._chosen}

    @cached_property
    def key(self) -> Keys:
        """Return how items are told apart."""
        return Keys.of_suites(self.suites)

    @cached_property
    def keys(self) -> Mapping[Part, frozenset[Key]]:
        """Return what the items of each part ask about, contrast members included."""
        evaluated = (item for suite in self.suites for item in suite.items)
        items = {"training": self.training, "validation": self.validation, "evaluation": tuple(evaluated)}
        return {part: frozenset(key for item in items[part] for key in self.key.of_item(item)) for part in PARTS}

    def restricted(self, part: Part) -> list[Perturbation]:
        """Return the trained perturbations, drawn again until their layout and instruction belong to a part."""
        return [restricted(one, part) for one in self.perturbations]

    def as_record(self) -> dict[str, Any]:
        """Return what was trained on and what was not, as JSON holds it."""
        return {
            "split": {
                "seed": self.seed,
                "training_items": len(self.training),
                "validation_items": len(self.validation),
                "duplicates": self.duplicates,
                "perturbations": [one.name for one in self.perturbations],
                "families": list(self.families),
                "held_out": list(self.held_out),
                "digest": self._digest,
            }
        }

    @cached_property
    def _digest(self) -> str:
        """Return what tells apart splits of other items, demonstrations, paraphrases or reviews."""
        items = [(item.id, render(item.prompt), item.target, item.paraphrases) for item in self._chosen]
        return hashlib.sha256(repr((items, sorted(self.reviews.decisions.items()))).encode()).hexdigest()[:16]

    @property
    def _chosen(self) -> tuple[Item, ...]:
        return (*self.training, *self.validation)

    def check(self, part: Part, used: Iterable[Variant | View]) -> None:
        """Refuse what does not belong to a part; called on all views that are trained on and all variants that are judged.

        Raises:
            LeakError: names the item, layout, instruction or family, and where else it belongs.
        """
        for one in used:
            variant = one.variant if isinstance(one, View) else one
            if problem := self.fault(part, variant):
                raise LeakError(
                    f"{part}: {variant.item.id} ({variant.perturbation}): {problem}",
                    hint="this would be judged on what it was trained on; it is a mistake in the suite's files or in probe",
                )

    def fault(self, part: Part, variant: Variant) -> str:
        """Return why a variant does not belong to a part, as a sentence; empty where it does.

        A judged variant of a held-out family may be said in any layout: nothing of its family was trained.
        """
        if problem := self._fault_of_item(part, variant):
            return problem
        held_out = [one for one in families_of(variant.perturbation, variant.family) if one in self.held_out]
        if held_out and part != "evaluation":
            return f"the family {held_out[0]} is held out"
        return "" if held_out else _fault_of_formulation(part, variant)

    def _fault_of_item(self, part: Part, variant: Variant) -> str:
        """Return what is wrong with an item: it is of another part, by id or by what it says, or shows one as solved."""
        if part != "evaluation" and variant.item.id not in self._ids[part]:
            return f"it is none of the {len(self._ids[part])} {part} items"
        said = self.key.of_variant(variant)
        shown = self.key.of_shots(variant.perturbed.prompt.demonstrations, variant.item.prompt.choices)
        for other in PARTS:
            if other != part and said & self.keys[other]:
                return f"it says what an item of {other} says"
            if PARTS.index(other) > PARTS.index(part) and shown & self.keys[other]:
                return f"it shows an item of {other} as solved"
        return ""

    @cached_property
    def _ids(self) -> Mapping[str, frozenset[str]]:
        return {part: frozenset(item.id for item in getattr(self, part)) for part in ("training", "validation")}


def make_split(
    suites: Sequence[Suite],
    chosen: Sequence[Perturbation],
    *,
    hold_out: Sequence[str] = (),
    num_fewshot: int = 0,
    validation: float = 0.2,
    seed: int = 0,
    reviews: Reviews | None = None,
) -> Split:
    """Return the split of suites and perturbations; families of `hold_out` are not trained.

    Raises:
        UsageError: too few training items, one answer only, an unknown family, or none that is left.
        SuiteError: training items are evaluation items.
    """
    trained = _without(chosen, hold_out)
    asked = tuple(with_demonstrations(suite, num_fewshot, seed=seed) for suite in suites)
    keys = Keys.of_suites(suites)
    evaluated = frozenset(key for suite in suites for item in suite.items for key in keys.of_item(item))
    parts: dict[Part, list[Item]] = {"training": [], "validation": []}
    duplicates = 0
    for suite in asked:
        items, left_out = _training_items(suite, evaluated, keys)
        duplicates += left_out
        cut = _cut(items, validation, seed, keys)
        _check_enough(suite, items, cut)
        pool = tuple(Demonstration(one.prompt.fields, one.target, one.prompt.choices) for one in cut["training"])
        for part, found in cut.items():
            parts[part] += [evolve(item, pool=pool) for item in found]
    return Split(
        suites=asked,
        training=tuple(parts["training"]),
        validation=tuple(parts["validation"]),
        perturbations=trained,
        held_out=tuple(hold_out),
        seed=seed,
        duplicates=duplicates,
        reviews=reviews or Reviews(),
    )


def restricted(perturbation: Perturbation, part: Part) -> Perturbation:
    """Return a perturbation that is drawn again until layout and instruction are of a part; None where none is."""
    draw = perturbation.apply

    def apply(item: Item, rng: Random) -> Item | None:
        for _ in range(TRIES):
            asked = draw(item, rng)
            if asked is None or belongs(asked.prompt, item.prompt, part):
                return asked
            if is_untouched(rng):
                return None
        return None

    return evolve(perturbation, apply=apply)


def belongs(prompt: Prompt, original: Prompt, part: Part) -> bool:
    """Return whether a prompt's layout and instruction are as in the original, or of a part."""
    return all(found in (None, part) for found in (layout_part(prompt, original), instruction_part(prompt, original)))


def layout_part(prompt: Prompt, original: Prompt) -> Part | None:
    """Return the part that a prompt's layout belongs to; None where it renders as the original's does.

    In which order its fields stand is no part of a layout.
    """
    written = _layout_text(_shape(prompt))
    return None if written == _layout_text(_shape(original)) else _part_of("layout", written)


def instruction_part(prompt: Prompt, original: Prompt) -> Part | None:
    """Return the part that a prompt's instruction belongs to; None where it is the original's but for case and whitespace."""
    written = folded(prompt.instruction)
    return None if written == folded(original.instruction) else _part_of("instruction", written)


def families_of(name: str, family: str) -> tuple[str, ...]:
    """Return the families of a perturbation: of a composed one, those of its members."""
    if "+" not in name:
        return (family,)
    return tuple(perturbations.get(one.strip().partition("@")[0]).family for one in name.split("+"))


def _shape(prompt: Prompt) -> Prompt:
    return skeleton(evolve(prompt, fields=tuple(sorted(prompt.fields, key=lambda one: one.name))))


@lru_cache(maxsize=4096)
def _layout_text(shape: Prompt) -> str:
    return signature(shape.layout, shape)


@lru_cache(maxsize=4096)
def _part_of(kind: str, text: str) -> Part:
    """Return the part of a layout or an instruction, by its text alone: the same in every run, whatever the seed."""
    share = rng_for("part", kind, text).random()
    return PARTS[(share >= SHARES[0]) + (share >= SHARES[0] + SHARES[1])]


def _fault_of_formulation(part: Part, variant: Variant) -> str:
    """Return what is wrong with a variant's layout and instruction: one of them belongs to another part."""
    prompt, original = variant.perturbed.prompt, variant.item.prompt
    for what, found in (("layout", layout_part(prompt, original)), ("instruction", instruction_part(prompt, original))):
        if found not in (None, part):
            return f"its {what} belongs to {found}"
    return ""


def _without(chosen: Sequence[Perturbation], hold_out: Sequence[str]) -> tuple[Perturbation, ...]:
    """Return the perturbations of no held-out family.

    Raises:
        UsageError: there is no such family, or none is left that keeps the answer.
    """
    known = list(dict.fromkeys(one.family for one in perturbations.values()))
    for name in hold_out:
        if name not in known:
            raise unknown_name("family of --hold-out", name, known, see="probe list perturbations")
    usable = [one for one in chosen if one.family != "null"]
    # What a plugin registers once more, under another family's name, is held out as well.
    held_out = {one.apply for one in perturbations.values() if one.family in hold_out}
    left = tuple(
        one
        for one in usable
        if one.apply not in held_out and not set(families_of(one.name, one.family)) & set(hold_out)
    )
    if not any(one.effect == "label-preserving" for one in left):
        asked = ", ".join(dict.fromkeys(one.family for one in usable)) or "none"
        raise UsageError(
            f"--hold-out {','.join(hold_out)}: no family is left to train on of those that --perturb names: {asked}",
            hint="--perturb format,typos,wording,order,contrast --hold-out typos",
        )
    return left


def _training_items(suite: Suite, evaluated: frozenset[Key], keys: Keys) -> tuple[list[Item], int]:
    """Return a suite's training items as they are asked, with ids of their own, and how many say what evaluation items say.

    Left out are those that are shown as demonstrations. A few that are evaluation items as well are left out too.

    Raises:
        UsageError: there are none.
        SuiteError: many of them are evaluation items.
    """
    place = f"{suite.path or suite.name}/train.jsonl"
    if not suite.train:
        raise UsageError(
            f"suite {suite.name!r} has no training items, and repair never trains on the items that it is judged on",
            hint=f"add rows to {place}, in the form of items.jsonl: at least {FEWEST_TRAINING + FEWEST_VALIDATION}",
        )
    first = suite.items[0].prompt
    shown = keys.of_shots(first.demonstrations, first.choices)
    doubled = [item for item in suite.train if evaluated & set(keys.of_item(item))]
    if len(doubled) > FEW_DUPLICATES * len(suite.train):
        raise SuiteError(
            f"{place}: {len(doubled)} of {len(suite.train)} training items say what evaluation items say: "
            f"{few([item.id for item in doubled])}",
            hint="take them out of one of the two files: a cure that has seen its examination proves nothing",
        )
    if doubled:
        log.warning("%s: left out, for evaluation items say the same: %s", place, few([item.id for item in doubled]))
    out = {item.id for item in doubled}
    asked = [item for item in suite.train if item.id not in out and keys.of_prompt(item.prompt) not in shown]
    return [_named(item, suite) for item in asked], len(doubled)


def _named(item: Item, suite: Suite) -> Item:
    """Return a training item as the suite asks its items: with its demonstrations and the paraphrases that all of them have."""
    first = suite.items[0]
    shared = first.paraphrases if all(one.paraphrases == first.paraphrases for one in suite.items) else ()
    prompt = evolve(item.prompt, demonstrations=first.prompt.demonstrations)
    return replace(item, id=f"{suite.name}/{item.id}", prompt=prompt, paraphrases=item.paraphrases or shared)


def _cut(items: Sequence[Item], share: float, seed: int, keys: Keys) -> dict[Part, list[Item]]:
    """Return training and validation items; of items that ask the same, none is in both."""
    sides = [rng_for(seed, "validation", *_text_of(item.prompt)).random() < share for item in items]
    training = [item for item, is_validation in zip(items, sides, strict=True) if not is_validation]
    said = {key for item in training for key in keys.of_item(item)}
    validation = [item for item, is_validation in zip(items, sides, strict=True) if is_validation]
    return {"training": training, "validation": [item for item in validation if not said & set(keys.of_item(item))]}


def _text_of(prompt: Prompt) -> tuple[str, ...]:
    """Return the text of an item, by which its side is drawn: but for case and whitespace."""
    if not prompt.fields:
        return (folded(render(prompt)),)
    return (*(folded(one.text) for one in prompt.fields), "", *sorted(map(folded, prompt.choices)))


def _check_enough(suite: Suite, items: Sequence[Item], cut: Mapping[Part, Sequence[Item]]) -> None:
    """Refuse a suite that cannot be trained on.

    Raises:
        UsageError: too few items for one of the parts, or one answer only.
    """
    num = {part: len(found) for part, found in cut.items()}
    place = f"{suite.path or suite.name}/train.jsonl"
    if num["training"] < FEWEST_TRAINING or num["validation"] < FEWEST_VALIDATION:
        raise UsageError(
            f"suite {suite.name!r}: {num['training']} items to train on and {num['validation']} to choose the checkpoint by; "
            f"it takes at least {FEWEST_TRAINING} and {FEWEST_VALIDATION}",
            hint=f"add rows to {place}, which has {len(suite.train)}, or change --validation",
        )
    if len({item.target for item in items}) < 2:
        raise UsageError(
            f"suite {suite.name!r}: every training item has the answer {items[0].target!r}; a model trained on them says it "
            "always",
            hint=f"add rows with other answers to {place}",
        )
