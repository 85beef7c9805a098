"""Which answers moved: each variant whose answer differs from the one to its original.

Worst first: right answers that became wrong, the surest of both answers first; then wrong ones that became right or other
wrong ones. A flip is a near-tie if either answer won by less than the noise that the run measured on identical prompts.
The list that a person sees begins with the three shortest edits of the surest answers (`convincing`).
For a variant that declares another answer, the flip is the answer that should have moved and did not.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from probe.diff import edit_length
from probe.metrics.noise import is_near_tie, margin_noise
from probe.metrics.taxonomy import Cause, cause, is_flip
from probe.types import Score, Variant
from probe.validity import check_results

__all__ = ["Flip", "as_row", "flip_id", "flips_of", "margin_noise", "worst"]

Kind = Literal["right to wrong", "wrong to right", "wrong to wrong", "should have moved"]
RANK: dict[Kind, int] = {"right to wrong": 0, "should have moved": 1, "wrong to wrong": 2, "wrong to right": 3}


@dataclass(frozen=True, slots=True)
class Flip:
    """An answer that moved (or, where it should have, did not), with both scores."""

    suite: str
    before: Score
    after: Score
    kind: Kind
    is_near_tie: bool
    cause: Cause | None
    """Why it flipped; None for an answer that should have moved and did not."""


def flips_of(suite: str, scores: Sequence[Score], *, noise: float = 0.0) -> list[Flip]:
    """Return all flips of a suite's scores, worst first."""
    return sorted(_flips(suite, scores, noise), key=_badness)


def worst(flips: Sequence[Flip], limit: int) -> list[Flip]:
    """Return the worst flips: the most convincing ones first, then one of each item, a second one of each, and so on.

    An item's next one is of another family where there is one. Of those that are level, in turn from each suite and family,
    the worst first: one breakage must not fill the list.
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
    return chosen


def convincing(flips: Sequence[Flip], limit: int = 3) -> list[Flip]:
    """Return the flips that need no explanation: the shortest edits that turned the surest right answers into wrong ones.

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
    """Return flips that are sorted already in turn from each suite and family."""
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
    """Return the name of a flip that is the same in every run with the same draws: suite/item/perturbation/draw."""
    return f"{suite}/{variant.item.id}/{variant.perturbation}/{variant.draw}"


def as_row(flip: Flip, *, command: str) -> dict[str, Any]:
    """Return a flip as the row that `summary.json` holds; `command` shows it again."""
    before, after, variant = flip.before, flip.after, flip.after.variant
    return {
        "id": flip_id(flip.suite, variant),
        "suite": flip.suite,
        "item": variant.item.id,
        "family": variant.family,
        "perturbation": variant.perturbation,
        "draw": variant.draw,
        "effect": variant.effect,
        "kind": flip.kind,
        "near_tie": flip.is_near_tie,
        "cause": flip.cause,
        "target": variant.asked.target,
        "before_target": variant.item.target,
        "before": before.variant.text,
        "after": variant.text,
        "before_prediction": before.prediction,
        "after_prediction": after.prediction,
        "choices": list(variant.asked.prompt.choices),
        "before_choices": list(variant.item.prompt.choices),
        "before_probabilities": [round(p, 4) for p in before.probabilities],
        "after_probabilities": [round(p, 4) for p in after.probabilities],
        "checks": check_results(variant),
        "command": command,
    }


def _flips(suite: str, scores: Sequence[Score], noise: float) -> Iterator[Flip]:
    by_item: dict[str, list[Score]] = {}
    for score in scores:
        by_item.setdefault(score.variant.item.id, []).append(score)
    for siblings in by_item.values():
        before = next(score for score in siblings if score.variant.family == "clean")
        for after in siblings:
            kind = _kind(before, after)
            if kind is None:
                continue
            why = None if kind == "should have moved" else cause(before, after, noise=noise, siblings=siblings)
            is_tie = is_near_tie(before, noise) or is_near_tie(after, noise)
            yield Flip(suite, before, after, kind, is_tie, why)


def _kind(before: Score, after: Score) -> Kind | None:
    if after.variant.family in ("clean", "null"):
        return None
    if after.variant.effect == "label-altering":
        return "should have moved" if before.correct and not after.correct else None
    if not is_flip(before, after):
        return None
    if before.correct:
        return "right to wrong"
    return "wrong to right" if after.correct else "wrong to wrong"


def _badness(flip: Flip) -> tuple[int, bool, float]:
    sureness = min(flip.before.confidence or 0.0, flip.after.confidence or 0.0)
    return RANK[flip.kind], flip.is_near_tie, -sureness
