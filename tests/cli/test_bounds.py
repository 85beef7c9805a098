"""Numbers that are typed: every option of every command, with what no number can be."""

import re
from math import isfinite

import pytest
import typer.main

from probe.api.settings import fault_of
from probe.cli import exit_code
from probe.cli.app import app
from probe.errors import UsageError
from probe.files.limits import MAX_COUNT, MAX_SAMPLES, MAX_SEED

GROUP = typer.main.get_command(app)
VALUES = [
    "1" + "0" * 20, "9" * 5_000, "-" + "9" * 400, "-1", "0", "", "nan", "inf", "-inf", "1e400", "1e20", "1e308", "\u0663",
    "1_000", "0x10", " 5 ", "--", "1,5", "\udc80",
]  # fmt: skip


ARGUMENTS = {"search": ["worst", "facts"], "new": ["perturbation", "a"]}
NO_VALUES = ("doctor", "list", "selftest")
"""Commands without an option that takes a value."""


def required(command):
    """Return words for what a command cannot do without."""
    arguments = ["." for one in command.params if one.param_type_name == "argument" and one.required]
    arguments = ARGUMENTS.get(command.name, arguments)
    options = [one for one in command.params if one.param_type_name == "option" and one.required]
    return [*arguments, *(word for one in options for word in (max(one.opts, key=len), "1"))]


@pytest.fixture(scope="module")
def one_run(tmp_path_factory):
    """Return the folder of a run."""
    folder = tmp_path_factory.mktemp("runs")
    words = (
        "run facts --model scripted:coin --limit 2 --samples 1 --perturb typo-swap --no-noise-floor --no-cache --out"
    )
    assert exit_code([*words.split(), str(folder)]) == 0
    return next(path for path in folder.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", sorted(GROUP.commands))
def test_no_option_takes_a_number_that_is_none_or_too_large(name, one_run, monkeypatch):
    monkeypatch.chdir(one_run)
    command, whole = GROUP.commands[name], GROUP.make_context("probe", [], resilient_parsing=True)
    tried = 0
    for one in command.params:
        if one.param_type_name == "argument" or getattr(one, "is_flag", False):
            continue
        for value in VALUES:
            try:
                words = [*required(command), max(one.opts, key=len), value]
                found = command.make_context(name, words, parent=whole).params[one.name]
            except UsageError as error:
                assert len(str(error)) < 600
                continue
            except OSError:  # a path; `probe.cli.failures` says what is wrong with it
                continue
            except Exception as error:  # noqa: BLE001  typer has several
                assert type(error).__module__.startswith("typer"), (one.opts, value)
                continue
            tried += 1
            if isinstance(found, int | float) and not isinstance(found, bool):
                assert isfinite(found), (one.opts, value)
                assert abs(found) <= (MAX_SEED if one.name == "seed" else MAX_COUNT), (one.opts, value)
    assert tried or name in NO_VALUES


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("run facts --samples 100000000000000000000", f"{MAX_SAMPLES}"),
        ("run facts --draws 10001", f"{MAX_SAMPLES}"),
        ("run facts --seed 9223372036854775808", f"{MAX_SEED:,}"),
        (f"run facts --seed {'9' * 5_000}", "300"),
        (f"run facts --seed=-{'9' * 5_000}", "300"),
        (f"run facts --model-args max_length={'9' * 5_000}", f"{MAX_COUNT:,}"),
        ("search worst facts --budget 9999999999", f"{MAX_COUNT:,}"),
        ("repair facts --out a --learning-rate inf", "finite"),
        ("mitigate facts --target-flip-rate nan", "finite"),
        ("run facts --num-fewshot 1001", "1000"),
    ],
)
def test_the_message_names_the_limit_and_the_exit_code_is_2(words, limit, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert exit_code(words.split()) == 2
    said = capsys.readouterr().err
    assert limit in said
    assert len(said) < 800


def test_the_largest_values_that_are_allowed_are_taken(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = "run facts --model scripted:coin --limit 1000000000 --samples 1 --perturb typo-swap --no-noise-floor --json"
    for seed in (MAX_SEED, -MAX_SEED):
        assert exit_code([*words.split(), "--seed", str(seed)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("value", [10**20, 10**5_000, -1, True, float("nan"), 1.5, "9", None], ids=range(8))
def test_settings_from_files_and_from_python_have_the_same_limits(value):
    for name in ("samples", "limit", "num_fewshot", "token_budget", "max_length", "budget", "posix_items"):
        problem = fault_of(name, value)
        assert len(problem) < 100
        assert bool(problem) == (value is not None or name in ("samples", "num_fewshot", "posix_items"))
    assert re.search("about 5,000 digits.*9223372036854775807", fault_of("seed", 10**5_000))
