"""The interval, the p-value and the least effect found, against what they must be."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from probe.gating.rule import Rule, of_worsening
from probe.gating.statistics import (
    _at_least,
    grain_of,
    interval,
    items_that_pass,
    items_that_show,
    minimum_detectable,
    p_beyond,
    ruled_out,
)
from probe.metrics.statistics.intervals import wilson

Z2 = 1.959963984540054**2


@pytest.mark.parametrize("num", [5, 10, 73, 500])
def test_without_any_change_it_is_tangos_interval_of_matched_pairs(num):
    low, high = interval(0.0, 0.0, num)
    assert (low, high) == pytest.approx((-Z2 / (num + Z2), Z2 / (num + Z2)))


@given(st.integers(5, 400), st.floats(0, 1))
def test_the_bad_end_is_wilsons_where_items_only_became_worse(num, share):
    worse = round(share * num) / num
    error = math.sqrt(worse * (1 - worse) / num)
    high = interval(worse, error, num)[1]
    assert high >= wilson(worse, num)[1] - 1e-9
    assert high == pytest.approx(max(wilson(worse, num)[1], min(1.0, worse + math.sqrt(Z2) * error)))


@given(st.floats(-1, 1), st.floats(0, 0.5), st.integers(2, 1000))
def test_an_interval_holds_its_figure_and_turns_round_with_it(worsening, error, num):
    low, high = interval(worsening, error, num)
    assert -1 <= low <= worsening <= high <= 1
    assert interval(-worsening, error, num) == pytest.approx((-high, -low))


@given(st.floats(-0.9, 0.9), st.floats(0, 0.2), st.integers(5, 500))
def test_more_items_and_smaller_errors_never_widen_it(worsening, error, num):
    low, high = interval(worsening, error, num)
    closer = interval(worsening, error, num * 2)
    assert closer[0] >= low - 1e-9 and closer[1] <= high + 1e-9
    assert interval(worsening, error * 2, num)[1] >= high - 1e-9


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1), st.floats(0, 0.5))
def test_regressed_means_an_interval_beyond_the_margin_and_a_pass_one_below_the_tolerance(one, other, p, margin):
    rule, low, high = Rule(margin=margin, tolerance=0.6), min(one, other), max(one, other)
    outcome = of_worsening(low, high, p, rule, alarm=0.02)
    assert (outcome == "regressed") == (low > margin and p <= 0.02)
    assert outcome != "pass" or high <= 0.6


@pytest.mark.parametrize(("num", "share"), [(10, 0.3), (100, 0.1), (500, 0.02), (20, 1.0), (20, 0.0)])
def test_the_chance_of_enough_items_is_the_binomial_one(num, share):
    for count in (0, 1, 5, 12):
        assert _at_least(count, num, share) == pytest.approx(binom.sf(count - 1, num, share), abs=1e-9)


@pytest.mark.parametrize(
    ("num", "least", "most"), [(50, 0.2, 0.35), (100, 0.12, 0.2), (220, 0.07, 0.11), (500, 0.04, 0.07)]
)
def test_more_items_show_smaller_effects(num, least, most):
    assert least < minimum_detectable(0.0, num, margin=0.02, num_checks=11) < most


def test_the_effect_that_is_stated_is_found_in_four_cases_of_five_alone_among_the_checks():
    rng, num, checks, margin = np.random.default_rng(0), 150, 11, 0.02
    effect = minimum_detectable(0.0, num, margin=margin, num_checks=checks)
    worse = rng.random((4000, num)) < effect
    found = []
    for row in worse:
        share = row.mean()
        scored = p_beyond(share, margin, row.std(ddof=1) / math.sqrt(num), num)
        found.append(max(scored, 0.5 ** row.sum()) <= 0.02 / checks)
    assert 0.78 <= np.mean(found) <= 0.9
    assert np.mean(found) >= 0.8 - 0.02


def test_ten_items_find_next_to_nothing():
    assert minimum_detectable(0.0, 10, margin=0.02, num_checks=11) > 0.9


def test_a_grain_is_that_of_the_changes_and_whole_where_nothing_changed():
    assert grain_of(np.zeros(50)) == 1.0
    assert grain_of(np.array([1.0, -1, 0, np.nan])) == 1.0
    assert grain_of(np.full(100, 0.2)) == pytest.approx((100 * 0.04 + 1) / (100 * 0.2 + 1))


@given(st.floats(-1, 1), st.floats(0, 0.3), st.integers(2, 500), st.floats(0.05, 1))
def test_a_finer_grain_moves_the_good_end_only_and_keeps_the_figure_inside(worsening, error, num, grain):
    low, high = interval(worsening, error, num, grain=grain)
    coarse = interval(worsening, error, num)
    assert coarse[0] - 1e-9 <= low <= worsening <= high == coarse[1]


@pytest.mark.parametrize("tolerance", [0.02, 0.05, 0.1])
def test_the_items_that_pass_are_the_least_that_do(tolerance):
    num = items_that_pass(0.0, 0.0, 5, tolerance=tolerance)
    assert ruled_out(num) <= tolerance < ruled_out(num - 1)
    assert num == math.ceil(Z2 / tolerance - Z2)


def test_a_loss_over_the_tolerance_is_shown_by_more_items_and_never_passes():
    assert items_that_pass(0.1, 0.04, 50, tolerance=0.05) is None
    num = items_that_show(0.1, 0.04, 50, margin=0.02, num_checks=11)
    error = 0.04 * math.sqrt(50 / num)
    assert p_beyond(0.1, 0.02, error, num) <= 0.02 / 11 and interval(0.1, error, num)[0] > 0.02
    assert items_that_show(0.01, 0.04, 50, margin=0.02, num_checks=11) is None
    assert items_that_show(-0.9, 0.0, 5000, margin=0.02, num_checks=11) is None
