"""Paired tests against statsmodels, their edges, and that the swap test keeps its level where nothing differs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_cells import cells_of
from scipy.stats import chi2
from statsmodels.stats.contingency_tables import cochrans_q, mcnemar

from probe.metrics import metrics
from probe.metrics.statistics.paired import chi_square_tail, cochran_q, exact_mcnemar, swap_test

zeros_and_ones = st.integers(2, 5).flatmap(
    lambda k: st.lists(st.lists(st.sampled_from([0.0, 1.0]), min_size=k, max_size=k), min_size=1, max_size=40)
)


@settings(deadline=None)
@given(zeros_and_ones)
def test_exact_mcnemar_agrees_with_statsmodels(rows):
    table = np.array(rows)
    first, second = table[:, 0], table[:, 1]
    counts = [[((first == i) & (second == j)).sum() for j in (1, 0)] for i in (1, 0)]
    expected = mcnemar(np.array(counts), exact=True)
    got = exact_mcnemar(first, second)
    assert (got.statistic, got.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert got.num_items == len(rows)


def test_exact_mcnemar_of_many_items_agrees_with_statsmodels():
    first, second = np.r_[np.ones(1300), np.zeros(1150)], np.r_[np.zeros(1300), np.ones(1150)]
    assert exact_mcnemar(first, second).p_value == pytest.approx(mcnemar([[0, 1300], [1150, 0]], exact=True).pvalue)


def test_items_not_asked_under_both_are_left_out():
    got = exact_mcnemar(np.array([1, 1, 1, np.nan]), np.array([0, 0, np.nan, 1]))
    assert (got.statistic, got.num_items, got.p_value) == (0, 2, 0.5)
    assert cochran_q(np.array([[1, 0], [np.nan, 1], [1, 1.0]])).num_items == 2


@settings(deadline=None)
@given(zeros_and_ones)
def test_cochran_q_agrees_with_statsmodels(rows):
    table = np.array(rows)
    got = cochran_q(table)
    if (table.min(axis=1) == table.max(axis=1)).all():
        assert (got.statistic, got.p_value) == (0, 1)
        return
    expected = cochrans_q(table)
    assert (got.statistic, got.p_value) == pytest.approx((expected.statistic, expected.pvalue))


def test_one_column_has_nothing_to_differ_from():
    with pytest.raises(ValueError, match="one column"):
        cochran_q(np.ones((3, 1)))


@given(st.floats(0, 300), st.integers(1, 40))
def test_the_chi_square_tail_agrees_with_scipy(value, degrees):
    assert chi_square_tail(value, degrees) == pytest.approx(chi2.sf(value, degrees), rel=1e-8, abs=1e-14)


def test_a_swap_test_of_accuracy_is_the_exact_mcnemar_test_but_for_its_draws():
    rng = np.random.default_rng(4)
    first = (rng.random((40, 1)) < 0.8).astype(float)
    second = np.where(rng.random((40, 1)) < 0.3, 0.0, first)
    got = swap_test(metrics.get("accuracy").function, cells_of(first), cells_of(second), seed=1, swaps=20_000)
    assert got.statistic == pytest.approx(second.mean() - first.mean())
    assert got.p_value == pytest.approx(exact_mcnemar(first[:, 0], second[:, 0]).p_value, abs=0.01)


def test_a_swap_test_keeps_its_level_where_two_runs_differ_by_chance_only():
    """Two runs of one fragile model: each item has its own readiness to move, each run moves anew. 600 repeats."""
    rng = np.random.default_rng(11)
    found = {"flip_rate": 0, "pss": 0, "accuracy_mean": 0}
    for repeat in range(600):
        ready = rng.beta(0.4, 1.2, (25, 1))
        level = rng.random((25, 1)) < 0.7
        runs = []
        for _ in range(2):
            moved = rng.random((25, 5)) < ready
            moved[:, 0] = False
            runs.append(cells_of((level ^ moved).astype(float)))
        for name in found:
            got = swap_test(metrics.get(name).function, *runs, seed=repeat, swaps=199)
            found[name] += got.p_value <= 0.05
    assert all(8 <= count <= 44 for count in found.values()), (
        found
    )  # binomial(600, 0.05): 30, 3 sd are 16; ties lower it


def test_where_no_swap_is_as_far_more_are_made_and_else_none():
    first, second = cells_of(np.ones((30, 2))), cells_of(np.r_["1", np.ones((30, 1)), np.zeros((30, 1))])
    flips = metrics.get("flip_rate").function
    assert swap_test(flips, first, second, seed=0, swaps=99, most=999).p_value == 1 / 1000
    assert swap_test(flips, first, second, seed=0, swaps=99, most=50).p_value == 1 / 100
    one = cells_of(np.r_[[[1, 0]], np.ones((29, 2))])
    again = [swap_test(flips, first, one, seed=0, swaps=99, most=most).p_value for most in (0, 999)]
    assert again == [1, 1]


def test_a_table_swapped_with_itself_never_differs():
    cells = cells_of([[1, 0, 1], [0, 0, 1], [1, 1, 1]])
    got = swap_test(metrics.get("flip_rate").function, cells, cells, seed=0, swaps=99)
    assert (got.statistic, got.p_value) == (0, 1)


def test_a_swap_test_needs_the_same_items_and_variants():
    with pytest.raises(ValueError, match="same items"):
        swap_test(metrics.get("accuracy").function, cells_of([[1]]), cells_of([[1], [0]]), seed=0)
    alone = cells_of([[1]])
    assert math.isnan(swap_test(metrics.get("flip_rate").function, alone, alone, seed=0).statistic)
