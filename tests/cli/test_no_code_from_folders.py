"""A run's folder, sent by a stranger, runs no code in any command, and the same flags typed again let it run.

A new command that takes a folder fails here until it is among the rows of `READING` or has a reason in `NO_FOLDER_OF_OTHERS`.
"""

import json
import shutil
from pathlib import Path

import pytest
import typer.main

import probe
from probe.api.session import Session
from probe.cli import exit_code
from probe.cli.app import app
from probe.errors import UsageError
from probe.record.run import read_run
from probe.record.trust import Typed, check, model_of

COMMANDS = typer.main.get_command(app).commands
READING = {
    ("bless", "run"): ["bless", "RUN", "-o", "NEW"],
    ("compare", "runs"): ["compare", "RUN", "RUN2"],
    ("explain", "run"): ["explain", "RUN"],
    ("gate", "run"): ["gate", "RUN", "--max-flip-rate", "1"],
    ("gate", "baseline"): ["gate", "RUN", "--baseline", "RUN2"],
    ("history", "folder"): ["history", "RUNS"],
    ("mitigate", "subject"): ["mitigate", "RUN", "--method", "prior-matching"],
    ("report", "runs"): ["report", "RUN", "-o", "NEW"],
    ("review", "what"): ["review", "RUN"],
    ("shrink", "run"): ["shrink", "RUN", "--flip", "0"],
    ("attribute", "into"): ["attribute", "sentiment", "--model", "scripted:coin", "--into", "RUN", "--limit", "2"],
    ("export", "suite"): ["export", "RUN", "NEW"],
    ("plan", "suites"): ["plan", "RUN"],
    ("repair", "suites"): ["repair", "RUN", "--out", "NEW"],
    ("repair", "out_folder"): ["repair", "sentiment", "--out", "RUN"],
    ("run", "suites"): ["run", "RUN"],
    ("search", "suite"): ["search", "worst", "RUN"],
    ("bless", "after"): ["bless", "RUN", "-o", "NEW", "--after", "RUN2"],
    ("plan", "pilot"): ["plan", "sentiment", "--pilot", "RUN"],
    ("import", "original"): ["import", "--original", "RUN", "-o", "NEW"],
    ("import", "clean"): ["import", "RUN", "--clean", "RUN2", "-o", "NEW"],
    ("attribute", "suite"): ["attribute", "RUN"],
    ("show", "suite"): ["show", "RUN"],
    ("import", "samples"): ["import", "RUN", "-o", "NEW"],
}
"""Each parameter that may name a folder of others, with a command that reads a hostile one there."""
NO_FOLDER_OF_OTHERS = {
    "adapter": "weights of a named model; read without code by peft",
    "data": "one table, read as data",
    "paraphrases": "one file of texts",
    "paraphrases_file": "one file of texts, which the command writes",
    "prompt": "one prompt file",
    "prompts": "one prompt file",
    "reviews": "one file of decisions",
    "out": "where the command writes",
    "output": "where the command writes",
    "output_path": "where the command writes",
    "folder": "where the command writes",
    "item": "an id",
    "end": "a word",
    "kind": "a word",
    "name": "a word",
}
REDRAWING = ("explain", "shrink", "mitigate")


def may_name_a_folder(param):
    annotation = str(getattr(getattr(param, "type_descriptor", None), "annotation", ""))
    return param.param_type_name == "argument" or "Path" in annotation or "RUN" in (param.metavar or "")


def test_every_parameter_that_takes_a_folder_is_tried_with_a_hostile_one():
    found = {(name, one.name) for name, own in COMMANDS.items() for one in own.params if may_name_a_folder(one)}
    unknown = {(name, one) for name, one in sorted(found - READING.keys()) if one not in NO_FOLDER_OF_OTHERS}
    assert not unknown, "add a row to READING: what does a hostile folder do there?"
    assert not READING.keys() - found


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a run of a function of one's own, made where the function's file lies."""
    place = tmp_path_factory.mktemp("made")
    (place / "mine.py").write_text(
        f"import dataclasses, pathlib\npathlib.Path({str(place / 'marker')!r}).touch()\n"
        "def shout(prompt, rng):\n    return dataclasses.replace(prompt, instruction=prompt.instruction.upper())\n"
    )
    words = ["run", "sentiment", "--model", "scripted:coin", "--limit", "24", "--samples", "2", "--no-cache"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert exit_code([*words, "--perturb", f"typos,{place}/mine.py:shout", "--no-noise-floor"]) == 0
    (folder,) = (place / "runs").iterdir()
    return folder


@pytest.fixture
def hostile(whole, tmp_path, monkeypatch):
    """Return a function that makes the run's copy with a manifest that asks for code, and forgets what ran before."""
    from probe.perturb.catalogue import custom

    monkeypatch.chdir(tmp_path)
    for cached in (custom.from_file, custom._run):
        cached.cache_clear()
    marker = whole.parents[1] / "marker"
    marker.unlink(missing_ok=True)

    def make(name, edit=None):
        copy = Path(shutil.copytree(whole, tmp_path / "runs" / name))
        file = copy / "manifest.json"
        manifest = json.loads(file.read_text(encoding="utf-8"))
        edit = dict(edit or {})
        if "suites" in edit:
            edit["suites"] = [{**manifest["suites"][0], **one} for one in edit["suites"]]
        plain = edit and "perturb" not in edit
        manifest |= {"perturb": ["typo-swap", "typo-keyboard"]} if plain else {}
        file.write_text(json.dumps(manifest | edit), encoding="utf-8")
        return copy

    make.marker = marker
    return make


