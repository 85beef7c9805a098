"""The smallest change of an order that still moves the answer: of listed options, or of demonstrations.

    written   Asia  Africa  Europe     order 0 1 2
    variant   Europe  Asia  Africa     order 2 0 1     two pairs are turned: Asia/Europe and Africa/Europe
    between   Asia  Europe  Africa     order 0 2 1     one pair is turned: does the answer move already?

The orders between two are those that turn no pair which the variant does not turn (the interval of the weak Bruhat order). Up to
`MOST_TRIED` things all of them are asked, fewest pairs first, so that what is found is smallest; of more, pairs of neighbours
are turned back one after the other as long as the answer still moves: 1-minimal, as in delta debugging.

Covered: permutations. Not covered: what is asked of them, edits of the text (`probe.experiments.shrink`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import groupby, permutations
from typing import TypeVar

Order = tuple[int, ...]
"""Which of the original things stands at each place."""
Moves = Callable[[Sequence[Order]], list[bool]]
T = TypeVar("T", bound=Hashable)

MOST_TRIED = 5
"""Up to 5 things have 120 orders."""


def order_of(written: Sequence[T], changed: Sequence[T]) -> Order | None:
    """Return the order that turns one sequence into the other; None where their elements differ."""
    left = list(enumerate(written))
    order = []
    for thing in changed:
        place = next((place for place, (_, one) in enumerate(left) if one == thing), None)
        if place is None:
            return None
        order.append(left.pop(place)[0])
    return None if left else tuple(order)


def turned(order: Order) -> frozenset[tuple[int, int]]:
    """Return the pairs that are in the opposite of the original order."""
    return frozenset((b, a) for i, a in enumerate(order) for b in order[i + 1 :] if b < a)


def smallest_order(order: Order, moves: Moves) -> Order:
    """Return an order between the original and this one that moves the answer with the fewest pairs turned.

    Args:
        order: Moves the answer.
        moves: Returns for each of several orders whether it moves the answer.

    """
    if len(order) > MOST_TRIED:
        return _walked_back(order, moves)
    wanted = turned(order)
    between = [one for one in permutations(range(len(order))) if turned(one) and turned(one) <= wanted]
    for _, level in groupby(sorted(between, key=_size), key=_size):
        found = first_moving(list(level), moves)
        if found is not None:
            return found
    return order


def first_moving(orders: Sequence[Order], moves: Moves) -> Order | None:
    """Return the first that moves the answer; all are asked in one pass of the model."""
    return next((one for one, is_moved in zip(orders, moves(orders), strict=True) if is_moved), None)


def _size(order: Order) -> int:
    return len(turned(order))


def _walked_back(order: Order, moves: Moves) -> Order:
    """Turn back pairs of neighbours for as long as the answer still moves."""
    while True:
        places = [i for i in range(len(order) - 1) if order[i] > order[i + 1]]
        nearer = [(*order[:i], order[i + 1], order[i], *order[i + 2 :]) for i in places]
        nearer = [one for one in nearer if turned(one)]
        found = first_moving(nearer, moves)
        if found is None:
            return order
        order = found
