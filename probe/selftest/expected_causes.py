"""Why known answers flip, and what they follow, in plain loops: for the self-test.

Covered: the causes of flips, following of place and symbol, the table of places. Not covered: which answers a family has
(`probe.selftest.expected`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import mean

from probe.selftest.answers import Answer, Family, Item


def flips(before: Answer, after: Answer) -> bool:
    """Return whether the answer moved: two right ones are one answer."""
    return before.said != after.said and not (before.is_right and after.is_right)


def _place(one: Answer) -> int | None:
    return one.choices.index(one.said) if one.said in one.choices else None


def _causes(family: Family) -> Counter[str]:
    return Counter(
        _cause(item, one, family.noise)
        for item, row in zip(family.items, family.rows, strict=True)
        for one in row
        if flips(item[0], one)
    )


def _cause(item: Item, after: Answer, noise: float) -> str:
    before = item[0]
    if before.said is None or after.said is None:
        return "unreadable"
    if before.is_cut or after.is_cut:
        return "truncated"
    if min(m for m in (before.margin, after.margin, math.inf) if m is not None) <= noise:
        return "near_tie"
    where = spots(before, after)
    if where is None:
        return "content"
    chosen, place, sign, _ = where
    if chosen == place == sign:
        return _told(before, [spots(before, one) for one in item if not one.must_move])
    return "position" if chosen == place else "symbol" if chosen == sign else "content"


def _told(before: Answer, found: Sequence[Spots | None]) -> str:
    """Say what a flip followed that kept place and symbol, by the item's answers where the symbol went elsewhere or away."""
    votes = Counter[str]()
    for where in found:
        if where is not None and where[1] != where[2]:
            chosen, place, sign, _ = where
            votes["position"] += chosen == place
            votes["symbol"] += chosen != place and sign in (NOWHERE, chosen)
    if votes["position"] == votes["symbol"]:
        return "position_or_symbol"
    return max(votes, key=votes.__getitem__)


Spots = tuple[int, int, int, int]
"""Which option was chosen, and where the written answer's place, symbol and text are now."""
NOWHERE = -1


def spots(before: Answer, after: Answer) -> Spots | None:
    """Say where what the written answer had stands now; None where no list was shown, or one without it."""
    old, new = _place(before), _place(after)
    if old is None or new is None or before.said not in after.choices:
        return None
    found = [place for place, name in enumerate(after.symbols) if name == before.symbols[old]]
    return new, old, found[0] if found else NOWHERE, after.choices.index(before.said)


def by_cause(name: str) -> Callable[[Family], float | None]:
    """Make the share of pairs that flip for one cause."""
    return lambda f: _causes(f)[name] / len(f.pairs) if f.pairs else None


def following(applies: Callable[[int, int, int], bool], which: int) -> Callable[[Family], float | None]:
    """Make the share in which the chosen option is at one of the spots, among pairs in which place, symbol and text stand so."""

    def value(f: Family) -> float | None:
        found = [where for before, after in f.pairs if (where := spots(before, after)) is not None]
        counted = [float(where[0] == where[which]) for where in found if applies(*where[1:])]
        return mean(counted) if counted else None

    return value
