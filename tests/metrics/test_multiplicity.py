"""Adjusted p-values against statsmodels, and the rate of false discoveries by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from probe.metrics.statistics.multiplicity import benjamini_hochberg


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_agree_with_statsmodels(p_values):
    assert benjamini_hochberg(p_values) == pytest.approx(list(multipletests(p_values, method="fdr_bh")[1]))


def test_no_test_has_no_p_value():
    assert benjamini_hochberg([]) == []


def test_of_twenty_tests_of_nothing_one_is_significant_in_at_most_one_run_of_twenty():
    rng = np.random.default_rng(0)
    runs = [min(benjamini_hochberg(rng.random(20))) <= 0.05 for _ in range(2000)]
    assert 0.03 <= np.mean(runs) <= 0.065
