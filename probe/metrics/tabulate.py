"""The answers of a suite as a table of items and columns.

Covered: the order of items and columns, codes of answers, details put back into the order of the choices. Not covered: what a
table is (`probe.metrics.cells`), what flipped and why (`probe.metrics.rows_of_answers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from probe.metrics.answers import Answers
from probe.metrics.cells import VOID, Cells, Floats, Ints, Weight
from probe.metrics.detail import Detail
from probe.metrics.packed import BLANK, Packed
from probe.metrics.rows_of_answers import NOWHERE, SMALL, Rows
from probe.types import NO_ANSWER, Score

BLOCK = 2**17
"""Answers whose probabilities are put into the table at once."""


def tabulate(
    scores: Iterable[Score],
    *,
    posix: Mapping[str, float] | None = None,
    weight: Weight = "families",
) -> Cells:
    """Make the table of a run's scores; an item whose original was not asked is left out.

    Items and columns come in the order in which the scores name them, whatever order the variants of an item have.
    `posix` is the prompt sensitivity index of items by name, where it was computed; `weight` is that of rates over several
    families.
    """
    answers = Answers.of(scores)
    return cells_of(answers, answers.read(), posix=posix, weight=weight)


def cells_of(
    answers: Answers, rows: Rows, *, posix: Mapping[str, float] | None = None, weight: Weight = "families"
) -> Cells:
    """Return the table of answers; `rows` is what they say of one another."""
    layout = _Layout.of(rows)
    followed = rows.followed()
    if followed is not None:
        followed[~rows.column_is("label-preserving") | (rows.column == 0)] = BLANK
    return outcomes_of(
        rows,
        tuple(answers.items),
        weight=weight,
        layout=layout,
        detail=_detail(answers, rows, layout, posix),
        cause=layout.table(0, rows.cause, np.int8),
        followed=None if followed is None else Packed(layout.table(BLANK, followed, np.int8), np.dtype(np.float64)),
    )


def outcomes_of(
    rows: Rows, items: Sequence[str], *, weight: Weight = "families", layout: _Layout | None = None, **more: Any
) -> Cells:
    """Return the table of answers of which no more may be known than what they are, and what `more` is known of them.

    `items` are the names of the items by their number.
    """
    layout = layout or _Layout.of(rows)
    void = np.select([rows.read_as(reading) for reading in VOID], [np.int8(code) for code in VOID.values()], np.int8(0))
    return Cells(
        correct=Packed(layout.table(BLANK, rows.correct, np.int8), np.dtype(np.float64)),  # type: ignore[arg-type]
        prediction=_codes(rows, void, layout),
        unreadable=layout.table(False, rows.read_as(*NO_ANSWER), np.bool_),
        columns=tuple(rows.columns[number] for number in layout.order),
        items=tuple(items[number] for number in layout.numbers),
        void=layout.table(0, void, np.int8) if void[layout.kept].any() else None,
        weight=weight,
        **more,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Where each answer stands in the table of items and columns."""

    kept: Ints
    """The rows whose original was asked."""
    row: Ints
    column: Ints
    """Of each of them, its cell."""
    numbers: Ints
    """The numbers of the items, in the order of the table."""
    order: Ints
    """Those of the columns."""

    @classmethod
    def of(cls, rows: Rows) -> _Layout:
        """Return the layout of rows."""
        kept = np.flatnonzero(rows.has_before).astype(SMALL)
        numbers, row = _in_order(rows.item[kept])
        order = _by_item(rows.column[kept], row, len(rows.columns))
        column = _renumbered(order, len(rows.columns))[rows.column[kept]]
        return cls(kept, row, column, numbers, order)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.numbers), len(self.order)

    @property
    def cells(self) -> tuple[Ints, Ints]:
        return self.row, self.column

    def table(self, blank: float, values: Any, kind: Any) -> Any:
        """Return values of all rows as a table, blank where nothing was asked."""
        whole = np.full((*self.shape, *values.shape[1:]), blank, kind)
        whole[self.cells] = values[self.kept]
        return whole


def _in_order(values: Ints) -> tuple[Ints, Ints]:
    """Return the different values, numbers from 0, in the order in which they come first, and the place there of each."""
    # A number's last assignment stays, so backwards its first place; to sort millions of them would take ten times the memory.
    first = np.full(int(values.max(initial=-1)) + 1, NOWHERE, SMALL)
    first[values[::-1]] = np.arange(len(values) - 1, -1, -1, dtype=SMALL)
    different = np.flatnonzero(first != NOWHERE)
    order = different[np.argsort(first[different], kind="stable")]
    return order, _renumbered(order, len(first))[values]


def _by_item(columns: Ints, row: Ints, num: int) -> Ints:
    """Return the columns in the order in which they come first, item after item; the original's, 0, is the first."""
    earliest = np.full(num, len(row), np.int64)
    for column in range(num):
        rows = row[columns == column]
        earliest[column] = rows.min(initial=len(row))
    present = np.flatnonzero(earliest < len(row))
    first = np.full(num, NOWHERE, np.int64)
    for column in map(int, present):  # among those of the same item, by the place in which they were asked
        first[column] = np.flatnonzero((columns == column) & (row == earliest[column]))[0]
    others = present[present != 0]
    return np.append(0, others[np.lexsort((first[others], earliest[others]))])


