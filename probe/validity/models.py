"""Model checks: an embedding or NLI model doubts variants that lie far from their original in meaning.

    similarity(original, variant) < floor                embedding: doubt
    min over both directions of P(entails) < floor       nli: doubt

They only lower trust: a near variant is not thereby valid, and none is dropped for them.

Covered: label-preserving variants with another instruction or other fields. Not covered: the models (`probe.models.semantic`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from probe.types import Check, Variant
from probe.validity.edits import prompt_text

Similarity = Callable[[Sequence[tuple[str, str]]], list[float]]


@dataclass(frozen=True, slots=True)
class Validator:
    """A measure of similarity, and the floor under which a variant is doubted."""

    name: str
    similarity: Similarity
    floor: float


def with_model_checks(variants: Sequence[Variant], validators: Sequence[Validator]) -> tuple[Variant, ...]:
    """Return the variants with the doubts of models added to their checks."""
    if not validators:
        return tuple(variants)
    texts = [_texts(variant) for variant in variants]
    unique = list(dict.fromkeys(pair for pair in texts if pair is not None))
    doubts: dict[tuple[str, str] | None, list[Check]] = {pair: [] for pair in (None, *unique)}
    for validator in validators:
        for pair, value in zip(unique, validator.similarity(unique), strict=True):
            if value < validator.floor:
                doubts[pair].append(Check(validator.name, "doubt", f"{value:.2f} is under {validator.floor:g}"))
    return tuple(
        replace(variant, checks=(*variant.checks, *doubts[pair])) if doubts[pair] else variant
        for variant, pair in zip(variants, texts, strict=True)
    )


def _texts(variant: Variant) -> tuple[str, str] | None:
    """Return the texts of original and variant; None where they are equal or another answer is declared."""
    if variant.effect == "label-altering" or variant.family in ("original", "null"):
        return None
    before, after = prompt_text(variant.item.prompt), prompt_text(variant.perturbed.prompt)
    return None if before == after else (before, after)
