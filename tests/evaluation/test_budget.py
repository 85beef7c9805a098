"""A budget: balanced sampling, what is asked of whom, what is said of the rest."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.cli import exit_code
from probe.errors import UsageError
from probe.evaluation.budget import INTERVALS, balanced, features, shared_out, thinned
from probe.evaluation.plan import count
from probe.evaluation.run import Plan, prepare, run
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.record.summarise import summarise
from probe.suite import find_suite, read_suite

SENTIMENT = read_suite(find_suite("sentiment"))
TOPIC = read_suite(find_suite("topic"))
FAMILIES = ["format", "typos", "wording", "contrast", "null"]


def plan_of(budget, *, samples=6, limit=30, seed=2):
    return Plan(tuple(select(FAMILIES)), samples=samples, limit=limit, seed=seed, budget=budget)


def likes_newlines():
    """A model that is right where the layout breaks lines, and prefers "positive" elsewhere."""
    answers = {item.prompt.fields[0].text: item.target for item in SENTIMENT.items}

    def prefers(request):
        if "\n" not in request.context.split(".", 1)[1]:
            return float("positive" in request.continuation)
        return float(
            any(text in request.context and answer in request.continuation for text, answer in answers.items())
        )

    return Scripted(prefers=prefers, name="likes-newlines")


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 90), st.integers(0, 5))
def test_sampling_is_balanced_over_rows_and_leaves_the_mask_alone(rows, columns, num, seed):
    possible = np.ones((rows, columns), bool)
    sampled = balanced(possible, num, seed=seed)
    assert possible.all()
    assert sampled.sum() == min(num, rows * columns)
    assert np.ptp(sampled.sum(axis=1)) <= 1
    assert (sampled == balanced(possible, num, seed=seed)).all()


def test_columns_are_balanced_as_well():
    sampled = balanced(np.ones((40, 50), bool), 600, seed=1)
    assert np.ptp(sampled.sum(axis=0)) <= 2


def test_only_possible_cells_are_sampled_and_all_of_them_in_the_end():
    possible = np.random.default_rng(0).random((8, 9)) < 0.4
    possible[3] = False
    assert (balanced(possible, 10, seed=0) <= possible).all()
    assert (balanced(possible, 1000, seed=0) == possible).all()


@given(st.integers(0, 200), st.lists(st.integers(0, 60), min_size=1, max_size=6))
def test_calls_are_shared_out_without_loss_and_none_gets_more_than_it_can_use(budget, possible):
    shares = shared_out(budget, possible)
    assert all(share <= most for share, most in zip(shares, possible, strict=True))
    assert sum(shares) == min(budget, sum(possible))


def test_a_run_asks_as_many_variants_as_the_budget_says_and_every_item_as_written_too():
    plan = plan_of(100)
    record = run([SENTIMENT, TOPIC], likes_newlines(), plan)
    assert sum(map(len, [one.scores for one in record.suites.values()])) == 100
    for scores in [one.scores for one in record.suites.values()]:
        by_item = {}
        for score in scores:
            by_item.setdefault(score.variant.item.id, set()).add(score.variant.family)
        assert all("original" in families for families in by_item.values())
        assert not {"null", "contrast"} & set.union(*by_item.values())


def test_what_was_asked_and_what_was_not_are_all_variants_once():
    plan = plan_of(80)
    whole = prepare(SENTIMENT, plan)
    part = thinned({"sentiment": whole}, budget=80, seed=plan.seed)["sentiment"]
    assert sorted(map(id, (*part.variants, *part.not_run))) == sorted(map(id, whole.variants))
    for family, statuses in part.counts.items():
        assert statuses["asked"] == sum(variant.family == family for variant in part.variants)


def test_a_budget_beyond_all_cells_asks_them_all():
    plan = plan_of(100_000, samples=2, limit=5)
    whole = prepare(SENTIMENT, plan)
    part = thinned({"sentiment": whole}, budget=100_000, seed=0)["sentiment"]
    assert {variant.family for variant in part.not_run} == {"contrast", "null"}


def test_the_estimate_comes_near_what_the_whole_run_finds():
    whole, part = plan_of(None, samples=24, limit=40), plan_of(500, samples=24, limit=40)
    model = likes_newlines()
    everything = summarise(run([SENTIMENT], model, whole), model, whole, resamples=50)
    budgeted = summarise(run([SENTIMENT], model, part), model, part, resamples=50)
    truth = np.quantile(
        [row.accuracy for row in everything.variants if row.family == "format"], [0.05, 0.25, 0.5, 0.75, 0.95]
    )
    (row,) = [row for row in budgeted.budget.estimates if row.family == "format"]
    assert np.abs(np.array(row.values) - truth).mean() < 0.08
    assert everything.budget is None
    assert budgeted.budget.calls == 500
    assert budgeted.budget.cells - 500 == sum(row.cells for row in budgeted.budget.not_run)


def test_the_page_and_the_json_state_what_was_not_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["run", "sentiment", "--model", "scripted:coin", "--limit", "20", "--draws", "8", "--budget", "60"]
    assert exit_code(command) == 0
    page = capsys.readouterr().out
    assert "60 of " in page and "not run: format" in page and "by percentile" in page
    assert exit_code([*command, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["budget"]["calls"] == 60
    manifest = json.loads((tmp_path / printed["run"] / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["budget"] == 60


def test_the_plan_counts_what_the_budget_leaves():
    counted = count([SENTIMENT, TOPIC], plan_of(90))
    assert counted["variants"] == 90


def test_a_budget_and_a_target_for_the_interval_exclude_each_other():
    with pytest.raises(UsageError, match="two ways to stop"):
        run([SENTIMENT], likes_newlines(), dataclasses.replace(plan_of(90), target_ci=0.02))


def test_a_budget_that_says_nothing_is_refused():
    with pytest.raises(UsageError, match="at least 16 calls"):
        run([SENTIMENT, TOPIC], likes_newlines(), plan_of(10))


def test_the_text_of_a_prompt_is_counted():
    counted = features("Question: Is it SO?\nAnswer:")
    assert counted[:5] == (1.0, 1.0, 3.0, 1.0, 3.0)  # SO; it; Question: Is Answer:; one line break; three spaces
    assert counted[-2:] == (27.0, 5.0)


def test_what_is_said_of_the_intervals_is_what_the_document_measured():
    page = (Path(__file__).parents[2] / "docs" / "methodology" / "budgets.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:slab|simulated[^|]*) \| (?:200|800) \|((?: \d\.\d\d \|){5})", page, re.MULTILINE)
    held = [round(100 * float(share)) for row in rows for share in re.findall(r"\d\.\d\d", row)]
    assert len(held) == 40
    assert f"held it in {min(held)} to {max(held)}" in INTERVALS
