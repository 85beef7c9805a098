"""The origin of an exported document: which suite, perturbation and sample it is, so that lm-eval's logs can be read as a run.

    {"id": "s-001", "text": ..., "probe": {"suite": "sentiment", "family": "composed", "perturbation": "contrast-set+typo-swap",
                                           "sample": 2, "effect": "label-altering", "scope": "item"}}

The name of a task cannot hold it: a perturbation's name may contain `+`, `@`, `.` and `/`, and the effect of a function of one's
own is not known without running it.

Covered: writing it, reading it back with every value checked. Not covered: documents from elsewhere, which have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, get_args

from probe.types import Effect, OldEffect, Perturbation, Scope, Suite, Variant, effect_of

KEY = "probe"
GOLD = "gold"
"""The key of the right choice's index, where a log's target is the ending after all choices."""
MAX_SAMPLES = 1_000_000


@dataclass(frozen=True, slots=True)
class Origin:
    """The sample of a run that a document belongs to."""

    suite: str
    family: str
    perturbation: str
    sample: int
    effect: Effect
    scope: Scope


def origin_record(suite: Suite, variant: Variant, perturbations: Mapping[str, Perturbation]) -> dict[str, Any]:
    """Return a variant's origin as an entry of its document."""
    known = perturbations.get(variant.perturbation)
    scope = known.scope if known else "suite"
    origin = Origin(suite.name, variant.family, variant.perturbation, variant.sample, variant.effect, scope)
    return {KEY: asdict(origin)}


def origin_of(doc: object) -> Origin | None:
    """Return the origin of a log's document; None where it has none.

    Raises:
        ValueError: a value is none that an export writes.
    """
    fields = doc.get(KEY) if isinstance(doc, dict) else None
    if isinstance(fields, dict) and "draw" in fields:  # exports of earlier versions
        fields = {"sample" if key == "draw" else key: value for key, value in fields.items()}
    if not isinstance(fields, dict) or fields.keys() != Origin.__dataclass_fields__.keys():
        return None
    origin = Origin(**fields)
    if origin.effect in get_args(OldEffect):
        origin = replace(origin, effect=effect_of(origin.effect))
    if not all(isinstance(one, str) and one for one in (origin.suite, origin.family, origin.perturbation)):
        raise ValueError(f"{KEY}: suite, family and perturbation must be text")
    if isinstance(origin.sample, bool) or not isinstance(origin.sample, int) or not 0 <= origin.sample < MAX_SAMPLES:
        raise ValueError(f"{KEY}: the sample is {origin.sample!r}, not the number of one")
    if origin.effect not in get_args(Effect) or origin.scope not in get_args(Scope):
        raise ValueError(f"{KEY}: the effect is {origin.effect!r} and the scope {origin.scope!r}")
    return origin
