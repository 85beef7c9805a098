"""Which answers moved: each variant whose answer differs from the one to its original.

Worst first: right answers that became wrong, the surest of both answers first; then wrong ones that became right or other
wrong ones. A flip is a near-tie if either answer won by less than the noise that the run measured on identical prompts.
For a variant that declares another answer, the flip is the answer that should have moved and did not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from probe.types import Score

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


def flips_of(suite: str, scores: Sequence[Score], *, noise: float = 0.0) -> list[Flip]:
    """Give all flips of a suite's scores, worst first."""
    return sorted(_flips(suite, scores, noise), key=_badness)


def worst(flips: Sequence[Flip], limit: int) -> list[Flip]:
    """Give the worst flips, in turn from each suite and family and one an item: one breakage must not fill the list."""
    queues: dict[tuple[str, str], list[Flip]] = {}
    items: set[tuple[str, str]] = set()
    for flip in sorted(flips, key=_badness):
        key = (flip.suite, flip.before.variant.item.id)
        if key not in items:
            items.add(key)
            queues.setdefault((flip.suite, flip.after.variant.family), []).append(flip)
    chosen: list[Flip] = []
    while len(chosen) < limit and any(queues.values()):
        heads = sorted((queue[0] for queue in queues.values() if queue), key=_badness)
        for flip in heads[: limit - len(chosen)]:
            chosen.append(flip)
            queues[flip.suite, flip.after.variant.family].pop(0)
    return chosen


def margin_noise(scores: Sequence[Score]) -> float:
    """Give the largest change of a margin between an item as written and its reruns (nats); 0.0 without reruns."""
    clean = {score.variant.item.id: score for score in scores if score.variant.family == "clean"}
    reruns = (score for score in scores if score.variant.family == "null")
    changes = (_margin_change(clean[score.variant.item.id], score) for score in reruns)
    return max(changes, default=0.0)


def as_row(flip: Flip, *, command: str) -> dict[str, Any]:
    """Give a flip as the row that `summary.json` holds; `command` shows it again."""
    before, after, variant = flip.before, flip.after, flip.after.variant
    return {
        "suite": flip.suite,
        "item": variant.item.id,
        "family": variant.family,
        "perturbation": variant.perturbation,
        "draw": variant.draw,
        "effect": variant.effect,
        "kind": flip.kind,
        "near_tie": flip.is_near_tie,
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
        "command": command,
    }


def _flips(suite: str, scores: Sequence[Score], noise: float) -> Iterator[Flip]:
    clean = {score.variant.item.id: score for score in scores if score.variant.family == "clean"}
    for after in scores:
        before = clean[after.variant.item.id]
        kind = _kind(before, after)
        if kind is not None:
            margins = [s.margin for s in (before, after) if s.margin is not None]
            yield Flip(suite, before, after, kind, any(margin <= noise for margin in margins))


def _kind(before: Score, after: Score) -> Kind | None:
    if after.variant.family in ("clean", "null"):
        return None
    if after.variant.effect == "flip":
        return "should have moved" if before.correct and not after.correct else None
    if before.prediction == after.prediction or (before.correct and after.correct):
        return None
    if before.correct:
        return "right to wrong"
    return "wrong to right" if after.correct else "wrong to wrong"


def _badness(flip: Flip) -> tuple[int, bool, float]:
    sureness = min(flip.before.confidence or 0.0, flip.after.confidence or 0.0)
    return RANK[flip.kind], flip.is_near_tie, -sureness


def _margin_change(first: Score, second: Score) -> float:
    if first.margin is None or second.margin is None:
        return 0.0
    return abs(first.margin - second.margin)
