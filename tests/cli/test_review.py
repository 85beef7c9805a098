"""`probe review`: reading variants at the terminal."""

import json
import os
import subprocess
import sys

import pytest

SUITE = """\
name = "toy"
version = "1"
instruction = "Say whether it is late."
fields = ["Text"]
choices = ["yes", "no"]
"""
MINE = """\
import dataclasses
def careless(prompt, rng):
    field = prompt.fields[0]
    return dataclasses.replace(prompt, fields=(dataclasses.replace(field, text=field.text.replace("not ", "")),))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "suite.toml").write_text(SUITE)
    items = [{"id": f"t{n}", "fields": {"Text": f"the owl did not call {n} times"}, "target": "yes"} for n in range(3)]
    items += [{"id": "t9", "fields": {"Text": "the owl was silent"}, "target": "no"}]
    (tmp_path / "toy" / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def probe(*args, typed=""):
    return subprocess.run(
        [sys.executable, "-m", "probe", *args], input=typed, capture_output=True, text=True, check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.mark.slow
def test_decisions_are_kept_and_the_next_run_uses_them(folder):
    review = ["review", "toy", "--perturb", "./mine.py:careless", "--draws", "1"]
    done = probe(*review, typed="r\na\nx\nu\n")
    assert done.returncode == 0, done.stderr
    assert "[1/3] ./mine.py:careless  toy t0" in done.stdout
    assert "polarity: fail: lost not" in done.stdout
    decisions = [json.loads(line)["decision"] for line in (folder / "reviews.jsonl").read_text().splitlines()]
    assert decisions == ["reject", "accept", "unsure"]
    assert probe(*review).returncode == 5, "nothing is left to read"
    shown = probe("show", "toy", "--perturb", "./mine.py:careless", "--draws", "1")
    assert shown.returncode == 0, shown.stderr
    assert "review: not asked, rejected" in shown.stdout
    ran = probe("run", "toy", "--model", "scripted:coin", "--perturb", "./mine.py:careless", "--draws", "1", "--json")
    summary = json.loads(ran.stdout)
    assert {(row["rule"], row["dropped"]) for row in summary["validity"]} == {("review", 1), ("polarity", 1)}
    [counts] = [row for row in summary["counts"] if row["family"] == "own"]
    assert (counts["asked"], counts["invalid"], counts["not_applicable"]) == (1, 2, 1)
    again = probe("review", summary["run"], "--sample", "5", typed="q\n")
    assert again.returncode == 5 or "to read" in again.stderr


@pytest.mark.slow
def test_reading_stops_at_the_end_of_the_input_and_keeps_what_was_decided(folder):
    done = probe(
        "review", "toy", "--perturb", "./mine.py:careless", "--draws", "1", "--reviews", "kept.jsonl", typed="a\n"
    )
    assert done.returncode == 0, done.stderr
    assert len((folder / "kept.jsonl").read_text().splitlines()) == 1


@pytest.mark.slow
def test_a_function_that_fails_is_named(folder):
    (folder / "mine.py").write_text("def broken(prompt, rng):\n    return prompt.no\n")
    done = probe("show", "toy", "--perturb", "./mine.py:broken")
    assert done.returncode == 2
    assert "./mine.py:broken: failed on item 't0': AttributeError" in done.stderr
    typo = probe("show", "toy", "--perturb", "./mine.py:brokn")
    assert typo.returncode == 2 and "broken" in typo.stderr
    assert probe("show", "toy", "--perturb", "./none.py:f").returncode == 2
