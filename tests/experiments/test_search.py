"""The search for the worst and the best layout: planted ends, the prior, seeds, and an exhaustive evaluation beside it."""

import dataclasses
import json

import numpy as np
import pytest

from probe.cli import exit_code
from probe.errors import UsageError
from probe.evaluation.asking import answer
from probe.experiments.search import SearchOptions, arms_of, asker, prior, search, search_summary, variant_of
from probe.models.scripted import Scripted
from probe.suite import find_suite, read_suite

SENTIMENT = read_suite(find_suite("sentiment"))


def planted(*, arms=120, items=200, seed=0):
    """Return a table of outcomes (arms, items) around 0.6, with arm 17 far below and arm 71 far above."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0.6, 0.04, arms)
    level[17 % arms], level[71 % arms] = 0.25, 0.92
    return rng.random((arms, items)) < level[:, None]


def from_table(table, asked=None):
    def outcomes(pairs):
        if asked is not None:
            asked.append(list(pairs))
        return [bool(table[arm, item]) for arm, item in pairs]

    return outcomes


@pytest.mark.parametrize(("accuracy", "a"), [(0.62, 8.157895), (0.5, 5.0), (0.1, 1.1), (1.0, 495.0), (0.0, 1.1)])
def test_the_prior_lies_around_the_accuracy_as_written_and_is_finite_at_its_ends(accuracy, a):
    assert prior(accuracy) == (pytest.approx(a, abs=1e-6), 5.0)


@pytest.mark.parametrize("end", ["worst", "best"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_planted_ends_are_found_with_a_fraction_of_the_calls(end, seed):
    table = planted(seed=seed)
    found = search(from_table(table), end, shape=table.shape, options=SearchOptions(budget=3000, seed=seed))
    exhaustive = table.mean(axis=1)
    assert (found.worst, found.best) == (exhaustive.argmin(), exhaustive.argmax()) == (17, 71)
    assert found.recommended == 71
    assert sum(found.calls[part] for part in ("as_written", "search", "final")) < 0.2 * found.calls["exhaustive"]
    value, low, high = found.spread
    assert value == pytest.approx(np.ptp(exhaustive))
    assert low < value < high
    assert found.accuracy(71)[0] == pytest.approx(exhaustive[71])
    assert found.accuracy(71)[3] == table.shape[1]


def test_the_named_end_is_found_more_often_than_where_arms_are_drawn_at_random():
    missed, by_chance = [], []
    for seed in range(24):
        rng = np.random.default_rng(seed)
        table = rng.random((100, 150)) < rng.normal(0.6, 0.08, 100)[:, None]
        found = search(from_table(table), "worst", shape=table.shape, options=SearchOptions(budget=2000, seed=seed))
        level = table.mean(axis=1)
        missed.append(level[found.worst] - level.min())
        spent = sum(found.calls[part] for part in ("as_written", "search", "final"))
        by_chance.append(level[rng.choice(100, spent // 150, replace=False)].min() - level.min())
    assert np.mean(missed) < 0.5 * np.mean(by_chance)


def test_no_cell_is_asked_twice_and_the_budget_is_kept():
    table, asked = planted(arms=30, items=40), []
    options = SearchOptions(budget=333, items_a_pull=7, draws_a_step=4)
    found = search(from_table(table, asked), "best", shape=table.shape, options=options)
    cells = [cell for batch in asked for cell in batch]
    assert len(cells) == len(set(cells))
    assert found.calls["search"] == 333
    assert len(cells) == sum(found.calls[part] for part in ("as_written", "search", "final"))
    batches = [batch for batch in asked[1:] if len({arm for arm, _ in batch}) > 1]
    assert batches and all(len({arm for arm, _ in batch}) <= 4 for batch in batches)


def test_exhausted_arms_are_left_alone_and_a_large_budget_asks_everything():
    table = planted(arms=6, items=12)
    found = search(from_table(table), "worst", shape=table.shape, options=SearchOptions(budget=10_000))
    assert (found.outcomes == table).all()
    assert found.calls["search"] == 5 * 12  # the prompt as written was asked before


def test_the_same_seed_searches_the_same_way_and_another_does_not():
    table = planted()
    runs = []
    for seed in (4, 4, 5):
        asked = []
        search(from_table(table, asked), "worst", shape=table.shape, options=SearchOptions(budget=500, seed=seed))
        runs.append(asked)
    assert runs[0] == runs[1] != runs[2]


def test_an_arm_with_one_lucky_pull_is_not_called_the_best():
    table = np.zeros((40, 100), bool)
    table[:, ::2] = True  # all alike: whoever leads had luck
    found = search(from_table(table), "best", shape=table.shape, options=SearchOptions(budget=400, min_pulls=3))
    assert found.accuracy(found.best)[3] == found.accuracy(found.recommended)[3] == 100
    assert found.spread[0] == 0.0


def test_with_one_layout_only_there_is_no_spread():
    found = search(from_table(np.ones((1, 9), bool)), "best", shape=(1, 9), options=SearchOptions())
    assert found.worst == found.best == found.recommended == 0
    assert found.spread == (0.0, 0.0, 0.0)


def dislikes_tabs_and_loves_dashes():
    """A scripted model that is right on nothing after a tab, on everything after a dash and on half of the rest."""
    answers = {item.prompt.fields[0].text: item.target for item in SENTIMENT.items}

    def prefers(request):
        right = next(target for text, target in answers.items() if text in request.context)
        is_right = request.continuation.strip() == right
        if "\t" in request.context:
            return float(not is_right)
        return float(is_right) if " - " in request.context else float("positive" in request.continuation)

    return Scripted(prefers=prefers, name="dashes")


def test_the_ends_among_real_layouts_are_those_of_an_exhaustive_evaluation():
    suite = dataclasses.replace(SENTIMENT, items=SENTIMENT.items[:24])
    model, arms = dislikes_tabs_and_loves_dashes(), arms_of(suite, num=60, seed=3)
    outcomes = asker(suite, arms, model, progress=lambda num: None)
    options = SearchOptions(budget=900, items_a_pull=6, draws_a_step=4)
    found = search(outcomes, "worst", shape=(len(arms), 24), options=options)
    exhaustive = [
        np.mean([s.correct for s in answer(model, [variant_of(i, a, n) for i in suite.items], suite)])
        for n, a in enumerate(arms)
    ]
    assert found.accuracy(found.worst)[0] == min(exhaustive) == 0.0
    assert found.accuracy(found.best)[0] == max(exhaustive) == 1.0
    summary = search_summary(suite, arms, found, model)
    assert "\t" in summary["worst"]["text"]
    assert " - " in summary["recommended"]["text"]


def test_arms_render_differently_and_the_first_is_the_prompt_as_written():
    arms = arms_of(SENTIMENT, num=100, seed=0)
    item = SENTIMENT.items[0]
    texts = [variant_of(item, arm, number).text for number, arm in enumerate(arms)]
    assert arms[0] == item.prompt.layout
    assert len(set(texts)) == len(arms) == 101


def test_a_template_has_no_layout_to_search():
    item = SENTIMENT.items[0]
    template = dataclasses.replace(item, prompt=dataclasses.replace(item.prompt, is_template=True))
    with pytest.raises(UsageError, match="template"):
        arms_of(dataclasses.replace(SENTIMENT, items=(template,)), num=5, seed=0)


def test_the_command_prints_both_ends_and_the_recommended_prompt(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["search", "worst", "topic", "--model", "scripted:coin", "--limit", "30", "--budget", "300"]
    assert exit_code(command) == 0
    page = capsys.readouterr().out
    assert all(f"\n{word}" in page for word in ("worst", "best", "spread", "recommended", "calls"))
    assert exit_code([*command, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["worst"]["accuracy"] <= printed["as_written"]["accuracy"] <= printed["best"]["accuracy"]
    assert printed["spread"]["value"] == pytest.approx(printed["best"]["accuracy"] - printed["worst"]["accuracy"])
    assert printed["calls"]["search"] == 300
    assert exit_code(["search", "middle", "topic"]) == 2


def test_the_search_leaves_a_record_and_typed_again_asks_nothing_anew(capsys, tmp_path, monkeypatch):
    asked = []
    unwatched = Scripted.loglikelihoods
    monkeypatch.setattr(
        Scripted,
        "loglikelihoods",
        lambda self, requests, **more: asked.extend(requests) or unwatched(self, requests, **more),
    )
    command = ["search", "worst", "topic", "--model", "scripted:coin", "--limit", "20", "--budget", "100"]
    command += ["--out", str(tmp_path / "runs"), "--json"]
    assert exit_code(command) == 0
    printed, first = json.loads(capsys.readouterr().out), len(asked)
    [folder] = [path for path in (tmp_path / "runs").iterdir() if path.is_dir()]
    assert "_topic_scripted-coin_search_" in folder.name
    assert printed["run"] == str(folder)
    record = json.loads((folder / "search.json").read_text())
    layouts = record.pop("layouts")
    assert record == printed
    assert sum(row["asked"] for row in layouts) == sum(
        printed["calls"][part] for part in ("as_written", "search", "final")
    )
    assert layouts[0] == {"layout": printed["as_written"]["layout"], "asked": 20, "right": layouts[0]["right"]}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["kind"], manifest["budget"], manifest["model"]["name"]) == ("search", 100, "scripted:coin")
    assert first > 0
    assert exit_code(command) == 0
    again = json.loads(capsys.readouterr().out)
    assert len(asked) == first, "every answer was in OUT/cache.sqlite"
    assert {**again, "run": ""} == {**printed, "run": ""}
    assert exit_code([*command, "--no-cache"]) == 0
    assert len(asked) == 2 * first


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([[1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], (1.0, 0.566, 1.0)),
        ([[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]], (0.0, 0.0, 0.434)),
    ],
)
def test_five_items_alike_do_not_say_that_all_are(table, expected):
    """Wilson's interval of 0 of 5 ends at z^2 / (5 + z^2) = .434."""
    found = search(from_table(np.array(table, bool)), "worst", shape=(2, 5), options=SearchOptions())
    assert found.spread == pytest.approx(expected, abs=0.001)
