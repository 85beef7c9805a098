"""Two perturbations, one after the other, as one.

    order-shift+typo-swap      item --> order-shift --> typo-swap

A pair is drawn once for all items where both are; it declares another answer where one of them does, and none where two do,
since what becomes of an answer that is turned twice is not known.

Covered: pairs (and longer rows) of any perturbations that apply to one item. Not covered: more than one that changes the answer.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from random import Random

from probe.errors import UsageError
from probe.types import Item, Perturbation

FAMILY = "composed"


def composed(members: Sequence[Perturbation]) -> Perturbation:
    """Give one perturbation that does all of them in turn; it applies where every one does.

    Raises:
        UsageError: two of them change the answer.
    """
    name = "+".join(member.name for member in members)
    flips = [member.name for member in members if member.effect == "flip"]
    if len(flips) > 1:
        raise UsageError(f"{name}: both {flips[0]} and {flips[1]} change the right answer; take one of them out")

    def apply(item: Item, rng: Random) -> Item | None:
        asked: Item | None = item
        for member in members:
            # Each has a generator of its own: what one draws does not depend on how much the one before it drew.
            own = Random(rng.getrandbits(64))
            asked = None if asked is None else member.apply(asked, own)
        return asked

    return Perturbation(
        name=name,
        family=FAMILY,
        summary=", then ".join(member.summary.rstrip(".") for member in members) + ".",
        apply=apply,
        effect="flip" if flips else "same",
        scope="suite" if all(member.scope == "suite" for member in members) else "item",
        is_default=False,
        covers="what each of them covers",
        leaves="what one of them leaves",
        adds=any(member.adds for member in members),
    )


def compositions(members: Sequence[Perturbation], size: int) -> list[Perturbation]:
    """Give all rows of `size` perturbations of different families, those of different families first in turn.

    The null family, which changes nothing, is not among them.
    """
    able = [member for member in members if member.family not in ("null", FAMILY)]
    rows = [row for row in itertools.combinations(able, size) if _can(row)]
    seen: dict[tuple[str, ...], int] = {}
    ranked: list[tuple[int, int, tuple[Perturbation, ...]]] = []
    for row in rows:
        kind = tuple(member.family for member in row)
        seen[kind] = seen.get(kind, 0) + 1
        ranked.append((seen[kind], len(ranked), row))
    return [composed(row) for _, _, row in sorted(ranked, key=lambda entry: entry[:2])]


def _can(row: Sequence[Perturbation]) -> bool:
    is_mixed = len({member.family for member in row}) == len(row)
    return is_mixed and sum(member.effect == "flip" for member in row) <= 1
