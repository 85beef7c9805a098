"""The session that commands, the pytest plugin and the Python API share."""

import json
from dataclasses import replace

import pytest

from probe.api.session import Session
from probe.errors import UsageError
from probe.models.loaders import load_model
from probe.suite import find_suite, read_suite

FEW = {"model": "scripted:coin", "limit": 3, "samples": 1, "perturb": "typos", "cache": False}


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Session(out=tmp_path / "runs", **FEW)


def manifest_of(run):
    return json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))


def test_the_same_settings_are_one_run_and_others_another(session):
    first = session.run("facts")
    assert session.run("facts") is first
    assert session.run("facts", samples=1) is first
    assert session.run("facts", samples=2) is not first
    assert session.settings.samples == 1, "what is given for a run is for that run only"


def test_suites_may_be_names_paths_and_objects(session):
    suite = read_suite(find_suite("topic"))
    found = session.run([suite, "facts"]).suites
    assert sorted(found) == ["facts", "topic"]
    with pytest.raises(UsageError, match="two suites have the name 'topic'"):
        session.run([suite, "topic"])


def test_a_model_may_be_an_object_which_no_command_can_name(session):
    run = session.run("facts", model=load_model("scripted:stubborn-coin"))
    assert run.model == "scripted:stubborn-coin"
    assert manifest_of(run)["asked_model"] is None
    assert "--model" not in manifest_of(run)["command"]


def test_the_command_of_a_run_does_the_same(session, tmp_path, capsys):
    from shlex import split

    from probe.cli import exit_code

    run = session.run("facts")
    capsys.readouterr()
    assert exit_code([*split(manifest_of(run)["command"])[1:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"] == run.summary.to_json()["metrics"]


def test_a_setting_that_is_given_comes_before_the_project_and_that_before_the_default(tmp_path, monkeypatch):
    (tmp_path / "probe.toml").write_text("samples = 7\nseed = 5\napply-chat-template = true\n")
    session = Session(tmp_path, samples=2, model=None)
    found = session.settings
    assert (found.samples, found.seed, found.model, found.apply_chat_template) == (2, 5, "pocket", True)
    assert session.typed(["probe", "run", "--samples", "2"]) == "probe run --samples 2 --seed 5 --apply-chat-template"
    assert session.without_project().settings == replace(found, seed=0, apply_chat_template=False)
    assert Session(tmp_path, takes=("seed",)).settings.samples == 4


def test_a_relative_path_is_looked_for_below_the_root_first(tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    suite = read_suite(find_suite("facts"))
    from probe.suite import write_suite

    (tmp_path / "project" / "prompts").mkdir()
    write_suite(replace(suite, name="mine"), tmp_path / "project" / "prompts")
    monkeypatch.chdir(tmp_path)
    session = Session(tmp_path / "project", out=tmp_path / "runs", **FEW)
    assert session.run("prompts").suites == ("mine",)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"sampels": 1}, "Did you mean 'samples'"),
        ({"samples": 0}, "must be at least 1"),
        ({"resample": "all"}, "items or items-and-variants"),
        ({"batch_size": "many"}, "a number of rows from 1, or auto"),
        ({"target_ci": 0.1, "budget": 99}, "one of them says when to stop"),
        ({"null_dtype": "bfloat16"}, "no weights and no dtype"),
        ({"prompt": "Say."}, "none of these suites takes it"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_asked(session, settings, says):
    with pytest.raises(UsageError, match=says):
        session.run("facts", **settings)
    assert not session.out.exists()


def test_a_check_names_what_it_takes(session):
    run = session.run("facts")
    with pytest.raises(UsageError, match="Did you mean 'max_flip_rate'"):
        session.verdict(run.folder, max_flip=0.1)
    with pytest.raises(UsageError, match="missing-items"):
        session.verdict(run.folder, max_flip_rate=0.1, allow=["missing"])
    assert session.verdict(run.folder, max_flip_rate=1.0).outcome == "pass"
