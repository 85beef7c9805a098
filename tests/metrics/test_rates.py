"""Rates over several families: equal weights, whatever was drawn and whatever applied; by pairs where that is asked for."""

from dataclasses import replace

import numpy as np
import pytest
from made_cells import cells_of

from probe.evaluation.stopping import flip_interval
from probe.metrics import ALL, ORIGINAL, measure, metrics
from probe.metrics.base import Rate
from probe.metrics.rates import FEW_ITEMS, rate_of
from probe.metrics.rows import task_groups
from probe.metrics.statistics.intervals import clustered_wilson, jackknife
from probe.metrics.statistics.two_way import shared_parts
from probe.record.outcomes import flip_shares
from probe.record.summarise import verdict

NAN = np.nan


def run_of(*columns, num_items=20):
    """Return the cells of columns (family, share of the items asked, share of these that flip); all originals are right."""
    table = np.full((num_items, 1 + len(columns)), NAN)
    table[:, 0] = 1
    for place, (_, asked, flips) in enumerate(columns, 1):
        num = round(asked * num_items)
        table[:num, place] = 1
        table[: round(flips * num), place] = 0
    return cells_of(table, families=[ORIGINAL, *(family for family, *_ in columns)])


def rates_of(cells, metric="flip_rate"):
    return {row.family: row.value for row in measure("s", cells, seed=0, resamples=50) if row.metric == metric}


BASE = (("typos", 1, 0.1), ("order", 1, 0.5))


@pytest.mark.parametrize(
    "columns",
    [
        BASE,
        (*BASE, ("typos", 1, 0.1), ("typos", 1, 0.1)),
        (*BASE, ("order", 1, 0.5)),
        (("typos", 1, 0.1), ("order", 0.5, 0.5)),
        (("typos", 0.5, 0.1), ("order", 1, 0.5), ("order", 0.6, 0.5)),
    ],
)
def test_neither_draws_nor_what_applies_move_the_rate_over_all_families(columns):
    found = rates_of(run_of(*columns))
    assert found[ALL] == pytest.approx((found["typos"] + found["order"]) / 2) == pytest.approx(0.3)


def test_by_pairs_the_rate_follows_the_draws():
    cells = replace(run_of(*BASE, ("typos", 1, 0.1), ("typos", 1, 0.1)), weight="pairs")
    assert rates_of(cells)[ALL] == pytest.approx((3 * 0.1 + 0.5) / 4)


@pytest.mark.parametrize("metric", [one.name for one in metrics.values() if one.needs == "variants"])
def test_a_family_alone_has_the_same_figure_by_families_and_by_pairs(metric):
    cells = run_of(("typos", 1, 0.1), ("typos", 0.4, 0.5))
    values = [metrics.get(metric).value(replace(cells, weight=weight)) for weight in ("families", "pairs")]
    assert values[0] == pytest.approx(values[1], nan_ok=True)


def test_the_parts_of_the_flip_rate_still_add_up_to_it():
    rng = np.random.default_rng(3)
    asked = rng.random((30, 6)) < [1, 1, 0.8, 0.5, 0.2, 0.1]
    asked[:, 0] = True
    codes = np.where(asked, rng.integers(0, 4, (30, 6)), -1)
    families = [ORIGINAL, "typos", "typos", "order", "wording", "labels"]
    cells = cells_of(np.where(asked, codes == 0, NAN), codes, families=families)
    parts = ("flip_right_to_wrong", "flip_wrong_to_right", "flip_wrong_to_wrong")
    whole = rates_of(cells)[ALL]
    assert whole > 0 and sum(rates_of(cells, part)[ALL] for part in parts) == pytest.approx(whole)


def test_a_family_of_few_items_weighs_in_proportion_and_a_run_of_few_items_equally():
    whole = rates_of(run_of(("typos", 1, 0.1), ("order", 0.25, 1.0)))  # five of twenty items
    assert whole[ALL] == pytest.approx((1 * 0.1 + 0.5 * 1.0) / 1.5)
    small = rates_of(run_of(("typos", 1, 0.5), ("order", 1, 1.0), num_items=4))
    assert small[ALL] == pytest.approx(0.75)
    at_the_limit = rates_of(run_of(("typos", 1, 0.1), ("order", FEW_ITEMS / 20, 1.0)))
    assert at_the_limit[ALL] == pytest.approx(0.55)


def named(cells):
    rows = measure("s", cells, seed=0, resamples=50)
    return verdict(rows, flip_shares({"s": cells}), weight=cells.weight)


def test_a_family_of_five_pairs_is_neither_the_worst_nor_the_source():
    said = named(run_of(("typos", 1, 0.1), ("format", 1, 0.2), ("order", 0.25, 1.0)))
    assert "most under format (20.0 % of 20)" in said and "order" not in said
    said = named(run_of(("typos", 1, 0.1), ("format", 1, 0.2), ("order", 0.5, 1.0)))
    assert "most under order (100.0 % of 10)" in said
    assert "most under" not in named(run_of(("typos", 1, 0.5), ("order", 1, 1.0), num_items=8))


