"""Compose perturbations: several in a row, as one.

    order-shift+typo-swap      item --> order-shift --> typo-swap

A pair of suite scope is one for all items. At most one member may alter the label: the answer after two such edits is unknown.

Which pairs there are is drawn from the seed alone, so that it is the same for all items and suites; a suite takes the first
of them that apply to one of its items (`probe.evaluation.variants`).

Covered: pairs (and longer rows) of any perturbations that apply to one item. Not covered: more than one that changes the answer.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from probe.errors import UsageError
from probe.seeds import rng_for
from probe.types import Item, Perturbation

FAMILY = "composed"


def composed(members: Sequence[Perturbation]) -> Perturbation:
    """Return one perturbation that applies all members in turn; it applies where each of them does.

    Raises:
        UsageError: two of them change the answer.
    """
    name = "+".join(member.name for member in members)
    flips = [member.name for member in members if member.effect == "label-altering"]
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
        effect="label-altering" if flips else "label-preserving",
        scope="suite" if all(member.scope == "suite" for member in members) else "item",
        is_default=False,
        covers="what each of them covers",
        leaves="what one of them leaves",
        adds=any(member.adds for member in members),
    )


def compositions(members: Sequence[Perturbation], size: int, *, seed: int) -> Iterator[Perturbation]:
    """Draw rows of `size` perturbations of different families, each row once, until there are none left.

    The families that were drawn least come next, then the combination of families that was; what is level is drawn by
    chance. The null family, which changes nothing, is not among them.
    """
    by_family: dict[str, list[Perturbation]] = {}
    for member in members:
        if member.family not in ("null", FAMILY):
            by_family.setdefault(member.family, []).append(member)
    kinds = list(itertools.combinations(by_family, size))
    rng_for(seed, "compose", size).shuffle(kinds)
    left: dict[tuple[str, ...], list[tuple[Perturbation, ...]]] = {}
    used: Counter[str] = Counter()
    taken: Counter[tuple[str, ...]] = Counter()

    def rank(kind: tuple[str, ...]) -> tuple[int, int, int]:
        return max(used[family] for family in kind), sum(used[family] for family in kind), taken[kind]

    while kinds:
        kind = min(kinds, key=rank)
        if kind not in left:
            left[kind] = _rows([by_family[family] for family in kind], rng_for(seed, "compose", *kind))
        if not left[kind]:
            kinds.remove(kind)
            continue
        used.update(kind)
        taken[kind] += 1
        yield composed(left[kind].pop())


def _rows(families: Sequence[Sequence[Perturbation]], rng: Random) -> list[tuple[Perturbation, ...]]:
    """Return the rows of one of each family, shuffled; at most one of a row changes the answer."""
    rows = [
        row for row in itertools.product(*families) if sum(member.effect == "label-altering" for member in row) <= 1
    ]
    rng.shuffle(rows)
    return rows
