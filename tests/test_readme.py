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
