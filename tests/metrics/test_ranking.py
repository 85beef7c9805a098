"""Rankings of models: closed forms, scipy's tau, a slow reference, ties."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import friedmanchisquare, kendalltau, rankdata

from probe.metrics.ranking import kendalls_w, mean_tau, reversal, reversal_of_original

tables = st.tuples(st.integers(2, 5), st.integers(2, 6)).flatmap(
    lambda shape: arrays(float, shape, elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
)


def test_variants_that_agree_have_concordance_one():
    table = np.array([[0.2, 0.3], [0.5, 0.4], [0.9, 0.8]])
    assert (kendalls_w(table), mean_tau(table)) == (1, 1)


def test_two_opposite_variants_have_concordance_zero():
    table = np.array([[0.1, 0.9], [0.5, 0.5], [0.9, 0.1]])
    assert (kendalls_w(table), mean_tau(table)) == (0, -1)


def test_concordance_of_three_judges_by_hand():
    """Ranks 1 2 3, 1 3 2, 2 1 3: sums 4 6 8, S = 8, W = 12 x 8 / (9 x 24) = 4 / 9."""
    assert kendalls_w(np.array([[1, 1, 2], [2, 3, 1], [3, 2, 3]]) / 10) == pytest.approx(4 / 9)


@settings(deadline=None)
@given(tables)
def test_concordance_is_friedmans_statistic_scaled(table):
    num_models, num_variants = table.shape
    got = kendalls_w(table)
    if (table == table[:1]).all():
        assert np.isnan(got)
    elif num_models >= 3:
        assert got == pytest.approx(friedmanchisquare(*table).statistic / (num_variants * (num_models - 1)))
    assert np.isnan(got) or -1e-9 <= got <= 1 + 1e-9


@settings(deadline=None)
@given(tables)
def test_mean_tau_is_the_mean_of_scipys(table):
    untied = [column for column in table.T if len(set(column)) > 1]
    expected = [kendalltau(rankdata(a), rankdata(b)).statistic for a, b in combinations(untied, 2)]
    assert mean_tau(table) == pytest.approx(np.mean(expected) if expected else np.nan, nan_ok=True)


@given(tables)
def test_reversal_is_counted_over_ordered_pairs_of_variants(table):
    signs = np.sign(table[1] - table[0])
    claims = [(i, j) for i, j in permutations(range(len(signs)), 2) if signs[i] != 0]
    expected = np.mean([signs[i] * signs[j] < 0 for i, j in claims]) if claims else np.nan
    assert reversal(table[0], table[1]) == pytest.approx(expected, nan_ok=True)
    assert reversal(table[1], table[0]) == pytest.approx(expected, nan_ok=True)


def test_reversal_of_original_counts_the_other_variants():
    assert reversal_of_original(np.array([0.5, 0.5, 0.5, 0.5]), np.array([0.6, 0.4, 0.5, 0.7])) == pytest.approx(1 / 3)
    assert np.isnan(reversal_of_original(np.array([0.5, 0.5]), np.array([0.5, 0.9])))


def test_resamples_are_ranked_one_by_one():
    tables_ = np.random.default_rng(0).integers(0, 4, (20, 3, 5)) / 4
    for function in (kendalls_w, mean_tau):
        assert function(tables_) == pytest.approx([float(function(table)) for table in tables_], nan_ok=True)
    assert reversal(tables_[:, 0], tables_[:, 1]) == pytest.approx(
        [float(reversal(table[0], table[1])) for table in tables_], nan_ok=True
    )


def test_the_order_of_a_sum_breaks_no_tie():
    assert np.isnan(kendalls_w(np.array([[0.1 + 0.2, 0.3], [0.3, 0.1 + 0.2]])))
