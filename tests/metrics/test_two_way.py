"""Variance by samples that all items share: against analysis of variance, copies of columns, and simulated coverage."""

import numpy as np
import pytest
from default_run import only
from made_cells import cells_of

from probe.metrics import measure, metrics
from probe.metrics.statistics.two_way import samples_of, shared_parts

FORMAT = frozenset({"format"})
TWO_WAY = {one.name: one.two_way for one in metrics.values() if one.two_way is not None}


def made(rng, *, num_items=30, num_variants=6, missing=0.0):
    right = (rng.random((num_items, num_variants + 1)) < 0.6).astype(float)
    right[:, 1:][rng.random((num_items, num_variants)) < missing] = np.nan
    return cells_of(right)


def parts(name, cells, shared=FORMAT):
    return shared_parts(TWO_WAY[name], cells, shared, clusters=np.arange(len(cells.items)))


@pytest.mark.parametrize("name", sorted(name for name in TWO_WAY if not name.startswith("flip_") or "_to_" in name))
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_with_every_column_once_it_is_the_metric(name, missing):
    cells = made(np.random.default_rng(1), missing=missing)
    weights = np.random.default_rng(2).multinomial(30, np.full(30, 1 / 30), 8).astype(float)
    got = TWO_WAY[name](cells, weights, np.ones((8, 7)))
    assert got == pytest.approx(metrics.get(name).function(cells, weights))


@pytest.mark.parametrize("name", ["flip_rate", "accuracy_mean", "mean_drop", "pdr", "unreadable_rate"])
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


def test_the_variance_by_formats_is_that_of_a_two_way_analysis_of_variance():
    """(mean square of columns - mean square of what is left) / (N m): Searle, Casella and McCulloch 1992, section 4.3.

    With as many groups as items, the jackknife is that exactly.
    """
    rng = np.random.default_rng(4)
    cells = of_formats(rng, num_items=20, num_variants=5)
    flips = 1 - cells.correct[:, 1:]
    column = flips.mean(axis=0)
    rest = flips - column - flips.mean(axis=1, keepdims=True) + flips.mean()
    of_columns = 20 * ((column - column.mean()) ** 2).sum() / 4
    of_rest = (rest**2).sum() / (19 * 4)
    [part] = parts("flip_rate", cells)
    assert of_columns > of_rest
    assert part.variance == pytest.approx((of_columns - of_rest) / (20 * 5))
    assert (part.family, part.num, part.weight) == ("format", 5, pytest.approx(1))
    assert part.value == pytest.approx(flips.mean())


def test_formats_that_do_the_same_add_nothing_and_never_less():
    right = np.repeat((np.arange(20) % 3 > 0).astype(float)[:, None], 5, axis=1)
    right[:, 0] = 1
    assert parts("flip_rate", cells_of(right))[0].variance == 0
    noise = [parts("flip_rate", made(np.random.default_rng(seed)))[0].variance for seed in range(30)]
    assert min(noise) == 0, "below what chance makes of it there is nothing, not less than nothing"


def test_a_family_among_others_has_its_share_of_the_variance():
    rng = np.random.default_rng(5)
    alone = of_formats(rng, num_items=40, num_variants=4)
    typos = (rng.random((40, 4)) < 0.8).astype(float)
    families = ["original", *["format"] * 4, *["typos"] * 4]
    both = cells_of(np.concatenate([alone.correct, typos], axis=1), families=families)
    [whole], [half] = parts("flip_rate", alone), parts("flip_rate", both)
    assert half.weight == pytest.approx(0.5)
    assert half.variance == pytest.approx(whole.variance / 4)
    assert half.value == pytest.approx(whole.value)


def test_one_variant_is_no_sample_of_variants():
    assert not list(samples_of(made(np.random.default_rng(5), num_variants=1), FORMAT))
    assert not list(samples_of(made(np.random.default_rng(5)), frozenset({"typos"})))
    assert [family for family, _ in samples_of(made(np.random.default_rng(5)), FORMAT)] == ["format"]


def test_means_over_variants_generalise_to_other_samples_and_extremes_do_not():
    assert {"flip_rate", "pss", "accuracy_mean", "mean_drop", "pdr", "unreadable_rate", "flip_content"} <= set(TWO_WAY)
    assert not {"spread", "accuracy_worst", "accuracy_std", "any_flip_rate"} & set(TWO_WAY)


def of_formats(rng, *, num_items, num_variants, sd=0.12):
    """Each format has its own rate of moving answers, around 0.3; each item its own readiness."""
    shift = rng.normal(0, sd, num_variants)
    ready = rng.beta(2, 4.67, (num_items, 1))
    right = np.ones((num_items, num_variants + 1))
    right[:, 1:] -= rng.random((num_items, num_variants)) < np.clip(ready + shift, 0, 1)
    return cells_of(right)


def coverage(num_variants, repeats=200):
    """Return how often the interval of the flip rate holds other formats' rate, with the shared family said and unsaid."""
    truth = metrics.get("flip_rate").value(of_formats(np.random.default_rng(0), num_items=3000, num_variants=3000))
    rng, covered = np.random.default_rng(7), {"items": 0, "both": 0}
    with only(["flip_rate"]):
        for _ in range(repeats):
            cells = of_formats(rng, num_items=100, num_variants=num_variants)
            for name, shared in (("items", frozenset()), ("both", FORMAT)):
                [row] = [r for r in measure("s", cells, seed=0, shared=shared) if r.family == "format"]
                covered[name] += row.ci_low <= truth <= row.ci_high
    return {name: count / repeats for name, count in covered.items()}


@pytest.mark.parametrize("num_variants", [4, 16])
def test_the_interval_covers_what_other_formats_would_show(num_variants):
    found = coverage(num_variants)
    assert 0.92 <= found["both"] <= 0.99, found
    assert found["items"] < 0.85, "items alone ought to be seen to fail"


def test_a_summary_counts_shared_draws_where_it_is_told_to():
    cells = of_formats(np.random.default_rng(8), num_items=60, num_variants=8)
    rows = {shared: {r.metric: r for r in measure("s", cells, seed=0, resamples=300, shared=shared)
                     if r.family == "format"} for shared in (frozenset(), FORMAT)}  # fmt: skip
    for name in ("flip_rate", "pss", "accuracy_mean", "mean_drop", "pdr"):
        given, sampled = rows[frozenset()][name], rows[FORMAT][name]
        assert sampled.value == given.value
        assert sampled.ci_high - sampled.ci_low > 1.2 * (given.ci_high - given.ci_low)
        assert given.ci_over == "other items"
        assert sampled.ci_over == "other items and other samples of format"
    assert rows[FORMAT]["spread"] == rows[frozenset()]["spread"]


def test_two_formats_that_differ_say_that_the_interval_rests_on_them():
    right = np.ones((80, 3))
    right[:60, 2] = 0
    rows = {r.metric: r for r in measure("s", cells_of(right), seed=0, shared=FORMAT) if r.family == "format"}
    row = rows["flip_rate"]
    assert row.ci_high - row.ci_low > 0.95
    assert row.ci_note == "rests on 2 samples of format that differ: more samples narrow it, more items do not"
    assert not {r.ci_note for r in measure("s", cells_of(right), seed=0) if r.family == "format"} - {""}
