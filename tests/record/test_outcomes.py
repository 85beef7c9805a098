"""The ordered table of outcomes, confidence against sensitivity, blame, and figures net of their floor."""

import math
from zlib import crc32

import numpy as np
import pytest

from probe.evaluation.run import Plan, run
from probe.metrics import NULL, ORIGINAL, Cells, Column, Row
from probe.metrics.rows import with_net
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.record.outcomes import (
    MAX_ITEMS,
    MAX_POINTS,
    MAX_VARIANTS,
    FlipShare,
    flip_shares,
    outcome_table,
    sensitivity_points,
)
from probe.record.summarise import summarise, verdict
from probe.suite import find_suite, read_suite

NAN = math.nan


def cells(correct, prediction, columns, unreadable=None):
    right = np.asarray(correct, dtype=float)
    names = (Column(ORIGINAL, ORIGINAL, 0, "label-preserving"), *columns)
    bad = np.zeros(right.shape, bool) if unreadable is None else np.asarray(unreadable, bool)
    return Cells(right, np.asarray(prediction), bad, names, tuple(f"i{n}" for n in range(len(right))))


SAME = [Column("format", "layout", 0, "label-preserving"), Column("typos", "swap", 0, "label-preserving")]
OTHERS = [Column("contrast", "contrast-set", 0, "label-altering"), Column(NULL, NULL, 0, "label-preserving")]


def small():
    """Item 1 moves under both, item 2 under typos and unreadably, item 0 never; contrast and null move nothing."""
    return cells(
        [[1, 1, 1, 1, 1], [1, 0, 0, 0, 1], [0, 0, 0, NAN, 0]],
        [[0, 0, 0, 1, 0], [0, 1, 1, 0, 0], [1, 1, 2, -1, 1]],
        [*SAME, *OTHERS],
        [[0] * 5, [0] * 5, [0, 0, 1, 0, 0]],
    )


def test_the_most_sensitive_item_and_variant_come_first_and_each_cell_has_its_letter():
    table = outcome_table("toy", small())
    assert [row.item for row in table.items] == ["i1", "i2", "i0"]
    assert [row.perturbation for row in table.variants] == ["swap", "layout", "contrast-set", NULL]
    assert [row.cells for row in table.items] == ["ffwr", "uw.w", "rrrr"]
    assert [row.original for row in table.items] == ["r", "w", "r"]
    assert [(row.moved, row.asked) for row in table.items] == [(2, 2), (1, 2), (0, 2)]
    assert [(row.moved, row.asked) for row in table.variants] == [(2, 3), (1, 3), (0, 2), (0, 3)]


def test_a_flip_has_the_letter_of_what_it_was_from_and_to():
    table = outcome_table("toy", cells([[1, 0, 0], [0, 1, 0], [0, 0, 0]], [[0, 1, 2], [1, 0, 2], [1, 2, 1]], SAME))
    letters = {
        row.item: dict(zip((one.perturbation for one in table.variants), row.cells, strict=True)) for row in table.items
    }
    assert letters["i0"] == {"layout": "f", "swap": "f"}
    assert letters["i1"] == {"layout": "g", "swap": "o"}
    assert letters["i2"] == {"layout": "o", "swap": "w"}


def test_a_large_table_is_cut_to_its_most_sensitive_corner():
    rng = np.random.default_rng(0)
    right = (rng.random((300, 141)) < rng.random((300, 1))).astype(float)
    columns = [Column("format", "layout", sample, "label-preserving") for sample in range(140)]
    table = outcome_table("toy", cells(right, 1 - right.astype(int), columns))
    assert (table.num_items, table.num_variants) == (300, 140)
    assert (len(table.items), len(table.variants)) == (MAX_ITEMS, MAX_VARIANTS)
    shares = [row.moved / row.asked for row in table.items]
    assert shares == sorted(shares, reverse=True)
    moved = (right[:, 1:] != right[:, :1]).mean(axis=1)
    assert shares[-1] >= np.sort(moved)[-MAX_ITEMS - 1]
    assert {len(row.cells) for row in table.items} == {MAX_VARIANTS}


def test_each_family_is_blamed_for_its_part_of_the_flips():
    found = flip_shares({"toy": small(), "again": small()})
    assert [(row.family, row.flips, row.pairs) for row in found] == [("typos", 4, 6), ("format", 2, 6)]
    assert [row.share for row in found] == pytest.approx([2 / 3, 1 / 3])
    still = cells([[1, 1, 1]], [[0, 0, 0]], SAME)
    assert flip_shares({"toy": still}) == []


