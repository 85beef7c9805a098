"""Resampling of items and variants: against copies of rows and columns, and by simulated coverage of other formats."""

import numpy as np
import pytest
from made_cells import cells_of

from probe.metrics import Cells, bootstrap, measure, metrics
from probe.metrics.statistics.intervals import percentile
from probe.metrics.statistics.two_way import is_sampled, sample, statistic

FORMAT = frozenset({"format"})
TWO_WAY = {one.name: one.two_way for one in metrics.values() if one.two_way is not None}


def made(rng, *, num_items=30, num_variants=6, missing=0.0):
    right = (rng.random((num_items, num_variants + 1)) < 0.6).astype(float)
    right[:, 1:][rng.random((num_items, num_variants)) < missing] = np.nan
    return cells_of(right)


@pytest.mark.parametrize("name", TWO_WAY)
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_with_every_column_once_it_is_the_metric(name, missing):
    cells = made(np.random.default_rng(1), missing=missing)
    weights = np.random.default_rng(2).multinomial(30, np.full(30, 1 / 30), 8).astype(float)
    got = TWO_WAY[name](cells, weights, np.ones((8, 7)))
    assert got == pytest.approx(metrics.get(name).function(cells, weights))


@pytest.mark.parametrize("name", [name for name in TWO_WAY if name != "pss"])
def test_a_weight_is_how_often_a_column_is_there(name):
    cells = made(np.random.default_rng(3))
    picks = [0, 1, 1, 4, 6, 6, 6]
    weights = np.bincount(picks, minlength=7).astype(float)
    copied = cells_of(cells.correct[:, picks])
    assert TWO_WAY[name](cells, np.ones((1, 30)), weights[None])[0] == pytest.approx(metrics.get(name).value(copied))


def test_a_column_does_not_agree_with_its_own_copy():
    """PSS over pairs of different columns: clean once and column 1 twice are two pairs, of which both disagree."""
    cells = cells_of([[1, 0, 1]])
    assert TWO_WAY["pss"](cells, np.ones((1, 1)), np.array([[1.0, 2.0, 0.0]]))[0] == 1


def test_only_shared_columns_are_drawn_and_their_mean_weight_is_one():
    cells = cells_of(np.ones((2, 8)), families=["original", *["format"] * 4, *["typos"] * 3])
    weights = sample(np.random.default_rng(0), cells, FORMAT, num=20_000)
    assert (weights[:, [0, 5, 6, 7]] == 1).all()
    assert weights[:, 1:5].sum(axis=1) == pytest.approx(4)
    assert weights[:, 1:5].mean(axis=0) == pytest.approx(1, abs=0.05)
    values = np.array([0.1, 0.2, 0.6, 0.7])
    spread = (weights[:, 1:5] @ values / 4).var()
    assert spread == pytest.approx(values.var(ddof=1) / 4, rel=0.05)


def test_chunks_change_nothing_that_is_drawn():
    cells = made(np.random.default_rng(4))
    one, other = (
        bootstrap(
            [statistic(TWO_WAY["flip_rate"], cells, FORMAT, seed=5)],
            num_items=30,
            seed=1,
            resamples=90,
            chunk_bytes=size,
        )
        for size in (10**6, 8 * 30 * 7)
    )
    np.testing.assert_array_equal(one[0], other[0])


def test_rates_over_pairs_pss_and_mean_accuracy_can_be_resampled_by_variant():
    kinds = ("right_to_wrong", "wrong_to_right", "wrong_to_wrong")
    assert set(TWO_WAY) == {"accuracy_mean", "flip_rate", *(f"flip_{kind}" for kind in kinds), "pss", "unreadable_rate"}


def test_one_variant_is_no_sample_of_variants():
    assert not is_sampled(made(np.random.default_rng(5), num_variants=1), FORMAT)
    assert not is_sampled(made(np.random.default_rng(5)), frozenset({"typos"}))


def of_formats(rng, *, num_items, num_variants, sd=0.12):
    """Each format has its own rate of moving answers, around 0.3; each item its own readiness."""
    shift = rng.normal(0, sd, num_variants)
    ready = rng.beta(2, 4.67, (num_items, 1))
    right = np.ones((num_items, num_variants + 1))
    right[:, 1:] -= rng.random((num_items, num_variants)) < np.clip(ready + shift, 0, 1)
    return cells_of(right)


def coverage(num_variants, repeats=300):
    truth = metrics.get("flip_rate").value(of_formats(np.random.default_rng(0), num_items=3000, num_variants=3000))
    rng, covered = np.random.default_rng(7), {"items": 0, "both": 0}
    for repeat in range(repeats):
        cells: Cells = of_formats(rng, num_items=100, num_variants=num_variants)
        value = metrics.get("flip_rate").value(cells)
        items, both = bootstrap(
            [
                lambda weights, cells=cells: metrics.get("flip_rate").function(cells, weights),
                statistic(TWO_WAY["flip_rate"], cells, FORMAT, seed=repeat),
            ],
            num_items=100, seed=repeat, resamples=300,
        )  # fmt: skip
        for name, drawn in (("items", items), ("both", both)):
            low, high = percentile(value, drawn)
            covered[name] += low <= truth <= high
    return {name: count / repeats for name, count in covered.items()}


def test_with_enough_formats_the_interval_covers_what_other_formats_would_show():
    found = coverage(16)
    assert 0.92 <= found["both"] <= 0.98, found
    assert found["items"] < 0.85, "items alone ought to be seen to fail"


def test_with_four_formats_it_covers_less_than_it_says_but_far_more_than_items_alone():
    found = coverage(4)
    assert found["both"] > 0.82 > 0.7 > found["items"], found


def test_a_summary_resamples_shared_draws_where_it_is_told_to():
    cells = of_formats(np.random.default_rng(8), num_items=60, num_variants=8)
    rows = {shared: {r.metric: r for r in measure("s", cells, seed=0, resamples=300, shared=shared)
                     if r.family == "format"} for shared in (frozenset(), FORMAT)}  # fmt: skip
    for name in ("flip_rate", "pss", "accuracy_mean"):
        given, sampled = rows[frozenset()][name], rows[FORMAT][name]
        assert sampled.value == given.value
        assert sampled.ci_high - sampled.ci_low > 1.2 * (given.ci_high - given.ci_low)
    assert rows[FORMAT]["spread"] == rows[frozenset()]["spread"]
