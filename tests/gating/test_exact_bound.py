"""A share of items passes a bound only where the exact binomial tail is 2.5 % at most."""

import pytest
import scipy.stats

from probe.gating.bounds import Bound, _needed, is_excluded
from probe.metrics import Row, wilson


def row_of(right, num_items, metric="accuracy"):
    low, high = wilson(right / num_items, num_items)
    return Row(metric, "s", "original", right / num_items, low, high, num_items, 0, "higher", None)


@pytest.mark.parametrize("num_items", [10, 37, 220, 1000])
@pytest.mark.parametrize("limit", [0.5, 0.8, 0.9, 0.97])
def test_a_share_is_above_its_bound_where_scipys_exact_test_says_so(num_items, limit):
    bound = Bound("min-accuracy", limit)
    for right in range(0, num_items + 1, max(1, num_items // 50)):
        expected = scipy.stats.binomtest(right, num_items, limit, alternative="greater").pvalue <= 0.025
        assert is_excluded(row_of(right, num_items), bound) == expected, right


def test_no_bound_is_passed_in_more_than_2_5_percent_of_runs_that_lie_on_it():
    for limit in (0.6, 0.8, 0.9, 0.95):
        for num_items in (20, 50, 100, 220):
            passing = [
                r for r in range(num_items + 1) if is_excluded(row_of(r, num_items), Bound("min-accuracy", limit))
            ]
            chance = scipy.stats.binom.sf(min(passing, default=num_items + 1) - 1, num_items, limit)
            assert chance <= 0.025, (limit, num_items)


def test_a_wilson_interval_alone_would_pass_more():
    """49 of 60: its interval ends above .70, which a model of .70 reaches in 2.9 %."""
    row = row_of(49, 60)
    assert row.ci_low > 0.70
    assert not is_excluded(row, Bound("min-accuracy", 0.70))
    assert is_excluded(row, Bound("min-accuracy", 0.69))


def test_other_figures_are_judged_by_their_intervals():
    assert is_excluded(row_of(50, 100, metric="flip_rate"), Bound("max-flip-rate", 0.5))


@pytest.mark.parametrize(
    ("value", "bound", "items"),
    [
        (0.25, 0.25, None),
        (0.0, 1e-320, None),
        (0.0, 1e-160, None),
        (0.25, 0.25 + 1e-9, None),
        (0.25, 0.5, 3),
        (0.25, 0.3125, 40),
    ],
)
def test_a_bound_on_the_figure_or_a_hair_beside_it_asks_for_no_number_of_items(value, bound, items):
    assert _needed(value, value - 0.125, value + 0.125, bound, 10) == items
