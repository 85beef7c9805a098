"""The README's first screen is what happens: its commands run, and the run it shows is the run one gets."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
TOLERANCE = 2.5
"""Percentage points: another processor rounds otherwise, and an answer near a tie goes the other way."""


def blocks():
    return re.findall(r"^```\w*\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def shown_run():
    (block,) = (b for b in blocks() if b.startswith("$ probe run\n"))
    return block.splitlines()[1:]


def words(line):
    """Return a line without figures, white space and what differs from one run to the next."""
    line = re.sub(r"runs/\S+", "RUN", line)
    return " ".join(NUMBER.sub("#", line).split())


def percentages(line):
    return [float(n.replace(",", "")) for n in re.findall(r"(-?[\d.]+) %", line)]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    done = subprocess.run(
        [sys.executable, "-m", "probe", "run"],
        cwd=tmp_path_factory.mktemp("readme"), capture_output=True, text=True, check=False, timeout=600,
        env=os.environ | {"COLUMNS": "100"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_the_run_that_is_shown_is_the_run_one_gets(printed):
    head = next(i for i, line in enumerate(shown_run()) if " requests, " in line)
    for shown, real in zip(shown_run()[:head], printed, strict=False):
        if "most under" not in shown:
            assert words(shown) == words(real)
        assert percentages(real) == pytest.approx(percentages(shown), abs=TOLERANCE)


@pytest.mark.slow
def test_the_run_ends_with_where_the_report_lies_and_what_to_type_next(printed):
    assert any(line.startswith("report") and "report.html" in line for line in printed)
    assert any(line.startswith("next") and "probe show" in line for line in printed)


@pytest.mark.slow
def test_the_page_fits_one_screen(printed):
    assert len(printed) <= 40
    assert max(map(len, printed)) <= 110


@pytest.fixture
def after_demo(tmp_path):
    """Return a function that types lines in a shell, in a copy of what `make demo` needs, after its installation.

    What pip would install is a command that says what it was asked: no network, no torch.
    """
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "constraints.txt").touch()
    venv.create(tmp_path / ".venv", symlinks=True)
    command = tmp_path / ".venv" / "bin" / "probe"
    command.write_text('#!/bin/sh\necho "ran: probe $*"\n', encoding="utf-8")
    command.chmod(0o755)
    (tmp_path / ".venv" / ".installed").touch()
    clean = {"PATH": os.defpath, "HOME": str(tmp_path)}

    def typed(*lines):
        return subprocess.run(
            ["sh", "-e", "-c", "\n".join(lines)], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False
        )

    return typed


def commands():
    """Return the lines of the README that are typed in a shell, in their order."""
    lines = [line for block in blocks() for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if re.match(r"(\$ probe|probe [a-z]+ |make|\. )", line)]


def test_every_command_of_the_readme_is_found_once_the_lines_above_it_are_typed(after_demo):
    typed = commands()
    assert typed[0].startswith("make demo")
    assert sum(line.startswith("probe ") for line in typed) >= 7
    done = after_demo(*typed)
    assert done.returncode == 0, done.stderr
    ran = [line for line in done.stdout.splitlines() if line.startswith("ran: probe ")]
    assert ran == [
        "ran: probe run",
        *(f"ran: {shlex.join(shlex.split(line))}" for line in typed if line.startswith("probe ")),
    ]
    first = next(n for n, line in enumerate(typed) if line.startswith("probe "))
    assert after_demo(*typed[1:first], typed[first]).returncode == 0
    assert after_demo(typed[0], typed[first]).returncode == 127, "without the line between them it is not found"


def test_the_demo_ends_with_the_line_to_type_next(after_demo):
    done = after_demo("make demo")
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    activate, run = re.fullmatch(
        r"type    (\. \S+)    to have `probe` in this shell, then    (probe .*)", last
    ).groups()
    assert activate in commands()[1]
    assert after_demo(activate, run).stdout == f"ran: {run}\n"


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 130


def test_every_link_leads_to_a_file():
    links = re.findall(r"\]\(([^)#]+)", README)
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_every_family_is_named():
    import probe.perturb  # noqa: F401  registers what is shipped
    from probe.registry import perturbations

    (sentence,) = re.findall(r"Sixteen families of perturbations: (.*?)\n\n", README, re.DOTALL)
    families = {one.family for one in perturbations.values()} - {"own", "composed"}
    assert len(families) == 16
    assert [family for family in families if family not in sentence] == []


def test_the_tree_names_every_room():
    tree = next(b for b in blocks() if b.startswith("probe/"))
    rooms = {path.parent.name for path in ROOT.glob("probe/*/__init__.py")}
    assert rooms == set(re.findall(r"^  (\w+)/", tree, re.MULTILINE))
    for folder in ("suites", "reports", "pocket", "benchmarks", "tests", "examples", "docs"):
        assert re.search(rf"^{folder}/", tree, re.MULTILINE)
        assert (ROOT / folder).is_dir()
