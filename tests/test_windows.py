"""Paths, tables and run folders under the rules of Windows, as far as they can be simulated (tests/windows.py)."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from probe.cli import exit_code
from probe.suite import find_suite, read_suite, shipped_suites

ROOT = Path(__file__).parents[1]
SUITES = [
    "record/test_find.py",
    "record/test_store.py",
    "suite/test_editing.py",
    "cli/test_init.py",
    "gating/test_baseline.py",
]
RUN = ["run", "sentiment", "--model", "scripted:coin", "--limit", "4", "--samples", "1", "--perturb", "typos"]


@pytest.mark.slow
def test_the_tests_of_paths_and_tables_pass_under_the_rules_of_windows():
    tests = [str(ROOT / "tests" / name) for name in (*SUITES, "sources/test_tables.py", "test_windows_rules.py")]
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-m", "pytest", "-p", "windows", "-p", "no:cacheprovider",
         "-m", "not slow", "-k", "not written_and_read and not killed", *tests],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 200


@pytest.mark.parametrize("name", shipped_suites())
def test_a_checkout_with_the_line_ends_of_windows_is_the_same_suite(name, tmp_path):
    place = shutil.copytree(find_suite(name), tmp_path / name)
    for path in place.rglob("*"):
        if path.suffix in (".toml", ".jsonl", ".txt"):
            path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    here, there = read_suite(find_suite(name)), read_suite(place)
    assert (here.items, here.train, here.digest) == (there.items, there.train, there.digest)


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_a_console_that_lacks_the_letters_gets_every_page(encoding, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = [RUN, ["report", "latest"], ["show", "sentiment", "-L", "1", "-n", "1"], ["history"],
                ["gate", "latest", "--max-flip-rate", "1"], ["list", "perturbations"]]  # fmt: skip
    for command in commands:
        with monkeypatch.context() as patch:
            for name in ("stdout", "stderr"):
                patch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict"))
            assert exit_code(command) == 0, command
            sys.stdout.flush()
            assert sys.stdout.buffer.getvalue().decode(encoding).strip()
    manifest = next((tmp_path / "runs").glob("2*/manifest.json")).read_bytes()
    assert "runs\\" not in json.loads(manifest)["command"]
