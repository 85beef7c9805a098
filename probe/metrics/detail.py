"""Details of the answers beyond right and wrong: the choice, the probability of each choice, the confidence.

Choices are numbered alike in all rows and columns of an item: by the suite's classes where all its items have the same
choices, else by the item's own choices in the original order. A variant that shows them in another order is put back
into this one by the choices' texts; one that shows other texts (a contrast with choices of its own, other labels) has
no probabilities here, and an answer that is none of the item's choices has the number after the last.

    original     A. yes  B. no     0.7 0.3   -->  (0.7, 0.3)
    shuffled     A. no   B. yes    0.4 0.6   -->  (0.6, 0.4)
    relabelled   A. oui  B. non    0.5 0.5   -->  (nan, nan)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probe.types import Score

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# N = items, M = columns with the original first, C = choices of the item that has most


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """The answers of a table of outcomes, cell by cell."""

    answer: Ints
    """(N, M), the choice answered, the number of choices where it is none of them; -1 not asked or free text."""
    target: Ints
    """(N,), the right choice of the original; -1 free text."""
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

    def part(self, index: Any, rows: Ints | slice = slice(None)) -> Detail:
        """Return the cells at an index into (N, M), the original column being the first; `rows` are the items' own positions."""
        return Detail(
            self.answer[index],
            self.target[rows],
            self.num_choices[rows],
            self.probability[index],
            self.confidence[index],
            self.classes,
            None if self.posix is None else self.posix[rows],
        )


def stack_details(parts: Sequence[Detail], cells: Sequence[Any], shape: tuple[int, int]) -> Detail:
    """Pool the items of several suites, each at its index into the table of all."""
    whole = _blank(*shape, max(part.probability.shape[2] for part in parts))
    for part, (rows, columns) in zip(parts, cells, strict=True):
        whole.answer[rows, columns], whole.confidence[rows, columns] = part.answer, part.confidence
        whole.target[rows[:, 0]], whole.num_choices[rows[:, 0]] = part.target, part.num_choices
        whole.probability[rows, columns, : part.probability.shape[2]] = part.probability
    unknown = [np.full(len(part.target), np.nan) if part.posix is None else part.posix for part in parts]
    classes = {part.classes for part in parts}
    return replace(
        whole,
        classes=classes.pop() if len(classes) == 1 else (),
        posix=None if all(part.posix is None for part in parts) else np.concatenate(unknown),
    )


def detail_of(rows: Sequence[Mapping[int, Score]], num_columns: int, posix: Floats | None = None) -> Detail:
    """Return the detail of a table, from the scores of each item by the position of their column, 0 being the original."""
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
    return replace(whole, classes=tuple(classes), posix=posix)


def _fill(whole: Detail, cell: tuple[int, int], score: Score, number: Mapping[str, int]) -> None:
    if score.confidence is not None:
        whole.confidence[cell] = score.confidence
    if not number:
        return
    variant = score.variant
    if score.correct and variant.effect == "label-preserving":
        whole.answer[cell] = number.get(variant.item.target, len(number))
    else:
        whole.answer[cell] = len(number) if score.answer is None else number.get(score.answer, len(number))
    shown = variant.perturbed.prompt.choices
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
