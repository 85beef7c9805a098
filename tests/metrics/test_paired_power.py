"""The smallest differences that tests of answers to the same items find: that they are found in four cases of five."""

import numpy as np
import pytest
from scipy.stats import binom, ncx2

from probe.metrics.statistics.paired import cochran_q, exact_mcnemar
from probe.metrics.statistics.paired_power import (
    MANY,
    cochran_detectable,
    critical,
    mcnemar_detectable,
    noncentrality,
    within_items,
)


def columns(rng, num_items, share, difference):
    """Return two columns: a `share` of the items is right in one only, in the second by `difference` more often."""
    sample = rng.random(num_items)
    second_only, first_only = sample < (share + difference) / 2, sample > 1 - (share - difference) / 2
    both = rng.random(num_items) < 0.5
    return (both & ~second_only) | first_only, (both & ~first_only) | second_only


@pytest.mark.parametrize(
    ("num_items", "share"), [(12, 0.3), (40, 0.1), (150, 0.1), (300, 0.02), (880, 0.16), (880, 0.3)]
)
def test_a_difference_of_that_size_is_found_in_four_cases_of_five(num_items, share):
    least = mcnemar_detectable(num_items, share)
    rng, found = np.random.default_rng(1), 0
    for _ in range(1000):
        first, second = columns(rng, num_items, max(share, least), least)
        found += exact_mcnemar(first.astype(float), second.astype(float)).p_value <= 0.05
    assert 0.76 <= found / 1000 <= 0.84, (least, found)


@pytest.mark.parametrize("discordant", [0, 1, 5, 6, 9, 20, 149])
def test_the_critical_number_is_the_last_that_the_exact_test_rejects(discordant):
    most = critical(discordant)
    assert most < 0 or 2 * binom.cdf(most, discordant, 0.5) <= 0.05
    assert 2 * binom.cdf(most + 1, discordant, 0.5) > 0.05


def test_too_few_items_for_any_difference_have_none():
    assert mcnemar_detectable(5, 0.4) is None
    assert mcnemar_detectable(0, 0.0) is None
    assert 0.9 < mcnemar_detectable(6, 0.0) < 1
    assert mcnemar_detectable(6, 0.0, alpha=0.01) is None


def test_more_items_and_fewer_discordant_ones_find_less_and_adjusting_finds_more():
    least = mcnemar_detectable(100, 0.2)
    assert mcnemar_detectable(400, 0.2) == pytest.approx(least / 2, rel=0.15)
    assert mcnemar_detectable(100, 0.1) < least < mcnemar_detectable(100, 0.2, alpha=0.01)


def test_the_normal_approximation_takes_over_where_it_is_as_good():
    for share in (0.1, 0.3):
        num = MANY / share
        below, above = mcnemar_detectable(int(num) - 2, share), mcnemar_detectable(int(num) + 2, share)
        assert above == pytest.approx(below, rel=0.06)


@pytest.mark.parametrize("degrees", [1, 4, 12])
def test_the_noncentrality_agrees_with_scipy(degrees):
    from scipy.stats import chi2

    assert ncx2.sf(chi2.ppf(0.95, degrees), degrees, noncentrality(degrees)) == pytest.approx(0.8, abs=0.002)


def test_a_range_of_that_size_is_found_by_cochrans_q_in_four_cases_of_five():
    """One column best, one worst, the others midway; items differ in how hard they are."""
    rng, found, sizes = np.random.default_rng(2), 0, []
    for _ in range(400):
        hard = 0.25 + 0.5 * rng.random((120, 1))
        within = within_items((rng.random((120, 6)) < hard).astype(float))
        least = cochran_detectable(120, 6, within)
        shift = np.array([least / 2, -least / 2, 0, 0, 0, 0])
        found += cochran_q((rng.random((120, 6)) < hard + shift).astype(float)).p_value <= 0.05
        sizes.append(least)
    assert 0.74 <= found / 400 <= 0.86, (found, np.mean(sizes))


def test_of_items_that_never_differ_no_range_is_known():
    assert within_items(np.ones((5, 3))) == 0
    assert within_items(np.array([[1.0, np.nan]])) == 0
    assert cochran_detectable(5, 3, 0.0) is None
    assert cochran_detectable(2, 3, 0.5) is None
