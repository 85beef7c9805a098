"""`probe repair` as a user types it."""

import json
import shutil
from pathlib import Path

import pytest

from probe.api.repairing import plan_of
from probe.api.session import Session
from probe.cli import exit_code
from probe.cli.output import interrupted
from probe.repair.settings import FAMILIES

ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["sentiment", "--hold-out", "typo"], 2, "Did you mean 'typos'"),
        (["sentiment", "--perturb", "typos", "--hold-out", "typos"], 2, "no family is left to train on"),
        (["sentiment", "--contrast", "infonze", "--contrastive", "1"], 2, "infonce"),
        (["sentiment", "--tuning", "lorra"], 2, "Did you mean 'lora'"),
        (["sentiment", "--model", "scripted:coin"], 2, "no weights here that could be trained"),
        (["untrained"], 2, "no training items"),
        (["reading", "--labels", "consensus"], 2, "suite 'reading' has free answers"),
        (["sentiment", "reading", "--labels", "own", "--original"], 2, "suite 'reading' has free answers"),
        (["sentiment", "--validation", "0.9", "--num-fewshot", "400"], 2, "it takes at least 16 and 8"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_trained_is_refused_before_anything_is_written(here, capsys, words, code, problem):
    shutil.copytree(ROOT / "suites" / "sentiment", here / "untrained")
    (here / "untrained" / "train.jsonl").unlink()
    assert exit_code(["repair", *words, "--out", "adapter"]) == code
    shown = capsys.readouterr().err
    assert problem in shown and "hint" in shown or "Did you mean" in shown
    assert not (here / "adapter").exists() and not (here / ".adapter.unfinished").exists()


def test_the_families_that_help_names_are_those_that_are_trained(here, capsys):
    assert exit_code(["repair", "--help"]) == 0
    shown = "".join(capsys.readouterr().out.split())
    assert f"[default:{','.join(FAMILIES)}]" in shown
    plan = plan_of(Session(suites=("sentiment",)))
    assert tuple(dict.fromkeys(one.family for one in plan.perturbations if one.family != "null")) == FAMILIES


def test_an_adapters_folder_is_not_overwritten(here, capsys):
    (here / "adapter").mkdir()
    assert exit_code(["repair", "sentiment", "--out", "adapter"]) == 2
    assert "is there already" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(capsys):
    interrupted(["repair", "sentiment", "--out", "my adapter"])
    assert "go on with: probe repair sentiment --out 'my adapter' --resume" in capsys.readouterr().err
    interrupted(["repair", "sentiment", "--out", "a", "--resume"])
    assert capsys.readouterr().err.count("--resume") == 1


@pytest.mark.slow
def test_json_is_alone_on_stdout_and_holds_every_step_and_look(here, capsys):
    few = "--steps 2 --items 4 --validation-items 8 --validation-samples 1 --perturb format --no-judge --json"
    assert exit_code(["repair", "sentiment", *few.split(), "--out", "adapter"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [look["step"] for look in shown["looks"]] == [0, 2] and shown["tokens"] > 0
