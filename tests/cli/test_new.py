"""`probe new perturbation` begins a package that works at once, as a file and installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from probe.cli import exit_code

ROOT = Path(__file__).parents[2]


def typed(*args, paths=(), cwd):
    """Return what a command typed in a folder prints, its package installed from `paths`."""
    found = os.pathsep.join([*map(str, paths), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", *args],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": found},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(folder, name, module):
    """Write what pip writes of an entry point beside a module."""
    info = folder / f"{module}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[probe.perturbations]\n{name} = {module}:{name.replace('-', '_')}\n")


def test_what_is_begun_is_shown_tested_and_run_as_it_stands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert exit_code(["new", "perturbation", "wording-shout", "--family", "wording"]) == 0
    printed = capsys.readouterr().out
    folder = tmp_path / "wording-shout"
    assert {path.name for path in folder.iterdir()} == {
        "probe_wording_shout.py",
        "test_probe_wording_shout.py",
        "pyproject.toml",
    }
    file = "wording-shout/probe_wording_shout.py:wording-shout"
    assert f"--perturb {file}" in printed
    shown = typed("probe", "show", "sentiment", "--perturb", file, "--limit", "1", cwd=tmp_path)
    assert "{+" in shown and "wording-shout" in shown
    assert "2 passed" in typed("pytest", "-q", "-p", "no:cacheprovider", "wording-shout", cwd=tmp_path)
    installed(folder, "wording-shout", "probe_wording_shout")
    listed = typed("probe", "list", "perturbations", "--json", paths=[folder], cwd=tmp_path)
    assert '"wording-shout"' in listed and "Open the instruction with a call for attention." in listed


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["Wording Shout"], "is no name"),
        (["typo-swap"], "is there already"),
        (["typos"], "is there already"),
        (["fresh", "--out", "."], "is there already"),
        (["fresh", "--family", "Own Ones"], "is no name"),
    ],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_written(tmp_path, monkeypatch, capsys, args, said):
    monkeypatch.chdir(tmp_path)
    assert exit_code(["new", "perturbation", *args]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
