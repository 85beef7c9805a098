"""Intervals over items and seeds: against the interval of one run, and simulated coverage."""

import numpy as np
import pytest

from probe.metrics import metrics
from probe.metrics.cells import Cells, Column
from probe.metrics.statistics.paired_interval import paired_interval
from probe.metrics.statistics.seeds import interval_of, seeded_interval

FLIPS = metrics.get("flip_rate").function


def table(rng, share, num=40):
    """Return cells of items that are right as written, and flip under each of three layouts with a probability."""
    columns = [Column("original", "original", 0, "label-preserving")]
    columns += [Column("format", "format-layout", sample, "label-preserving") for sample in range(3)]
    moved = np.array([[False, *(rng.random(3) < share)] for _ in range(num)])
    items = tuple(map(str, range(num)))
    return Cells((~moved).astype(np.float64), moved.astype(np.int64), np.zeros_like(moved), tuple(columns), items)


def differences(rng, num, seeds, *, of_items, of_seeds, of_both):
    drawn = 0.1 + of_items * rng.standard_normal(num) + of_seeds * rng.standard_normal((seeds, 1))
    drawn = drawn + of_both * rng.standard_normal((seeds, num))
    return drawn.mean(axis=1), (drawn.sum(axis=1, keepdims=True) - drawn) / (num - 1)


def test_of_one_training_it_is_the_paired_interval():
    rng = np.random.default_rng(0)
    before, after = table(rng, 0.5), table(rng, 0.2)
    ours = seeded_interval(FLIPS, [before], [after])
    theirs = paired_interval(FLIPS, before, after, num_items=40, seed=0)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-3)
    assert ours.value == pytest.approx(metrics.get("flip_rate").value(after) - metrics.get("flip_rate").value(before))
    assert ours.share_of_seeds == 0


def test_trainings_that_differ_make_it_wider():
    rng = np.random.default_rng(1)
    before = table(rng, 0.5)
    alike = seeded_interval(FLIPS, [before] * 3, [table(rng, 0.2) for _ in range(3)])
    apart = seeded_interval(FLIPS, [before] * 3, [table(rng, share) for share in (0.0, 0.2, 0.4)])
    assert apart.high - apart.low > 2 * (alike.high - alike.low)
    assert apart.share_of_seeds > 0.5 > alike.share_of_seeds


@pytest.mark.parametrize("of_seeds", [0.0, 0.03])
def test_it_covers_the_mean_over_items_and_trainings(of_seeds):
    rng, hits = np.random.default_rng(2), 0
    for _ in range(400):
        by_seed, left_out = differences(rng, 60, 3, of_items=0.3, of_seeds=of_seeds, of_both=0.2)
        low, high, _ = interval_of(by_seed, left_out)
        hits += low <= 0.1 <= high
    assert 0.92 <= hits / 400 <= 0.98


def test_where_no_item_differs_items_not_seen_may():
    rng = np.random.default_rng(3)
    before = table(rng, 0.2)
    same = seeded_interval(FLIPS, [before] * 2, [before] * 2)
    assert same.value == 0 and -0.15 < same.low < 0 < same.high < 0.15


def test_where_a_figure_is_not_defined_without_an_item_nothing_is_known():
    assert interval_of(np.array([0.1, 0.2]), np.array([[0.1, np.nan], [0.2, 0.2]])) == (-1.0, 1.0, 0.0)


def test_answers_to_other_items_are_no_pair():
    rng = np.random.default_rng(4)
    with pytest.raises(ValueError, match="other items"):
        seeded_interval(FLIPS, [table(rng, 0.2, num=10)], [table(rng, 0.2, num=11)])
