"""Flips: each label-preserving variant whose answer differs from the answer to its original.

Worst first: right answers that became wrong, the surest of both answers first; then wrong ones that became right or other
wrong ones. A flip is a near-tie if either answer won by less than the noise that the run measured on identical prompts.
The list that a person sees begins with the three shortest edits of the surest answers (`convincing`). Flips of one kind do not
fill it: a tenth of it is kept for each other kind (`worst`).
A variant that declares another answer is never a flip. Where the original is right and the answer to the edit is not the one
that it declares, it is a contrast failure: listed and counted apart.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from probe.diff import edit_length
from probe.metrics.rows_of_answers import KINDS, FlipKind
from probe.metrics.taxonomy import Cause
from probe.types import Score, Variant

RANK: dict[FlipKind, int] = {kind: rank for rank, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Flip:
    """An answer that moved, with both scores."""

    suite: str
    before: Score
    after: Score
    kind: FlipKind
    is_near_tie: bool
    cause: Cause
    """Why it flipped."""
    checks: Mapping[str, str]
    """The outcome of each validity rule for its variant."""


@dataclass(frozen=True, slots=True)
class ContrastFailure:
    """A label-altering edit that is answered wrong although its original is answered right, with both scores."""

    suite: str
    before: Score
    after: Score
    is_near_tie: bool
    checks: Mapping[str, str]
    kind: Literal["should have moved"] = "should have moved"
    cause: None = None


def worst(flips: Sequence[Flip], limit: int) -> list[Flip]:
    """Return the worst flips: the most convincing ones, one of each item, a second one of each, until there are `limit`.

    An item's next flip is of another family where it has one. Within a round, suites and families take turns, the worst flip
    first, so that one breakage does not fill the list. Kinds with less than a tenth of it get the last places.
    """
    first = convincing(flips)
    seen: Counter[tuple[str, str, str]] = Counter()
    ranked = []
    for flip in sorted(flips, key=_badness):
        variant = flip.after.variant
        ranked.append((seen[flip.suite, variant.item.id, variant.family], flip))
        seen[flip.suite, variant.item.id, variant.family] += 1
    rounds: dict[int, list[Flip]] = {}
    shown: Counter[tuple[str, str]] = Counter()
    for _, flip in sorted(ranked, key=lambda one: one[0]):
        key = (flip.suite, flip.after.variant.item.id)
        if not any(flip is other for other in first):
            rounds.setdefault(shown[key], []).append(flip)
        shown[key] += 1
    chosen = first[:limit]
    for _, members in sorted(rounds.items()):
        chosen += _in_turn(members, limit - len(chosen))
    return _with_each_kind(chosen, flips, limit)


def kept_for_kind(limit: int) -> int:
    """Return how many places of a list each kind of flips has at least, if it has as many flips."""
    return limit // 10


def _with_each_kind(chosen: list[Flip], flips: Sequence[Flip], limit: int) -> list[Flip]:
    """Return a list in which the last flips of the kinds that fill it give way to those of kinds that it lacks."""
    kept = kept_for_kind(limit)
    count = Counter(flip.kind for flip in chosen)
    listed = set(map(id, chosen))
    added: list[Flip] = []
    for kind in KINDS:
        missing = max(0, kept - count[kind])
        own = _by_items([flip for flip in flips if flip.kind == kind], kept)
        added += [flip for flip in own if id(flip) not in listed][:missing]
    places, left = len(chosen) + len(added) - limit, []
    for flip in reversed(chosen):
        gives_way = places > 0 and count[flip.kind] > kept
        places, count[flip.kind] = places - gives_way, count[flip.kind] - gives_way
        left += [] if gives_way else [flip]
    return left[::-1] + added


def _by_items(flips: Sequence[Flip], limit: int) -> list[Flip]:
    """Return the worst flip of each item, then the second of each, up to `limit`; suites take turns."""
    items: Counter[tuple[str, str]] = Counter()
    turns: Counter[tuple[str, int]] = Counter()
    ranked = []
    for flip in sorted(flips, key=_badness):
        number = items[key := (flip.suite, flip.after.variant.item.id)]
        ranked.append((number, turns[flip.suite, number], flip))
        items[key] += 1
        turns[flip.suite, number] += 1
    return [flip for *_, flip in sorted(ranked, key=lambda one: one[:2])][:limit]


def convincing(flips: Sequence[Flip], limit: int = 3) -> list[Flip]:
    """Return the most convincing flips: the shortest edits that turned the surest right answers into wrong ones.

    Only right answers that became wrong by more than the noise. The shortest edit comes first, counted in tokens from the
    first that differs to the last; of equally short ones the surest answers. Each is of another item, and of another family
    as long as there is one.
    """
    broken = [flip for flip in flips if flip.kind == "right to wrong" and not flip.is_near_tie]
    ordered = sorted(
        broken, key=lambda flip: (edit_length(flip.before.variant.text, flip.after.variant.text), *_badness(flip))
    )
    chosen: list[Flip] = []
    for needs_family in (True, False):
        for flip in ordered:
            items = {(one.suite, one.after.variant.item.id) for one in chosen}
            families = {one.after.variant.family for one in chosen} if needs_family else set()
            is_other = (flip.suite, flip.after.variant.item.id) not in items
            if len(chosen) < limit and is_other and flip.after.variant.family not in families:
                chosen.append(flip)
    return chosen


def _in_turn(flips: Sequence[Flip], limit: int) -> list[Flip]:
    """Return up to `limit` sorted flips, suites and families in turn."""
    queues: dict[tuple[str, str], deque[Flip]] = {}
    for flip in flips:
        queues.setdefault((flip.suite, flip.after.variant.family), deque()).append(flip)
    chosen: list[Flip] = []
    while len(chosen) < limit and any(queues.values()):
        heads = sorted((queue[0] for queue in queues.values() if queue), key=_badness)
        for flip in heads[: limit - len(chosen)]:
            chosen.append(queues[flip.suite, flip.after.variant.family].popleft())
    return chosen


def flip_id(suite: str, variant: Variant) -> str:
    """Return the name of a flip, the same in every run with the same draws: suite/item/perturbation/draw."""
    return f"{suite}/{variant.item.id}/{variant.perturbation}/{variant.sample}"


def _badness(flip: Flip) -> tuple[int, bool, float]:
    return RANK[flip.kind], *_unsureness(flip)


def _unsureness(one: Flip | ContrastFailure) -> tuple[bool, float]:
    return one.is_near_tie, -min(one.before.confidence or 0.0, one.after.confidence or 0.0)
