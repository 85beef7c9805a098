"""Candidate prompts for a suite: another instruction, layout, kind of symbols, or other label words.

    instruction   the suite's paraphrases                                  Is the review positive or negative?
    layout        a seeded handful of the format grammar                   Review - A joy.
    symbols       of listed options: another numbering                     1. foal
    label words   words of the project's table for the choices             favourable or unfavourable

A candidate is one prompt for all items. A paraphrase that becomes the instruction leaves its place among the paraphrases to the
suite's own instruction, so that the family `paraphrase` still asks "does another wording of this set change the answer?". Under
other label words or symbols the paraphrases say those too; the family `labels` has the choices in the place of the words in use.

Covered: prompts that all items of a suite share. Not covered: layouts that the run itself was judged on, which are never chosen;
paraphrases that are templates where the suite has none; the case of label words, another order of options, demonstrations.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random
from typing import Any, Literal, get_args

from probe.errors import UsageError
from probe.evolve import evolve
from probe.experiments.search import arms_of
from probe.mitigate.base import Bench, NotApplicable
from probe.perturb.format import relaid
from probe.perturb.helpers.format_grammar import check, signature, skeleton
from probe.perturb.helpers.language import is_english
from probe.perturb.labels import Words, other_words, reworded
from probe.perturb.paraphrase import rephrased
from probe.prompt.render import shown
from probe.seeds import rng_for
from probe.types import Field, Item, Layout, Numbering, Prompt, Suite

Part = Literal["instruction", "layout", "symbols", "label words"]
PARTS: tuple[Part, ...] = get_args(Part)

NUM_LAYOUTS = 8
"""Layouts of the handful, besides the suite's own."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What all items of a suite are asked by, without what differs from item to item."""

    instruction: str
    layout: Layout
    verbalizer: tuple[tuple[str, str], ...]
    paraphrases: tuple[str, ...]
    """The other wordings that go with it."""
    changed: tuple[Part, ...] = ()
    """What differs from the suite's own prompt."""

    def describe(self) -> dict[str, Any]:
        """Return the parts that differ from the suite's own prompt, as plain values."""
        values: dict[Part, Any] = {
            "instruction": self.instruction,
            "layout": {name: getattr(self.layout, name) for name in Layout.__slots__},
            "symbols": self.layout.numbering,
            "label words": dict(self.verbalizer),
        }
        return {part: values[part] for part in self.changed}

    def __str__(self) -> str:
        layout = self.layout
        said: dict[Part, str] = {
            "instruction": f"instruction {self.instruction!r}",
            "layout": f"layout {layout.separator!r} {layout.space!r} {layout.casing}",
            "symbols": f"symbols {layout.numbering}",
            "label words": "label words " + " / ".join(word for _, word in self.verbalizer),
        }
        return ", ".join(said[part] for part in self.changed) or "the suite's own prompt"


def own_candidate(suite: Suite) -> Candidate:
    """Return the prompt that a suite is asked by.

    Raises:
        NotApplicable: its items do not share one.
    """
    first = suite.items[0]
    if len({_bare(item.prompt) for item in (*suite.items, *suite.train)}) > 1:
        raise NotApplicable("its items do not share one prompt that could be another")
    if len({item.paraphrases for item in suite.items}) > 1:
        raise NotApplicable("its items do not share their paraphrases")
    prompt = first.prompt
    return Candidate(prompt.instruction, prompt.layout, prompt.verbalizer, first.paraphrases)


def asked_by(item: Item, candidate: Candidate) -> Item:
    """Return an item under a candidate prompt."""
    prompt = evolve(
        item.prompt, instruction=candidate.instruction, layout=candidate.layout, verbalizer=candidate.verbalizer
    )
    return replace(item, prompt=prompt, paraphrases=candidate.paraphrases)


