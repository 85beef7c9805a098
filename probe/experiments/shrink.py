r"""The smallest edit that still moves the answer: delta debugging over what a variant changed.

    original     Say whether it rained or not.        answer "yes"
    variant      Say weather it raned or  not.        answer "no"      three edits: whether/weather rained/raned +space
    shrunk       Say whether it raned or not.         answer "no"      one edit; without it, "yes"

The edits between both texts are cut into their tokens, and ddmin finds a set of them that is 1-minimal: the answer moves under
it, and moves no more if any single one of its edits is taken back. What is cut into edits is the first of these that moves it:

    options          pairs of options that stand the other way round (`probe.experiments.shrink_order`)
    demonstrations   pairs of demonstrations that do
    tokens           of the text, asked with the variant's continuations
    answers          continuations, by choice, after the original text: other symbols, another space before them

Zeller and Hildebrandt 2002, Simplifying and Isolating Failure-Inducing Input, IEEE TSE 28(2), algorithm ddmin.

Covered: flips by text, order and continuations. Not covered: options that are other texts than the original's, answers that
should have moved, the smallest of all sets of tokens (1-minimal is local).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, Literal

from probe.diff import TOKEN, token_edits
from probe.errors import NothingToEvaluate, UsageError
from probe.evaluation.asking import answer
from probe.evaluation.scoring import score
from probe.evaluation.variants import original_of
from probe.evolve import evolve
from probe.experiments.shrink_order import Order, first_moving, order_of, smallest_order, turned
from probe.metrics.taxonomy import is_flip
from probe.models.base import Model
from probe.prompt.render import continuations, render
from probe.types import LogLikelihood, Prompt, Score, Suite, Variant

Subset = tuple[int, ...]
ChangeKind = Literal["options", "demonstrations", "tokens", "answers"]
LISTED: dict[ChangeKind, str] = {"options": "choices", "demonstrations": "demonstrations"}
"""The field of a prompt whose order may change, by kind of change."""


@dataclass(frozen=True, slots=True)
class EditPart:
    """One token or continuation replaced by another, either of which may be empty; or a pair in the other order."""

    removed: str
    added: str


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A flip with the smallest edit found for it."""

    before: Score
    """The original."""
    after: Score
    """The whole variant."""
    smallest: Score
    """Its variant holds the shrunk text."""
    changes: tuple[EditPart, ...]
    """What is left of the edits."""
    num_changes: int
    """Of the whole variant."""
    num_texts: int
    """Asked of the model, both ends among them."""
    kind: ChangeKind = "tokens"
    """What the changes are changes of."""


def shrink(model: Model, variant: Variant, suite: Suite) -> Shrunk:
    """Return the smallest edit that still moves the answer, by delta debugging.

    Raises:
        UsageError: the variant's answer must change, or its options are other texts.
        NothingToEvaluate: the answer does not move.

    """
    _check(variant)
    original = original_of(variant.item)
    before, whole = answer(model, [original, variant], suite)
    if not is_flip(before, whole):
        raise NothingToEvaluate(
            f"the answer to {variant.item.id} under {variant.perturbation} {variant.sample} does not move: it is "
            f"{before.prediction!r} both times",
            hint="ask the model of the run, with the options of the run",
        )
    shrinker = _Shrinker(model, suite, before, whole)
    for kind in LISTED:
        found = shrinker.for_order(variant, kind)
        if isinstance(found, Shrunk):
            return found
        variant = found
    return shrinker.for_tokens(variant, original.text) or shrinker.for_answers(variant, original)


class _Shrinker:
    """The model, and its answers to the original prompt and to the whole variant."""

    def __init__(self, model: Model, suite: Suite, before: Score, whole: Score) -> None:
        self.model, self.suite, self.before, self.whole = model, suite, before, whole
        self.num_texts = 2

    def for_order(self, variant: Variant, kind: ChangeKind) -> Shrunk | Variant:
        """Shrink the change of an order; where the answer moves without it, return the variant in the original order."""
        original, changed = _listed(variant.item.prompt, kind), _listed(variant.perturbed.prompt, kind)
        order = order_of(original, changed)
        same = tuple(range(len(original)))
        if order is None or order == same:
            return variant

        def reordered(one: Order) -> Variant:
            prompt = _reordered(variant, kind, one)
            return replace(variant, perturbed=replace(variant.perturbed, prompt=prompt), text=render(prompt))

        tries = _Tries(self.before, lambda orders: self._scores(map(reordered, orders)), {order: self.whole})
        if tries.moves([same]) == [True]:
            self.whole = tries.known[same]
            return reordered(same)
        smallest = smallest_order(order, tries.moves)
        names = [_name(thing, place) for place, thing in enumerate(original)]
        changes = [
            EditPart(f"{names[a]} | {names[b]}", f"{names[b]} | {names[a]}") for a, b in sorted(turned(smallest))
        ]
        return self._shrunk(kind, tries.known[smallest], changes, len(turned(order)))

    def for_tokens(self, variant: Variant, original: str) -> Shrunk | None:
        """Shrink the edit of the text; None where the answer moves without it."""
        pieces = aligned(original, variant.text)
        changes = [piece for piece in pieces if isinstance(piece, EditPart)]
        everything = tuple(range(len(changes)))

        def ask(subsets: Sequence[Subset]) -> list[Score]:
            return self._scores(replace(variant, text=applied(pieces, subset)) for subset in subsets)

        tries = _Tries(self.before, ask, {everything: self.whole})
        if tries.moves([()]) == [True]:
            return None
        smallest = ddmin(everything, tries.moves)
        return self._shrunk("tokens", tries.known[smallest], [changes[index] for index in smallest], len(changes))

    def for_answers(self, variant: Variant, original: Variant) -> Shrunk:
        """Shrink the change of the continuations after the original text, choice by choice."""
        old, new = continuations(original.perturbed.prompt), continuations(variant.perturbed.prompt)
        differing = tuple(i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b)
        asked = replace(variant, text=original.text)

        def ask(subsets: Sequence[Subset]) -> list[Score]:
            self.num_texts += len(subsets)
            mixed = [[new[i] if i in subset else old[i] for i in range(len(old))] for subset in subsets]
            requests = [[LogLikelihood(original.text, one) for one in texts] for texts in mixed]
            resolution = self.model.unwrapped.resolution
            return [score(asked, self.model.loglikelihoods(one), resolution=resolution) for one in requests]

        tries = _Tries(self.before, ask)
        if not differing or tries.moves([(), differing]) != [False, True]:
            raise NothingToEvaluate(
                f"the answer to {variant.item.id} moves with no edit of text, order or continuations: the model does not "
                "give one prompt one answer",
                hint="look at the run's noise floor; a near-tie turns by itself",
            )
        smallest = ddmin(differing, tries.moves)
        changes = [EditPart(old[index], new[index]) for index in smallest]
        return self._shrunk("answers", tries.known[smallest], changes, len(differing))

    def _scores(self, variants: Iterable[Variant]) -> list[Score]:
        asked = list(variants)
        self.num_texts += len(asked)
        return answer(self.model, asked, self.suite) if asked else []

    def _shrunk(self, kind: ChangeKind, smallest: Score, changes: Sequence[EditPart], num_changes: int) -> Shrunk:
        return Shrunk(self.before, self.whole, smallest, tuple(changes), num_changes, self.num_texts, kind)


