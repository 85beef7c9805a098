"""Flips: each variant whose answer differs from the answer to its original.

Worst first: right answers that became wrong, the surest of both answers first; then wrong ones that became right or other
wrong ones. A flip is a near-tie if either answer won by less than the noise that the run measured on identical prompts.
For a variant that declares another answer, the flip is an answer that should have moved and did not.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from probe.metrics.cells import CLEAN, NULL, Cells, Column
from probe.metrics.noise import is_near_tie
from probe.metrics.taxonomy import Cause
from probe.types import Score, Variant

FlipKind = Literal["right to wrong", "wrong to right", "wrong to wrong", "should have moved"]
RANK: dict[FlipKind, int] = {"right to wrong": 0, "should have moved": 1, "wrong to wrong": 2, "wrong to right": 3}


@dataclass(frozen=True, slots=True)
class Flip:
    """An answer that moved (or, where it should have, did not), with both scores."""

    suite: str
    before: Score
    after: Score
    kind: FlipKind
    is_near_tie: bool
    cause: Cause | None
    """Why it flipped; None for an answer that should have moved and did not."""
    checks: Mapping[str, str]
    """The outcome of each validity rule for its variant."""


def flips_of(
    suite: str, scores: Sequence[Score], cells: Cells, checks: Sequence[Mapping[str, str]], *, noise: float
) -> list[Flip]:
    """Return all flips of a suite, worst first.

    `cells` is the table of its scores, `checks` are the check results of each score's variant, `noise` is that of the margins.
    """
    rows = {item: n for n, item in enumerate(cells.items)}
    columns = {column: i for i, column in enumerate(cells.columns)}
    originals = {score.variant.item.id: score for score in scores if score.variant.family == CLEAN}
    flips = []
    for after, found in zip(scores, checks, strict=True):
        variant = after.variant
        before = originals.get(variant.item.id)
        if before is None or variant.family in (CLEAN, NULL):
            continue
        column = Column(variant.family, variant.perturbation, variant.draw, variant.effect)
        cause = cells.cause_of(rows[variant.item.id], columns[column])
        kind = _kind(before, after, is_flip=cause is not None)
        if kind is not None:
            is_tie = is_near_tie(before, noise) or is_near_tie(after, noise)
            flips.append(Flip(suite, before, after, kind, is_tie, cause, found))
    return sorted(flips, key=_badness)


def worst(flips: Sequence[Flip], limit: int) -> list[Flip]:
    """Return the worst flips: one of each item, then a second one of each, until there are `limit` of them.

    An item's next flip is of another family where it has one. Within a round, suites and families take turns, the worst flip
    first, so that one breakage does not fill the list.
    """
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
        rounds.setdefault(shown[key], []).append(flip)
        shown[key] += 1
    chosen: list[Flip] = []
    for _, members in sorted(rounds.items()):
        chosen += _in_turn(members, limit - len(chosen))
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
    return f"{suite}/{variant.item.id}/{variant.perturbation}/{variant.draw}"


def _kind(before: Score, after: Score, *, is_flip: bool) -> FlipKind | None:
    if after.variant.effect == "label-altering":
        return "should have moved" if before.correct and not after.correct else None
    if not is_flip:
        return None
    if before.correct:
        return "right to wrong"
    return "wrong to right" if after.correct else "wrong to wrong"


def _badness(flip: Flip) -> tuple[int, bool, float]:
    sureness = min(flip.before.confidence or 0.0, flip.after.confidence or 0.0)
    return RANK[flip.kind], flip.is_near_tie, -sureness
