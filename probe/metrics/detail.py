"""What is known of the answers beyond whether they are right: which choice, how probable each, how sure.

Choices are numbered alike in all rows and columns of an item: by the suite's classes where all its items have the same
choices, else by the item's own choices in the order as written. A variant that shows them in another order is put back
into this one by the choices' texts; one that shows other texts (a contrast with choices of its own, other labels) has
no probabilities here, and an answer that is none of the item's choices has the number after the last.

    as written   A. yes  B. no     0.7 0.3   -->  (0.7, 0.3)
    shuffled     A. no   B. yes    0.4 0.6   -->  (0.6, 0.4)
    relabelled   A. oui  B. non    0.5 0.5   -->  (nan, nan)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probe.types import Score

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# N = items, M = columns with the clean one first, C = choices of the item that has most


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """The answers of a table of outcomes, cell by cell."""

    answer: Ints
    """(N, M), the choice answered, the number of choices where it is none of them; -1 not asked or free text."""
    target: Ints
    """(N,), the right choice of the item as written; -1 free text."""
    num_choices: Ints
    """(N,), 0 free text."""
    probability: Floats
    """(N, M, C), of each choice, summing to one over the item's own; NaN where not known."""
    confidence: Floats
    """(N, M), probability of the answer given, or of its tokens on geometric average; NaN where not known."""
    classes: tuple[str, ...] = ()
    """The choices, where all items have the same; else empty."""
    posix: Floats | None = None
    """(N,), the item's prompt sensitivity index, NaN where not computed; None where it was not asked for."""

    def select(self, columns: Sequence[int]) -> Detail:
        """Return the columns of those positions, the clean one being the first of them."""
        index = list(columns)
        return Detail(
            self.answer[:, index],
            self.target,
            self.num_choices,
            self.probability[:, index],
            self.confidence[:, index],
            self.classes,
            self.posix,
        )

    def pick(self, columns: Ints) -> Detail:
        """Return one column alone, made of the cell of each item that `columns` (N,) names."""
        rows = np.arange(len(columns))
        return Detail(
            self.answer[rows, columns][:, None],
            self.target,
            self.num_choices,
            self.probability[rows, columns][:, None],
            self.confidence[rows, columns][:, None],
            self.classes,
            self.posix,
        )

    def take(self, rows: Ints) -> Detail:
        """Return the items of those positions, in that order."""
        return Detail(
            self.answer[rows],
            self.target[rows],
            self.num_choices[rows],
            self.probability[rows],
            self.confidence[rows],
            self.classes,
            None if self.posix is None else self.posix[rows],
        )


def stack_details(parts: Sequence[tuple[Detail, Sequence[int]]], num_columns: int) -> Detail:
    """Pool the items of several suites, each with the positions that its columns take."""
    classes = {part.classes for part, _ in parts}
    num_items = sum(len(part.target) for part, _ in parts)
    whole = _blank(num_items, num_columns, max(part.probability.shape[2] for part, _ in parts))
    start = 0
    for part, into in parts:
        rows = slice(start, start + len(part.target))
        whole.answer[rows, into] = part.answer
        whole.target[rows], whole.num_choices[rows] = part.target, part.num_choices
        whole.confidence[rows, into] = part.confidence
        for choice in range(part.probability.shape[2]):
            whole.probability[rows, into, choice] = part.probability[:, :, choice]
        start = rows.stop
    unknown = [np.full(len(part.target), np.nan) if part.posix is None else part.posix for part, _ in parts]
    posix = None if all(part.posix is None for part, _ in parts) else np.concatenate(unknown)
    return Detail(
        whole.answer,
        whole.target,
        whole.num_choices,
        whole.probability,
        whole.confidence,
        classes.pop() if len(classes) == 1 else (),
        posix,
    )


def detail_of(rows: Sequence[Mapping[int, Score]], num_columns: int, posix: Floats | None = None) -> Detail:
    """Return the detail of a table, from the scores of each item by the position of their column, 0 being clean."""
    own = [row[0].variant.item.prompt.choices for row in rows]
    is_shared = bool(own) and bool(own[0]) and len({frozenset(choices) for choices in own}) == 1
    classes = own[0] if is_shared else ()
    whole = _blank(len(rows), num_columns, max((len(choices) for choices in own), default=0))
    for n, (row, choices) in enumerate(zip(rows, own, strict=True)):
        number = {text: index for index, text in enumerate(classes or choices)}
        whole.num_choices[n] = len(number)
        whole.target[n] = number.get(row[0].variant.item.target, -1)
        for i, score in row.items():
            _fill(whole, (n, i), score, number)
    return Detail(
        whole.answer, whole.target, whole.num_choices, whole.probability, whole.confidence, tuple(classes), posix
    )


def _fill(whole: Detail, cell: tuple[int, int], score: Score, number: Mapping[str, int]) -> None:
    if score.confidence is not None:
        whole.confidence[cell] = score.confidence
    if not number:
        return
    variant = score.variant
    if score.correct and variant.effect == "label-preserving":
        whole.answer[cell] = number.get(variant.item.target, len(number))
    else:
        readable = score.reading != "unreadable"
        whole.answer[cell] = number.get(score.prediction, len(number)) if readable else len(number)
    shown = variant.asked.prompt.choices
    if len(score.probabilities) == len(number) == len(shown) and all(text in number for text in shown):
        whole.probability[cell][[number[text] for text in shown]] = score.probabilities


def _blank(num_items: int, num_columns: int, num_choices: int) -> Detail:
    shape = (num_items, num_columns)
    return Detail(
        np.full(shape, -1, np.int64),
        np.full(num_items, -1, np.int64),
        np.zeros(num_items, np.int64),
        np.full((*shape, num_choices), np.nan),
        np.full(shape, np.nan),
    )
