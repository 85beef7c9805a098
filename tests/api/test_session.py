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
        ({"batch_size": "many"}, "a number of rows from 1 to 1,000,000,000, or auto"),
        ({"target_ci": 0.1, "budget": 99}, "one of them says when to stop"),
        ({"null_dtype": "bfloat16"}, "no weights and no dtype"),
        ({"target_ci": float("nan")}, "target_ci is nan; it must be a finite number"),
        ({"embedding_threshold": float("inf")}, "must be a finite number"),
        ({"batch_size": "\u00b2"}, "a number of rows from 1 to 1,000,000,000, or auto"),
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


CHECKED = [
    ({"max_flip_rate": "0.1"}, "max_flip_rate is '0.1'; it must be a number"),
    ({"max_flip_rate": float("nan")}, "max_flip_rate is nan; it must be a number"),
    ({"margin": "x"}, "margin is 'x'; it must be a number"),
    ({"tolerance": True}, "tolerance is True; it must be a number"),
    ({"strict": "no"}, "strict is 'no'; it must be True or False"),
    ({"fail_on_inconclusive": "no"}, "fail_on_inconclusive is 'no'; it must be True or False"),
    ({"baseline": 3}, "baseline is 3; it must be the path of a baseline"),
    ({"allow": None}, "allow is None; it must be a name or a list of"),
    ({"allow": "suite"}, "unknown difference 'suite'"),
]


@pytest.mark.parametrize(("arguments", "says"), CHECKED)
def test_arguments_of_a_gate_are_checked_before_anything_is_asked(session, arguments, says):
    with pytest.raises(UsageError, match=says):
        session.gate("facts", **({"max_flip_rate": 1.0} | arguments))
    assert not session.out.exists()


def test_one_allowed_difference_may_be_text(session):
    run = session.run("facts")
    assert session.check(run, max_flip_rate=1, allow="suite-change").outcome == "pass"
    with pytest.raises(UsageError, match="margin is 'x'"):
        session.check(run, margin="x")


def test_no_suites_are_not_all_suites(session):
    with pytest.raises(UsageError, match="suites is empty"):
        session.run([])
    assert not session.out.exists()


def test_reruns_under_another_dtype_are_refused_for_a_model_object(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    coin = load_model("scripted:coin")
    few = FEW | {"model": None}
    with pytest.raises(UsageError, match=r"^--null-dtype bfloat16 has no effect on model scripted:coin"):
        Session(out="runs", **few).run("facts", model=coin, null_dtype="bfloat16")
    (tmp_path / "probe.toml").write_text('seed = 1\nnull-dtype = "bfloat16"\n')
    with pytest.raises(UsageError, match=r"^probe.toml:2: null-dtype bfloat16 has no effect"):
        Session(out="runs", **few).run("facts", model=coin)
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Return a table, read by `csv:d.csv` in the working folder."""
    monkeypatch.chdir(tmp_path)
    rows = [f"film {number} is {word},{word}" for number in range(6) for word in ("good", "bad")]
    (tmp_path / "d.csv").write_text("\n".join(["text,label", *rows]))
    return "csv:d.csv"


def test_the_command_names_suites_that_were_given_as_objects(session, table, capsys):
    from shlex import split

    from probe.api.suites import Suite
    from probe.cli import exit_code

    prompt = "Review: {text}\nSentiment:"
    run = session.run([Suite.read(table, prompt=prompt), "facts"])
    command = split(manifest_of(run)["command"])
    assert set(command[2:4]) == {table, "facts"} and command[command.index("--prompt") + 1] == prompt
    capsys.readouterr()
    assert exit_code([*command[1:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"] == run.summary.to_json()["metrics"]


def test_the_command_of_suites_that_no_command_reads_again_is_python(session, table):
    from probe.api.suites import Suite

    changed = Suite.read(table, prompt="Review: {text}\nSentiment:")
    other = replace(Suite.read(table, prompt="Text: {text}\nLabel:"), name="other")
    shipped = read_suite(find_suite("facts"))
    for suites in ([replace(changed, items=changed.items[:5])], [changed, other], [replace(shipped, name="mine")]):
        assert manifest_of(session.run(suites))["command"] == "probe.run(..., model='scripted:coin')"
    assert manifest_of(session.run(shipped))["command"].startswith("probe run facts ")


def test_warnings_of_suites_and_plan_are_saved_with_the_run(session, tmp_path):
    (tmp_path / "one.csv").write_text("text,label\n" + "\n".join(f"film {number},positive" for number in range(5)))
    run = session.run("csv:one.csv", prompt="Review: {text}\nSentiment:", choices="positive,negative", compose=2)
    told = " ".join(run.summary.warnings)
    assert 'every target is "positive"' in told and "--compose 2: nothing to put together" in told
    assert not session.run("facts").summary.warnings


def test_a_table_project_also_runs_suites_that_take_none_of_its_options(table, tmp_path):
    (tmp_path / "probe.toml").write_text(
        'suites = ["csv:d.csv"]\nprompt = "Review: {text}\\nSentiment:"\ntarget = "label"\n'
    )
    session = Session(out="runs", **FEW)
    run = session.run("facts")
    assert run.suites == ("facts",) and "--prompt" not in manifest_of(run)["command"]
    assert "--prompt" in manifest_of(session.run())["command"]
    assert "--target" not in Session(takes=("prompt", "target")).typed(["probe", "attribute", "facts"])
    with pytest.raises(UsageError, match="^--prompt: none of these suites takes it"):
        session.run("facts", prompt="Say.")


def test_a_wrong_value_of_the_file_is_found_by_its_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "probe.toml").write_text('seed = 1\nbatch-size = "many"\n')
    with pytest.raises(UsageError, match="^probe.toml:2: batch-size many: a number of rows"):
        Session(out="runs", **FEW).run("facts")
    with pytest.raises(UsageError, match="^--batch-size few"):
        Session(out="runs", batch_size="few", **FEW).run("facts")


def test_a_path_may_begin_at_home(session, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    run = Session(**FEW, out="~/runs").run("facts")
    assert run.folder.parent == tmp_path / "home" / "runs" and not (tmp_path / "~").exists()
    run.bless("~/b.json")
    assert session.verdict(run.folder, baseline="~/b.json").outcome != "regressed"


def test_a_perturbation_of_a_file_lies_beside_the_project_file(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("")
    (tmp_path / "probe.toml").write_text('perturb = "typos, mine.py:shout"\n')
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert Session().settings.perturb == "typos,../mine.py:shout"
    monkeypatch.chdir(tmp_path)
    assert Session().settings.perturb == "typos,mine.py:shout"
