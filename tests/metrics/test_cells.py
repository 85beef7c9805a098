"""The table of outcomes: made from scores, taken apart, pooled, and refused where it contradicts itself."""

import math

import numpy as np
import pytest
from made_cells import cells_of

from probe.metrics import Cells, Column, stack, tabulate
from probe.types import Field, Item, Prompt, Score, Variant

NAN = math.nan


def scored(item_id, family, sample, prediction, correct, *, reading="ranked", effect="label-preserving"):
    item = Item(item_id, Prompt("Answer.", (Field("Q", "?"),), choices=("yes", "no")), "yes")
    return Score(Variant(item, item, family, family, sample, effect, "text"), prediction, correct, reading)


def test_scores_become_cells_whatever_their_order():
    scores = [
        scored("a", "typos", 0, "no", False),
        scored("a", "original", 0, "yes", True),
        scored("b", "original", 0, "", False, reading="unreadable"),
        scored("b", "contrast", 0, "no", True, effect="label-altering"),
        scored("b", "typos", 1, "", False, reading="other"),
    ]
    cells = tabulate(scores)
    assert cells.items == ("a", "b")
    assert [(c.family, c.sample, c.effect) for c in cells.columns] == [
        ("original", 0, "label-preserving"),
        ("typos", 0, "label-preserving"),
        ("contrast", 0, "label-altering"),
        ("typos", 1, "label-preserving"),
    ]
    np.testing.assert_array_equal(cells.correct, [[1, 0, NAN, NAN], [0, NAN, 1, 0]])
    assert cells.prediction[0, 0] != cells.prediction[0, 1]
    assert len(set(cells.prediction[1, [0, 2, 3]])) == 3, "unreadable is an answer of its own, not the empty text"
    assert cells.unreadable.sum() == 1


def test_equal_answers_of_an_item_have_equal_codes():
    cells = tabulate(
        [scored("a", "original", 0, "no", False), *[scored("a", "typos", i, "no", False) for i in range(3)]]
    )
    assert len(set(cells.prediction[0])) == 1


def test_an_item_that_was_not_asked_as_written_is_left_out():
    cells = tabulate([scored("a", "typos", 0, "no", False), scored("b", "original", 0, "no", False)])
    assert (cells.items, len(cells.columns)) == (("b",), 1)


def test_no_scores_are_an_empty_table_with_a_clean_column():
    cells = tabulate([])
    assert (cells.items, [column.family for column in cells.columns]) == ((), ["original"])


def test_parts_keep_the_clean_column_and_what_their_name_says():
    families = ["original", "format", "null", "contrast", "format"]
    cells = cells_of(
        [[1, 0, 1, 1, 0]],
        families=families,
        effects=["label-preserving", "label-preserving", "label-preserving", "label-altering", "label-altering"],
    )
    names = {
        "format": [column.sample for column in cells.of("format").columns],
        "same": [column.sample for column in cells.same().columns],
        "flips": [column.sample for column in cells.flips().columns],
        "flips of format": [column.sample for column in cells.flips("format").columns],
        "nothing": [column.sample for column in cells.of("typos").columns],
    }
    assert names == {"format": [0, 1], "same": [0, 1], "flips": [0, 3, 4], "flips of format": [0, 4], "nothing": [0]}
    assert cells.families == ("format", "null", "contrast")


def test_stacking_matches_columns_by_what_they_are():
    one = cells_of([[1, 0]], families=["original", "format"])
    two = cells_of([[0, 1, 1], [1, 1, 0]], families=["original", "typos", "order"])
    both = stack([one, two])
    assert [column.family for column in both.columns] == ["original", "format", "typos", "order"]
    np.testing.assert_array_equal(both.correct, [[1, 0, NAN, NAN], [0, NAN, 1, 1], [1, NAN, 1, 0]])
    np.testing.assert_array_equal(both.prediction < 0, np.isnan(both.correct))
    same = stack([one, one])
    assert (len(same.items), len(same.columns)) == (2, 2)


def test_nothing_to_stack_is_an_error():
    with pytest.raises(ValueError, match="no cells to pool"):
        stack([])


ORIGINAL = Column("original", "original", 0, "label-preserving")
FORMAT = Column("format", "format", 0, "label-preserving")


@pytest.mark.parametrize(
    ("correct", "prediction", "unreadable", "columns", "message"),
    [
        ([[1, 0]], [[0, 1]], [[False, False]], (ORIGINAL,), "shape"),
        ([[1, 0]], [[0, 1]], [[False, False]], (FORMAT, ORIGINAL), "original column is column 0"),
        ([[1, 0, 0]], [[0, 1, 1]], [[False] * 3], (ORIGINAL, FORMAT, FORMAT), "twice"),
        ([[1, 0.5]], [[0, 1]], [[False, False]], (ORIGINAL, FORMAT), "1, 0 or NaN"),
        ([[NAN, 1]], [[-1, 1]], [[False, False]], (ORIGINAL, FORMAT), "original was not asked"),
        ([[1, NAN]], [[0, 1]], [[False, False]], (ORIGINAL, FORMAT), "-1 exactly where"),
        ([[1, 1]], [[0, 0]], [[False, True]], (ORIGINAL, FORMAT), "unreadable"),
    ],
)
def test_cells_that_contradict_themselves_are_refused(correct, prediction, unreadable, columns, message):
    with pytest.raises(ValueError, match=message):
        Cells(np.array(correct, float), np.array(prediction), np.array(unreadable), columns, ("a",))
