"""The table of a suite: which rows there are, what they count, their noise floors, and what is undefined."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from made_cells import cells_of, random_cells

from probe.metrics import ALL, Row, measure, metrics, stack, variant_rows, wilson
from probe.metrics.detail import Detail
from probe.metrics.rows import with_net

NAN = math.nan
LEVELS = ["accuracy_mean", "accuracy_worst", "accuracy_best"]
CHANGES = [
    "spread",
    "flip_rate",
    "flip_right_to_wrong",
    "flip_wrong_to_right",
    "flip_wrong_to_wrong",
    "any_flip_rate",
    "pss",
]


def several_families(num_items=40, *, num_null=2, seed=0):
    """Four items in five right as written; formats move many answers, typos few, null fewer."""
    families = ["original", "format", "format", "typos", *["null"] * num_null, "contrast"]
    moves = [0, 0.3, 0.4, 0.1, *[0.05] * num_null, 0.5]
    rng = np.random.default_rng(seed)
    original = rng.random((num_items, 1)) < 0.8
    right = (original ^ (rng.random((num_items, len(families))) < moves)).astype(float)
    right[::3, -1] = NAN
    effects = ["label-preserving"] * (len(families) - 1) + ["label-altering"]
    return cells_of(right, families=families, effects=effects)


def table(rows):
    return {(row.family, row.metric): row for row in rows}


def test_every_family_has_its_rows_in_the_order_of_the_registry():
    rows = measure("s", several_families(), seed=0, resamples=50)
    by_family = {}
    for row in rows:
        by_family.setdefault(row.family, []).append(row.metric)
    varied = [m.name for m in metrics.values() if m.needs in ("cells", "variants", "enough")]
    assert {*LEVELS, *CHANGES, "unreadable_rate"} <= set(varied)
    contrast = [
        "confidence",
        "unreadable_rate",
        "contrast_consistency",
        "contrast_accuracy",
        "contrast_consistency_gardner",
    ]
    assert by_family == {
        "original": [m.name for m in metrics.values() if m.needs in ("original", "cells")],
        "format": varied,
        "typos": varied,
        "null": varied,
        "contrast": contrast,
        ALL: [*varied, "robust_and_responsive"],
    }
    known = {metric.name for metric in metrics.values() if metric.needs not in ("causes", "positions", "responses")}
    assert {row.metric for row in rows} == known
    assert all(row.direction == metrics.get(row.metric).direction and row.suite == "s" for row in rows)


def test_rows_say_how_many_items_and_variants_they_count():
    rows = table(measure("s", several_families(30), seed=0, resamples=50))
    assert (rows["original", "accuracy"].num_items, rows["original", "accuracy"].num_variants) == (30, 0)
    assert (rows["format", "spread"].num_items, rows["format", "spread"].num_variants) == (30, 2)
    assert (rows[ALL, "pss"].num_items, rows[ALL, "pss"].num_variants) == (30, 3)
    row = rows["contrast", "contrast_consistency"]
    assert (row.num_items, row.num_variants) == (20, 1)


def test_rows_count_the_items_on_which_their_metric_is_defined():
    """Three of forty items have a POSIX: its interval rests on three, and so would Wilson's."""
    index = np.full(40, NAN)
    index[:3] = 0.1, 0.4, 0.3
    cells = several_families()
    known = Detail(
        cells.prediction, np.zeros(40, int), np.zeros(40, int), np.full((*cells.correct.shape, 1), NAN),
        np.full(cells.correct.shape, NAN), (), index,
    )  # fmt: skip
    rows = table(measure("s", replace(cells, detail=known), seed=0, resamples=400))
    posix = rows[ALL, "posix"]
    assert (posix.num_items, rows[ALL, "pss"].num_items) == (3, 40)
    assert posix.ci_high - posix.ci_low > 0.2
    both = rows[ALL, "robust_and_responsive"]
    assert both.num_items == rows["contrast", "contrast_consistency"].num_items < 40
    assert (both.ci_low, both.ci_high) == wilson(both.value, both.num_items)


def test_spread_counts_only_the_variants_that_it_compares():
    rows = table(measure("s", cells_of([[1, 0, 1], [1, 0, NAN], [0, 0, NAN], [0, 0, NAN]]), seed=0, resamples=50))
    assert rows["format", "spread"].num_variants == 1
    assert rows["format", "flip_rate"].num_variants == 2


def test_all_pools_the_families_but_not_the_noise():
    cells = several_families()
    rows = table(measure("s", cells, seed=0, resamples=50))
    rates = [rows[family, "flip_rate"].value for family in ("format", "typos")]
    assert rates[0] != rates[1] and rows[ALL, "flip_rate"].value == pytest.approx(sum(rates) / 2)


def test_the_floor_of_a_change_is_the_same_metric_on_as_many_null_draws():
    cells = several_families()
    rows = table(measure("s", cells, seed=0, resamples=50))
    both, first = cells.of("null"), cells.of("null").select([1])
    for metric in CHANGES:
        assert rows["format", metric].noise_floor == pytest.approx(metrics.get(metric).value(both)), metric
        assert rows["typos", metric].noise_floor == pytest.approx(metrics.get(metric).value(first)), metric
        row = rows["format", metric]
        assert row.net == row.value - row.noise_floor