@pytest.mark.parametrize("weight", ["families", "pairs"])
def test_the_shares_of_the_families_are_their_parts_of_the_rate_by_the_same_weights(weight):
    cells = replace(run_of(*BASE, ("typos", 1, 0.3), ("wording", 0.2, 1.0), ("labels", 1, 0.0)), weight=weight)
    shares = {row.family: row for row in flip_shares({"s": cells})}
    assert sum(row.share for row in shares.values()) == pytest.approx(1)
    assert [row.share for row in shares.values()] == sorted((row.share for row in shares.values()), reverse=True)
    whole, rates = rates_of(cells)[ALL], rates_of(cells)
    by_family = {"families": (1, 1, 0.4, 1), "pairs": (40, 20, 4, 20)}
    weights = dict(zip(("typos", "order", "wording", "labels"), by_family[weight], strict=True))
    total = sum(weights.values())
    for family, row in shares.items():
        assert row.share == pytest.approx(weights[family] / total * rates[family] / whole), family
    assert {row.family: row.pairs for row in shares.values()} == {"typos": 40, "order": 20, "wording": 4, "labels": 20}


def test_every_rate_says_of_how_many_pairs_it_is():
    cells = run_of(*BASE, ("wording", 0.25, 0))
    pairs = {
        row.family: row.num_pairs for row in measure("s", cells, seed=0, resamples=20) if row.metric == "flip_rate"
    }
    assert pairs == {"typos": 20, "order": 20, "wording": 5, ALL: 45}
    others = [row for row in measure("s", cells, seed=0, resamples=20) if row.metric in ("accuracy", "pss", "spread")]
    assert others and {row.num_pairs for row in others} == {None}


def test_the_interval_resamples_the_weighted_rate():
    rng = np.random.default_rng(5)
    table = np.ones((60, 8))
    table[:, 1:7] = rng.random((60, 6)) > 0.02
    table[:, 7] = rng.random(60) > 0.5
    cells = cells_of(table, families=[ORIGINAL, *["typos"] * 6, "order"])
    rows = {row.family: row for row in measure("s", cells, seed=0) if row.metric == "flip_rate"}
    order, whole = rows["order"], rows[ALL]
    # half of the rate's error is that of a rate of one column of sixty items: 1/2 sqrt(.25 / 60) = .032
    assert whole.ci_low < whole.value < whole.ci_high
    assert (whole.ci_high - whole.ci_low) == pytest.approx((order.ci_high - order.ci_low) / 2, rel=0.15)
    of_pairs = [row for row in measure("s", replace(cells, weight="pairs"), seed=0) if row.metric == "flip_rate"]
    (pairs,) = [row for row in of_pairs if row.family == ALL]
    assert (pairs.ci_high - pairs.ci_low) < (whole.ci_high - whole.ci_low) / 2


def test_other_samples_of_a_family_count_within_the_weighted_rate():
    cells = run_of(*BASE, ("typos", 1, 0.3))
    two_way, typos = metrics.get("flip_rate").two_way, frozenset({"typos"})
    [whole] = shared_parts(two_way, cells, typos, clusters=np.arange(20))
    [alone] = shared_parts(two_way, cells.of("typos"), typos, clusters=np.arange(20))
    assert (whole.weight, whole.value) == pytest.approx((0.5, 0.2))
    assert whole.variance == pytest.approx(alone.variance / 4)


def test_the_interval_at_a_stop_is_of_the_weighted_rate():
    cells = run_of(("typos", 1, 0.1), ("typos", 1, 0.1), ("typos", 1, 0.1), ("order", 1, 0.5), num_items=200)
    low, high = flip_interval(cells, level=0.95)
    assert low < 0.3 < high
    alone = cells.of("typos")
    flips = (alone.correct[:, 1:] == 0).sum(axis=1, dtype=float)
    assert flip_interval(alone, level=0.95) == pytest.approx(clustered_wilson(flips, np.full(200, 3.0)))
    rate = rate_of(cells, cells.correct[:, 1:] == 0, cells.asked[:, 1:])
    left_out = jackknife(rate, num_items=200)
    error = np.sqrt(199 / 200 * ((left_out - left_out.mean()) ** 2).sum())
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.05)


def test_a_family_of_which_a_resample_holds_nothing_has_no_part_in_it():
    cells = run_of(("typos", 1, 0.5), ("order", 0.5, 1.0))
    tasks = [task for group in task_groups(cells) for task in group if task.metric.name == "flip_rate"]
    (whole,) = [task for task in tasks if task.family == ALL]
    assert isinstance(whole.statistic, Rate)
    late = np.r_[np.zeros(10), np.ones(10)][None]  # order was asked on the first ten items only
    assert whole.statistic(late)[0] == pytest.approx(0.0)
    assert whole.statistic(1 - late)[0] == pytest.approx((1.0 + 1.0) / 2)
