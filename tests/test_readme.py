"""The README's first screen is what happens: its commands run, and the run it shows is the run one gets."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
TOLERANCE = 2.5
"""Percentage points: another processor rounds otherwise, and an answer near a tie goes the other way."""


def blocks():
    return re.findall(r"```\n(.*?)```", README, re.DOTALL)


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
        if "most of all under" not in shown:
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


COMMANDS = [
    "probe plan sentiment",
    "probe show sentiment",
    "probe list suites",
    "probe list perturbations",
    "probe list metrics",
    "probe list models",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_is_named_runs(command, capsys, monkeypatch, tmp_path):
    from probe.cli import exit_code

    monkeypatch.chdir(tmp_path)
    assert exit_code(command.split()[1:]) == 0
    assert capsys.readouterr().out


def test_every_option_that_is_named_exists():
    from typer.testing import CliRunner

    from probe.cli.app import app

    for block in blocks():
        for line in block.splitlines():
            if match := re.match(r"\$? ?probe (\w+)(.*)", line):
                helped = CliRunner(env={"COLUMNS": "200"}).invoke(app, [match[1], "--help"])
                assert helped.exit_code == 0, line
                for flag in re.findall(r"(?<!\S)--[\w-]+", match[2].split("#")[0]):
                    assert flag in helped.output, f"{flag} in {line!r}"


@pytest.mark.slow
def test_a_suite_made_as_shown_can_be_run(tmp_path, monkeypatch, capsys):
    from probe.cli import exit_code

    monkeypatch.chdir(tmp_path)
    rows = [f'"A {w} film number {n}.",{label}' for n in range(6) for w, label in (("fine", "good"), ("dull", "bad"))]
    (tmp_path / "examples.csv").write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "prompt.txt").write_text("Is the review good or bad?\nReview: {text}\nAnswer:", encoding="utf-8")
    made = ["init", "--data", "examples.csv", "--prompt", "prompt.txt", "--target", "label", "--out", "mine"]
    assert exit_code(made) == 0
    assert exit_code(["run", "mine", "--draws", "2"]) == 0
    assert "Answers move on" in capsys.readouterr().out


@pytest.mark.slow
def test_the_gate_says_what_is_shown(tmp_path):
    section = README.split("## Gate it\n")[1].split("\n## ")[0]
    codes = []
    for block in re.findall(r"```\n(.*?)```", section, re.DOTALL):
        shown = [line for line in block.splitlines() if not re.match(r"\$? ?probe (run|bless|gate)", line)]
        for line in block.splitlines():
            if match := re.match(r"\$? ?probe ((?:run|bless|gate) .*)", line):
                done = subprocess.run(
                    [sys.executable, "-m", "probe", *match[1].split()],
                    cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600,
                    env=os.environ | {"COLUMNS": "100"},
                )  # fmt: skip
                codes += [done.returncode] if match[1].startswith("gate") else []
                assert done.returncode in (0, 1), done.stderr
        if shown:
            assert done.stdout.split(":")[0] == shown[0].split(":")[0]
            table = [[text for text in lines if SUITE_ROW.match(text)] for lines in (shown, done.stdout.splitlines())]
            assert [words(line) for line in table[1]] == [words(line) for line in table[0]]
            for ours, theirs in zip(*table, strict=True):
                assert percentages(theirs) == pytest.approx(percentages(ours), abs=TOLERANCE)
    assert codes == [0, 1, 0]


SUITE_ROW = re.compile(r"(pass|REGRESSED|inconclusive) +comparison ")


def test_the_tree_names_every_room():
    tree = next(b for b in blocks() if b.startswith("probe/"))
    for folder in ("perturb", "models", "metrics", "sources", "cli", "suite", "gate"):
        assert f"  {folder}/" in tree
    for folder in ("suites", "reports", "pocket", "benchmarks", "tests", "docs"):
        assert re.search(rf"^{folder}/", tree, re.MULTILINE)
        assert (ROOT / folder).is_dir()
