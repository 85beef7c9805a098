"""The self-test: it passes here, says what it did, and fails where a figure is wrong."""

import json
import time
from dataclasses import replace

import pytest

from probe.cli import exit_code
from probe.metrics import command_metrics, metrics
from probe.metrics import wilson as measured_wilson
from probe.metrics.taxonomy import CAUSES
from probe.selftest.check import selftest
from probe.selftest.oracles import ORACLES
from probe.selftest.reference import Answer, Family, expected
from probe.selftest.reference.accuracy import wilson


def test_every_figure_of_every_oracle_is_as_it_must_be(capsys):
    started = time.process_time()
    assert exit_code(["selftest", "--json"]) == 0
    assert time.process_time() - started < 30
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is True
    assert found["num_failures"] == 0
    assert found["num_checks"] == len(found["checks"]) > 1000
    assert {check["oracle"] for check in found["checks"]} > {oracle.name for oracle in ORACLES}
    checked = {check["figure"] for check in found["checks"]}
    assert {*metrics, *command_metrics} <= checked
    assert {"responsiveness", "places", "tests"} <= {figure.split(".")[0] for figure in checked}
    assert found["unchecked_metrics"] == []


def test_each_cause_of_a_flip_occurs_with_an_oracle():
    named = {
        "uniform random",
        "position-locked",
        "symbol-locked",
        "position-locked, in order alone",
        "reads, but is cut off or mute",
        "unsteady",
    }
    checks = selftest([oracle for oracle in ORACLES if oracle.name in named], with_commands=False).checks
    for name in CAUSES:
        assert any(check.figure == f"flip_{name}" and check.measured for check in checks), name


def test_a_wrong_figure_fails_by_exit_code_and_in_words(monkeypatch, capsys):
    broken = replace(metrics.get("flip_rate"), prepare=metrics.get("any_flip_rate").prepare)
    monkeypatch.setitem(metrics._things, "flip_rate", broken)
    monkeypatch.setattr("probe.selftest.check.selftest", lambda: selftest(ORACLES[3:4], with_commands=False))
    assert exit_code(["selftest"]) == 3
    printed = capsys.readouterr()
    assert "DIFFERS" in printed.out
    assert "FAILED" in printed.out
    assert "error: this installation measures wrongly" in printed.err


def test_a_metric_of_another_command_that_is_wrong_fails_too(monkeypatch):
    monkeypatch.setattr("probe.comparison.rankings.kendalls_w", lambda table: table[..., 0, 0])
    failures = selftest([]).failures
    assert {check.figure for check in failures} == {"kendalls_w"}


def test_a_missing_row_is_a_failure():
    oracle = replace(ORACLES[0], stated={("all", "no such metric"): 0.0})
    (missing,) = selftest([oracle], with_commands=False).failures
    assert (missing.figure, missing.measured) == ("no such metric", None)


@pytest.mark.parametrize(("right", "num"), [(0, 5), (5, 5), (3, 7), (40, 220)])
def test_the_interval_of_the_reference_is_the_one_that_is_shown(right, num):
    assert wilson(right / num, num) == pytest.approx(measured_wilson(right / num, num), abs=1e-9)


def test_without_variants_the_reference_is_not_defined_either():
    family = Family("all", [[Answer(("original", "original", 0), False, "yes", True)]])
    assert {name for name in metrics if expected(name, family) is not None} == {"accuracy"}
