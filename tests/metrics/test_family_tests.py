"""The tests of each family: what a planted effect gives, what no effect gives, and their edges."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from made_cells import cells_of
from statsmodels.stats.multitest import multipletests

from probe.metrics import metrics
from probe.metrics.family_tests import family_tests, net_flips
from probe.metrics.statistics.paired import sign_flip_test
from probe.metrics.statistics.power import minimum_detectable

FAMILIES = ["original", *["format"] * 3, *["typos"] * 3, *["null"] * 3]


def planted(rng, *, num_items=120, format_drop=0.0, typos=0.0, noise=0.0):
    """Formats turn right answers wrong, typos move answers either way, reruns move them at random."""
    right = rng.random((num_items, 1)) < 0.6
    moves = rng.random((num_items, len(FAMILIES)))
    table = np.repeat(right, len(FAMILIES), axis=1)
    table[:, 1:4] &= moves[:, 1:4] >= format_drop
    table[:, 4:7] ^= moves[:, 4:7] < typos
    table ^= rng.random((num_items, len(FAMILIES))) < noise
    return cells_of(table.astype(float), families=FAMILIES)


def found(cells):
    return {(row.family, row.test): row for row in family_tests({"toy": cells}, seed=0)}


def test_a_planted_drop_is_found_by_all_tests_and_only_where_it_is():
    rows = found(planted(np.random.default_rng(1), format_drop=0.3, noise=0.02))
    assert set(rows) == {(f, t) for f in ("format", "typos") for t in ("cochran_q", "mcnemar", "flip_rate_vs_noise")}
    assert all(rows["format", test].significant for test in ("cochran_q", "mcnemar", "flip_rate_vs_noise"))
    assert not any(rows["typos", test].significant for test in ("cochran_q", "mcnemar", "flip_rate_vs_noise"))
    assert rows["format", "mcnemar"].variant.startswith("format ")


def test_p_values_of_a_run_are_adjusted_over_families_by_benjamini_and_hochberg():
    tables = {
        name: planted(np.random.default_rng(seed), num_items=60, format_drop=0.1, typos=0.1, noise=0.05)
        for name, seed in (("one", 4), ("two", 5))
    }
    rows = family_tests(tables, seed=0)
    for test in ("cochran_q", "mcnemar", "flip_rate_vs_noise"):
        of_test = [row for row in rows if row.test == test]
        raw = [row.p_value for row in of_test]
        assert [row.p_adjusted for row in of_test] == pytest.approx(list(multipletests(raw, method="fdr_bh")[1]))
        assert [row.significant for row in of_test] == [row.p_adjusted <= 0.05 for row in of_test]
    assert any(row.p_adjusted > 1.2 * row.p_value for row in rows), "nothing was adjusted, so this tests nothing"


def test_answers_that_move_both_ways_are_seen_by_the_flip_rate_alone():
    rng = np.random.default_rng(2)
    right = np.repeat((np.arange(200) % 2 == 0)[:, None], len(FAMILIES), axis=1)
    moved = np.zeros(right.shape, bool)
    for i in range(4, 7):
        moved[rng.choice(100, 20, replace=False) * 2, i] = True
        moved[rng.choice(100, 20, replace=False) * 2 + 1, i] = True
    rows = found(cells_of((right ^ moved).astype(float), families=FAMILIES))
    assert rows["typos", "flip_rate_vs_noise"].significant
    assert rows["typos", "mcnemar"].p_value == 1
    assert rows["typos", "cochran_q"].p_value == 1


def test_without_any_effect_few_runs_have_a_significant_family():
    called = dict.fromkeys(("cochran_q", "mcnemar", "flip_rate_vs_noise"), 0)
    for repeat in range(200):
        cells = planted(np.random.default_rng(repeat), num_items=60, noise=0.15)
        for test in called:
            called[test] += any(
                row.significant for row in family_tests({"toy": cells}, seed=repeat) if row.test == test
            )
    assert all(count <= 19 for count in called.values()), called  # 5 % of 200, and three standard deviations


def test_the_net_rate_is_flip_rate_minus_its_floor():
    cells = planted(np.random.default_rng(4), typos=0.2, noise=0.05)
    flip = metrics.get("flip_rate").value
    assert net_flips(cells, "typos").mean() == pytest.approx(flip(cells.of("typos")) - flip(cells.of("null")))
    row = found(cells)["typos", "flip_rate_vs_noise"]
    assert row.statistic == pytest.approx(net_flips(cells, "typos").mean())


def test_every_test_says_what_it_would_find_or_why_that_is_not_known():
    rows = found(planted(np.random.default_rng(5), num_items=100, format_drop=0.2, typos=0.2))
    assert all(0 < row.minimum_detectable < 0.5 and row.reason == "" for row in rows.values())
    still = found(cells_of(np.ones((30, 10)), families=FAMILIES))
    assert still["typos", "cochran_q"].minimum_detectable is None and "not known" in still["typos", "cochran_q"].reason
    assert still["typos", "mcnemar"].minimum_detectable > 0.2
    few = found(cells_of([[1, 0], [0, 1], [1, 1]]))
    assert few["format", "mcnemar"].minimum_detectable is None
    assert (
        few["format", "mcnemar"].reason == few["format", "cochran_q"].reason == "3 items are too few for any difference"
    )


def test_what_a_run_can_detect_shrinks_with_its_items():
    few, many = (
        found(planted(np.random.default_rng(5), num_items=n, typos=0.2))[
            "typos", "flip_rate_vs_noise"
        ].minimum_detectable
        for n in (50, 800)
    )
    assert many == pytest.approx(few / 4, rel=0.3)


def test_a_net_rate_of_the_least_detectable_size_is_found_in_four_cases_of_five():
    rng = np.random.default_rng(6)
    items = rng.normal(minimum_detectable(0.01), 0.01 * 200**0.5, (600, 200))
    hits = sum(sign_flip_test(row, seed=repeat, samples=199).p_value <= 0.05 for repeat, row in enumerate(items))
    assert 0.75 <= hits / 600 <= 0.84  # 80 % of the limit; 199 draws cost a little


def test_a_run_without_reruns_has_no_test_against_noise():
    rows = found(cells_of([[1, 0], [0, 0], [1, 1]]))
    assert set(rows) == {("format", "cochran_q"), ("format", "mcnemar")}
    assert all(math.isfinite(v) for row in rows.values() for v in asdict(row).values() if isinstance(v, float))


def test_where_nothing_moves_the_least_detectable_rate_is_not_zero():
    rows = found(cells_of(np.ones((30, 10)), families=FAMILIES))
    row = rows["typos", "flip_rate_vs_noise"]
    assert (row.p_value, row.statistic) == (1, 0)
    assert 0.1 < row.minimum_detectable < 0.3
