"""Spellings of flags: underscores as in lm-eval, and lists that are given in parts."""

import json
import re
import shlex

import pytest
import typer.main

from probe.cli import exit_code
from probe.cli.app import app
from probe.cli.command import ELSEWHERE

COMMANDS = typer.main.get_command(app).commands
RUN = "run sentiment --model scripted:coin --limit 4 --samples 1 --no-noise-floor --no-cache --json"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def families(capsys, words, name="perturb"):
    """Run a command and return a key of the manifest that it wrote."""
    assert exit_code(shlex.split(words)) == 0, capsys.readouterr().err
    summary = json.loads(capsys.readouterr().out)
    with open(f"{summary['run']}/manifest.json", encoding="utf-8") as file:
        return json.load(file)[name]


def parsed(name, words):
    """Return what a command understands of its words, without running it; underscores stay an affair of the whole line."""
    context = typer.main.get_command(app).make_context("probe", [], resilient_parsing=True)
    return COMMANDS[name].make_context(name, words, parent=context).params


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_flag_may_be_spelled_with_underscores(name):
    context = typer.main.get_command(app).make_context("probe", [], resilient_parsing=True)
    parser = COMMANDS[name].make_parser(COMMANDS[name].make_context(name, [], parent=context, resilient_parsing=True))
    for one in COMMANDS[name].params:
        for flag in (flag for flag in (*one.opts, *one.secondary_opts) if flag.startswith("--") and "-" in flag[2:]):
            words = [flag.replace("-", "_").replace("__", "--", 1), "1"]
            options, _, order = parser.parse_args(
                words if one.nargs and not getattr(one, "is_flag", False) else words[:1]
            )
            assert options and order[0] is one, flag


def test_a_run_as_typed_for_lm_eval(capsys, elsewhere):
    manifest = families(capsys, f"{RUN} --num_fewshot 2 --output_path out --batch_size 8 --device cpu", "num_fewshot")
    assert manifest == 2
    assert [path.is_dir() for path in (elsewhere / "out").iterdir()] == [True]
    assert parsed("run", ["--model", "hf", "--model_args", "pretrained=a,dtype=float16"])["model_args"] == [
        "pretrained=a,dtype=float16"
    ]


@pytest.mark.parametrize("flag", sorted(ELSEWHERE))
def test_what_lm_eval_names_and_probe_has_not_is_answered_with_what_to_do(flag, capsys):
    for word in (flag.replace("-", "_").replace("__", "--", 1), f"{flag}=x"):
        assert exit_code(["run", word, "x"]) == 2
        told = capsys.readouterr().err
        assert "an option of lm-eval" in told and f"hint: {ELSEWHERE[flag]}" in told


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("-p typo-swap -p casing-upper", ["typo-swap", "casing-upper"]),
        ("--perturb typo-swap --perturb=casing-upper,order-options", ["typo-swap", "casing-upper", "order-options"]),
        ("--perturb typo-swap,casing-upper", ["typo-swap", "casing-upper"]),
        ("--perturb typo-swap --perturb typo-swap", ["typo-swap"]),
    ],
)
def test_a_list_that_is_given_in_parts_adds_up(words, found, capsys):
    assert families(capsys, f"{RUN} {words}") == found


def test_every_flag_that_takes_a_list_may_be_given_in_parts():
    lists = {
        (name, max(one.opts, key=len))
        for name, command in COMMANDS.items()
        for one in command.params
        if one.param_type_name == "option" and one.multiple
    }
    assert {("run", "--perturb"), ("run", "--choices"), ("run", "--model-args")} <= lists
    assert {("mitigate", "--method"), ("mitigate", "--prior"), ("init", "--choices"), ("repair", "--hold-out")} <= lists
    assert {(name, "--model-args") for name in ("explain", "shrink", "show")} <= lists
    said = {
        (name, max(one.opts, key=len))
        for name, command in COMMANDS.items()
        for one in command.params
        if re.search(r"\bcommas?\b", getattr(one, "help", "") or "")
    }
    assert said <= lists, "a flag whose help speaks of commas takes the last value only"


@pytest.mark.slow
def test_parts_of_other_lists_add_up_too(elsewhere, capsys):
    rows = [f"text {n},{'yes' if n % 2 else 'no'}" for n in range(8)]
    (elsewhere / "t.csv").write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    (elsewhere / "p.txt").write_text("Text: {text}\nAnswer:", encoding="utf-8")
    made = ["init", "--data", "t.csv", "--prompt", "p.txt", "--out", "made"]
    assert exit_code([*made, "--choices", "yes", "--choices", "no", "--choices", '"may, be"']) == 0
    assert 'choices = ["yes", "no", "may, be"]' in (elsewhere / "made" / "suite.toml").read_text(encoding="utf-8")
    assert exit_code(["mitigate", "sentiment", "--method", "nosuch", "--method", "neither"]) == 2
    assert "'nosuch'" in capsys.readouterr().err
    assert (
        exit_code(["show", "sentiment", "-m", "hf", "--model-args", "dtype=float32", "--model_args", "pretrained="])
        != 0
    )
