"""The self-test notices a broken line; `python tests/selftest/mutate.py` tries all of them."""

from dataclasses import replace

import pytest
from mutants import MUTANTS
from mutate import ROOT, TESTED, caught, noticed

from probe.metrics import command_metrics, metrics


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.file} {mutant.broken}")
def test_every_mutant_breaks_a_line_that_is_there(mutant):
    text = (ROOT / "probe" / mutant.file).read_text(encoding="utf-8")
    assert mutant.line in text
    assert mutant.broken != mutant.line


def test_every_metric_that_is_listed_and_every_table_has_a_line_that_is_broken():
    broken = {name for mutant in MUTANTS for name in mutant.breaks}
    named = [*metrics, *command_metrics, "responsiveness", "tests", "places"]
    assert [name for name in named if name not in broken] == [], "these have no mutant in tests/selftest/mutants.py"
    assert sorted(broken - set(named)) == [], "these are no metrics and no tables"


@pytest.mark.parametrize("mutant", TESTED, ids=lambda mutant: f"{mutant.file} {mutant.broken}")
def test_every_line_without_a_figure_has_a_test_that_is_named_for_it(mutant):
    assert mutant.line in (ROOT / mutant.file).read_text(encoding="utf-8")
    file, _, name = mutant.test.partition("::")
    assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_tests_that_are_named_for_lines_notice_that_they_are_broken(tmp_path):
    files = ("reports/template.py", "probe/models/cache.py")
    mutants = [next(mutant for mutant in TESTED if mutant.file == file) for file in files]
    for part in ("broken", "whole"):
        (tmp_path / part).mkdir()
        lines = [replace(mutant, broken=mutant.broken if part == "broken" else mutant.line) for mutant in mutants]
        failed, said = noticed(lines, tmp_path / part)
        assert failed == ({mutant.test for mutant in mutants} if part == "broken" else set()), said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "oracles"),
    [
        ("flip_rate", ["random, typos that fit in few items"]),
        ("symbol_following", ["symbol-locked"]),
        ("posix", ["unsure, and writes"]),
        ("kendalls_w", []),
        ("tests", ["unsteady"]),
    ],
)
def test_the_self_test_notices_a_broken_metric(name, oracles, tmp_path):
    mutant = next(mutant for mutant in MUTANTS if name in mutant.breaks)
    was_caught, said = caught(mutant, tmp_path, oracles)
    assert was_caught, said
