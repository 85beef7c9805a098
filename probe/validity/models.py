"""What models doubt: variants that lie far from their original in meaning, as an embedding or an NLI model sees it.

    similarity(said, said instead) < floor        embedding: doubt
    min over both directions of P(entails) < floor      nli: doubt

They lower trust and nothing else: a variant that they find near is not thereby valid, and none is dropped for them.

Covered: variants whose instruction or fields say something else and whose answer must stay.
Not covered: the models themselves (`probe.models.semantic`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from probe.types import Check, Variant
from probe.validity.edits import said

Nearness = Callable[[Sequence[tuple[str, str]]], list[float]]


@dataclass(frozen=True, slots=True)
class Doubter:
    """A measure of nearness with the floor under which a variant is doubted."""

    name: str
    nearness: Nearness
    floor: float


def doubted(variants: Sequence[Variant], doubters: Sequence[Doubter]) -> tuple[Variant, ...]:
    """Return the variants with what the models doubt of them, beside what the rules say and people decided."""
    if not doubters:
        return tuple(variants)
    pairs = [_pair(variant) for variant in variants]
    asked = list(dict.fromkeys(pair for pair in pairs if pair is not None))
    notes: dict[tuple[str, str], list[Check]] = {pair: [] for pair in asked}
    for doubter in doubters:
        for pair, value in zip(asked, doubter.nearness(asked), strict=True):
            if value < doubter.floor:
                notes[pair].append(Check(doubter.name, "doubt", f"{value:.2f} is under {doubter.floor:g}"))
    return tuple(
        variant if pair is None or not notes[pair] else replace(variant, checks=(*variant.checks, *notes[pair]))
        for variant, pair in zip(variants, pairs, strict=True)
    )


def _pair(variant: Variant) -> tuple[str, str] | None:
    """Return what is said and what is said instead; None where the same is said or another answer is declared."""
    if variant.effect == "label-altering" or variant.family in ("clean", "null"):
        return None
    before, after = said(variant.item.prompt), said(variant.asked.prompt)
    return None if before == after else (before, after)
