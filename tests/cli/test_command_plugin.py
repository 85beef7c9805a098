"""The worked example of a command, installed from a throw-away copy as a stranger would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def probe(plugin_environment, tmp_path_factory):
    """Return a function that runs a command of probe where the example is installed."""
    environment, folder = plugin_environment("command"), tmp_path_factory.mktemp("work")

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "probe", *words],
            env=environment | {"COLUMNS": "80"}, cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    run.folder = folder
    return run


def test_an_installed_command_runs_with_the_flags_of_settings_and_its_own(probe):
    done = probe("lengths", "facts", "--perturb", "format,typos", "--limit", "3", "--words", "--json")
    assert done.returncode == 0, done.stderr
    means = json.loads(done.stdout)
    assert list(means) == ["original", "format", "typos"] or list(means) == ["original", "format", "typos"]
    assert all(5 < mean < 60 for mean in means.values())


def test_an_installed_command_takes_settings_from_the_project(probe):
    (probe.folder / "probe.toml").write_text('suites = ["facts"]\nlimit = 2\nperturb = "order"\n', encoding="utf-8")
    done = probe("lengths")
    (probe.folder / "probe.toml").unlink()
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()][1:] == ["order"]


def test_an_installed_command_stands_in_its_group_and_has_help(probe):
    group = probe("--help").stdout.split("Inspect:")[1].split("\n\n")[0]
    assert "  lengths  Show how long prompts get, by family\n" in group + "\n"
    helped = probe("lengths", "--help").stdout
    assert "--words" in helped and "--samples" in helped
    wrong = probe("lenghts")
    assert wrong.returncode == 2 and "lenghts" in wrong.stderr


def test_a_package_that_cannot_be_imported_is_named_and_stops_no_other_command(tmp_path):
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[probe.commands]\nbroken = no_such_module:run\n")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}

    def run(*words):
        command = [sys.executable, "-m", "probe", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    assert run("list", "models").returncode == 0
    helped = run("--help")
    assert helped.returncode == 0 and "broken" in helped.stdout
    done = run("broken")
    assert done.returncode == 2
    assert "of the package broken cannot be loaded" in done.stderr and "pip uninstall broken" in done.stderr


def test_the_guide_shows_the_example_as_it_is():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("### A command\n")[1].split("\n### ")[0]
    code = guide.split("```python\n")[1].split("```")[0]
    source = (ROOT / "examples" / "plugins" / "command" / "probe_lengths.py").read_text(encoding="utf-8")
    assert code.strip() in source
