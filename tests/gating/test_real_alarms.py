"""False alarms on real answers: the pocket model runs once, its items are drawn again and again into a baseline and a run.

    same items      baseline: as answered         run: the same items, the prompt as written asked in another batch
    other items     baseline: one half of them    run: the other half, matched at random

Two halves of one suite are two samples of one model's answers: whatever differs between them is chance, and there is much of it.
"""

from collections import Counter

import numpy as np
import pytest

from probe.cli import exit_code
from probe.gating.against import check_all
from probe.gating.baseline import blessed_of
from probe.gating.design import Common, _masked
from probe.gating.rule import Rule
from probe.gating.verdict import overall
from probe.metrics import Cells
from probe.metrics.flips import flipped
from probe.record.answered import read_cells
from probe.record.run import read_run

pytestmark = pytest.mark.slow
HALVES, DRAWN = 150, 50
"""Verdicts of either kind."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Return a run's cells, and the same with the answers as written taken from the reruns of the noise floor."""
    out = tmp_path_factory.mktemp("alarms") / "run"
    args = ["run", "entailment", "--perturb", "format,typos,contrast", "--samples", "2", "--no-cache"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(out.parent)
        assert exit_code([*args, "--out", str(out)]) == 0
    (folder,) = (path for path in out.iterdir() if path.is_dir())
    one = blessed_of(read_run(folder)).suites["entailment"]
    first = one.cells
    whole = read_cells(folder)["entailment"]
    rows = [whole.items.index(one.names[item]) for item in first.items]
    (null, *_) = (i for i, column in enumerate(whole.columns) if column.family == "null")
    right, said, unread = (np.array(part) for part in (first.correct, first.prediction, first.unreadable))
    right[:, 0], unread[:, 0] = whole.correct[rows, null], whole.unreadable[rows, null]
    moved = whole.prediction[rows, null] != whole.prediction[rows, 0]
    said[:, 0] = np.where(moved, said.max() + 1, said[:, 0])
    return first, Cells(right, said, unread, first.columns, first.items)


def judged(before, after):
    """Judge cells whose rows are matched by place."""
    items = tuple(map(str, range(len(before.items))))
    both = before.asked & after.asked
    cells = [
        _masked(Cells(one.correct, one.prediction, one.unreadable, one.columns, items), both) for one in (before, after)
    ]
    checks = check_all([Common("entailment", *cells, items)], Rule(), resamples=300)
    return overall(tuple(check for check, _ in checks))


def halves(num, seed):
    order = np.random.default_rng(seed).permutation(num)
    return order[: num // 2], order[num // 2 : 2 * (num // 2)]


def test_a_model_against_itself_in_another_batch_regresses_in_at_most_two_of_a_hundred(answers):
    first, rerun = answers
    rng = np.random.default_rng(0)
    num = len(first.items)
    drawn = (rng.integers(0, num, num) for _ in range(DRAWN))
    found = Counter(judged(first.take(rows), rerun.take(rows)) for rows in drawn)
    assert found["regressed"] <= 0.02 * DRAWN
    assert found["pass"] > 0.9 * DRAWN, "220 items that answer the same show that nothing got worse"


def test_one_half_of_the_items_against_the_other_regresses_in_at_most_two_of_a_hundred(answers):
    first, rerun = answers
    parts = [halves(len(first.items), seed) for seed in range(HALVES)]
    found = Counter(judged(first.take(mine), rerun.take(theirs)) for mine, theirs in parts)
    assert found["regressed"] <= 0.02 * HALVES
    differ = np.mean([flipped(first.take(a)).mean() != flipped(rerun.take(b)).mean() for a, b in parts])
    assert differ > 0.9, "the halves have other figures, so that an alarm could be raised"


def test_the_same_halves_of_a_model_that_became_worse_are_told(answers):
    first, rerun = answers
    rng = np.random.default_rng(1)
    worse = rerun.correct * (rng.random((len(rerun.items), 1)) > 0.4)
    prediction = np.where((worse != rerun.correct) & rerun.asked, 77, rerun.prediction)
    bad = Cells(worse, prediction, rerun.unreadable, rerun.columns, rerun.items)
    parts = [halves(len(first.items), seed) for seed in range(20)]
    found = Counter(judged(first.take(mine), bad.take(theirs)) for mine, theirs in parts)
    assert found["regressed"] == 20
