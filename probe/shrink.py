r"""The smallest edit that still moves the answer: delta debugging over what a variant changed.

    as written   Say whether it rained or not.        answer "yes"
    variant      Say weather it raned or  not.        answer "no"      three edits: whether/weather rained/raned +space
    shrunk       Say whether it raned or not.         answer "no"      one edit; without it, "yes"

The edits between both texts are cut into their tokens, and ddmin finds a set of them that is 1-minimal: the answer moves under
it, and moves no more if any single one of its edits is taken back. Every text is asked with the variant's continuations.

Zeller and Hildebrandt 2002, Simplifying and Isolating Failure-Inducing Input, IEEE TSE 28(2), algorithm ddmin.

Covered: flips of texts. Not covered: variants that list the options in another order (no text lies between the two orders
in which an answer would mean the same), answers that should have moved, the smallest of all sets (1-minimal is local).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from probe.edits import TOKEN, token_edits
from probe.errors import NothingToEvaluate, UsageError
from probe.models.base import Model
from probe.run import answer
from probe.taxonomy import is_flip
from probe.types import Score, Suite, Variant
from probe.variants import clean

Subset = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One token for another; one of both may be empty."""

    removed: str
    added: str


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A flip with the smallest edit found for it."""

    before: Score
    """As written."""
    after: Score
    """The whole variant."""
    smallest: Score
    """Its variant holds the shrunk text."""
    changes: tuple[Change, ...]
    """What is left of the edits."""
    num_changes: int
    """Of the whole variant."""
    num_texts: int
    """Asked of the model, both ends among them."""


def shrink(model: Model, variant: Variant, suite: Suite) -> Shrunk:
    """Ask the model for ever smaller edits until none can be taken back.

    Raises:
        UsageError: the variant's answer must change, or its options stand in another order.
        NothingToEvaluate: the answer does not move, or moves without any edit.

    """
    _check(variant)
    original = clean(variant.item)
    pieces = aligned(original.text, variant.text)
    changes = [piece for piece in pieces if isinstance(piece, Change)]
    (before,) = answer(model, [original], suite)
    known: dict[Subset, Score] = {}

    def moves(subsets: Sequence[Subset]) -> list[bool]:
        new = [subset for subset in dict.fromkeys(subsets) if subset not in known]
        texts = [replace(variant, text=applied(pieces, subset)) for subset in new]
        if new:
            known.update(zip(new, answer(model, texts, suite), strict=True))
        return [is_flip(before, known[subset]) for subset in subsets]

    everything = tuple(range(len(changes)))
    unedited, whole = moves([(), everything])
    if not whole:
        raise NothingToEvaluate(
            f"the answer to {variant.item.id} under {variant.perturbation} {variant.draw} does not move: it is "
            f"{before.prediction!r} both times",
            hint="ask the model of the run, with the options of the run",
        )
    if unedited:
        raise NothingToEvaluate(
            f"the answer to {variant.item.id} moves with no edit of the text at all: the variant's other continuations "
            "(symbols, or the space before them) move it",
            hint=f"compare the prompts whole: probe show {suite.name} {variant.item.id} --full",
        )
    smallest = ddmin(everything, moves)
    left = tuple(changes[index] for index in smallest)
    return Shrunk(before, known[everything], known[smallest], left, len(changes), len(known) + 1)


def ddmin(everything: Subset, moves: Callable[[Sequence[Subset]], list[bool]]) -> Subset:
    """Give a 1-minimal subset that moves the answer, given that everything does and nothing does not.

    Args:
        everything: All changes.
        moves: Tells of several subsets whether each moves the answer.

    """
    current, parts = everything, 2
    while len(current) > 1:
        pieces = list(_split(current, parts))
        rests = [tuple(one for one in current if one not in piece) for piece in pieces]
        smaller = _first(pieces, moves)
        if smaller is not None:
            current, parts = smaller, 2
            continue
        smaller = _first(rests, moves) if parts > 2 else None  # of two parts the rests are the parts
        if smaller is not None:
            current, parts = smaller, max(parts - 1, 2)
        elif parts >= len(current):
            break
        else:
            parts = min(len(current), 2 * parts)
    return current


def aligned(before: str, after: str) -> tuple[str | Change, ...]:
    """Give the texts as what stayed and what changed, one token a change; all changes applied give the text after."""
    pieces: list[str | Change] = []
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


def applied(pieces: Sequence[str | Change], chosen: Subset) -> str:
    """Give the text with the chosen changes made, and what was before in the place of the others."""
    numbers = iter(range(len(pieces)))
    wanted = frozenset(chosen)
    texts = (
        piece if isinstance(piece, str) else piece.added if next(numbers) in wanted else piece.removed
        for piece in pieces
    )
    return "".join(texts)


def _check(variant: Variant) -> None:
    if variant.effect == "flip":
        raise UsageError(
            f"{variant.item.id}: the answer to a {variant.perturbation} must change; there is no edit to blame",
            hint="choose a flip whose answer must stay",
        )
    prompt, written = variant.asked.prompt, variant.item.prompt
    if prompt.choices != written.choices:
        raise UsageError(
            f"{variant.item.id}: {variant.perturbation} lists the options in another order, and between two orders "
            "an answer means nothing",
            hint="its cause (position, symbol or content) is in the flip's row; shrink a flip of another family",
        )


def _token_by_token(removed: str, added: str) -> Iterator[Change]:
    pairs = zip_longest(TOKEN.findall(removed), TOKEN.findall(added), fillvalue="")
    return (Change(old, new) for old, new in pairs if old != new)


def _split(subset: Subset, parts: int) -> Iterator[Subset]:
    """Give the subset in that many parts, in order, as even as can be; none of them empty."""
    for index in range(parts):
        part = subset[len(subset) * index // parts : len(subset) * (index + 1) // parts]
        if part:
            yield part


def _first(subsets: Sequence[Subset], moves: Callable[[Sequence[Subset]], list[bool]]) -> Subset | None:
    """Give the first of the subsets that moves the answer; all are asked at once, which costs one pass of the model."""
    return next((subset for subset, is_moved in zip(subsets, moves(subsets), strict=True) if is_moved), None)