def planted(folder, marker):
    """Write a task and a model below a folder whose code writes the marker; return what a manifest says to have them run."""
    code = f"import pathlib\npathlib.Path({str(marker)!r}).touch()\ndef f(*args): return None\n"
    for place in (folder / "tasks", folder / "model", folder):
        place.mkdir(parents=True, exist_ok=True)
        (place / "evil.py").write_text(code)
    (folder / "tasks" / "evil.yaml").write_text("task: evil\nprocess_docs: !function evil.f\n")
    (folder / "model" / "config.json").write_text(
        json.dumps({"auto_map": {"AutoConfig": "evil.f"}, "model_type": "evil"})
    )
    task = {
        "path": "lmeval:evil",
        "flags": ["--include-path", str(folder / "tasks"), "--trust-tasks"],
        "name": "sentiment",
    }
    asked = {"model": f"hf:{folder / 'model'}", "model_args": "", "options": {}}
    trusted = {"options": {"trust_remote_code": True}}
    return {
        "perturb": {"perturb": [f"{folder}/evil.py:f"]},
        "pair": {"perturb": ["typo-swap", f"typo-swap+{folder}/evil.py:f"]},
        "here": {"perturb": ["./evil.py:f"]},
        "tasks": {"suites": [task]},
        "outside": {"suites": [{**task, "path": "sentiment", "flags": ["--allow-outside"]}]},
        "model": {"asked_model": asked | trusted},
        "model_args": {"asked_model": asked | {"model_args": "dtype=float32,trust_remote_code=True"}},
    }


FLAG = {
    "perturb": "--perturb", "pair": "--perturb", "here": "--perturb ./evil.py:f", "tasks": "--trust-tasks",
    "outside": "--allow-outside", "model": "--trust-remote-code", "model_args": "--trust-remote-code",
}  # fmt: skip


def words_of(command, run, other, new):
    known = {"RUN": run, "RUN2": other, "RUNS": run.parent, "NEW": new}
    return [str(known.get(word, word)) for word in command]


@pytest.mark.parametrize("attack", FLAG)
@pytest.mark.parametrize("name", REDRAWING)
def test_what_redraws_a_run_names_the_flag_that_its_folder_alone_does_not_give(name, attack, hostile, tmp_path, capsys):
    edit = planted(tmp_path, hostile.marker)[attack]
    run = hostile("run", edit)
    command = next(words for (one, _), words in READING.items() if one == name)
    assert exit_code(words_of(command, run, run, tmp_path / "new.html")) == 2
    told = capsys.readouterr().err
    assert f"type it again: {FLAG[attack]}" in told and "manifest.json: " in told, told
    assert not hostile.marker.exists()


def test_no_command_that_takes_a_folder_runs_what_the_folder_names(hostile, tmp_path, monkeypatch, capsys):
    # A settings file of the folder above trusts its own model; that is no word about a stranger's.
    (tmp_path / "probe.toml").write_text("trust-remote-code = true\n")
    attacks = planted(tmp_path, hostile.marker)
    edit = {key: value for name in ("model", "tasks", "here") for key, value in attacks[name].items()}
    run, other = hostile("run", edit), hostile("other", edit)
    (run / "repair.json").write_text(json.dumps({"settings": {}, **edit}), encoding="utf-8")
    for place in (run, run.parent, tmp_path):
        (place / "conftest.py").write_text((tmp_path / "evil.py").read_text())
    for number, command in enumerate(READING.values()):
        assert exit_code(words_of(command, run, other, tmp_path / f"new{number}.html")) in (0, 1, 2, 3, 4, 5), command
        assert not hostile.marker.exists(), command
        assert "this is a bug in probe" not in capsys.readouterr().err, command
    probe.load(run)
    with pytest.raises(UsageError, match="a folder alone"):
        Session().mitigate(run, method="prior-matching")
    assert not hostile.marker.exists()


