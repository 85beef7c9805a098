"""What a run's answers suffer from, counted as they come, said at its end: no figure is to be silently wrong.

    scores that are no numbers   more than a handful ends the run, for the figures would be of what is left
    ties                         between the likeliest choices, or tokens of a written answer: no answer, never right
    thinking                     a written answer that bears the marks of a model that thinks aloud

More than a handful is: numbers missing for more than `FEW` items and `FEW_OF_ITEMS` of them; or for more than `FEW` answers and
`FEW_OF_ANSWERS` of them; or for every answer. What was answered stays in the response cache.

Covered: counting, warnings, the end of the run. Not covered: what metrics make of such answers (`probe.metrics.cells`).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from probe.errors import ModelError
from probe.models.base import Model
from probe.models.thinking import mark_in
from probe.types import Completion, Score

log = logging.getLogger(__name__)

FEW = 5
FEW_OF_ITEMS = 0.01
FEW_OF_ANSWERS = 0.2


@dataclass(slots=True)
class Faults:
    """The counts of a run so far."""

    items: set[tuple[str, str]] = field(default_factory=set)
    items_non_finite: set[tuple[str, str]] = field(default_factory=set)
    readings: Counter[str] = field(default_factory=Counter)
    """Of all answers, by how they were read."""
    num_choice: int = 0
    num_written: int = 0
    num_written_ties: int = 0
    marks: Counter[str] = field(default_factory=Counter)

    def see(self, model: Model, suite: str, scores: Sequence[Score], completions: Iterable[Completion]) -> None:
        """Count the answers of a batch, and the texts that were written for them.

        Raises:
            ModelError: more than a handful of scores are no numbers.
        """
        for score in scores:
            key = (suite, score.variant.item.id)
            self.items.add(key)
            self.readings[score.reading] += 1
            self.num_choice += bool(score.probabilities)
            self.num_written_ties += score.reading == "tie" and not score.probabilities
            if score.reading == "non-finite":
                self.items_non_finite.add(key)
        for completion in completions:
            self.num_written += 1
            if mark := mark_in(completion.text):
                self.marks[mark] += 1
        if self._is_more_than_a_handful():
            raise ModelError(f"{model.name}: {self._non_finite()}", hint=HINT)

    def report(self, model: Model) -> None:
        """Warn of what was counted."""
        total = self.readings.total()
        if self.readings["non-finite"]:
            log.warning(
                "%s: %s. They count as no answer: not right, and no flip. %s", model.name, self._non_finite(), TRY
            )
        if ties := self.num_written_ties:
            log.warning(
                "%s of %s written answers (%.1f %%) are ties: at some step two tokens are equally likely, so that the text is "
                "one of many. A tie counts as not right, and where the original is one, no flip is counted",
                f"{ties:,}", f"{total - self.num_choice:,}", 100 * ties / (total - self.num_choice),
            )  # fmt: skip
        if ties := self.readings["tie"] - self.num_written_ties:
            log.warning(
                "%s of %s ranked answers (%.1f %%) are ties: two choices are equally likely, so that none of them is the answer. "
                "A tie counts as not right, and where the original is one, no flip is counted",
                f"{ties:,}", f"{self.num_choice:,}", 100 * ties / self.num_choice,
            )  # fmt: skip
        if self.marks:
            num, named = self.marks.total(), ", ".join(mark for mark, _ in self.marks.most_common(3))
            log.warning(
                "%s of %s written answers (%.1f %%) are a model's thinking (%s): the thinking was read as the answer, so that "
                "these figures say nothing of its answers. Turn its thinking off, or ask a model that answers at once",
                f"{num:,}", f"{self.num_written:,}", 100 * num / self.num_written, named,
            )  # fmt: skip
        if total and (mark := model.unwrapped.opens_thinking):
            log.warning(
                "%s: its chat template opens a block of thinking (%s) before the answer: what was read or rated is the beginning "
                "of its thinking, so that these figures say nothing of its answers",
                model.name, mark,
            )  # fmt: skip

    def _is_more_than_a_handful(self) -> bool:
        bad, total = self.readings["non-finite"], self.readings.total()
        few_items = max(FEW, FEW_OF_ITEMS * len(self.items))
        return bad > 0 and (
            len(self.items_non_finite) > few_items or bad > max(FEW, FEW_OF_ANSWERS * total) or bad == total
        )

    def _non_finite(self) -> str:
        """Return how many scores are no numbers, in words."""
        bad, total = self.readings["non-finite"], self.readings.total()
        where = f"of {len(self.items_non_finite):,} of {len(self.items):,} items"
        num = f"{bad:,} of {total:,} answers ({100 * bad / total:.1f} %)"
        return f"the scores of {num}, {where}, are no numbers (NaN or infinite)"


TRY = "Half precision overflows in some models: try --dtype float32"
HINT = (
    "half precision overflows in some models: try --dtype float32. In float32 already, a weight is NaN, or what rates or writes "
    "the answers returns NaN. What was answered is kept: the same command goes on from there"
)
