"""Staying and moving: the four kinds of items, and that a constant answerer is not taken for a robust one."""

import math

import numpy as np
import pytest
from made_cells import cells_of

from probe.metrics import metrics
from probe.metrics.responsiveness import constant_answer, quadrants, unguarded
from probe.metrics.rows import measure

NAN = math.nan
FAMILIES = ["original", "format", "format", "format", "null", "contrast"]
EFFECTS = ["label-preserving"] * 5 + ["label-altering"]


def four_kinds(**more):
    right = [
        [1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 0],
        [1, 0, 1, 1, 1, 1],
        [1, 0, 0, 1, 0, 0],
        [1, 1, 1, 1, 1, NAN],
        [1, NAN, NAN, NAN, 1, 1],
    ]
    return cells_of(right, families=FAMILIES, effects=EFFECTS, **more)


def test_items_are_of_four_kinds_and_those_without_variants_or_contrasts_do_not_count():
    found = quadrants("s", four_kinds(), rule="all")
    assert (found.num_items, found.robust, found.constant, found.attentive, found.erratic) == (4, 1, 1, 1, 1)
    assert found.robust_share == found.erratic_share == 0.25
    most = quadrants("s", four_kinds(), rule="most")
    assert (most.robust, most.constant, most.attentive, most.erratic) == (2, 1, 0, 1)


def test_half_of_the_variants_are_not_most_of_them():
    cells = cells_of(
        [[1, 1, 0, 1]],
        families=["original", "format", "format", "contrast"],
        effects=["label-preserving"] * 3 + ["label-altering"],
    )
    assert quadrants("s", cells, rule="most").attentive == 1


def test_a_constant_answerer_stays_everywhere_and_is_robust_nowhere():
    rng = np.random.default_rng(0)
    original = rng.integers(0, 2, 40)
    right = np.column_stack([original, original, original, 1 - original])
    cells = cells_of(
        right, np.zeros_like(right), families=["original", "format", "format", "contrast"], effects=EFFECTS[2:]
    )
    assert metrics.get("any_flip_rate").value(cells.label_preserving()) == 0
    found = quadrants("s", cells, rule="all")
    assert (found.robust, found.constant, found.num_items) == (0, 40, 40)
    [row] = [row for row in measure("s", cells, seed=0, resamples=20) if row.metric == "robust_and_responsive"]
    assert (row.family, row.value, row.ci_low) == ("all", 0, 0)
    assert row.ci_high > 0.05


def test_the_row_is_the_share_of_the_robust_items():
    [row] = [row for row in measure("s", four_kinds(), seed=0, resamples=20) if row.metric == "robust_and_responsive"]
    assert row.value == pytest.approx(0.25)


def test_without_contrasts_there_is_no_table():
    assert quadrants("s", cells_of([[1, 1]]), rule="all") is None


def test_a_suite_in_which_few_items_have_a_contrast_is_said_to_be_without_the_guard():
    assert unguarded("s", four_kinds()) == ""
    one = [[1, 1, 1 if row == 0 else NAN] for row in range(3)]
    cells = cells_of(
        one, families=["original", "format", "contrast"], effects=["label-preserving"] * 2 + ["label-altering"]
    )
    assert unguarded("s", cells).startswith(
        "s: contrasts could be made for 1 of 3 items only; an answer that never changes"
    )
    assert unguarded("s", cells.take([0])) == ""
    assert unguarded("s", cells.take([1, 2])).startswith("s: no contrast could be made for any of 2 items;")
    assert unguarded("s", cells.label_preserving()).startswith("s: no contrast could be made for any of 3 items;")


def test_one_answer_to_everything_is_said():
    cells = cells_of([[1], [0], [0], [0], [0]], families=["original"], effects=["label-preserving"])
    said = constant_answer("s", cells, ["yes"] * 5, ["yes", "no", "no", "no", "no"])
    assert said.startswith("s: all 5 answers on the original prompts are 'yes', 20.0 % of them right;")
    assert constant_answer("s", cells, ["yes"] * 4 + ["no"], ["yes", "no", "no", "no", "no"]) == ""
    assert constant_answer("s", cells, ["yes"] * 5, ["yes"] * 5) == "", "there is nothing else to answer"
    assert constant_answer("s", cells, ["yes"] * 4, ["yes", "no", "no", "no"]) == "", "four may be chance"
