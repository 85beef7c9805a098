"""Intervals from what items and shared samples contribute: against closed forms, and where they must not degenerate."""

import math

import numpy as np
import pytest
import scipy.stats
from made_cells import cells_of

from probe.metrics import measure, metrics, wilson
from probe.metrics.statistics.effective import Influence, SharedPart, difference_interval, influence, mean_interval
from probe.metrics.statistics.intervals import jackknife, score_interval


def of_values(values, *, num_answers=None, shared=()):
    """Return the contributions of items whose mean is the figure."""
    pulls = values - values.mean()
    return Influence(pulls, num_answers or len(values), len(values), shared)


def test_contributions_of_a_mean_are_the_items_distances_from_it():
    values = np.array([0.1, 0.5, 0.9, 0.0])
    left_out = jackknife(lambda weights: weights @ values / weights.sum(axis=1), num_items=4)
    assert influence(left_out, values.mean(), low=0, high=1) == pytest.approx(values - values.mean())


def test_an_item_that_alone_defines_a_figure_pulls_to_the_farther_end():
    assert influence(np.array([0.3, 0.3, math.nan]), 0.3, low=0, high=1) == pytest.approx([0, 0, 0.7])
    assert influence(np.array([0.9, 0.9, math.nan]), 0.9, low=0, high=1) == pytest.approx([0, 0, -0.9])


def test_a_share_of_independent_items_has_wilsons_interval_at_students_quantile():
    values = np.repeat([1.0, 0.0], [30, 70])
    t = scipy.stats.t.ppf(0.975, 99)
    # its variance is that of N - 1, so it is worth one item less
    low, high = score_interval(0.3, 99, t)
    assert mean_interval(0.3, of_values(values), low=0, high=1) == pytest.approx((low, high), abs=2e-4)


def test_pairs_of_an_item_that_go_together_are_one_item_and_others_are_more():
    together = np.repeat([1.0, 0.0], [30, 70])
    apart = np.random.default_rng(0).binomial(12, 0.3, 100) / 12
    [wide, narrow] = (mean_interval(v.mean(), of_values(v, num_answers=1200), low=0, high=1) for v in (together, apart))
    assert wide[1] - wide[0] == pytest.approx(0.179, abs=0.005)
    assert narrow[1] - narrow[0] < 0.4 * (wide[1] - wide[0])


def test_few_items_with_all_the_flips_stretch_the_open_end_and_many_do_not():
    def stretched(num_carrying):
        values = np.zeros(200)
        values[:num_carrying] = 2 / 12
        low, high = mean_interval(values.mean(), of_values(values, num_answers=2400), low=0, high=1)
        plain = score_interval(values.mean(), values.mean() * (1 - values.mean()) / (values.var(ddof=1) / 200), 1.97)
        return (high - values.mean()) / (plain[1] - values.mean()), (values.mean() - low) / (values.mean() - plain[0])

    one, many = stretched(2), stretched(100)
    assert one[0] > 1.2
    assert many == pytest.approx((1, 1), abs=0.03)
    assert one[1] == pytest.approx(1, abs=0.02), "the end at the bound is known better"


def test_accuracies_are_treated_as_errors_are_on_the_other_side():
    values = np.random.default_rng(1).binomial(12, 0.05, 60) / 12
    low, high = mean_interval(values.mean(), of_values(values), low=0, high=1)
    mirrored = mean_interval(1 - values.mean(), of_values(1 - values), low=0, high=1)
    assert mirrored == pytest.approx((1 - high, 1 - low))
    assert mean_interval(5 * values.mean(), of_values(5 * values), low=0, high=5) == pytest.approx((5 * low, 5 * high))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_items_that_all_do_the_same_are_as_many_and_no_more(share):
    assert mean_interval(share, of_values(np.full(20, share), num_answers=240), low=0, high=1) == pytest.approx(
        wilson(share, 20)
    )


def test_one_slip_of_ten_right_items_says_no_more_of_wrong_ones_than_none():
    right, slip = np.ones(10), np.ones(10)
    slip[0] = 12 / 13
    whole = [
        mean_interval(v.mean(), of_values(v, num_answers=130), low=0, high=1, is_whole=True)[0] for v in (right, slip)
    ]
    assert whole[0] == pytest.approx(whole[1]) == pytest.approx(wilson(1.0, 10)[0])
    assert mean_interval(slip.mean(), of_values(slip, num_answers=130), low=0, high=1)[0] > whole[0] + 0.05


def format_part(variance, *, num=4, value=0.2, weight=1.0):
    return SharedPart("format", num, variance, weight, value)


def test_other_samples_widen_both_ends_within_the_range_and_farther_where_there_is_room():
    values = np.random.default_rng(2).binomial(12, 0.2, 200) / 12
    alone = mean_interval(values.mean(), of_values(values, num_answers=2400), low=0, high=1)
    part = format_part(0.05**2, value=float(values.mean()))
    low, high = mean_interval(values.mean(), of_values(values, num_answers=2400, shared=(part,)), low=0, high=1)
    assert 0 < low < alone[0]
    assert alone[1] < high < 1
    assert high - values.mean() > 1.5 * (values.mean() - low)


def test_of_many_samples_that_differ_little_the_interval_is_that_of_their_mean():
    """Forty samples of rates .5 +- .02: half the width is t_39 standard errors, within what the logits bend."""
    part = format_part(0.02**2 / 40, num=40, value=0.5)
    values = np.full(10_000, 0.5)
    low, high = mean_interval(0.5, Influence(values - 0.5, 10**9, 10**9, (part,)), low=0, high=1)
    assert (high - low) / 2 == pytest.approx(scipy.stats.t.ppf(0.975, 39) * 0.02 / math.sqrt(40), rel=0.01)


def test_a_family_of_little_weight_moves_the_figure_by_no_more_than_its_weight():
    part = format_part(0.1**2, num=2, value=0.2, weight=0.25)
    values = np.full(1000, 0.2)
    low, high = mean_interval(0.2, Influence(values - 0.2, 10**9, 10**9, (part,)), low=0, high=1)
    assert low == pytest.approx(0.2 - 0.25 * 0.2, abs=1e-6)
    assert high == pytest.approx(0.2 + 0.25 * 0.8, abs=1e-6)


def test_a_difference_that_many_items_pull_both_ways_has_students_interval():
    values = np.random.default_rng(3).normal(0.05, 0.2, 400).clip(-1, 1)
    expected = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert difference_interval(values.mean(), of_values(values, num_answers=4000)) == pytest.approx(expected, abs=0.004)


def test_of_a_difference_that_few_items_pull_one_way_the_open_end_is_farther():
    values = np.zeros(50)
    values[:3] = [0.5, 0.2, 0.1]
    low, high = difference_interval(values.mean(), of_values(values, num_answers=600))
    t_interval = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert high > t_interval.high + 0.01, "of Student's, nearly all misses are on this side"
    assert difference_interval(-values.mean(), of_values(-values, num_answers=600)) == pytest.approx((-high, -low))


def test_every_interval_of_a_run_contains_its_value_and_stays_in_range():
    rng = np.random.default_rng(2)
    for _ in range(20):
        right = (rng.random((int(rng.integers(1, 12)), int(rng.integers(2, 6)))) < rng.random()).astype(float)
        for row in measure("s", cells_of(right), seed=1, resamples=100, shared=frozenset({"format"})):
            if row.value is not None:
                metric = metrics.get(row.metric)
                assert metric.low <= row.ci_low <= row.value <= row.ci_high <= metric.high, row
