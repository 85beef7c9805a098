"""The results of a run: its answers, and the table of outcomes, flips and check results, each computed once.

    scores --> columns of numbers --> noise of the margins, flips with their causes --> cells
           --> a keeper: a list here, or the tables of a run's folder, from which the few that are shown are read again
    variants --> check results, one for each score

Everything after this stage (summary, tables, report) reads these values and computes none of them again.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from probe.diff import edit_length
from probe.evaluation.flips import ContrastFailure, Flip
from probe.evaluation.stopping import Stop
from probe.evaluation.variants import VariantSet
from probe.metrics import Cells
from probe.metrics.answers import Answers
from probe.metrics.cells import ORIGINAL, Column, Ints, Weight
from probe.metrics.rows_of_answers import KINDS, READINGS, Rows
from probe.metrics.tabulate import cells_of
from probe.metrics.taxonomy import CAUSES, Following
from probe.types import Reading, Score, Suite
from probe.validity import check_results

Checks = Mapping[str, str]
UNMEASURED = -1


class Keeper(Protocol):
    """Keeps the scores of a run as they come, suite by suite, so that they can be read again by their number."""

    def take(self, suite: Suite, scores: Sequence[Score], checks: Sequence[Checks]) -> None:
        """Keep some scores with the check results of their variants."""

    def kept(self, suite: Suite) -> tuple[Sequence[Score], Sequence[Checks]]:
        """Return the scores of a suite, and the check results of each."""


@dataclass(slots=True)
class InMemory:
    """Keeps everything as it is."""

    scores: dict[str, list[Score]] = field(default_factory=dict)
    checks: dict[str, list[Checks]] = field(default_factory=dict)

    def take(self, suite: Suite, scores: Sequence[Score], checks: Sequence[Checks]) -> None:
        """Keep some scores with the check results of their variants."""
        self.scores.setdefault(suite.name, []).extend(scores)
        self.checks.setdefault(suite.name, []).extend(checks)

    def kept(self, suite: Suite) -> tuple[Sequence[Score], Sequence[Checks]]:
        """Return the scores of a suite, and the check results of each."""
        return tuple(self.scores.get(suite.name, ())), tuple(self.checks.get(suite.name, ()))


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What is known of each answer of a suite, one a row in the order asked."""

    columns: tuple[Column, ...]
    """Of samples; 0 is the original."""
    items: tuple[str, ...]
    item: Any
    column: Any
    """(R,), the numbers of an answer's item and column."""
    before: Any
    """(R,), the row of the original's answer, -1 where that was not asked."""
    kind: Any
    """(R,), of a flip, its place among `KINDS`; -1 of what is none."""
    cause: Any
    """(R,), 1 + its place in `CAUSES`; 0 of what is no flip."""
    is_failure: Any
    """(R,), whether it is a contrast failure."""
    is_near_tie: Any
    """(R,), by itself."""
    pair_is_near_tie: Any
    """(R,), it or the answer to the original."""
    sureness: Any
    """(R,), of the less sure of the two answers."""
    edit_length: Any
    """(R,), of the flips from right to wrong."""
    flips: Ints
    """The rows of the flips, worst first."""
    failures: Ints
    """The rows of the contrast failures, the surest first."""
    followings: tuple[Following, ...]
    readings: Counter[Reading]
    original_readings: Counter[Reading]
    originals: Sequence[tuple[str, str]]
    """The predicted and the right answer of each item of the cells."""
    texts: tuple[int, ...]
    """Of each item of the cells, a hash of its prompt with its target."""

    @classmethod
    def of(cls, suite: str, answers: Answers, rows: Rows, cells: Cells, lengths: array[int]) -> Found:
        """Return what the rows of a suite's answers say."""
        names = tuple(answers.items)
        originals = [answers.originals[answers.items[name]] for name in cells.items]
        return cls(
            rows.columns,
            names,
            rows.item,
            rows.column,
            rows.before,
            rows.kind,
            rows.cause,
            rows.is_failure,
            rows.near_tie,
            rows.pair_is_near_tie,
            rows.sureness,
            np.array(lengths),
            rows.flips,
            rows.failures,
            tuple(rows.followings(suite)),
            _counted(rows.reading),
            _counted(rows.reading[rows.column == 0]),
            [(one.prediction, one.target) for one in originals],
            tuple(answers.texts[answers.items[name]] for name in cells.items),
        )


def _counted(readings: Any) -> Counter[Reading]:
    nums = np.bincount(readings, minlength=len(READINGS))
    return Counter({reading: int(num) for reading, num in zip(READINGS, nums, strict=True) if num})


