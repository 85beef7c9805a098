"""Scores to cells: the arrays of items by variants that the metrics read.

    columns   clean   format 0  format 1   typos 0 ...
    item 0      1        0         1         --        correct: 1.0 right, 0.0 wrong, NaN not asked
    item 1      0        0         0          1        prediction: a code for each text, within an item; -1 not asked
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from probe.metrics.cells import Cells, Column
from probe.types import Score

UNREADABLE = 0
"""The code of an answer that could not be read, in every item."""


def tabulate(scores: Sequence[Score]) -> Cells:
    """Give the cells of one suite's scores: the clean column first, the others in the order in which they were drawn."""
    items: dict[str, int] = {}
    columns: dict[Column, int] = {}
    for score in scores:
        items.setdefault(score.variant.item.id, len(items))
        columns.setdefault(column_of(score), 0)
    families = ["clean", *(f for f in dict.fromkeys(column.family for column in columns) if f != "clean")]
    ordered = sorted(columns, key=lambda column: (families.index(column.family), column.draw))
    places = {column: place for place, column in enumerate(ordered)}
    shape = (len(items), len(places))
    correct, prediction = np.full(shape, np.nan), np.full(shape, -1, dtype=np.int64)
    unreadable = np.zeros(shape, dtype=bool)
    codes: list[dict[str, int]] = [{"": UNREADABLE} for _ in items]
    for score in scores:
        row, place = items[score.variant.item.id], places[column_of(score)]
        correct[row, place] = score.correct
        unreadable[row, place] = score.reading == "unreadable"
        said = "" if score.reading == "unreadable" else score.prediction
        prediction[row, place] = codes[row].setdefault(said, len(codes[row]))
    return Cells(
        correct=correct, prediction=prediction, unreadable=unreadable, columns=tuple(ordered), items=tuple(items)
    )


def column_of(score: Score) -> Column:
    """Give the column that a score stands in."""
    variant = score.variant
    return Column(variant.family, variant.perturbation, variant.draw, variant.effect)

