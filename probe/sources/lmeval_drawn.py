"""What an exported document says of its draw, so that lm-eval's sample logs can be read as the run that they are.

    {"id": "s-001", "text": ..., "probe": {"suite": "sentiment", "family": "composed", "perturbation": "contrast-set+typo-swap",
                                           "draw": 2, "effect": "label-altering", "scope": "item"}}

The name of a task cannot say it: a perturbation's name may hold `+`, `@`, `.` and `/`, and the effect of one's own function is
known to nobody who has not run it.

Covered: writing it, reading it back with every value checked. Not covered: documents of others, which say nothing of the kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, get_args

from probe.types import Effect, OldEffect, Perturbation, Scope, Suite, Variant, effect_of

KEY = "probe"
GOLD = "gold"
"""The column that says which choice is right, where a log's target is what stands after all of them."""
MOST_DRAWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """The column of a run that a document is asked in."""

    suite: str
    family: str
    perturbation: str
    sample: int
    effect: Effect
    scope: Scope


def said_of(suite: Suite, variant: Variant, perturbations: Mapping[str, Perturbation]) -> dict[str, Any]:
    """Return what a document says of its draw, under its key."""
    known = perturbations.get(variant.perturbation)
    scope = known.scope if known else "suite"
    drawn = Drawn(suite.name, variant.family, variant.perturbation, variant.sample, variant.effect, scope)
    return {KEY: asdict(drawn)}


def drawn_of(doc: object) -> Drawn | None:
    """Return the draw that a document of a log says it is; None where it says nothing.

    Raises:
        ValueError: a value is none that we write.
    """
    said = doc.get(KEY) if isinstance(doc, dict) else None
    if not isinstance(said, dict) or said.keys() != Drawn.__dataclass_fields__.keys():
        return None
    drawn = Drawn(**said)
    if drawn.effect in get_args(OldEffect):
        drawn = replace(drawn, effect=effect_of(drawn.effect))
    if not all(isinstance(one, str) and one for one in (drawn.suite, drawn.family, drawn.perturbation)):
        raise ValueError(f"{KEY}: suite, family and perturbation must be text")
    if isinstance(drawn.sample, bool) or not isinstance(drawn.sample, int) or not 0 <= drawn.sample < MOST_DRAWS:
        raise ValueError(f"{KEY}: the draw is {drawn.sample!r}, which is no number of one")
    if drawn.effect not in get_args(Effect) or drawn.scope not in get_args(Scope):
        raise ValueError(f"{KEY}: the effect is {drawn.effect!r} and the scope {drawn.scope!r}")
    return drawn
