"""What the figures of flips must be: how many answers move, why, and what they follow."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from probe.selftest.reference.base import Answer, Family, Item, mean_of, reference, references


def flips(before: Answer, after: Answer) -> bool:
    """Return whether the answer moved: two right ones are one answer."""
    another = before.text != after.text or after.is_tie
    return counts(before, after) and another and not (before.is_right and after.is_right)


def counts(before: Answer, after: Answer) -> bool:
    """Return whether there is an answer that could move, and scores that say whether it did."""
    return before.is_number and after.is_number and not before.is_tie


KINDS: dict[str, Callable[[Answer, Answer], bool]] = {
    "flip_rate": flips,
    "flip_right_to_wrong": lambda before, after: flips(before, after) and before.is_right,
    "flip_wrong_to_right": lambda before, after: flips(before, after) and after.is_right,
    "flip_wrong_to_wrong": lambda before, after: flips(before, after) and not (after.is_right or before.is_right),
}
for _name, _holds in KINDS.items():
    references.add(_name, lambda family, holds=_holds: _share(family, holds))


def _share(family: Family, holds: Callable[[Answer, Answer], bool]) -> float | None:
    return family.rate(lambda item, after: float(holds(item[0], after)) if counts(item[0], after) else None)


@reference("any_flip_rate")
def any_flip(family: Family) -> float | None:
    """Return the share of items with a flip."""
    rows = [(item[0], row) for item, row in zip(family.items, family.rows, strict=True)]
    return mean_of(
        float(any(flips(before, one) for one in row)) for before, row in rows if any(counts(before, one) for one in row)
    )


@reference("robust_and_responsive")
def robust(family: Family) -> float | None:
    """Return the share of items that stay under every variant and are right on their whole contrast set."""
    return mean_of(
        float(not any(flips(item[0], one) for one in row) and all(one.is_right for one in (item[0], *edits)))
        for item, row, edits in zip(family.items, family.rows, family.edits, strict=True)
        if any(counts(item[0], one) for one in row) and edits
    )


@reference("unreadable_rate")
def unreadable(family: Family) -> float | None:
    """Return the share of answers that cannot be read: of the variants, of edits where there are no variants."""
    if any(family.whole.rows):
        return family.rate(lambda _, one: float(one.text is None))
    answers = [[item[0]] for item in family.items] if family.name == "original" else family.edits
    return mean_of(float(one.text is None) for row in answers for one in row)


class Choice(NamedTuple):
    """Which option was chosen, and where the original answer's position, symbol and text are now."""

    chosen: int
    position: int
    symbol: int
    text: int


NOWHERE = -1


def choice_of(before: Answer, after: Answer) -> Choice | None:
    """Return where what the original answer had stands now; None where no list was shown, or one without it."""
    first, second = before.text, after.text
    if first is None or second is None or first not in before.choices or not {first, second} <= {*after.choices}:
        return None
    old = before.choices.index(first)
    symbol = before.symbols[old]
    now = after.symbols.index(symbol) if symbol in after.symbols else NOWHERE
    return Choice(after.choices.index(second), old, now, after.choices.index(first))


def _cause(item: Item, after: Answer, noise: float) -> str:
    before = item[0]
    if (before.text is None and not before.is_tie) or (after.text is None and not after.is_tie):
        return "unreadable"
    if before.is_truncated or after.is_truncated:
        return "truncated"
    if min(m for m in (before.margin, after.margin, math.inf) if m is not None) <= noise:
        return "near_tie"
    where = choice_of(before, after)
    if where is None:
        return "content"
    if where.chosen == where.position == where.symbol:
        return _position_or_symbol([choice_of(before, one) for one in item if not one.must_change])
    return "position" if where.chosen == where.position else "symbol" if where.chosen == where.symbol else "content"


def _position_or_symbol(answers: Sequence[Choice | None]) -> str:
    """Return which of the two was followed, by the item's answers where the symbol went elsewhere or away."""
    votes = Counter[str]()
    for where in answers:
        if where is not None and where.position != where.symbol:
            votes["position"] += where.chosen == where.position
            votes["symbol"] += where.chosen != where.position and where.symbol in (NOWHERE, where.chosen)
    if votes["position"] == votes["symbol"]:
        return "position_or_symbol"
    return max(votes, key=votes.__getitem__)


def _by_cause(name: str) -> Callable[[Family], float | None]:
    def rate(family: Family) -> float | None:
        def is_of(item: Item, one: Answer) -> float | None:
            return (
                float(flips(item[0], one) and _cause(item, one, family.noise) == name) if counts(item[0], one) else None
            )

        return family.rate(is_of)

    return rate


for _name in ("unreadable", "truncated", "near_tie", "position", "symbol", "position_or_symbol", "content"):
    references.add(f"flip_{_name}", _by_cause(_name))


def _following(
    family: Family, applies: Callable[[Choice], bool], is_followed: Callable[[Choice], bool]
) -> float | None:
    def score(item: Item, after: Answer) -> float | None:
        where = choice_of(item[0], after)
        return float(is_followed(where)) if where is not None and applies(where) else None

    return family.rate(score)


@reference("position_following")
def position_following(family: Family) -> float | None:
    """Return how often the position is chosen, where it holds another text under another symbol."""
    return _following(family, lambda w: w.position not in (w.symbol, w.text), lambda w: w.chosen == w.position)


@reference("symbol_following")
def symbol_following(family: Family) -> float | None:
    """Return how often the symbol is chosen, where it stands at another position before another text."""
    return _following(family, lambda w: w.symbol not in (w.position, w.text, NOWHERE), lambda w: w.chosen == w.symbol)


@reference("position_or_symbol_following")
def position_or_symbol_following(family: Family) -> float | None:
    """Return how often both are chosen, where they are at one option with another text."""
    return _following(family, lambda w: w.position == w.symbol != w.text, lambda w: w.chosen == w.position)