def test_an_extreme_has_no_floor_from_fewer_draws_but_a_mean_has():
    rows = table(measure("s", several_families(num_null=2), seed=0, resamples=50))
    for metric in [*LEVELS, *CHANGES]:
        is_extreme = metrics.get(metric).kind == "extreme"
        assert (rows[ALL, metric].noise_floor is None) == is_extreme, metric


def test_the_floor_of_a_level_is_how_far_asking_again_moves_it():
    right = [[1, 0, 1, 0]] + [[1, 1, 1, 1]] * 9
    cells = cells_of(right, families=["original", "format", "null", "null"])
    rows = table(measure("s", cells, seed=0, resamples=50))
    assert rows["original", "accuracy"].noise_floor == pytest.approx((0 + 0.1) / 2)
    assert rows["format", "accuracy_worst"].noise_floor == pytest.approx(0.0)
    assert rows["format", "accuracy_worst"].net is None
    worse = cells_of(right, families=["original", "null", "format", "null"])
    rows = table(measure("s", worse, seed=0, resamples=50))
    assert rows["format", "accuracy_worst"].noise_floor == pytest.approx(0.1)


def test_null_and_contrast_rows_and_runs_without_null_have_no_floor():
    rows = measure("s", several_families(), seed=0, resamples=50)
    assert all(row.noise_floor is None for row in rows if row.family in ("null", "contrast"))
    rows = measure("s", several_families(num_null=0), seed=0, resamples=50)
    assert all(row.noise_floor is None and row.net is None for row in rows)


def test_what_is_not_defined_is_none_with_a_reason():
    rows = table(measure("s", cells_of([[1, 0], [1, NAN], [0, NAN]]), seed=0, resamples=50))
    row = rows["format", "spread"]
    assert (row.value, row.ci_low, row.ci_high, row.noise_floor) == (None, None, None, None)
    assert row.reason == "no variant was asked on at least half of the items"
    assert rows["format", "flip_rate"].value == 1.0
    assert rows["format", "flip_rate"].reason == ""


def test_without_items_every_row_says_so():
    rows = measure("s", several_families().take([]), seed=0, resamples=50)
    assert rows
    assert all(row.value is None and row.reason and row.num_items == 0 for row in rows)
    assert variant_rows("s", several_families().take([]), seed=0) == []


def test_a_run_without_variants_has_clean_rows_only():
    rows = measure("s", cells_of([[1], [0]]), seed=0, resamples=50)
    known = [(row.metric, row.value) for row in rows if row.value is not None]
    assert known == [("accuracy", 0.5), ("unreadable_rate", 0.0)]
    assert all(row.family == "original" and (row.value is not None or row.reason) for row in rows)


@settings(max_examples=40, deadline=None)
@given(random_cells(flips=True))
def test_no_nan_reaches_a_row(cells):
    for row in measure("s", cells, seed=0, resamples=20):
        numbers = [row.value, row.ci_low, row.ci_high, row.noise_floor]
        assert not any(number is not None and math.isnan(number) for number in numbers), row
        assert (row.value is None) == bool(row.reason) == (row.ci_low is None), row


def test_the_same_seed_gives_the_same_rows_and_another_seed_other_bands():
    cells = several_families()
    assert measure("s", cells, seed=1, resamples=100) == measure("s", cells, seed=1, resamples=100)
    other = table(measure("s", cells, seed=2, resamples=100))
    row = table(measure("s", cells, seed=1, resamples=100))["format", "spread"]
    assert row.value == other["format", "spread"].value
    assert row.ci_high != other["format", "spread"].ci_high


def test_pooled_suites_have_the_pooled_value():
    parts = [several_families(30, seed=1), several_families(10, seed=2)]
    pooled = table(measure("all suites", stack(parts), seed=0, resamples=50))
    values = [table(measure("s", part, seed=0, resamples=50))["format", "flip_rate"].value for part in parts]
    assert pooled["format", "flip_rate"].value == pytest.approx((30 * values[0] + 10 * values[1]) / 40)
    assert pooled["format", "flip_rate"].num_items == 40


def test_each_variant_has_its_accuracy_on_the_items_it_was_asked():
    rows = variant_rows("s", cells_of([[1, 1, NAN], [0, 1, NAN], [1, 0, NAN], [0, NAN, NAN]]), seed=0)
    assert [(row.family, row.num_items) for row in rows] == [("original", 4), ("format", 3)]
    assert rows[1].accuracy == rows[1].original_accuracy == pytest.approx(2 / 3)
    assert (rows[1].ci_low, rows[1].ci_high) == wilson(2 / 3, 3)
    assert rows[1].balanced_accuracy is rows[1].macro_f1_low is rows[1].mcc is None


def test_net_may_be_negative_where_the_noise_is_larger():
    row = with_net(Row("spread", "s", "format", 0.01, 0.0, 0.1, 50, 3, "lower", 0.03))
    assert row.net == pytest.approx(-0.02)
