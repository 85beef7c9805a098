"""Commands in a project with a probe.toml: what it sets, what flags set, and that `probe doctor` tells."""

import json
import re

import pytest

from probe.cli import exit_code

FILE = """\
suites = ["facts"]
model = "scripted:coin"
perturb = "typos"
samples = 3
limit = 4
out = "saved"

[gate]
max-flip-rate = 1.0
"""


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    (tmp_path / "probe.toml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(folder):
    (manifest,) = folder.glob("saved/*/manifest.json")
    return json.loads(manifest.read_text())


def test_run_and_gate_work_without_flags(project, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["probe", "run"])
    assert exit_code(["run"]) == 0
    manifest = ran(project)
    assert [one["name"] for one in manifest["suites"]] == ["facts"]
    assert (manifest["model"]["name"], manifest["limit"]) == ("scripted:coin", 4)
    assert manifest["command"] == (
        "probe run facts --model scripted:coin --perturb typos --samples 3 --limit 4 --out saved"
    )
    capsys.readouterr()
    assert exit_code(["gate"]) == 0
    assert "probe.toml" in capsys.readouterr().out
    assert exit_code(["gate", "saved", "--max-flip-rate", "0.0", "--strict"]) == 1
    assert exit_code(["bless"]) == 0
    assert exit_code(["history", "--json"]) == 0


def test_flags_come_before_the_file(project):
    assert exit_code(["run", "sentiment", "--samples", "1", "--seed", "5"]) == 0
    manifest = ran(project)
    assert [one["name"] for one in manifest["suites"]] == ["sentiment"]
    assert manifest["seed"] == 5
    assert manifest.get("samples", manifest.get("samples")) == 1
    assert manifest["limit"] == 4


def test_a_former_flag_comes_before_the_file_too(project):
    assert exit_code(["run", "--draws", "2"]) == 0
    manifest = ran(project)
    assert manifest.get("samples", manifest.get("samples")) == 2


def test_one_variant_is_shown_as_its_command_says_whatever_the_file_says(project, capsys):
    command = ["show", "sentiment", "sentiment-020", "--variant", "casing-lower/0"]
    (project / "probe.toml").write_text('perturb = "typos"\nseed = 3\nlimit = 2\n')
    in_project = exit_code(command), capsys.readouterr().out
    (project / "probe.toml").unlink()
    assert in_project == (exit_code(command), capsys.readouterr().out)
    assert in_project[0] == 0


def test_plan_counts_what_run_would_ask(capsys):
    assert exit_code(["plan", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["suites"]
    assert (row["suite"], row["items"]) == ("facts", 4)


def test_doctor_shows_what_applies_and_where_it_stands(capsys):
    exit_code(["doctor"])
    text = capsys.readouterr().out
    assert re.search(r"ok +project file +probe.toml", text)
    assert re.search(r"ok +runs folder +saved can be written", text)
    assert re.search(r"setting samples +3, from probe.toml:4", text)
    assert re.search(r"setting gate.max-flip-rate +1.0, from probe.toml:9", text)


def test_doctor_shows_a_mistake_in_the_file(project, capsys):
    (project / "probe.toml").write_text("sampels = 3\n")
    assert exit_code(["doctor"]) == 3
    assert "probe.toml:1: unknown key 'sampels'. Did you mean 'samples'?" in capsys.readouterr().out
    assert exit_code(["run"]) == 2