@dataclass(frozen=True, slots=True)
class _Tries:
    """The answers to parts of an edit (orders, or subsets of its changes), each asked once."""

    before: Score
    ask: Callable[[Sequence[Subset]], list[Score]]
    known: dict[Subset, Score] = field(default_factory=dict)

    def moves(self, parts: Sequence[Subset]) -> list[bool]:
        """Return whether each of some parts moves the answer."""
        new = [part for part in dict.fromkeys(parts) if part not in self.known]
        self.known.update(zip(new, self.ask(new), strict=True))
        return [is_flip(self.before, self.known[part]) for part in parts]


def _listed(prompt: Prompt, kind: ChangeKind) -> tuple[Any, ...]:
    listed: tuple[Any, ...] = getattr(prompt, LISTED[kind])
    return listed


def _reordered(variant: Variant, kind: ChangeKind, order: Order) -> Prompt:
    """Return a variant's prompt with the original options or demonstrations in another order."""
    things = _listed(variant.item.prompt, kind)
    return evolve(variant.perturbed.prompt, **{LISTED[kind]: tuple(things[place] for place in order)})


def _name(thing: object, place: int) -> str:
    return thing if isinstance(thing, str) else f"demonstration {place + 1}"


def ddmin(everything: Subset, moves: Callable[[Sequence[Subset]], list[bool]]) -> Subset:
    """Return a 1-minimal subset that moves the answer, given that the whole does and the empty one does not.

    Args:
        everything: All changes.
        moves: Returns for each of several subsets whether it moves the answer.

    """
    current, parts = everything, 2
    while len(current) > 1:
        pieces = list(_split(current, parts))
        rests = [tuple(one for one in current if one not in piece) for piece in pieces]
        smaller = first_moving(pieces, moves)
        if smaller is not None:
            current, parts = smaller, 2
            continue
        smaller = first_moving(rests, moves) if parts > 2 else None  # of two parts the rests are the parts
        if smaller is not None:
            current, parts = smaller, max(parts - 1, 2)
        elif parts >= len(current):
            break
        else:
            parts = min(len(current), 2 * parts)
    return current


def aligned(before: str, after: str) -> tuple[str | EditPart, ...]:
    """Return two texts as common text and changes, one token each; all changes applied give the text after."""
    pieces: list[str | EditPart] = []
    removed = ""
    for edit in (*token_edits(before, after), None):
        if edit is not None and edit.kind == "removed":
            removed = edit.text
        elif edit is not None and edit.kind == "added":
            pieces += _token_by_token(removed, edit.text)
            removed = ""
        else:
            pieces += _token_by_token(removed, "")
            removed = ""
            pieces += [edit.text] if edit is not None else []
    return tuple(pieces)


def applied(pieces: Sequence[str | EditPart], chosen: Subset) -> str:
    """Return the text with the chosen changes applied and the others undone."""
    numbers = iter(range(len(pieces)))
    wanted = frozenset(chosen)
    texts = (
        piece if isinstance(piece, str) else piece.added if next(numbers) in wanted else piece.removed
        for piece in pieces
    )
    return "".join(texts)


def _check(variant: Variant) -> None:
    if variant.effect == "label-altering":
        raise UsageError(
            f"{variant.item.id}: the answer to a {variant.perturbation} must change; there is no edit to shrink",
            hint="choose a flip whose answer must stay",
        )
    if sorted(variant.perturbed.prompt.choices) != sorted(variant.item.prompt.choices):
        raise UsageError(
            f"{variant.item.id}: {variant.perturbation} gives other options than the original, and between two lists of options "
            "an answer means nothing",
            hint="shrink a flip of another family",
        )


def _token_by_token(removed: str, added: str) -> Iterator[EditPart]:
    pairs = zip_longest(TOKEN.findall(removed), TOKEN.findall(added), fillvalue="")
    return (EditPart(old, new) for old, new in pairs if old != new)


def _split(subset: Subset, parts: int) -> Iterator[Subset]:
    """Return the subset in that many even parts, in order, without empty ones."""
    for index in range(parts):
        part = subset[len(subset) * index // parts : len(subset) * (index + 1) // parts]
        if part:
            yield part
