"""Which run a name means, and what is said of a name that means none."""

import json
import os
from pathlib import Path

import pytest

from probe.errors import UsageError
from probe.record.find import find_run, find_run_or_suite


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Two folders of runs, the newest run of the first beside an experiment and a run that was killed."""
    monkeypatch.chdir(tmp_path)
    for name, created, is_run in (
        ("runs/20260101T000000Z_facts_pocket_aa11bb", "2026-01-01T00:00:00Z", True),
        ("runs/20260301T000000Z_facts_pocket_cc22dd", "2026-03-01T00:00:00Z", True),
        ("runs/20260401T000000Z_attribute-facts_pocket_ee33ff", "2026-04-01T00:00:00Z", False),
        ("runs/.20260501T000000Z_facts_pocket_ab12cd.77.partial", "2026-05-01T00:00:00Z", True),
        ("before/20260201T000000Z_topic_pocket_ff44aa", "2026-02-01T00:00:00Z", True),
    ):
        folder = Path(name)
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"created": created}), encoding="utf-8")
        if is_run:
            (folder / "summary.json").write_text("{}", encoding="utf-8")
    Path("runs/cache.sqlite").write_bytes(b"")
    Path("empty").mkdir()
    Path("mine").mkdir()
    Path("mine/suite.toml").write_text("", encoding="utf-8")
    return tmp_path


NEWEST = "runs/20260301T000000Z_facts_pocket_cc22dd"


def found(name):
    return find_run(name, runs=Path("runs"))


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("latest", NEWEST),
        ("runs", NEWEST),
        ("runs/", NEWEST),
        ("./runs", NEWEST),
        ("before", "before/20260201T000000Z_topic_pocket_ff44aa"),
        ("runs/20260101T000000Z_facts_pocket_aa11bb", "runs/20260101T000000Z_facts_pocket_aa11bb"),
    ],
)
def test_a_run_a_folder_of_runs_and_latest_mean_a_run(name, folder):
    assert found(name) == Path(folder)
    assert found(Path(name)) == Path(folder)
    assert find_run_or_suite(name, runs=Path("runs")) == Path(folder)


def test_a_folder_of_the_name_latest_comes_before_the_word(place):
    os.rename("before", "latest")
    assert found("latest").parent == Path("latest")
    assert find_run_or_suite("latest", runs=Path("runs")).parent == Path("latest")


@pytest.mark.parametrize("name", ["facts", "mine", "mine/suite.toml", "csv:examples.csv", "lmeval:arc_easy", "empty"])
def test_what_means_a_suite_is_left_to_those_who_read_suites(name):
    assert find_run_or_suite(name, runs=Path("runs")) is None


@pytest.mark.parametrize(
    ("name", "says", "near"),
    [
        ("befor", "there is no folder 'befor'", "before"),
        ("rnus", "there is no folder 'rnus'", "runs"),
        ("runs/202603", "there is no folder 'runs/202603'", NEWEST),
        ("20260301T000000Z_facts_pocket_cc22dd", "there is no folder", NEWEST),
        ("runs/20260101T000000Z_fact_pocket_aa11bb", "there is no folder", "runs/20260101T000000Z_facts_pocket_aa11bb"),
        ("empty", "nor a run below it", ""),
        ("zzzz", "there is no folder 'zzzz'", ""),
        ("runs/cache.sqlite", "a file, not the folder of a run", ""),
        ("nowhere/at/all", "there is no folder", ""),
    ],
)
def test_any_other_name_is_told_what_was_looked_for_and_what_is_near(name, says, near):
    with pytest.raises(UsageError, match=r"^\S+: ") as raised:
        found(name)
    assert says in str(raised.value)
    assert (f"Near it: {near}" in str(raised.value)) if near else ("Near it" not in str(raised.value))
    assert "folder" in raised.value.hint


def test_a_file_of_a_run_is_told_the_runs_folder():
    with pytest.raises(UsageError) as raised:
        found(f"{NEWEST}/summary.json")
    assert raised.value.hint == f"name the folder: {NEWEST}"


def test_latest_of_nothing_says_where_it_looked():
    with pytest.raises(UsageError, match=r"^latest: no run in the folder elsewhere\b"):
        find_run("latest", runs=Path("elsewhere"))


@pytest.mark.parametrize(("name", "near"), [("befor", "before"), ("sentimant", "sentiment"), ("fact", "facts")])
def test_a_slip_where_a_run_or_a_suite_may_stand_is_told_both(name, near):
    with pytest.raises(UsageError, match="neither a run nor a suite") as raised:
        find_run_or_suite(name, runs=Path("runs"))
    assert near in str(raised.value).partition("Near it: ")[2].split(", ")