def _renumbered(order: Ints, num: int) -> Ints:
    """Return the place in an order of each of the numbers under `num`."""
    places = np.full(num, NOWHERE, SMALL)
    places[order] = np.arange(len(order), dtype=SMALL)
    return places


def _codes(rows: Rows, void: Any, layout: _Layout) -> Ints:
    """Return (N, M), the answers of each item numbered in the order in which they come; -1 not asked."""
    kept, item = layout.kept, layout.row
    # No answer is another one than any text, and a tie another one than what cannot be read.
    is_none = rows.read_as(*NO_ANSWER)[kept]
    kind = np.where(is_none, void[kept], NOWHERE).astype(np.int8)
    said = np.where(is_none, 0, rows.said[kept])
    by_answer = np.lexsort((said, kind, item))  # stable: of equal answers, the first one asked comes first
    starts = np.ones(len(kept), np.bool_)
    for key in (item, kind, said):
        ordered = key[by_answer]
        starts[1:] = (starts[1:] if key is not item else False) | (ordered[1:] != ordered[:-1])
    group = np.cumsum(starts) - 1
    first = by_answer[starts]  # of each group of equal answers, the row that came first
    of_item = item[first]
    by_first = np.lexsort((first, of_item))
    sorted_items = of_item[by_first]
    begins = np.searchsorted(sorted_items, sorted_items)
    number = np.empty(len(first), SMALL)
    number[by_first] = np.arange(len(first)) - begins
    whole = np.full(layout.shape, NOWHERE, SMALL)
    codes = np.empty(len(kept), SMALL)
    codes[by_answer] = number[group]
    whole[layout.cells] = codes
    return whole


def _detail(answers: Answers, rows: Rows, layout: _Layout, posix: Mapping[str, float] | None) -> Detail:
    """Return the detail of the table."""
    kept, numbers, shape = layout.kept, layout.numbers, layout.shape
    lists = [*answers.lists]
    own = np.array(answers.choices, np.int64)[numbers]
    used = [lists[number] for number in _in_order(own)[0]]
    is_shared = bool(used) and bool(used[0]) and len({frozenset(choices) for choices in used}) == 1
    widest = max((len(choices) for choices in used), default=0)
    places = _Places(lists, used[0] if is_shared else (), widest)
    target = np.array(answers.targets, np.int64)[numbers]
    answer = np.full(shape, NOWHERE, SMALL)
    answer[layout.cells] = places.of(own[layout.row], rows.answer[kept])
    confidence = np.full(shape, np.nan)
    confidence[layout.cells] = rows.confidence[kept]
    names = [*answers.items]
    return Detail(
        answer,
        places.of(own, target),
        np.array([len(set(lists[number])) for number in own], np.int64),
        _probabilities(answers, rows, places, layout, widest),
        confidence,
        tuple(used[0]) if is_shared else (),
        None if posix is None else np.array([posix.get(names[number], np.nan) for number in numbers]),
    )


class _Places:
    """Where each choice of each list stands among the classes of a suite; where it stands, if there are none."""

    def __init__(self, lists: list[tuple[str, ...]], classes: tuple[str, ...], widest: int) -> None:
        number = {text: index for index, text in enumerate(classes)}
        self.moved = {
            index: np.array([*(number[text] for text in choices), *range(len(choices), widest + 1)], SMALL)
            for index, choices in enumerate(lists)
            if classes and choices != classes and set(choices) == set(classes)
        }

    def of(self, lists: Ints, numbers: Ints) -> Ints:
        """Return the places of choices with these numbers in these lists."""
        found = numbers.astype(SMALL)
        for index, places in self.moved.items():
            own = (lists == index) & (found >= 0)
            found[own] = places[numbers[own]]
        return found


def _probabilities(answers: Answers, rows: Rows, places: _Places, layout: _Layout, widest: int) -> Floats:
    """Return (N, M, C), the probability of each choice; NaN where it is not known."""
    whole = np.full((*layout.shape, widest), np.nan)
    flat = np.asarray(memoryview(answers.probabilities))
    choices = np.array(answers.choices, np.int64)
    ends = np.cumsum(rows.num_probabilities, dtype=np.int64)
    for start in range(0, len(layout.kept), BLOCK):  # of all answers at once it would take more memory than the table
        block = slice(start, start + BLOCK)
        kept, row, column = layout.kept[block], layout.row[block], layout.column[block]
        lists, num = choices[rows.item[kept]], rows.num_probabilities[kept]
        for index in range(int(num.max(initial=0))):
            has = np.flatnonzero(num > index)
            at = places.of(lists[has], np.full(len(has), index))
            whole[row[has], column[has], at] = flat[ends[kept[has]] - num[has] + index]
    return whole
