"""How often comparisons of planted runs are wrong: intervals, p-values, the power to find a difference."""

import numpy as np
import pytest
import scipy.stats
from planted import answers, compared, finished, fragile

from probe.comparison.changes import verdict
from probe.comparison.comparison import RunComparison
from probe.comparison.runs import LEVEL
from probe.metrics import bootstrap, metrics
from probe.metrics.statistics.intervals import bca, jackknife
from probe.metrics.statistics.paired_interval import paired_interval
from probe.record.plain import from_plain


def test_at_no_seed_of_the_bootstrap_does_a_run_differ_from_itself():
    cells = answers(np.random.default_rng(0), *fragile(np.random.default_rng(1)))
    for seed in range(200):
        found = compared([finished("a", cells), finished("b", cells)], seed=seed, resamples=20, swaps=59)
        assert not any(row["significant"] for row in found["differences"] + found["tests"])


def called_different(repeats, *, num_items=40, swaps=199):
    """Return how often two draws of one model are called different: in a row of each metric, in any, in words."""
    names = ("flip_rate", "pss", "accuracy_mean", "accuracy", "mcnemar")
    called = dict.fromkeys((*names, "any row", "the verdict"), 0)
    for repeat in range(repeats):
        rng = np.random.default_rng(repeat)
        model = fragile(rng, num_items=num_items)
        a, b = answers(rng, *model), answers(rng, *model)
        found = compared([finished("a", a), finished("b", b)], seed=repeat, resamples=20, swaps=swaps)
        rows = found["tests"] + found["differences"]
        assert all(row["p_adjusted"] >= row["p_value"] for row in rows)
        of = {row.get("metric", row.get("test")) for row in rows if row["significant"]}
        for name in names:
            called[name] += name in of
        called["any row"] += bool(of)
        called["the verdict"] += not verdict(from_plain(RunComparison, found)).startswith("None of")
    return called


def test_two_draws_of_the_same_model_differ_no_more_often_than_the_level():
    """A/A over 200 repeats: at a level of 5 %, the verdict may call 10 of them different; chance allows 16 (97.5 %)."""
    called = called_different(200)
    assert all(count <= scipy.stats.binom.ppf(0.975, 200, LEVEL) == 16 for count in called.values()), called
    assert called["the verdict"] >= 1, "tests that never reject have no power to speak of"


def two_models(rng, num_items, *, moves=(0.4, 1.2), more=0.0):
    """Return two runs over the same items; the second moves by `more` the more often."""
    ready, right = rng.beta(*moves, (num_items, 1)), rng.random((num_items, 1)) < 0.7
    return answers(rng, ready, right), answers(rng, np.clip(ready + more, 0, 1), right)


def coverage_of_differences(repeats, *, num_items, moves=(0.4, 1.2), more=0.0):
    """Return how often the intervals of differences hold, by metric."""
    names = ("accuracy", "accuracy_mean", "flip_rate", "pss")
    one, other = two_models(np.random.default_rng(99), 200_000, moves=moves, more=more)
    truth = {name: metrics.get(name).value(other) - metrics.get(name).value(one) for name in names}
    held = dict.fromkeys(truth, 0)
    for repeat in range(repeats):
        both = two_models(np.random.default_rng(repeat), num_items, moves=moves, more=more)
        for name in held:
            found = paired_interval(metrics.get(name).function, *both, num_items=num_items, seed=repeat)
            held[name] += found.low <= truth[name] <= found.high
    return {name: count / repeats for name, count in held.items()}


@pytest.mark.parametrize(("num_items", "more"), [(20, 0.0), (40, 0.12), (150, 0.12)])
def test_intervals_of_differences_hold_in_93_to_97_percent(num_items, more):
    """Over 400 repeats: the bounds leave room for what chance does to the share of so many, in 97.5 % either way."""
    low, high = (scipy.stats.binom.ppf(side, 400, share) / 400 for side, share in ((0.025, 0.93), (0.975, 0.97)))
    held = coverage_of_differences(400, num_items=num_items, more=more)
    assert all(low <= share <= high for share in held.values()), held


def test_of_rare_flips_the_interval_of_a_difference_holds_where_a_correction_for_skewness_does_not():
    """The truth is 0, most of 40 items differ in nothing; there it may hold more often than it says."""
    flips, held = metrics.get("flip_rate").function, {"ours": 0, "bca": 0}
    for repeat in range(300):
        a, b = two_models(np.random.default_rng(repeat), 40, moves=(0.05, 2.0))

        def difference(weights, a=a, b=b):
            return flips(b, weights) - flips(a, weights)

        value, left_out = float(difference(np.ones((1, 40)))[0]), jackknife(difference, num_items=40)
        [drawn] = bootstrap([difference], num_items=40, seed=repeat, resamples=300)
        found = paired_interval(flips, a, b, num_items=40, seed=repeat)
        ends = {"ours": (found.low, found.high)}
        if not found.is_alike:
            ends |= {"bca": bca(value, drawn, left_out)}
        for name in held:
            low, high = ends.get(name, ends["ours"])
            held[name] += low <= 0 <= high
    assert held["bca"] < 0.9 * 300 < 0.93 * 300 <= held["ours"], held


def test_over_many_items_the_error_of_a_difference_is_the_bootstraps_and_about_the_same():
    both = two_models(np.random.default_rng(1), 2001)
    flips = metrics.get("flip_rate").function
    whole = paired_interval(flips, *both, num_items=2001, seed=0)
    part = paired_interval(flips, *(one.take(range(2000)) for one in both), num_items=2000, seed=0)
    assert whole.error == pytest.approx(part.error, rel=0.05)


def test_a_real_difference_of_the_detectable_size_is_found_in_most_runs():
    found_in, sizes = 0, []
    for repeat in range(30):
        rng = np.random.default_rng(repeat)
        ready, right = fragile(rng, num_items=80)
        worse = np.clip(ready + 0.12, 0, 1)
        found = compared(
            [finished("a", answers(rng, ready, right)), finished("b", answers(rng, worse, right))],
            seed=repeat, resamples=200,
            swaps=199,
        )  # fmt: skip
        [row] = [r for r in found["differences"] if (r["metric"], r["family"]) == ("flip_rate", "all")]
        sizes.append(row["minimum_detectable"])
        found_in += row["significant"]
    population = np.random.default_rng(0)
    ready, right = fragile(population, num_items=200_000)
    flip = metrics.get("flip_rate").value
    truth = flip(answers(population, np.clip(ready + 0.12, 0, 1), right)) - flip(answers(population, ready, right))
    assert found_in / 30 >= (0.7 if truth >= np.median(sizes) else 0.2), (found_in, truth, np.median(sizes))
