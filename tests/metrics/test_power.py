"""Sample sizes: against statsmodels, by simulation, and that planted components are found again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower

from probe.metrics.statistics.power import (
    Components,
    components_of,
    half_width,
    items_needed,
    minimum_detectable,
    variants_needed,
)


def test_the_minimum_detectable_effect_is_that_of_statsmodels():
    solved = NormalIndPower(ddof=0).solve_power(nobs1=400, alpha=0.05, power=0.8, ratio=0, alternative="two-sided")
    assert minimum_detectable(1 / 400**0.5) == pytest.approx(solved, abs=1e-4)


def test_a_difference_of_the_minimum_detectable_size_is_found_in_80_percent():
    rng = np.random.default_rng(1)
    observed = rng.normal(minimum_detectable(0.01), 0.01, 100_000)
    assert np.mean(np.abs(observed / 0.01) > 1.96) == pytest.approx(0.8, abs=0.01)


def planted(rng, *, items, variants, rate, correlation):
    """Beta-binomial outcomes: exactly that rate and that correlation within items."""
    scale = 1 / correlation - 1
    ready = rng.beta(rate * scale, (1 - rate) * scale, (items, 1))
    return (rng.random((items, variants)) < ready).astype(float)


@pytest.mark.parametrize(("rate", "correlation"), [(0.1, 0.3), (0.4, 0.7)])
def test_planted_components_are_found_again(rate, correlation):
    rng = np.random.default_rng(2)
    outcome = planted(rng, items=20_000, variants=6, rate=rate, correlation=correlation)
    outcome[rng.random(outcome.shape) < 0.3] = np.nan
    found = components_of(outcome)
    assert found.rate == pytest.approx(rate, abs=0.01)
    assert found.correlation == pytest.approx(correlation, abs=0.02)
    assert found.between + found.within == pytest.approx(rate * (1 - rate), abs=0.01)


def test_the_half_width_planned_is_the_one_that_runs_have():
    rng = np.random.default_rng(3)
    assumed = Components.assumed(0.2, 0.4)
    rates = [planted(rng, items=150, variants=8, rate=0.2, correlation=0.4).mean() for _ in range(4000)]
    assert half_width(assumed, items=150, variants=8) == pytest.approx(1.96 * np.std(rates), rel=0.04)


@given(st.floats(0.01, 0.99), st.floats(0, 1), st.floats(0.005, 0.3), st.integers(1, 64))
def test_the_items_needed_suffice_and_one_less_does_not(rate, correlation, target, variants):
    assumed = Components.assumed(rate, correlation)
    items = items_needed(assumed, target=target, variants=variants)
    assert half_width(assumed, items=items, variants=variants) <= target * (1 + 1e-6)
    if items > 1:
        assert half_width(assumed, items=items - 1, variants=variants) > target * (1 - 1e-6)


@given(st.floats(0.01, 0.99), st.floats(0, 1), st.floats(0.005, 0.3), st.integers(1, 5000))
def test_the_variants_needed_suffice_or_no_number_does(rate, correlation, target, items):
    assumed = Components.assumed(rate, correlation)
    variants = variants_needed(assumed, target=target, items=items)
    if variants is None:
        assert half_width(assumed, items=items, variants=10**9) >= target * (1 - 1e-4)
    else:
        assert half_width(assumed, items=items, variants=variants) <= target * (1 + 1e-6)


def test_a_proportion_of_independent_items_needs_what_the_textbook_says():
    assert items_needed(Components.assumed(0.5, 1.0), target=0.02, variants=1) == 2401


def test_items_asked_once_show_no_variance_within():
    assert components_of(np.array([[1.0], [0.0], [0.0], [1.0]])) == Components(0.5, 0.25, 0.0)
    with pytest.raises(ValueError, match="nothing"):
        components_of(np.full((2, 2), np.nan))


def test_what_never_varies_has_no_correlation():
    assert components_of(np.zeros((5, 3))).correlation == 0