@pytest.mark.parametrize(
    ("flags", "fault"),
    [
        (["--include-path=x"], "'--include-path=x' is no flag of a suite; it is one of --include-path,"),
        (["--prompt"], "--prompt has no value"),
        (["--kind", "csv"], "'--kind' is no flag"),
        (["--perturb", "./evil.py:f"], "'--perturb' is no flag"),
    ],
)
def test_flags_of_a_suite_that_are_none_are_one_error_that_names_file_and_key(flags, fault, hostile, capsys):
    run = hostile("run", {"suites": [{"flags": flags}]})
    assert exit_code(["shrink", str(run), "--flip", "0"]) == 3
    assert f"{run / 'manifest.json'}: suites: flags: {fault}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["shrink", "mitigate"])
def test_a_function_of_ones_own_runs_again_where_it_is_typed_again(name, hostile, whole, capsys):
    run, again = hostile("run"), f"{whole.parents[1]}/mine.py:shout"
    command = next(words for (one, _), words in READING.items() if one == name)
    words = words_of(command, run, run, "new.html")
    assert exit_code(words) == 2 and not hostile.marker.exists()
    hint = capsys.readouterr().err.rpartition("type it again: ")[2].split()
    assert hint == ["--perturb", again]
    assert exit_code([*words, "--perturb", "./other.py:shout"]) == 2 and not hostile.marker.exists()
    assert exit_code([*words, *hint]) == 0 and hostile.marker.exists()


def test_the_command_that_shrink_prints_holds_what_was_typed(hostile, whole, capsys):
    run, again = hostile("run"), f"{whole.parents[1]}/mine.py:shout"
    assert exit_code(["shrink", str(run), "--flip", "0", "--perturb", again, "--json"]) == 0
    assert f"--perturb {again}" in json.loads(capsys.readouterr().out)["command"]


def test_a_model_is_loaded_with_its_code_only_where_that_is_typed(hostile, tmp_path):
    for attack in ("model", "model_args"):
        run = read_run(hostile(attack, planted(tmp_path, hostile.marker)[attack]))
        with pytest.raises(UsageError, match="code that comes with hf:"):
            model_of(run, Typed(trust_tasks=True, allow_outside=True))
        asked = model_of(run, Typed(trust_remote_code=True))
        assert asked["options"]["trust_remote_code"] is True
        named = model_of(run, Typed(), is_named=True)
        assert named["options"]["trust_remote_code"] is False and "trust" not in named["model_args"]
    assert "dtype=float32" in asked["model_args"]


def test_all_flags_that_are_missing_are_named_at_once(hostile, tmp_path):
    attacks = planted(tmp_path, hostile.marker)
    run = read_run(hostile("run", attacks["here"] | attacks["tasks"] | attacks["model"]))
    with pytest.raises(UsageError) as refused:
        check(run, Typed(), model=True)
    assert refused.value.hint.endswith("--perturb ./evil.py:f --trust-tasks --trust-remote-code")
    check(run, Typed(perturb=["./evil.py:f"], trust_tasks=True, trust_remote_code=True), model=True)


def test_a_run_without_code_needs_no_flag(hostile, capsys):
    run = hostile("run", {"suites": json.loads((hostile("plain") / "manifest.json").read_text())["suites"]})
    check(read_run(run), Typed(), model=True)


@pytest.mark.parametrize("command", [["explain"], ["shrink", "--flip", "0"]])
def test_a_run_of_a_task_with_code_is_drawn_again_where_trust_is_typed_again(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    tasks = tmp_path / "tasks"
    tasks.mkdir()
    rows = [
        {"text": f"The {word} is good here", "options": ["yes", "no"], "label": n % 2}
        for n, word in enumerate("abcdef")
    ]
    (tasks / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = tmp_path / "ran"
    (tasks / "own.py").write_text(
        f"import pathlib\n\ndef f(docs):\n    pathlib.Path({str(ran)!r}).touch()\n    return docs\n"
    )
    (tasks / "mine.yaml").write_text(
        f"task: mine\ndataset_path: json\ndataset_kwargs: {{data_files: {{test: {tasks / 'mine.jsonl'}}}}}\ntest_split: test\n"
        "output_type: multiple_choice\ndoc_to_text: '{{text}}'\ndoc_to_choice: options\ndoc_to_target: label\n"
        "process_docs: !function own.f\n"
    )
    typed = ["--include-path", str(tasks), "--trust-tasks", "--perturb", "typos", "--samples", "2", "--out", "made"]
    assert exit_code(["run", "lmeval:mine", "--model", "scripted:coin", "--no-cache", *typed]) == 0
    ran.unlink()
    words = [command[0], "made", *command[1:]]
    assert exit_code(words) == 2 and not ran.exists()
    assert "type it again: --trust-tasks" in capsys.readouterr().err
    assert exit_code([*words, "--trust-tasks"]) == 0 and ran.exists()
