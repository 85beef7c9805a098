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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probe.evolve import evolve
from probe.metrics.packed import each, packed

Floats = NDArray[np.float64]
Ints = NDArray[np.signedinteger[Any]]

TABLES = ("answer", "probability", "confidence")

# N = items, M = columns with the original first, C = choices of the item that has most


@packed(*TABLES)
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

    def select(self, columns: list[int]) -> Detail:
        """Return some columns, the original's among them or not."""
        return evolve(self, **each(self, TABLES, lambda table: table.select(columns)))

    def take(self, index: Any, rows: Ints | slice = slice(None)) -> Detail:
        """Return the cells at an index into (N, M), the original column being the first; `rows` are the items' own positions."""
        return evolve(
            self,
            **each(self, TABLES, lambda table: table.at(index)),
            target=self.target[rows],
            num_choices=self.num_choices[rows],
            posix=None if self.posix is None else self.posix[rows],
        )


def stack_details(parts: Sequence[Detail], cells: Sequence[Any], shape: tuple[int, int]) -> Detail:
    """Pool the items of several suites, each at its index into the table of all."""
    num_items, num_choices = shape[0], max(part.probability.shape[2] for part in parts)
    answer, confidence = np.full(shape, -1, np.int64), np.full(shape, np.nan)
    probability = np.full((*shape, num_choices), np.nan)
    target, num_own = np.full(num_items, -1, np.int64), np.zeros(num_items, np.int64)
    for part, (rows, columns) in zip(parts, cells, strict=True):
        answer[rows, columns], confidence[rows, columns] = part.answer, part.confidence
        target[rows[:, 0]], num_own[rows[:, 0]] = part.target, part.num_choices
        probability[rows, columns, : part.probability.shape[2]] = part.probability
    unknown = [np.full(len(part.target), np.nan) if part.posix is None else part.posix for part in parts]
    classes = {part.classes for part in parts}
    return Detail(
        answer,
        target,
        num_own,
        probability,
        confidence,
        classes=classes.pop() if len(classes) == 1 else (),
        posix=None if all(part.posix is None for part in parts) else np.concatenate(unknown),
    )
