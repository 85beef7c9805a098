"""The self-test notices a broken line; `python tests/mutate.py` tries all of them."""

import pytest
from mutate import MUTANTS, ROOT, caught


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.file} {mutant.broken}")
def test_every_mutant_breaks_a_line_that_is_there(mutant):
    text = (ROOT / "probe" / mutant.file).read_text(encoding="utf-8")
    assert mutant.line in text
    assert mutant.broken != mutant.line


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 12])
def test_the_self_test_notices_a_broken_metric(number, tmp_path):
    was_caught, said = caught(MUTANTS[number], tmp_path)
    assert was_caught, said
