"""A run is named alike for every command that takes one: its folder, a folder of runs, or `latest`."""

import json
import shutil

import pytest
import typer.main

from probe.cli import exit_code
from probe.cli.app import app

COMMANDS = typer.main.get_command(app).commands
TAKERS = sorted(
    name
    for name, command in COMMANDS.items()
    if any(one.param_type_name == "argument" and "RUN" in (one.metavar or "") for one in command.params)
)
MORE = {"shrink": ["--flip", "0"], "gate": ["--max-flip-rate", "1"], "bless": ["-o", "b.json"], "compare": ["runs"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    place = tmp_path_factory.mktemp("named")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        command = [
            "run",
            "sentiment",
            "--model",
            "scripted:coin",
            "--limit",
            "4",
            "--samples",
            "1",
            "--perturb",
            "typos",
        ]
        assert exit_code([*command, "--no-noise-floor", "--no-cache"]) == 0
    (run,) = (place / "runs").iterdir()
    older = run.with_name("older")
    shutil.copytree(run, older)
    manifest = json.loads((older / "manifest.json").read_text(encoding="utf-8"))
    (older / "manifest.json").write_text(json.dumps(manifest | {"created": "2020-01-01T00:00:00Z"}), encoding="utf-8")
    return place


@pytest.fixture(autouse=True)
def there(made, monkeypatch):
    monkeypatch.chdir(made)


def test_the_commands_that_take_a_run_are_known():
    assert TAKERS == ["bless", "compare", "explain", "gate", "mitigate", "report", "review", "shrink"]


@pytest.mark.parametrize("name", TAKERS)
def test_a_slip_in_a_runs_name_is_answered_with_the_run(name, capsys):
    assert exit_code([name, "rums", *MORE.get(name, [])]) == 2
    told = capsys.readouterr()
    assert "rums: " in told.err and "Near it: runs\n" in told.err
    assert "suite" not in told.err or name in ("review", "mitigate")


@pytest.mark.parametrize("named", ["latest", "runs"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["report", "RUN", "--json"], 0),
        (["gate", "RUN", "--max-flip-rate", "1"], 0),
        (["compare", "RUN", "runs/older", "--json"], 0),
        (["bless", "RUN", "-o", "b.json"], 0),
        (["review", "RUN"], 5),
        (["shrink", "RUN", "--flip", "sentiment/x/y/0"], 2),
        (["explain", "RUN", "--model", "poket"], 2),
        (["mitigate", "RUN", "--method", "prior-matching"], 5),
        (["plan", "sentiment", "-m", "scripted:coin", "--target-ci", "0.1", "--pilot", "RUN"], 0),
        (["attribute", "facts", "--into", "RUN", "--model", "scripted:coin"], 2),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_latest_and_a_folder_of_runs_are_its_newest_run(words, code, named, made, capsys):
    (newest,) = (one.parent.name for one in (made / "runs").glob("2*/scores.parquet"))
    found = exit_code([named if word == "RUN" else word for word in words])
    told = capsys.readouterr()
    assert found == code, told.err
    assert f"runs/{newest}: the newest of 2 runs" in told.err, told.err
    assert "Near it" not in told.err and "not the folder of a run" not in told.err
