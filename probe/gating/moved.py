"""The three items that moved most in a figure, each with a variant that shows it and the command that shows it again.

    against a baseline   the variant whose outcome became worse: what was right there and is wrong here
    against a bound      the variant of this run that speaks against it: another answer than the original's, or a wrong one

Each with the answer that is right. A bound on accuracy, spread or contrast sets compares an item with nothing: no answer
stands before the one that is given. A baseline holds no texts: the answer there is given as the right answer, or as
"(another wrong answer)".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

import probe.perturb  # noqa: F401  registers the perturbations
from probe.gating.verdict import Moved
from probe.metrics.accuracy import over_variants
from probe.metrics.cells import Cells, Column, Floats
from probe.metrics.flips import flipped
from probe.record.commands import ShowCommands
from probe.record.run import Run
from probe.record.tables import column_of, read_rows
from probe.types import NO_ANSWER

NUM = 3
OTHER = "(another wrong answer)"

Cell = tuple[str, str, Column]
"""Suite, item, column."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a run answered and what was right, by cell, with the commands that show its variants again."""

    given: Mapping[Cell, str]
    right: Mapping[Cell, str]
    commands: ShowCommands


def read_answers(run: Run) -> Answers:
    """Return the answers of a run.

    Raises:
        StoreError: its tables are missing or damaged.
    """
    given, right = {}, {}
    for row in read_rows(run.folder, ["prediction", "reading"], ["effect", "target"]):
        cell = (row["suite"], row["item"], column_of(row))
        given[cell] = NO_ANSWER.get(row["reading"], row["prediction"])
        right[cell] = row["target"]
    return Answers(
        given, right, ShowCommands.of_manifest(run.manifest, {(suite, column) for suite, _, column in given})
    )


def moved_most(
    suite: str, names: tuple[str, ...], before: Cells, after: Cells, per_item: Floats, answers: Answers, *, flips: bool
) -> tuple[Moved, ...]:
    """Return the items that worsened most; `flips` if the figure counts other answers, not wrong ones."""
    order = np.argsort(-np.nan_to_num(per_item, nan=-np.inf), kind="stable")[:NUM]
    found = []
    for n in order:
        if np.isnan(per_item[n]) or per_item[n] <= 0:
            break
        i = _column(before, after, int(n), flips=flips)
        column, cell = after.columns[i], (suite, names[n], after.columns[i])
        right = answers.right[cell]
        original = answers.given[(suite, names[n], after.columns[0])] if flips else ""
        found.append(
            Moved(
                suite=suite,
                item=names[n],
                family=column.family,
                perturbation=column.perturbation,
                sample=column.sample,
                before=original if before is after else _answer_before(before, int(n), i, right),
                after=answers.given[cell],
                change=float(per_item[n]),
                command=answers.commands.of(suite, names[n], column),
                right=right,
                as_written=original,
            )
        )
    return tuple(found)


def extremes(cells: Cells) -> tuple[int, int]:
    """Return the columns with the best and the worst accuracy."""
    accuracies = over_variants(cells, np.ones((1, len(cells.items))))[0]
    return int(accuracies.argmax()), int(accuracies.argmin())


def _column(before: Cells, after: Cells, n: int, *, flips: bool) -> int:
    """Return the first column that shows how an item worsened; if none does, the original one."""
    if len(after.columns) == 1:
        return 0
    if flips:
        new = flipped(after)[n]
        fresh = new if before is after else new & ~flipped(before)[n]
        candidates = [np.flatnonzero(fresh) + 1, np.flatnonzero(new) + 1]
    else:
        wrong = after.correct[n] == 0
        fresh = wrong if before is after else wrong & (before.correct[n] == 1)
        candidates = [np.flatnonzero(fresh[1:]) + 1, np.flatnonzero(fresh), np.flatnonzero(wrong)]
    return next((int(places[0]) for places in candidates if places.size), 0)


def _answer_before(before: Cells, n: int, i: int, right: str) -> str:
    """Return the baseline's answer as far as it is known: a baseline holds no texts."""
    if before.unreadable[n, i]:
        return NO_ANSWER[before.reading_of(n, i)]
    return right if before.correct[n, i] == 1 else OTHER
