"""Stopping when enough is known: that it keeps its coverage where naive stopping does not, and what a run says of it."""

import json

import numpy as np
import pytest

from probe.cli import exit_code
from probe.evaluation.run import Plan, manifest_facts, run
from probe.evaluation.stopping import blocks, flip_interval, level_of, look, looks
from probe.evaluation.variants import make_variants
from probe.metrics import ORIGINAL, Cells, Column
from probe.metrics.statistics.intervals import clustered_wilson
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.record.summarise import summarise
from probe.suite import find_suite, read_suite

SENTIMENT = read_suite(find_suite("sentiment"))
PERTURBATIONS = tuple(select(["format", "typos", "null"]))


def test_looks_grow_and_end_with_all_items():
    assert looks(220) == (50, 75, 112, 220)
    assert looks(40) == (40,)
    assert looks(1000) == (50, 75, 112, 169, 253, 380, 570, 1000)
    assert level_of(4) == pytest.approx(0.9875)


def coverage_at_the_stop(a, b, *, target, repeats=2000, num_items=220, pairs=12):
    """Return how often the interval at the stop covers, by our looks and naively, and the mean number of items asked.

    Models whose items flip with rates of a beta distribution (a, b); `pairs` variants of each item.
    """
    rng = np.random.default_rng(17)
    truth = a / (a + b)
    flips = rng.binomial(pairs, rng.beta(a, b, (repeats, num_items)))
    schedule = looks(num_items)
    covered = asked = 0
    for one in flips:
        for at in schedule:
            low, high = clustered_wilson(one[:at], np.full(at, float(pairs)), level=level_of(len(schedule)))
            if (high - low) / 2 <= target:
                break
        covered += low <= truth <= high
        asked += at
    # Naively: after every ten items, the 95 % interval of a mean as if its size had been fixed.
    size = np.arange(10, num_items + 1, 10)
    shares = flips / pairs
    mean = np.cumsum(shares, axis=1)[:, size - 1] / size
    square = np.cumsum(shares**2, axis=1)[:, size - 1] / size
    half = 1.96 * np.sqrt(np.maximum(square - mean**2, 0) / (size - 1))
    narrow = half <= target
    stop = np.where(narrow.any(axis=1), narrow.argmax(axis=1), len(size) - 1)
    rows = np.arange(repeats)
    naive = float((np.abs(mean[rows, stop] - truth) <= half[rows, stop]).mean())
    return covered / repeats, naive, asked / repeats


@pytest.mark.parametrize(("a", "b"), [(0.05, 2.0), (0.1, 1.0), (0.4, 1.2), (5.0, 45.0)])
@pytest.mark.parametrize("target", [0.02, 0.05])
def test_the_interval_at_the_stop_covers_and_naive_stopping_does_not_where_flips_are_rare(a, b, target):
    covered, naive, _ = coverage_at_the_stop(a, b, target=target)
    assert covered >= 0.93
    assert covered > naive
    if a < 0.4:
        assert naive < 0.9, "naive stopping ought to be seen to fail"


def test_a_look_is_at_the_flip_rate_of_all_families():
    right = np.random.default_rng(2).random((80, 5)) < 0.8
    right[:, 0] = True
    columns = (
        Column(ORIGINAL, ORIGINAL, 0, "label-preserving"),
        *(Column("format", "format", i, "label-preserving") for i in range(4)),
    )
    cells = Cells(right.astype(float), 1 - right, np.zeros(right.shape, bool), columns, tuple(map(str, range(80))))
    stop = look("toy", cells, target=0.5, num_available=220)
    assert (stop.ci_low, stop.ci_high) == flip_interval(cells.label_preserving(), level=level_of(4))
    assert stop.reached and stop.num_items == 80
    assert not look("toy", cells, target=0.001, num_available=220).reached
    assert look("toy", cells.select([]), target=0.5, num_available=220).flip_rate is None


def test_blocks_hold_every_variant_once_and_in_no_order_of_the_suite():
    whole = make_variants(SENTIMENT, PERTURBATIONS, samples=2, seed=3)
    parts = list(blocks(whole, seed=3))
    assert [len(part.suite.items) for part in parts] == [50, 25, 37, 108]
    asked = [(v.item.id, v.family, v.sample) for part in parts for v in part.variants]
    assert sorted(asked) == sorted((v.item.id, v.family, v.sample) for v in whole.variants)
    assert {item.id for item in parts[0].suite.items} != {item.id for item in SENTIMENT.items[:50]}


def steady():
    return Scripted(prefers=lambda request: float("p" in request.continuation), name="steady")


def test_a_run_stops_when_enough_is_known_and_says_where():
    plan = Plan(PERTURBATIONS, samples=2, target_ci=0.05)
    model = steady()
    record = run([SENTIMENT], model, plan)
    [stop] = summarise(record, model, plan).stopping
    assert stop.reached and stop.num_items == len(record.suites["sentiment"].variants.suite.items) < 220
    sentence = f"Sentiment: stopped after {stop.num_items} of 220 items; intervals at "
    assert summarise(record, model, plan).verdict.endswith(f"{sentence}{100 * stop.level:.4g} %.")
    facts = manifest_facts(record, plan, model)
    assert facts["stopped_at"] == {"sentiment": stop.num_items}
    assert (facts["target_ci"], facts["suites"][0]["num_items"]) == (0.05, stop.num_items)
    assert {score.variant.item.id for score in record.suites["sentiment"].scores} == {
        item.id for item in record.suites["sentiment"].variants.suite.items
    }


def test_the_answers_up_to_the_stop_are_those_of_the_whole_run():
    stopped = run([SENTIMENT], steady(), Plan(PERTURBATIONS, samples=2, target_ci=0.05)).suites["sentiment"].scores
    whole = run([SENTIMENT], steady(), Plan(PERTURBATIONS, samples=2)).suites["sentiment"].scores
    by_key = {(s.variant.item.id, s.variant.family, s.variant.sample): s for s in whole}
    assert stopped
    assert all(by_key[s.variant.item.id, s.variant.family, s.variant.sample] == s for s in stopped)


def test_the_flip_rate_of_the_summary_has_the_interval_that_stopped_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["run", "sentiment", "--model", "scripted:coin", "--draws", "2", "--perturb", "format,typos"]
    assert exit_code([*command, "--target-ci", "0.07", "--no-cache", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    [stop] = summary["stopping"]
    [row] = [r for r in summary["metrics"] if (r["metric"], r["family"]) == ("flip_rate", "all")]
    assert (row["ci_low"], row["ci_high"]) == (stop["ci_low"], stop["ci_high"])
    assert row["num_items"] == stop["num_items"]
    assert (row["ci_high"] - row["ci_low"]) / 2 <= 0.07
    assert (summary["level"], summary["resample"]) == (stop["level"], "items")


def test_options_that_exclude_one_another_are_refused(capsys):
    run_it = ["run", "sentiment", "--model", "scripted:coin", "--target-ci", "0.05"]
    assert exit_code([*run_it, "--resample", "items-and-variants"]) == 2
    assert exit_code([*run_it, "--budget", "500"]) == 2
    assert exit_code(["run", "sentiment", "--model", "scripted:coin", "--resample", "both"]) == 2
    assert "items or items-and-variants" in capsys.readouterr().err
