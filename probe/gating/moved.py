"""The three items that moved most in a figure, each with a variant that shows it and the command that shows it again.

    against a baseline   the variant whose outcome became worse: what was right there and is wrong here
    against a bound      the variant of this run that speaks against it: another answer than the original's, or a wrong one

Each with the answer that is right. A bound on accuracy, spread or contrast sets compares an item with nothing: no answer
stands before the one that is given. A baseline holds no texts: the answer there is given as the right answer, or as
"(another wrong answer)".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import probe.perturb  # noqa: F401  registers the perturbations
from probe.gating.verdict import Moved
from probe.metrics.accuracy import over_variants
from probe.metrics.cells import Cells, Column, Floats
from probe.metrics.flips import flipped
from probe.record.answered import Answered, read_answered
from probe.record.commands import ShowCommands
from probe.record.run import Run
from probe.record.tables import rows_at
from probe.types import NO_ANSWER

NUM = 3
OTHER = "(another wrong answer)"

Cell = tuple[str, str, Column]
"""Suite, item, column."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was answered to a variant, and what was right."""

    given: str
    right: str


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a run, read where they are asked for, with the commands that show its variants again."""

    folder: Path
    answered: Mapping[str, Answered]
    commands: ShowCommands

    def of(self, cells: Sequence[Cell]) -> dict[Cell, Told]:
        """Return what was answered in some cells.

        Raises:
            StoreError: the run's tables are damaged.
        """
        places = [self._place(*cell) for cell in cells]
        scores = rows_at(self.folder, "scores", ["prediction", "reading"], places)
        variants = rows_at(self.folder, "variants", ["target"], places)
        return {
            cell: Told(NO_ANSWER.get(score["reading"], score["prediction"]), variant["target"])
            for cell, score, variant in zip(cells, scores, variants, strict=True)
        }

    def _place(self, suite: str, item: str, column: Column) -> int:
        one = self.answered[suite]
        return int(one.places[one.items.index(item), one.rows.columns.index(column)])


def read_answers(run: Run) -> Answers:
    """Return the answers of a run.

    Raises:
        StoreError: its tables are missing or damaged.
    """
    answered = read_answered(run.folder)
    asked = {(suite, column) for suite, one in answered.items() for column in one.rows.columns}
    return Answers(run.folder, answered, ShowCommands.of_manifest(run.manifest, asked))


def moved_most(
    suite: str, names: tuple[str, ...], before: Cells, after: Cells, per_item: Floats, answers: Answers, *, flips: bool
) -> tuple[Moved, ...]:
    """Return the items that worsened most; `flips` if the figure counts other answers, not wrong ones."""
    order = np.argsort(-np.nan_to_num(per_item, nan=-np.inf), kind="stable")[:NUM]
    worse = [int(n) for n in order if per_item[n] > 0]
    shown = {n: _column(before, after, n, flips=flips) for n in worse}
    cells = {n: (suite, names[n], after.columns[i]) for n, i in shown.items()}
    originals = {n: (suite, names[n], after.columns[0]) for n in worse if flips}
    told = answers.of([*cells.values(), *originals.values()])
    found = []
    for n, i in shown.items():
        column, answer = after.columns[i], told[cells[n]]
        original = told[originals[n]].given if flips else ""
        found.append(
            Moved(
                suite=suite,
                item=names[n],
                family=column.family,
                perturbation=column.perturbation,
                sample=column.sample,
                before=original if before is after else _answer_before(before, n, i, answer.right),
                after=answer.given,
                change=float(per_item[n]),
                command=answers.commands.of(suite, names[n], column),
                right=answer.right,
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