def suite_by(suite: Suite, candidate: Candidate) -> Suite:
    """Return a suite all of whose items are under a candidate prompt."""
    return replace(
        suite,
        items=tuple(asked_by(item, candidate) for item in suite.items),
        train=tuple(asked_by(item, candidate) for item in suite.train),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """The parts that candidates are made of; the first of each is the suite's own."""

    own: Candidate
    sample: Prompt
    """Of one item, to try out what fits."""
    instructions: tuple[str, ...]
    layouts: tuple[Layout, ...]
    symbols: tuple[Numbering, ...]
    words: tuple[Words, ...]
    left_out: Counter[str] = field(default_factory=Counter)
    """By reason: parts that cannot be used for all items."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return len(self.instructions), len(self.layouts), len(self.symbols), len(self.words)

    @property
    def size(self) -> int:
        """Return the number of combinations, fitting or not."""
        return math.prod(self.shape)

    def describe(self) -> dict[str, Any]:
        """Return how many of each part there are, and what was left out, as plain values."""
        parts = dict(zip(("instructions", "layouts", "symbols", "label_words"), self.shape, strict=True))
        return {"parts": parts, "left_out": dict(self.left_out)}

    def single(self) -> Iterator[Candidate]:
        """Return the suite's own prompt, and those that differ from it in one part."""
        places = [(0, 0, 0, 0)]
        places += [
            tuple(place if at == part else 0 for at in range(4))  # type: ignore[misc]
            for part, num in enumerate(self.shape)
            for place in range(1, num)
        ]
        return self._distinct(places)

    def crossed(self, rng: Random) -> Iterator[Candidate]:
        """Return the suite's own prompt, then the combinations of all parts in a seeded order."""
        rest = range(1, self.size)
        # a whole permutation of millions is not needed: nobody asks so many
        order = rng.sample(rest, min(len(rest), 20_000))
        return self._distinct([(0, 0, 0, 0), *(self._place(number) for number in order)])

    def _place(self, number: int) -> tuple[int, int, int, int]:
        places = []
        for num in reversed(self.shape):
            number, place = divmod(number, num)
            places.append(place)
        return tuple(reversed(places))  # type: ignore[return-value]

    def _distinct(self, places: Sequence[tuple[int, int, int, int]]) -> Iterator[Candidate]:
        shape = skeleton(self.sample)
        seen = set()
        for place in places:
            made = self._made(*place) if any(place) else self.own
            if made is None:
                self.left_out["combinations that do not fit together"] += 1
                continue
            key = (made.instruction, signature(made.layout, shape), made.verbalizer)
            if key not in seen:
                seen.add(key)
                yield made

    def _made(self, instruction: int, layout: int, symbols: int, words: int) -> Candidate | None:
        """Return the candidate of these parts; None where they do not go together."""
        target = self.layouts[layout]
        if symbols:
            target = evolve(target, numbering=self.symbols[symbols])
        text = self.instructions[instruction]
        others = tuple(self.own.instruction if one == text else one for one in self.own.paraphrases)
        label_words = self.words[words] if words else ()
        prompt = _moved(self.sample, text, target, label_words)
        moved = [_moved(self.sample, one, target, label_words) for one in others]
        kept = tuple(one.instruction for one in moved if one is not None)
        if prompt is None or len(kept) < len(others):
            return None
        places = dict(zip(PARTS, (instruction, layout, symbols, words), strict=True))
        changed = tuple(part for part, place in places.items() if place)
        return Candidate(prompt.instruction, prompt.layout, prompt.verbalizer, kept, changed)


def space_of(bench: Bench, *, num_layouts: int = NUM_LAYOUTS) -> Space:
    """Return the parts of a suite's candidate prompts.

    Raises:
        NotApplicable: its items do not share one prompt.
    """
    suite = bench.suite
    own = own_candidate(suite)
    sample = suite.items[0].prompt
    left_out: Counter[str] = Counter()
    instructions = [own.instruction]
    for text in own.paraphrases:
        prompt = rephrased(sample, text)
        if prompt is None or prompt.is_template != sample.is_template:
            left_out["paraphrases that are templates, or none"] += 1
        elif text != own.instruction:
            instructions.append(text)
    words = other_words(sample) if sample.choices and is_english(sample) else ()
    layouts = _layouts(bench, num_layouts, left_out)
    return Space(own, sample, tuple(instructions), layouts, _symbols(bench, layouts), ((), *words), left_out)


def _layouts(bench: Bench, num: int, left_out: Counter[str]) -> tuple[Layout, ...]:
    """Return the suite's own layout and up to `num` others, none of which the run was judged on."""
    suite = bench.suite
    own = suite.items[0].prompt.layout
    seed = rng_for(bench.plan.seed, suite.name, "candidate layouts").getrandbits(31)
    judged = judged_layouts(bench)
    shape = skeleton(suite.items[0].prompt)
    try:
        drawn = arms_of(suite, num=num + len(judged), seed=seed)[1:]
    except UsageError:
        left_out["layouts: the prompt is a template, or has none but its own"] += 1
        return (own,)
    fresh = [layout for layout in drawn if signature(layout, shape) not in judged]
    fitting = [layout for layout in fresh if _suits_all(suite, layout)]
    if len(fitting) < len(fresh):
        left_out["layouts whose symbols some item speaks of"] += len(fresh) - len(fitting)
    return (own, *fitting[:num])


def _symbols(bench: Bench, layouts: Sequence[Layout]) -> tuple[Numbering, ...]:
    """Return the suite's own kind of symbols, and the others that suit all items, where it lists options."""
    own, prompt = layouts[0], bench.suite.items[0].prompt
    if not prompt.list_choices or not prompt.choices or prompt.is_template:
        return (own.numbering,)
    kinds: list[Numbering] = [kind for kind in get_args(Numbering) if kind != own.numbering]
    shapes = {skeleton(item.prompt) for item in bench.suite.items}
    able = [kind for kind in kinds if not any(check(evolve(own, numbering=kind), shape) for shape in shapes)]
    return (own.numbering, *(kind for kind in able if _suits_all(bench.suite, evolve(own, numbering=kind))))


def _suits_all(suite: Suite, layout: Layout) -> bool:
    """Return whether all items can be asked in a layout: none speaks of an option by a symbol that it would lose."""
    items = (*suite.items, *suite.train) if suite.items[0].prompt.list_choices else suite.items[:1]
    return all(relaid(item.prompt, layout).layout == layout for item in items)


def judged_layouts(bench: Bench) -> frozenset[str]:
    """Return the signatures of the layouts that a run was judged on, besides its own."""
    shape = skeleton(bench.suite.items[0].prompt)
    own = bench.suite.items[0].prompt.layout
    asked = {score.variant.perturbed.prompt.layout for score in bench.before}
    return frozenset(signature(layout, shape) for layout in asked if layout != own)


@lru_cache(maxsize=4096)
def _moved(sample: Prompt, instruction: str, layout: Layout, words: Words) -> Prompt | None:
    """Return the prompt with another instruction, layout and label words; None where they do not go together."""
    prompt = sample if instruction == sample.instruction else rephrased(sample, instruction)
    if prompt is not None and not prompt.is_template and layout != prompt.layout:
        prompt = relaid(prompt, layout)
        prompt = prompt if prompt.layout == layout else None
    if prompt is not None and words and words != tuple(shown(prompt, choice) for choice in prompt.choices):
        prompt = reworded(prompt, words)
    return prompt


def _bare(prompt: Prompt) -> Prompt:
    """Return a prompt without what differs from item to item."""
    names = tuple(Field(one.name, "") for one in prompt.fields)
    return evolve(prompt, fields=names, choices=(), demonstrations=())
