"""A few of the cases of `fuzz.py`, always the same ones; the script runs as many as one has time for."""

import pytest
from fuzz import READERS, Outcome, make_workplace, run_case

CASES = 8


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    return make_workplace(tmp_path_factory.mktemp("fuzz") / "work")


def test_damaged_files_and_odd_flags_end_with_a_documented_code_and_no_traceback(workplace, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    outcomes = [run_case(number, 5, workplace) for number in range(CASES)]
    assert not [(one.what, one.words, one.problem) for one in outcomes if one.problem]
    assert {one.code for one in outcomes} & {2, 3}  # some are refused


@pytest.mark.parametrize(
    ("outcome", "problem"),
    [
        (Outcome(1, "", ("run",), 0, "", 1.0), ""),
        (Outcome(1, "", ("gate",), 1, "", 1.0), ""),
        (Outcome(1, "", ("run",), 1, "", 1.0), "exit code 1 of run"),
        (Outcome(1, "", ("run",), 120, "", 1.0), "exit code 120"),
        (Outcome(1, "", ("run",), 3, "Traceback\nKeyError: 'a'\nerror: this is a bug in probe", 1.0), "KeyError: 'a'"),
        (Outcome(1, "", ("run",), 2, "", 60.0), "took 60 s"),
    ],
)
def test_a_failure_is_told_from_a_refusal(outcome, problem):
    assert outcome.problem == problem


def test_every_kind_of_file_is_damaged():
    assert {name.rpartition(".")[2] for name in READERS} == {"toml", "jsonl", "txt", "csv", "tsv", "json", "parquet"}
