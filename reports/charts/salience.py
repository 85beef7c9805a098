"""Tokens shaded by what they speak for: four steps of each of two colours, which style sheets have.

    Decide | whether | the | review     +2: speaks for the one answer, -1: a little for the other

Covered: which step. Not covered: colours, markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probe.repair.judgement import SalienceChange

STEPS = 4


@dataclass(frozen=True, slots=True)
class Shade:
    """A token and its step: above 0 for the one answer, below 0 for the other."""

    token: str
    step: int
    title: str


def shades(found: SalienceChange) -> tuple[tuple[Shade, ...], tuple[Shade, ...]]:
    """Return the tokens of a prompt before and after, on the same scale."""
    largest = max((abs(value) for value in (*found.before, *found.after)), default=0.0)
    return _shades(found.tokens, found.before, largest), _shades(found.tokens, found.after, largest)


def _shades(tokens: Sequence[str], scores: Sequence[float], largest: float) -> tuple[Shade, ...]:
    return tuple(
        Shade(token, round(STEPS * score / largest) if largest else 0, f"{score:+.3g} nats")
        for token, score in zip(tokens, scores, strict=False)
    )
