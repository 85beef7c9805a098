"""The experiment: what a scripted model depends on is what is found, and nothing else."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from probe.cli import exit_code
from probe.cli.attribute import _lines
from probe.errors import NothingToEvaluate, UsageError
from probe.evaluation.variants import with_demonstrations
from probe.experiments.attribute import ask, log_odds, plan_experiment, summarise
from probe.experiments.factors import NAMES, draw_factors
from probe.models.scripted import Scripted
from probe.prompt.render import render
from probe.suite import find_suite, read_suite
from probe.types import Field, Item, Prompt, Suite

SENTIMENT, FACTS = (read_suite(find_suite(name)) for name in ("sentiment", "facts"))
TARGETS = {item.prompt.fields[0].text: item for item in SENTIMENT.items}
WRITTEN = SENTIMENT.items[0].prompt.instruction


def unit(*key):
    """Return a number that is standard normal over keys: twelve uniform ones, summed."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=48).digest()
    return sum(int.from_bytes(digest[i : i + 4], "big") / 2**32 for i in range(0, 48, 4)) - 6


def planted(*, item=0.0, casing=0.0, wording_by_item=0.0, noise=0.0):
    """Return a model of sentiment whose log-odds of the right answer are those effects added up."""

    def prefers(request):
        question = request.context
        shown = next(text for text in TARGETS if text in question)
        if request.continuation.strip().lower() != TARGETS[shown].target:
            return 0.0
        is_cased = "Review" not in question
        is_reworded = question.split("\n")[0].lower() != WRITTEN.lower()
        return (
            item * unit("item", shown)
            + casing * (1 if is_cased else -1)
            + wording_by_item * unit("wording", shown) * (1 if is_reworded else -1)
            + noise * unit("noise", question)
        )

    return Scripted(prefers=prefers, name="planted")


def shares(summary, outcome):
    return {row["name"]: row for row in summary["components"] if row["outcome"] == outcome}


def test_the_planted_components_of_a_model_are_recovered():
    experiment = plan_experiment(SENTIMENT, budget=16 * 150, seed=2)
    model = planted(item=1.0, casing=0.6, wording_by_item=0.8, noise=0.4)
    found = shares(summarise(experiment, ask(experiment, model), model).to_json(), "log_odds")
    total = 1.0 + 0.36 + 0.64 + 0.16
    truth = {"item": 1.0, "casing": 0.36, "item x wording": 0.64, "residual": 0.16}
    for name, row in found.items():
        share = truth.get(name, 0.0) / total
        # of fourteen 95 % intervals one may just miss: a thousandth of the whole is let pass
        assert row["ci_low"] <= share + 0.001, name
        assert share <= row["ci_high"], name
        if not share:
            assert row["ci_high"] < 0.06, name


def test_a_model_that_is_brittle_to_casing_owes_its_whole_spread_to_casing():
    experiment = plan_experiment(SENTIMENT, budget=700, seed=2)
    model = planted(casing=-1.0)
    summary = summarise(experiment, ask(experiment, model), model).to_json()
    spread = {row["name"]: row["share"] for row in summary["spread"] if row["outcome"] == "correct"}
    assert spread.pop("casing") == pytest.approx(1)
    assert all(share == pytest.approx(0) for share in spread.values())
    assert summary["verdict"].startswith("100 % (92–100) of the spread is casing.")
    assert "moves by 100.0 points" in summary["verdict"]
    changes = {row["factor"]: row["accuracy_change"] for row in summary["factors"]}
    assert changes["casing"] == pytest.approx(-1)


def test_a_model_locked_to_a_place_owes_its_spread_to_the_option_order():
    experiment = plan_experiment(FACTS, budget=24 * 60, seed=0, num_fewshot=2)
    model = Scripted(prefers=lambda request: -float(request.context.rfind(request.continuation.strip())))
    summary = summarise(experiment, ask(experiment, model), model).to_json()
    spread = {row["name"]: row["share"] for row in summary["spread"] if row["outcome"] == "correct"}
    assert spread["option-order"] == pytest.approx(1)


