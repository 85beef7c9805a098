"""Pooled suites: copies of an item are one item, suites that are given are strata, other suites are another question."""

from dataclasses import replace

import numpy as np
import pytest
from default_run import SHARED, Model, only, run_of

from probe.metrics import measure, metrics, stack
from probe.metrics.statistics.paired import swap_test
from probe.metrics.statistics.paired_interval import paired_interval
from probe.record.summarise import verdict

NAMES = ("accuracy", "flip_rate", "accuracy_mean", "mean_drop", "pss", "contrast_consistency")


def suite(name, flips=0.15, *, num_items=60, seed=0):
    """Return the cells of a suite whose items have names of their own."""
    cells, _ = run_of(np.random.default_rng([seed, round(1000 * flips)]), Model(flips), num_items)
    return replace(cells, items=tuple(f"{name}-{item}" for item in cells.items))


def rows_of(cells):
    with only(NAMES):
        rows = measure("all", cells, seed=0, resamples=100, shared=SHARED)
    return {(row.metric, row.family): row for row in rows if row.family in ("all", "original", "contrast")}


def width(row):
    return row.ci_high - row.ci_low


@pytest.mark.parametrize("by", ["names", "texts"])
def test_six_copies_of_a_suite_are_as_many_items_as_one(by):
    one = suite("reviews")
    texts = [[f"text {item}" for item in one.items]] * 6
    copies = (
        [one] * 6 if by == "names" else [replace(one, items=tuple(f"{n} {i}" for i in one.items)) for n in range(6)]
    )
    alone, pooled = rows_of(one), rows_of(stack(copies, texts=texts if by == "texts" else None))
    for key, row in alone.items():
        assert pooled[key].value == pytest.approx(row.value)
        assert width(pooled[key]) == pytest.approx(width(row), rel=0.03), key
        assert pooled[key].other_suites_low is None, "copies are no sample of suites"


def test_six_distinct_suites_are_six_times_as_many_items():
    alone = rows_of(suite("0"))
    pooled = rows_of(stack([suite(str(n), seed=n) for n in range(6)]))
    for key in (("accuracy", "original"), ("accuracy_mean", "all")):
        assert width(pooled[key]) == pytest.approx(width(alone[key]) / 6**0.5, rel=0.2), key


def test_some_copied_items_among_others_count_once():
    one, other = suite("a", num_items=60), suite("b", num_items=60, seed=1)
    half = replace(one.take(range(30)), items=one.items[:30])
    apart = rows_of(stack([one, other]))["flip_rate", "all"]
    doubled = rows_of(stack([one, other, half]))["flip_rate", "all"]
    assert width(doubled) > 0.97 * width(apart)


def test_suites_that_differ_much_are_given_for_one_question_and_drawn_for_the_other():
    differing = stack([suite(str(f), f) for f in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)])
    alike = stack([suite(str(n), 0.19, seed=n) for n in range(6)])
    for cells, factor in ((differing, 4), (alike, 0)):
        row = rows_of(cells)["flip_rate", "all"]
        others = row.other_suites_high - row.other_suites_low
        assert others >= max(1, factor) * width(row)
        assert row.ci_over == "other items of these suites and other samples of format"
    assert width(rows_of(differing)["flip_rate", "all"]) < 1.2 * width(rows_of(alike)["flip_rate", "all"])


def test_the_interval_over_other_suites_is_students_over_the_suites():
    """With five degrees of freedom; accuracies of equally large suites."""
    suites = [suite(str(n), 0.2, seed=n) for n in range(6)]
    row = rows_of(stack(suites))["accuracy", "original"]
    values = np.array([float(one.correct[:, 0].mean()) for one in suites])
    half = 2.5706 * values.std(ddof=1) / 6**0.5
    assert row.other_suites_low <= values.mean() - 0.8 * half
    assert row.other_suites_high >= values.mean() + 0.8 * half


def test_items_of_different_suites_that_happen_to_have_one_name_cost_nothing():
    """The variance of clusters of two independent items is, on average, that of the items; it is only known less well."""
    ratios = []
    for seed in range(20):
        parts = [suite("x", seed=2 * seed), suite("y", seed=2 * seed + 1)]
        same = [replace(part, items=tuple(map(str, range(60)))) for part in parts]
        ratios.append(
            width(rows_of(stack(same))["accuracy_mean", "all"]) / width(rows_of(stack(parts))["accuracy_mean", "all"])
        )
    assert np.mean(ratios) == pytest.approx(1, abs=0.05)


def test_one_suite_is_no_pool():
    assert stack([suite("a")]).pool is None
    assert rows_of(suite("a"))["flip_rate", "all"].other_suites_low is None


def test_two_runs_of_six_copies_differ_no_more_surely_than_two_runs_of_one_suite():
    flips = metrics.get("flip_rate").function
    pair = [suite("a", flips=rate, seed=seed) for rate, seed in ((0.1, 1), (0.14, 2))]
    copies = [stack([one] * 6) for one in pair]
    alone = paired_interval(flips, *pair, num_items=60, seed=0)
    pooled = paired_interval(flips, *copies, num_items=360, seed=0)
    assert (pooled.low, pooled.high) == pytest.approx((alone.low, alone.high), abs=1e-6)
    tests = [swap_test(flips, *both, seed=1, swaps=400).p_value for both in (pair, copies)]
    assert tests[1] == pytest.approx(tests[0], abs=0.06)


def test_the_verdict_says_what_its_interval_is_about():
    of_six = list(rows_of(stack([suite(str(n), seed=n) for n in range(6)])).values())
    of_copies = list(rows_of(stack([suite("a")] * 6)).values())
    assert "is about these suites; over other suites such as these it would be" in verdict(of_six)
    assert "other suites" not in verdict(of_copies)
    noted = [replace(row, ci_note="rests on 4 samples of format that differ") for row in of_copies]
    assert "That interval rests on 4 samples of format that differ." in verdict(noted)