def figure(value, low, high, floor=None, floor_low=None, floor_high=None, metric="flip_rate"):
    return Row(metric, "toy", "format", value, low, high, 90, 2, "lower", floor, "", floor_low, floor_high)


def test_a_net_figure_has_the_interval_of_a_difference():
    found = with_net(figure(0.30, 0.26, 0.36, 0.02, 0.01, 0.05))
    assert found.net == pytest.approx(0.28)
    assert found.net_ci_low == pytest.approx(0.28 - math.hypot(0.04, 0.03))
    assert found.net_ci_high == pytest.approx(0.28 + math.hypot(0.06, 0.01))
    exact = with_net(figure(0.30, 0.26, 0.36, 0.0))
    assert (exact.net_ci_low, exact.net_ci_high) == pytest.approx((0.26, 0.36))


@pytest.mark.parametrize(
    "row", [figure(None, None, None), figure(0.3, 0.2, 0.4), figure(0.9, 0.8, 1.0, 0.01, metric="accuracy_mean")]
)
def test_what_has_no_floor_or_begins_elsewhere_than_at_its_floor_has_no_net_figure(row):
    found = with_net(row)
    assert found.net is found.net_ci_low is found.net_ci_high is None


def test_the_net_interval_holds_in_nineteen_of_twenty_cases():
    rng = np.random.default_rng(1)
    num, p, q, held, trials = 400, 0.20, 0.05, 0, 400
    for _ in range(trials):
        value, floor = rng.binomial(num, p) / num, rng.binomial(num, q) / num
        ends = [(x - 1.96 * (x * (1 - x) / num) ** 0.5, x + 1.96 * (x * (1 - x) / num) ** 0.5) for x in (value, floor)]
        found = with_net(figure(value, *ends[0], floor, *ends[1]))
        held += found.net_ci_low <= p - q <= found.net_ci_high
    assert 0.92 <= held / trials <= 0.98


def recorded(limit):
    model = Scripted(prefers=lambda request: -crc32(repr(request).encode()) % 997 / 99.7)
    plan = Plan(tuple(select(["format", "typos", "contrast", "null"])), samples=2, limit=limit)
    return run([read_suite(find_suite("sentiment"))], model, plan), model, plan


def test_points_are_items_with_the_confidence_of_their_answer_as_written():
    record, *_ = recorded(10)
    found = sensitivity_points("sentiment", record.suites["sentiment"].cells)
    sure = {s.variant.item.id: s.confidence for s in record.suites["sentiment"].scores if s.variant.family == ORIGINAL}
    assert {row.item: row.confidence for row in found.points} == pytest.approx(sure, abs=1e-4)
    assert not found.is_binned and {row.num_items for row in found.points} == {1}
    assert sensitivity_points("toy", small()) is None


def test_many_items_are_counted_on_a_grid(monkeypatch):
    record, *_ = recorded(60)
    monkeypatch.setattr("probe.record.outcomes.MAX_POINTS", 50)
    found = sensitivity_points("sentiment", record.suites["sentiment"].cells)
    assert found.is_binned and MAX_POINTS == 400
    assert sum(row.num_items for row in found.points) == found.num_items == 60
    assert len({(row.confidence, row.flip_rate) for row in found.points}) == len(found.points)


def test_the_summary_names_the_family_to_blame_and_holds_the_table():
    record, model, plan = recorded(12)
    summary = summarise(record, model, plan, resamples=50)
    top = summary.flip_shares[0]
    assert f"source of {100 * top.share:.0f} % of that rate" in summary.verdict
    assert top.family in summary.verdict
    assert sum(row.flips for row in summary.flip_shares) == sum(
        flip.after.variant.effect == "label-preserving" for flip in _all_flips(record)
    )
    assert summary.outcomes[0].num_items == 12


def _all_flips(results):
    return [flip for one in results.suites.values() for flip in one.flips]


def test_where_another_family_has_most_flips_than_the_highest_rate_both_are_named():
    rows = [figure(0.2, 0.1, 0.3), figure(0.3, 0.2, 0.4), figure(0.25, 0.2, 0.3)]
    families = ("format", "order", "all")
    named = [Row(r.metric, "toy", f, *_rest(r)) for f, r in zip(families, rows, strict=True)]
    shares = [FlipShare("typos", 6, 60, 0.67, 30), FlipShare("order", 3, 10, 0.33, 10)]
    said = verdict(named, shares)
    assert "most under order (30.0 %); typos is the source of 67 % of that rate." in said
    assert "typos is the source of 67 % of the flips." in verdict(named, shares, weight="pairs")


def _rest(row):
    return row.value, row.ci_low, row.ci_high, row.num_items, row.num_variants, row.direction, None
