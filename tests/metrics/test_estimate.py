"""Estimating all prompts from a part of the cells: against a reference, the baseline, planted grids and itself."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.evaluation.budget import balanced, features
from probe.metrics.statistics.estimate import (
    QUANTILES,
    accuracies,
    estimate,
    fit,
    full_rank,
    naive,
    wasserstein,
)

SLAB = Path(__file__).parents[3] / "shared" / "data" / "slab-bbh" / "accuracies" / "navigate.json"


def planted(*, prompts=160, items=250, spread=0.7, seed=0):
    """Return a full grid of outcomes (prompts, items) whose prompts are partly explained by three covariates."""
    rng = np.random.default_rng(seed)
    covariates = rng.normal(size=(prompts, 3))
    theta = 0.3 + spread * (covariates @ [0.6, -0.4, 0.3] + rng.normal(0, 0.6, prompts))
    probability = 1 / (1 + np.exp(-(theta[:, None] + rng.normal(0, 1.2, items))))
    return (rng.random((prompts, items)) < probability).astype(float), covariates


def sampled(grid, calls, *, seed=0):
    return np.where(balanced(np.ones(grid.shape, bool), calls, seed=seed), grid, np.nan)


@pytest.mark.parametrize("calls", [400, 800])
def test_the_estimate_is_at_least_twice_as_near_to_the_truth_as_the_plain_means(calls):
    missed = {"model": [], "model, no covariates": [], "plain": []}
    for seed in range(3):
        grid, covariates = planted(seed=seed)
        seen, truth = sampled(grid, calls, seed=seed), grid.mean(axis=1)
        found = estimate(seen, covariates=covariates, seed=seed, resamples=20)
        missed["model"].append(wasserstein(found.distribution, truth))
        missed["model, no covariates"].append(wasserstein(estimate(seen, seed=seed, resamples=20).distribution, truth))
        missed["plain"].append(wasserstein(naive(seen), truth))
    plain = np.mean(missed.pop("plain"))
    assert all(np.mean(one) < plain / 2 for one in missed.values()), (missed, plain)


@pytest.mark.skipif(not SLAB.exists(), reason="the accuracies of real templates are not here")
def test_it_is_twice_as_near_on_the_accuracies_of_real_templates_as_well():
    templates = list(json.loads(SLAB.read_text(encoding="utf-8"))["paraphrases"].values())
    truth = np.array([row["accs"]["flan-t5-xl"] for row in templates])
    covariates = full_rank(np.array([features(row["template"]) for row in templates]))
    rng = np.random.default_rng(0)
    grid = (rng.random((len(truth), 100)).argsort(axis=1) < np.rint(100 * truth)[:, None]).astype(float)
    seen = sampled(grid, 800)
    found = estimate(seen, covariates=covariates, resamples=15)
    assert wasserstein(found.distribution, truth) < wasserstein(naive(seen), truth) / 2


def test_more_calls_miss_less():
    grid, covariates = planted()
    truth = grid.mean(axis=1)
    missed = [
        np.abs(accuracies(seen, fit(seen, covariates=covariates)) - truth).mean()
        for seen in (sampled(grid, calls) for calls in (200, 1600, 12_800))
    ]
    assert missed[0] > missed[1] > missed[2]


def test_a_full_grid_is_given_back_as_it_is():
    grid, covariates = planted(prompts=12, items=20)
    found = estimate(grid, covariates=covariates, resamples=5)
    truth = grid.mean(axis=1)
    assert found.accuracies == pytest.approx(truth)
    assert found.distribution == pytest.approx(np.sort(truth))
    assert found.quantiles == pytest.approx(np.quantile(truth, QUANTILES))
    assert found.low == pytest.approx(found.high)
    assert found.num_asked == grid.size


def test_with_a_fixed_penalty_it_is_the_penalised_regression_of_the_paper():
    from sklearn import linear_model

    grid, covariates = planted(prompts=15, items=20)
    seen = sampled(grid, 150)
    rows, columns = np.nonzero(~np.isnan(seen))
    one_hot = np.hstack([np.ones((len(rows), 1)), covariates[rows], np.eye(15)[rows], np.eye(20)[columns]])
    # the constant has a penalty of 0.01 in ours as well, so that 0.01 everywhere is C = 100
    reference = linear_model.LogisticRegression(C=100.0, fit_intercept=False, tol=1e-10, max_iter=5000)
    reference.fit(one_hot, seen[rows, columns])
    every = np.array([[*[1.0], *covariates[i], *np.eye(15)[i], *np.eye(20)[j]] for i in range(15) for j in range(20)])
    expected = reference.predict_proba(every)[:, 1].reshape(15, 20)
    assert fit(seen, covariates=covariates, penalties=(0.01, 0.01, 0.01)).probabilities == pytest.approx(
        expected, abs=1e-4
    )


def test_item_effects_have_mean_zero_and_the_fit_is_unique():
    grid, covariates = planted(prompts=30, items=40)
    seen = sampled(grid, 300)
    fitted = fit(seen, covariates=covariates)
    assert fitted.beta.mean() == pytest.approx(0, abs=1e-9)
    order = np.random.default_rng(1).permutation(30)
    again = fit(seen[order], covariates=covariates[order])
    assert again.theta == pytest.approx(fitted.theta[order], abs=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_outcomes_that_are_all_equal_are_fitted_without_overflow(value):
    seen = sampled(np.full((20, 30), value), 60)
    found = estimate(seen, resamples=20)
    assert np.abs(found.accuracies - value).max() < 0.05
    assert ((found.low <= found.quantiles) & (found.quantiles <= found.high)).all()


def test_the_intervals_hold_the_truth_about_as_often_as_they_say():
    held = []
    for seed in range(10):
        grid, covariates = planted(prompts=60, items=80, seed=seed)
        found = estimate(sampled(grid, 600, seed=seed), covariates=covariates, seed=seed, resamples=100)
        truth = np.quantile(grid.mean(axis=1), QUANTILES)
        held.append((found.low <= truth) & (truth <= found.high))
    assert np.mean(held) >= 0.85


def test_the_same_seed_gives_the_same_intervals():
    grid, _ = planted(prompts=20, items=20)
    seen = sampled(grid, 100)
    first, second, other = (estimate(seen, seed=seed, resamples=30) for seed in (3, 3, 4))
    assert (first.low == second.low).all()
    assert (first.low != other.low).any()


def test_a_prompt_that_was_never_asked_has_the_mean_of_all_in_the_baseline():
    seen = np.array([[1.0, np.nan, 0.0], [np.nan, np.nan, np.nan], [1.0, 1.0, np.nan]])
    assert naive(seen) == pytest.approx([0.5, 0.75, 1.0])


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(ValueError, match="no cell"):
        fit(np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match="1, 0 or NaN"):
        fit(np.array([[0.5, 1.0]]))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.integers(1, 3), st.floats(-0.5, 0.5))
def test_the_distance_of_a_shifted_sample_is_the_shift(values, times, shift):
    one = np.array(values)
    assert wasserstein(one, np.repeat(one, times) + shift) == pytest.approx(abs(shift), abs=1e-9)


@given(st.integers(2, 12), st.integers(1, 6), st.integers(0, 99))
def test_covariates_have_full_rank(prompts, num, seed):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(2, (prompts, num)).astype(float)
    reduced = full_rank(np.hstack([counts, counts, np.full((prompts, 1), 7.0)]))
    if reduced is None:
        assert (counts == counts[0]).all()
    else:
        assert np.linalg.matrix_rank(reduced) == reduced.shape[1] < prompts
        assert reduced.mean(axis=0) == pytest.approx(0, abs=1e-9)
