"""Noise of margins between reruns of the same prompt, and the answers close enough to be turned by it.

    original      margin 0.0121   --+
    rerun 0              0.0119     |--  noise: the largest change of any item's margin, 0.0004 nats
    rerun 1              0.0123   --+    near-tie: an answer that won by no more than that

Covered: choice questions, whose answers win by a margin. Not covered: free text, which has none (its answers are never
near-ties); the floor of each metric, which is the metric itself on the reruns (`probe.metrics.floors`).
"""

from __future__ import annotations

from collections.abc import Sequence

from probe.types import Score


def margin_noise(scores: Sequence[Score]) -> float:
    """Return the largest change of a margin between an original and its reruns (nats); 0.0 without reruns."""
    original = {score.variant.item.id: score for score in scores if score.variant.family == "original"}
    reruns = (score for score in scores if score.variant.family == "null" and score.variant.item.id in original)
    return max((_change(original[score.variant.item.id], score) for score in reruns), default=0.0)


def is_near_tie(score: Score, noise: float) -> bool:
    """Return whether the answer won by no more than the noise (nats), a tie included; never where it has no margin."""
    return score.margin is not None and score.margin <= noise


def _change(first: Score, second: Score) -> float:
    """Return how far the margin moved; to another answer it went through zero: from 0.3 to -0.1 are 0.4."""
    if first.margin is None or second.margin is None:
        return 0.0
    if first.prediction == second.prediction:
        return abs(first.margin - second.margin)
    return first.margin + second.margin
