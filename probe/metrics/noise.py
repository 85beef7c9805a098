"""Noise of margins between reruns of the same prompt, and the answers close enough to be turned by it.

    original      margin 0.0121   --+
    rerun 0              0.0119     |--  noise: the largest change of any item's margin, 0.0004 nats
    rerun 1              0.0123   --+    near-tie: an answer that won by no more than that

Covered: choice questions, whose answers win by a margin. Not covered: free text, which has none (its answers are never
near-ties); the floor of each metric, which is the metric itself on the reruns (`probe.metrics.floors`).
"""

from __future__ import annotations

from probe.types import Score


def is_near_tie(score: Score, noise: float) -> bool:
    """Return whether the answer won by no more than the noise (nats), a tie included; never where it has no margin."""
    return score.margin is not None and score.margin <= noise