def test_a_model_that_never_changes_has_nothing_to_attribute():
    experiment = plan_experiment(SENTIMENT, budget=300, seed=0)
    model = planted(item=1.0)
    summary = summarise(experiment, ask(experiment, model), model).to_json()
    assert "no spread to attribute" in summary["verdict"]
    assert all(row["share"] is None for row in summary["spread"] if row["outcome"] == "correct")
    json.dumps(summary, allow_nan=False)


@pytest.mark.parametrize("suite", [SENTIMENT, FACTS])
def test_every_factor_is_in_the_experiment_or_named_as_left_out(suite):
    experiment = plan_experiment(suite, budget=1000, num_fewshot=2)
    present = [factor.name for factor in experiment.factors]
    assert {*present, *experiment.left_out} == set(NAMES)
    assert not {*present} & {*experiment.left_out}


def test_demonstrations_have_an_order_only_if_there_are_two():
    assert "demonstration-order" in plan_experiment(SENTIMENT, budget=500, num_fewshot=1).left_out
    assert "demonstration-order" not in plan_experiment(SENTIMENT, budget=500, num_fewshot=2).left_out


def test_all_runs_are_asked_on_the_same_items_and_the_first_is_as_written():
    experiment = plan_experiment(FACTS, budget=1500, seed=3, num_fewshot=2)
    scores = ask(experiment, Scripted())
    assert len(scores) == experiment.num_evaluations <= 1500
    per_block = len(experiment.runs)
    for place, item in enumerate(experiment.suite.items):
        mine = scores[place * experiment.blocks * per_block :][: experiment.blocks * per_block]
        assert {score.variant.item.id for score in mine} == {item.id}
        assert all(score.variant.text == render(item.prompt) for score in mine[::per_block])
        assert len({score.variant.text for score in mine}) >= per_block


def test_the_right_answer_stays_whatever_is_switched_on():
    experiment = plan_experiment(SENTIMENT, budget=600, seed=3, num_fewshot=2)
    for variant in experiment.variants(experiment.suite.items[0]):
        assert variant.perturbed.target.lower() == variant.item.target
        assert variant.perturbed.target in variant.perturbed.prompt.choices


def test_a_larger_budget_buys_items_first_and_then_other_levels():
    sizes = [plan_experiment(SENTIMENT, budget=budget) for budget in (160, 800, 1600, 16 * 220 * 9)]
    assert [one.blocks for one in sizes] == [1, 1, 2, 4]
    assert [len(one.suite.items) for one in sizes] == [10, 50, 50, 220]
    assert all(one.num_evaluations <= budget for one, budget in zip(sizes, (160, 800, 1600, 31680), strict=True))


def test_blocks_draw_other_levels():
    factors = draw_factors(SENTIMENT.items[:5], blocks=4, seed=0)
    levels = {factor.name: set(factor.levels) for factor in factors.chosen}
    assert all(len(levels[name]) > 1 for name in ("separator", "space", "wording", "labels"))


def test_the_same_seed_draws_the_same_experiment():
    first, again, other = (plan_experiment(SENTIMENT, budget=500, seed=seed) for seed in (4, 4, 5))
    texts = [[v.text for item in one.suite.items for v in one.variants(item)] for one in (first, again, other)]
    assert texts[0] == texts[1] != texts[2]


def test_demonstrations_follow_the_labels():
    shown = with_demonstrations(replace(SENTIMENT, items=SENTIMENT.items[:1]), 2, seed=0)
    (labels,) = [factor for factor in draw_factors(shown.items, blocks=2, seed=0).chosen if factor.name == "labels"]
    prompt = labels.applies[0](shown.items[0]).prompt
    assert all(one.target in prompt.choices and one.target in render(prompt) for one in prompt.demonstrations)


def test_a_budget_below_the_design_says_what_is_enough():
    with pytest.raises(UsageError) as caught:
        plan_experiment(SENTIMENT, budget=20)
    assert "runs" in str(caught.value)
    assert "--budget" in caught.value.hint


