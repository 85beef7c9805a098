"""The noise floor: which margins move by themselves, near-ties, floors with intervals, reruns of another kind."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from probe.cli import exit_code
from probe.evaluation.results import evaluate
from probe.evaluation.run import Plan, prepare, run
from probe.evaluation.variants import VariantSet
from probe.metrics import measure, metrics, tabulate, wilson
from probe.metrics.answers import Answers
from probe.metrics.floors import floors
from probe.models.rerun import Reruns, with_budget_share
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.record.writing import write_tables
from probe.selftest.oracles import ORACLES
from probe.suite import find_suite, read_suite
from probe.types import Field, Item, Prompt, Score, Variant

UNSTEADY = next(oracle for oracle in ORACLES if oracle.name == "unsteady")


def margin_noise(scores):
    return Answers.of(scores).read().noise


def scored(number, family, prediction, margin):
    item = Item(f"i{number}", Prompt("Say.", (Field("Text", "?"),), ("yes", "no")), "yes")
    variant = Variant(item, item, family, family, 0, "label-preserving", "text")
    return Score(variant, prediction, prediction == "yes", "ranked", margin=margin)


def unsteady_scores(*, samples=4, limit=40):
    suite = read_suite(find_suite("sentiment"))
    plan = Plan(tuple(select(["typos", "null"])), samples=samples, limit=limit)
    model = UNSTEADY.model(prepare(suite, plan).variants)
    return run([suite], model, plan).suites["sentiment"].scores


def test_the_noise_is_the_largest_move_of_a_margin_also_through_zero():
    still = [scored(1, "original", "yes", 0.5), scored(1, "null", "yes", 0.5)]
    assert margin_noise(still) == 0.0
    closer = [scored(2, "original", "yes", 0.5), scored(2, "null", "yes", 0.3)]
    assert margin_noise(still + closer) == pytest.approx(0.2)
    turned = [scored(3, "original", "yes", 0.2), scored(3, "null", "no", 0.1)]
    assert margin_noise(still + closer + turned) == pytest.approx(0.3)
    assert margin_noise([scored(4, "original", "yes", 0.2)]) == 0.0


def test_an_answer_without_a_margin_is_no_near_tie():
    noise = [scored(9, "original", "yes", 0.5), scored(9, "null", "yes", 0.25)]
    margins = [0.25, 0.26, None]
    answers = Answers.of([*noise, *(scored(number, "original", "yes", one) for number, one in enumerate(margins))])
    assert answers.read().near_tie[2:].tolist() == [True, False, False]


def test_every_score_says_whether_it_is_a_near_tie(tmp_path):
    scores = unsteady_scores()
    variants = VariantSet(read_suite(find_suite("sentiment")), (), {})
    write_tables(tmp_path, {"sentiment": evaluate(variants, scores)})
    table = pq.read_table(tmp_path / "scores.parquet").to_pydict()
    noise = margin_noise(scores)
    assert noise > 0
    assert table["near_tie"] == [margin <= noise for margin in table["margin"]]
    assert {True, False} == set(table["near_tie"])
    assert table["truncated"] == [False] * len(scores)


def test_flips_among_near_ties_are_counted_apart():
    scores = unsteady_scores()
    rows = {(row.family, row.metric): row for row in measure("s", tabulate(scores), seed=0, resamples=50)}
    tie, other = rows["typos", "flip_near_tie"].value, rows["typos", "flip_content"].value
    assert tie > 0
    assert other > 0
    assert tie + other == pytest.approx(rows["typos", "flip_rate"].value)


def test_a_floor_has_an_interval_around_it():
    rows = measure("s", tabulate(unsteady_scores()), seed=0, resamples=50)
    with_floor = [row for row in rows if row.noise_floor is not None]
    assert len(with_floor) > 10
    for row in with_floor:
        assert row.noise_floor_low - 1e-12 <= row.noise_floor <= row.noise_floor_high + 1e-12, row
        assert row.noise_floor_low < row.noise_floor_high or row.metric == "pss_ceiling", row
    moved = next(row for row in rows if (row.family, row.metric) == ("typos", "flip_rate"))
    assert 0 < moved.noise_floor_low < moved.noise_floor < moved.noise_floor_high < 0.6


def test_a_floor_at_zero_is_not_zero_for_certain():
    suite = read_suite(find_suite("sentiment"))
    plan = Plan(tuple(select(["typos", "null"])), samples=2, limit=40)
    scores = run(
        [suite],
        Scripted(
            prefers=lambda r: float(len(r.context) % 7 > 2) * ("p" in r.continuation) + 0.5 * ("n" in r.continuation)
        ),
        plan,
    )
    cells = tabulate(scores.suites["sentiment"].scores)
    found = floors({(name, 2): metrics.get(name) for name in ("flip_rate", "accuracy_worst")}, cells, seed=0)
    flip, worst = found["flip_rate", 2], found["accuracy_worst", 2]
    assert (flip.value, worst.value) == (0.0, 0.0)
    assert (flip.low, flip.high) == pytest.approx(wilson(0.0, 40))
    assert (worst.low, worst.high) == pytest.approx(wilson(0.0, 40))


def test_the_interval_of_a_floor_covers_what_many_items_show():
    """Over 60 draws of 40 items from a thousand with a known floor, the 95 % interval holds it in nearly all."""
    cells = tabulate(unsteady_scores(samples=1, limit=220))
    whole = metrics.get("flip_rate").value(cells.of("null"))
    rng, held = np.random.default_rng(1), 0
    for _ in range(60):
        part = cells.take(rng.integers(0, 220, 60))
        found = floors({("flip_rate", 1): metrics.get("flip_rate")}, part, seed=0)["flip_rate", 1]
        held += found.low <= whole <= found.high
    assert held >= 53


def test_a_rerun_goes_under_a_share_of_the_budget_where_that_is_large_enough():
    class Budgeted(Scripted):
        token_budget = 4096

        def with_token_budget(self, tokens):
            other = Budgeted()
            other.token_budget = tokens
            return other

    model = Budgeted()
    assert with_budget_share(model, 2).token_budget == 2048
    assert with_budget_share(model, 100) is model
    assert with_budget_share(Scripted(), 2).token_budget is None


def test_reruns_may_be_asked_of_a_model_under_another_dtype():
    suite = read_suite(find_suite("sentiment"))
    plan = Plan(tuple(select(["null"])), samples=2, limit=10)
    exact = Scripted(prefers=lambda request: float(request.continuation.strip() == "positive"))
    rounded = Scripted(prefers=lambda request: float(request.continuation.strip() == "negative"))
    scores = run([suite], exact, plan, reruns=Reruns(exact, rounded)).suites["sentiment"].scores
    rows = {(row.family, row.metric): row.value for row in measure("s", tabulate(scores), seed=0, resamples=20)}
    assert rows["null", "flip_rate"] == 1.0


@pytest.mark.slow
def test_the_dtype_of_the_reruns_is_on_the_command_line_and_in_the_manifest(tmp_path, capsys):
    command = ["run", "sentiment", "--limit", "2", "--perturb", "typo-swap", "--draws", "1", "--device", "cpu"]
    assert exit_code([*command, "--null-dtype", "bfloat16", "--out", str(tmp_path), "--json"]) == 0
    folder = json.loads(capsys.readouterr().out)["run"]
    manifest = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["asked_model"]["null_dtype"] == "bfloat16"


@pytest.mark.parametrize(
    ("more", "why"),
    [(["--no-noise-floor"], "--no-noise-floor leaves out"), (["--model", "scripted:coin"], "no weights")],
)
def test_a_dtype_of_reruns_that_would_have_no_effect_is_refused(more, why, capsys):
    assert exit_code(["run", "sentiment", "--null-dtype", "bfloat16", *more]) == 2
    assert why in capsys.readouterr().err