@dataclass(frozen=True, slots=True, eq=False)
class SuiteResults:
    """The results of one suite."""

    variants: VariantSet
    scores: Sequence[Score]
    checks: Sequence[Checks]
    """The outcome of every validity rule, for each of the scores."""
    found: Found
    cells: Cells
    noise: float
    """Of the margins, measured on identical prompts (nats)."""
    dropped_checks: tuple[Checks, ...]
    """The same for each of the variants that were dropped and saved."""
    posix: Mapping[str, float] = field(default_factory=dict)
    """By item, where it was asked for."""
    stop: Stop | None = None
    """Where the suite stopped, with `Plan.target_ci`."""

    @property
    def flips(self) -> tuple[Flip, ...]:
        """Return all flips, worst first."""
        return tuple(map(self.flip, self.found.flips.tolist()))

    @property
    def contrast_failures(self) -> tuple[ContrastFailure, ...]:
        """Return all contrast failures, the surest first."""
        return tuple(map(self.contrast_failure, self.found.failures.tolist()))

    def flip(self, row: int) -> Flip:
        """Return the flip of a row."""
        found = self.found
        kind, cause = KINDS[found.kind[row]], CAUSES[found.cause[row] - 1]
        return Flip(self._name, *self._pair(row), kind, bool(found.pair_is_near_tie[row]), cause, self.checks[row])

    def contrast_failure(self, row: int) -> ContrastFailure:
        """Return the contrast failure of a row."""
        is_tie = bool(self.found.pair_is_near_tie[row])
        return ContrastFailure(self._name, *self._pair(row), is_tie, self.checks[row])

    @property
    def _name(self) -> str:
        return self.variants.suite.name

    def _pair(self, row: int) -> tuple[Score, Score]:
        return self.scores[int(self.found.before[row])], self.scores[row]


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """The results of a run, by suite."""

    suites: Mapping[str, SuiteResults]
    timing: Mapping[str, float] = field(default_factory=dict)
    digest: str = ""
    """Of the prompts, where it was computed as they were asked."""
    keeper: Keeper | None = None
    """Of all scores, where one has them."""

    @property
    def prompts_digest(self) -> str:
        """Return a hash of every prompt that was asked, in order."""
        if self.digest:
            return self.digest
        digest = hashlib.sha256()
        for one in self.suites.values():
            see_prompts(digest, one.scores)
        return digest.hexdigest()


def see_prompts(digest: Any, scores: Iterable[Score]) -> None:
    """Add the prompts of scores to a hash."""
    for score in scores:
        digest.update(score.variant.text.encode("utf-8", "surrogatepass") + b"\0")


@dataclass(slots=True)
class Collected:
    """The answers of a suite so far: columns of all, the scores themselves with a keeper."""

    suite: Suite
    keeper: Keeper
    answers: Answers = field(default_factory=Answers)
    lengths: array[int] = field(default_factory=lambda: array("i"))
    """Of edits that turned a right answer into a wrong one."""

    def add(self, scores: Sequence[Score]) -> None:
        """Take answers; that to an original comes before or among those to its variants."""
        self.answers.add(scores)
        self._see(scores)

    def _see(self, scores: Sequence[Score]) -> None:
        right = {
            one.variant.item.id: one.variant.text for one in scores if one.variant.family == ORIGINAL and one.correct
        }
        self.lengths.extend(_broken(right.get(one.variant.item.id), one) for one in scores)
        self.keeper.take(self.suite, scores, [check_results(score.variant) for score in scores])

    def results(
        self,
        variants: VariantSet,
        *,
        posix: Mapping[str, float] | None = None,
        stop: Stop | None = None,
        weight: Weight = "families",
    ) -> SuiteResults:
        """Return the results of the suite; `weight` is that of rates over its families."""
        rows = self.answers.read()
        cells = cells_of(self.answers, rows, posix=posix, weight=weight)
        found = Found.of(variants.suite.name, self.answers, rows, cells, self.lengths)
        scores, checks = self.keeper.kept(self.suite)
        return SuiteResults(
            variants,
            scores,
            checks,
            found,
            cells,
            rows.noise,
            dropped_checks=tuple(map(check_results, variants.failed)),
            posix=posix or {},
            stop=stop,
        )


def _broken(before: str | None, after: Score) -> int:
    """Return how long the edit is, if the original was right and the answer no longer is, and had to stay."""
    if before is None or after.correct or after.variant.effect == "label-altering":
        return UNMEASURED
    return edit_length(before, after.variant.text)


def evaluate(
    variants: VariantSet,
    scores: Sequence[Score],
    *,
    posix: Mapping[str, float] | None = None,
    stop: Stop | None = None,
    weight: Weight = "families",
) -> SuiteResults:
    """Return the results of a suite from its scores, in any order."""
    collected = Collected(variants.suite, InMemory(), Answers.of(scores))
    collected._see(scores)
    return collected.results(variants, posix=posix, stop=stop, weight=weight)
