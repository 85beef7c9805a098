"""The self-test notices a broken line; `python tests/selftest/mutate.py` tries all of them."""

from dataclasses import replace

import pytest
from mutate import MUTANTS, ROOT, TESTED, caught, noticed

from probe.metrics import command_metrics, metrics


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.file} {mutant.broken}")
def test_every_mutant_breaks_a_line_that_is_there(mutant):
    text = (ROOT / "probe" / mutant.file).read_text(encoding="utf-8")
    assert mutant.line in text
    assert mutant.broken != mutant.line


def test_every_metric_that_is_listed_and_every_table_has_a_line_that_is_broken():
    broken = {name for mutant in MUTANTS for name in mutant.breaks}
    named = [*metrics, *command_metrics, "responsiveness", "tests", "places"]
    assert [name for name in named if name not in broken] == [], "these have no mutant in tests/selftest/mutate.py"
    assert sorted(broken - set(named)) == [], "these are no metrics and no tables"


@pytest.mark.parametrize("mutant", TESTED, ids=lambda mutant: f"{mutant.file} {mutant.broken}")
def test_every_line_without_a_figure_has_a_test_that_is_named_for_it(mutant):
    assert mutant.line in (ROOT / mutant.file).read_text(encoding="utf-8")
    file, _, name = mutant.test.partition("::")
    assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("file", ["reports/template.py", "probe/models/cache.py"])
def test_the_test_that_is_named_for_a_line_notices_that_it_is_broken(file, tmp_path):
    mutant = next(mutant for mutant in TESTED if mutant.file == file)
    for part, broken in (("broken", mutant.broken), ("whole", mutant.line)):
        (tmp_path / part).mkdir()
        was_noticed, said = noticed(replace(mutant, broken=broken), tmp_path / part)
        assert was_noticed == (part == "broken"), said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flip_rate", "symbol_following", "posix", "kendalls_w", "tests"])
def test_the_self_test_notices_a_broken_metric(name, tmp_path):
    mutant = next(mutant for mutant in MUTANTS if name in mutant.breaks)
    was_caught, said = caught(mutant, tmp_path)
    assert was_caught, said