def test_a_template_without_words_to_change_has_no_factor():
    prompt = Prompt("{Q} is", (Field("Q", "x"),), is_template=True)
    suite = Suite("bare", "1", "", tuple(Item(str(i), prompt, "y") for i in range(9)))
    with pytest.raises(NothingToEvaluate, match="template"):
        plan_experiment(suite, budget=1000)


def test_log_odds_are_those_of_the_right_answer_and_stay_finite():
    experiment = plan_experiment(SENTIMENT, budget=200, limit=8)
    for casing, most in ((0.25, 0.25), (500.0, 14.0)):
        odds = np.array([log_odds(score) for score in ask(experiment, planted(casing=casing))])
        assert np.abs(odds).max() == pytest.approx(most, abs=0.2)


@pytest.mark.slow
def test_the_command_writes_a_folder_and_prints_json(tmp_path, capsys):
    command = [
        "attribute",
        "sentiment",
        "--model",
        "scripted:coin",
        "--budget",
        "200",
        "--out",
        str(tmp_path),
        "--json",
    ]
    assert exit_code(command) == 0
    summary = json.loads(capsys.readouterr().out)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert str(folder) == summary["run"]
    assert json.loads((folder / "attribution.json").read_text(encoding="utf-8")) == summary
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert np.array(manifest["design"]).shape == (summary["num_runs"], len({r["factor"] for r in summary["factors"]}))
    assert exit_code(command[:-1]) == 0
    assert "of the spread" in capsys.readouterr().out


@pytest.mark.parametrize("columns", ["60", "100"])
def test_every_number_that_is_printed_stands_under_its_unit_and_beside_its_level(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    model = planted(casing=0.6, noise=0.4)
    experiment = plan_experiment(SENTIMENT, budget=16 * 100, seed=2)
    found = summarise(experiment, ask(experiment, model), model)
    assert found.num_blocks > 1
    said = _lines(found, "RUN")
    lines = [line for part in said for line in part.split("\n")]
    assert all(len(line) <= int(columns) for line in lines)
    words = " ".join(" ".join(lines).split())
    for head in ("share of spread", "accuracy (pt)", "sd alike (pt)", "sd by item (pt)", "share of log-odds"):
        assert words.count(head) >= 2  # as a head, and in what it means
    for row in found.factors:
        low, change, high = (f"{100 * v:+.1f}" for v in (row.ci_low, row.accuracy_change, row.ci_high))
        (at,) = [
            k
            for k, line in enumerate(lines)
            if line.startswith(f"{row.factor} ") and f"{change} [{low}, {high}]" in line
        ]
        assert row.level.split()[0] in " ".join(lines[at : at + 2])


@pytest.mark.slow
def test_an_experiment_is_laid_into_a_run_whose_page_then_shows_it(tmp_path, capsys):
    same = ["--model", "scripted:coin", "--limit", "8", "--out", str(tmp_path)]
    assert exit_code(["run", "reading", *same, "--draws", "1", "--perturb", "typos", "--no-cache"]) == 0
    (run,) = tmp_path.glob("2*_reading_*")
    assert "probe attribute reading --into" in (run / "report.html").read_text(encoding="utf-8")
    command = ["attribute", "reading", *same, "--budget", "128", "--into", str(run)]
    assert exit_code(command) == 0
    found = json.loads((run / "attribution-reading.json").read_text(encoding="utf-8"))
    page = (run / "report.html").read_text(encoding="utf-8")
    assert found["verdict"] in page
    assert "Which part of the prompt moves the answers" in page and "probe attribute reading --into" not in page
    capsys.readouterr()
    assert exit_code([*command[:1], "sentiment", *command[2:]]) == 2
    assert "'sentiment' is not among reading" in capsys.readouterr().err
    assert exit_code([*command[:3], "scripted:always-first", *command[4:]]) == 2
    assert "was run with 'scripted:coin'" in capsys.readouterr().err
