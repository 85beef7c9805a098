"""What a suite can see: how large a loss a pass rules out, and how many items the tolerance takes."""

import numpy as np
import pytest

from probe.cli import exit_code
from probe.gating.outcomes import ORIGINAL_COLUMN
from probe.gating.rule import Rule
from probe.gating.statistics import ruled_out
from probe.gating.visible import visible
from probe.metrics import NULL, Cells, Column

COLUMNS = (
    ORIGINAL_COLUMN,
    Column("typos", "typo-drop", 0, "label-preserving"),
    Column(NULL, "null", 0, "label-preserving"),
)


def seen(num, moved=0, **rule):
    """Return what a suite of so many items sees, of which some are answered otherwise when asked again."""
    correct = np.ones((num, len(COLUMNS)))
    correct[:moved, 2] = 0
    cells = Cells(
        correct, (1 - correct).astype(int), np.zeros(correct.shape, bool), COLUMNS, tuple(f"{n:05}" for n in range(num))
    )
    (one,) = visible({"s": cells}, Rule(**rule))
    return one


@pytest.mark.parametrize(("num", "needed"), [(10, 73), (50, 73), (72, 73), (73, None), (500, None)])
def test_seventy_three_items_see_the_default_tolerance(num, needed):
    one = seen(num)
    assert one.items_needed == needed and (one.ruled_out <= 0.05) == (needed is None)
    assert one.detectable_spread < one.detectable


def test_a_larger_tolerance_takes_fewer_items_and_noise_takes_more():
    assert seen(20, tolerance=0.1).items_needed == 35
    assert seen(50, moved=5).items_needed > 73
    assert seen(200, moved=20).ruled_out > seen(200).ruled_out == ruled_out(200)


def test_bless_says_what_the_suite_sees_and_warns_where_the_tolerance_is_less(runs, tmp_path, capsys):
    assert exit_code(["bless", str(runs("coin")), "-o", str(tmp_path / "b.json")]) == 0
    told = capsys.readouterr()
    assert "sees    sentiment: with 30 items a pass rules out a loss of 11.4 points" in told.out
    assert "30 items cannot rule out a loss of 5 points, the tolerance" in told.err and "73 items would" in told.err
