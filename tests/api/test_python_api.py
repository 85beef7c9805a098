"""`probe.run`, `probe.load`, `probe.compare` and `probe.gate`, as a person at a prompt or in a notebook calls them."""

import json

import pandas as pd
import pytest

import probe
from probe.models.scripted import Scripted

FEW = {"perturb": ["typos", "casing"], "samples": 2, "limit": 8, "seed": 1}
REVIEWS = pd.DataFrame(
    {"text": ["A joy.", "A bore.", "Fine work.", "Awful, all of it."], "label": ["positive", "negative"] * 2}
)
PROMPT = "Is it positive or negative?\nReview: {text}\nSentiment:"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def coin(name="facts", **more):
    return probe.run(name, model="scripted:coin", cache=False, **(FEW | more))


def test_a_run_is_what_the_command_makes_of_the_same_settings(folder):
    from probe.cli import exit_code

    run = coin()
    words = "run facts --model scripted:coin --perturb typos,casing --samples 2 --limit 8 --seed 1 --no-cache --out cli"
    assert exit_code(words.split()) == 0
    same = probe.load("cli")
    assert run.folder.parent.name == "runs" and (run.folder / "report.html").is_file()
    assert run.metrics.equals(same.metrics)
    assert list(run.scores.text) == list(same.scores.text)
    assert set(run.metrics.family) == {"original", "typos", "casing", "all", "null"}


def test_suites_are_names_folders_and_objects_alone_or_together(folder):
    suite = probe.Suite.read("facts")
    assert coin(suite).suites == ("facts",)
    mine = probe.Suite.from_frame(REVIEWS, prompt=PROMPT, name="mine")
    both = coin([mine, "sentiment"])
    assert set(both.suites) == {"mine", "sentiment"}


def test_a_suite_of_a_frame_is_saved_so_that_the_commands_of_a_report_find_it(folder):
    import shlex

    from probe.cli import exit_code

    run = coin(probe.Suite.from_frame(REVIEWS, prompt=PROMPT, name="mine"))
    (entry,) = json.loads((run.folder / "manifest.json").read_text())["suites"]
    assert entry["path"].startswith("runs/suites/mine-") and (folder / entry["path"] / "items.jsonl").is_file()
    command = run.flips().command[0]
    assert exit_code(shlex.split(command)[1:]) == 0
    again = coin(probe.Suite.read(entry["path"]))
    assert list(again.scores.text) == list(run.scores.text)


def test_a_model_object_is_asked_and_named(folder):
    run = probe.run("facts", model=Scripted(prefers=lambda request: -len(request.continuation), name="mine"), **FEW)
    manifest = json.loads((run.folder / "manifest.json").read_text())
    assert run.model == manifest["model"]["name"] == "mine"
    assert "pocket" not in json.dumps(manifest["asked_model"])
    assert not any("--model" in command for command in run.flips().command)


def test_a_function_is_asked_in_words_and_its_answers_are_read_as_choices(folder):
    def first(prompts):
        return ["positive" if "o" in prompt.split("Review:")[1] else "no idea" for prompt in prompts]

    run = probe.run("sentiment", model=first, **FEW)
    assert run.model == "function:first"
    assert set(run.scores.prediction) <= {"positive", ""}
    assert ((run.scores.prediction == "") == (run.scores.reading == "unreadable")).all()
    assert run.figure("flip_rate") is not None and run.scores.confidence.isna().all()


def test_a_function_that_raises_ends_the_run_with_its_name_and_leaves_none(folder):
    def broken(prompts):
        raise RuntimeError("no key")

    with pytest.raises(probe.ModelError, match="model function:broken: raised RuntimeError: no key") as caught:
        probe.run("facts", model=broken, **FEW)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert not list(folder.glob("runs/2*"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"suites": "fakts"}, "Did you mean 'facts'"),
        ({"suites": "./nowhere/suite"}, "no folder './nowhere/suite'"),
        ({"suites": REVIEWS}, "suites: DataFrame is neither a name, nor a path, nor a Suite"),
        ({"suites": []}, "suites is empty"),
        ({"suites": ["facts", 3]}, "suites: int is neither"),
        ({"model": "poket"}, "Did you mean 'pocket'"),
        ({"model": 3}, "model is int"),
        ({"model": Scripted}, "model is the class Scripted"),
        ({"perturb": ["typo"]}, "Did you mean 'typos'"),
        ({"perturb": []}, "perturb=[] names no perturbation"),
        ({"perturb": [print]}, "perturb=[<built-in function print>]: names of families"),
        ({"perturb": 3}, "perturb=3: names of families"),
        ({"num_fewshot": 900}, "num_fewshot 900: suite 'facts' has"),
        ({"target_ci": 0.1, "budget": 50}, "target_ci with budget: one of them says when to stop"),
        ({"model": print, "dtype": "float16"}, "dtype='float16' has no effect on model function:print"),
        ({"model": print, "null_dtype": "float16"}, "null_dtype='float16' has no effect"),
        ({"samples": 0}, "samples is 0; it must be at least 1"),
        ({"samples": "many"}, "samples is 'many'; it must be a whole number"),
        ({"sampels": 3}, "unknown argument 'sampels'. Did you mean 'samples'"),
        ({"limit": 0}, "limit is 0"),
        ({"budget": 2}, "budget is 2"),
    ],
)
def test_a_mistake_is_one_message_that_names_the_argument(arguments, says):
    with pytest.raises(probe.UsageError) as caught:
        probe.run(**({"suites": "facts", "model": "scripted:coin"} | arguments))
    assert says in str(caught.value)
    assert "--" not in str(caught.value)


def test_a_project_file_gives_what_is_not_said(folder):
    (folder / "probe.toml").write_text('suites = ["facts"]\nsamples = 3\nlimit = 4\nperturb = "casing"\n')
    run = probe.run(model="scripted:coin", samples=2)
    assert run.suites == ("facts",) and set(run.scores[run.scores.family == "casing"]["sample"]) == {0, 1}
    assert run.scores.item.nunique() == 4


def test_two_runs_are_compared_by_object_or_folder(folder):
    one, other = coin(), probe.run("facts", model="scripted:shortest", cache=False, **FEW)
    found = probe.compare(one, str(other.folder))
    assert found.verdict in repr(found)
    differences = found.differences
    assert {"suite", "family", "metric", "difference", "ci_low", "p_adjusted", "significant"} <= set(differences)
    row = differences.set_index(["family", "metric"]).loc[("original", "accuracy")]
    assert row.difference == pytest.approx(
        other.figure("accuracy", family="original") - one.figure("accuracy", family="original")
    )
    for frame in (found.tests, found.rankings, found.reversals, found.items, found.changes):
        assert isinstance(frame, pd.DataFrame) and len(frame)
    assert "<html" in found.report("compare.html").read_text(encoding="utf-8")
    with pytest.raises(probe.UsageError, match="a comparison is written as .html"):
        found.report("compare.csv")
    with pytest.raises(probe.UsageError, match="run is int, neither a run nor the path"):
        probe.compare(one, 3)
    with pytest.raises(probe.UsageError, match="did not ask what"):
        probe.compare(one, coin(seed=2))


def test_a_gate_returns_its_verdict_and_raises_only_when_asked_to(folder):
    run = coin()
    passed = probe.gate(run, max_flip_rate=1.0)
    assert passed.passed and passed.outcome == "pass" and list(passed.checks.metric) == ["flip_rate"]
    failed = probe.gate(run.folder, max_flip_rate=0.0, strict=True)
    assert not failed.passed and failed.outcome == "failed"
    assert "FAILED" in repr(failed) and len(failed.moved)
    assert "<testsuite" in failed.report("verdict.xml").read_text(encoding="utf-8")
    with pytest.raises(probe.NotRobust, match="FAILED"):
        probe.gate(run, max_flip_rate=0.0, strict=True, raise_on_failure=True)


def test_a_gate_compares_with_a_baseline_that_a_run_was_saved_as(folder):
    run = coin()
    verdict = probe.gate(run, baseline=run.bless("baselines/facts.json"))
    assert verdict.outcome != "regressed" and (verdict.checks.kind == "baseline").all()
    assert (verdict.checks.difference.dropna() == 0).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "neither a baseline nor a bound"),
        ({"baseline": "runs"}, "a folder of runs, not a baseline"),
        ({"max_flips": 0.1}, "Did you mean 'max_flip_rate'"),
        ({"max_flip_rate": 10}, "max-flip-rate is 10; it is a share"),
        ({"baseline": "nowhere.json"}, "no baseline nowhere.json"),
        ({"baseline": 3}, "baseline is int, not the path of a baseline"),
        ({"max_flip_rate": 0.5, "allow": ["anything"]}, "unknown difference 'anything'"),
    ],
)
def test_a_mistake_in_a_gate_names_the_argument(folder, arguments, says):
    run = coin(limit=2, samples=1)
    with pytest.raises(probe.UsageError) as caught:
        probe.gate(run, **arguments)
    assert says in str(caught.value)


@pytest.mark.parametrize(("path", "says"), [("nowhere", "there is no folder"), (3, "folder is int")])
def test_loading_what_is_no_run_says_so(path, says):
    with pytest.raises(probe.UsageError, match=says):
        probe.load(path)
