"""The answers of a run as columns of numbers: a few dozen bytes an answer, whatever was asked.

    scores, in whatever portions -->  item  column  said       correct  reading  margin  ...  place  symbol  content
                                      0     0       hash of    1        ranked   0.31         1      1       1
                                      0     1       the text   0        ranked   0.02         0      1       1
                                  -->  noise of the margins, flips with their causes, cells

Every figure of a run is computed from these columns, so that a run holds neither prompts nor scores. An answer is a 64-bit hash
of its text, for it is only ever compared with other answers of the same item.

Covered: answers one after another, in any portions; an item's original comes before its variants. Not covered: prompts and
the texts of answers, which the tables of a run keep (`probe.record.tables`).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from probe.metrics.cells import ORIGINAL, Column
from probe.metrics.rows_of_answers import NOWHERE, READINGS, SMALL, Rows
from probe.metrics.taxonomy import position_of, symbols_shown
from probe.types import Item, Score, Variant

KINDS: dict[str, str] = {
    "item": "i", "column": "h", "said": "q", "correct": "b", "reading": "b", "margin": "d", "confidence": "d",
    "truncated": "b", "answer": "h", "num_probabilities": "h", "place": "h", "same": "b", "symbol": "h", "content": "h",
    "shown": "h",
}  # fmt: skip
"""The columns, and how wide each is (see `array`)."""


class _Original(NamedTuple):
    """What the answer to an original says of the answers to its variants."""

    prediction: str = ""
    place: int = NOWHERE
    """Where the predicted option stands in the list that was shown."""
    symbol: str = ""
    target: str = ""


@dataclass(slots=True)
class Answers:
    """The answers of a suite so far; `add` takes more of them."""

    items: dict[str, int] = field(default_factory=dict)
    """By name, the number of an item."""
    columns: dict[tuple[str, str, int, str], int] = field(default_factory=lambda: {(ORIGINAL, ORIGINAL, 0, ""): 0})
    """By family, perturbation, sample and effect, the number of a column; 0 is the original."""
    values: dict[str, array[float]] = field(default_factory=lambda: {name: array(kind) for name, kind in KINDS.items()})
    probabilities: array[float] = field(default_factory=lambda: array("d"))
    """Of all answers one after another, in the order of their items' own choices."""
    targets: array[int] = field(default_factory=lambda: array("h"))
    """Of each item, the number of its target among its choices."""
    choices: array[int] = field(default_factory=lambda: array("i"))
    """Of each item, the number of its choices among `lists`."""
    lists: dict[tuple[str, ...], int] = field(default_factory=dict)
    _numbers: list[dict[str, int]] = field(default_factory=list)
    """Of each list of choices, the number of each choice."""
    originals: list[_Original] = field(default_factory=list)
    """Of each item."""
    texts: list[int] = field(default_factory=list)
    """Of each item, a hash of its original prompt and its target: items of the same are copies."""

    @classmethod
    def of(cls, scores: Iterable[Score]) -> Answers:
        """Return the answers of scores in any order."""
        whole, made = list(scores), cls()
        for score in whole:
            made._number_of(score.variant.item)
            if score.variant.family == ORIGINAL:
                made._see_original(score)
        made.add(whole)
        return made

    def __len__(self) -> int:
        return len(self.values["item"])

    def add(self, scores: Iterable[Score]) -> None:
        """Add answers; those to originals come before, or among these, as far as these are about their items."""
        keep = tuple(self.values[name].append for name in KINDS)
        for score in scores:
            for append, value in zip(keep, self._row(score), strict=True):
                append(value)

    def _row(self, score: Score) -> tuple[float, ...]:
        variant = score.variant
        item = self._number_of(variant.item)
        if variant.family == ORIGINAL:
            self._see_original(score)
        answer, num_probabilities = self._among_choices(score, self._numbers[self.choices[item]])
        return (
            item,
            self._column_of(variant),
            hash(score.prediction),
            score.correct,
            READINGS.index(score.reading),
            np.nan if score.margin is None else score.margin,
            np.nan if score.confidence is None else score.confidence,
            score.is_truncated,
            answer,
            num_probabilities,
            *_placed(score, self.originals[item]),
            len(variant.perturbed.prompt.choices),
        )

    def _number_of(self, item: Item) -> int:
        number = self.items.get(item.id)
        if number is None:
            number = self.items[item.id] = len(self.items)
            choices = item.prompt.choices
            if choices not in self.lists:
                self.lists[choices] = len(self.lists)
                self._numbers.append({text: index for index, text in enumerate(choices)})
            self.choices.append(self.lists[choices])
            self.targets.append(self._numbers[self.choices[-1]].get(item.target, NOWHERE))
            self.originals.append(_Original())
            self.texts.append(0)
        return number

    def _column_of(self, variant: Variant) -> int:
        if variant.family == ORIGINAL:
            return 0
        key = (variant.family, variant.perturbation, variant.sample, variant.effect)
        return self.columns.setdefault(key, len(self.columns))

    def _see_original(self, score: Score) -> None:
        number = self.items[score.variant.item.id]
        place, target = position_of(score), score.variant.item.target
        symbol = "" if place is None else symbols_shown(score)[place]
        self.originals[number] = _Original(score.prediction, NOWHERE if place is None else place, symbol, target)
        self.texts[number] = hash((score.variant.text, target))

    def _among_choices(self, score: Score, number: Mapping[str, int]) -> tuple[int, int]:
        """Return which of its item's choices was answered, and how many probabilities are kept."""
        if not number:
            return NOWHERE, 0
        variant, num = score.variant, len(number)
        if score.correct and variant.effect == "label-preserving":
            answer = number.get(variant.item.target, num)
        else:
            answer = num if score.answer is None else number.get(score.answer, num)
        shown, given = variant.perturbed.prompt.choices, score.probabilities
        if len(given) != num or len(shown) != num or not all(text in number for text in shown):
            return answer, 0
        if shown != variant.item.prompt.choices:
            placed = dict(zip((number[text] for text in shown), given, strict=True))
            given = tuple(placed.get(index, np.nan) for index in range(num))
        self.probabilities.extend(given)
        return answer, num

    def read(self) -> Rows:
        """Return what the answers so far say of one another; none can be added while that is held, for it is not copied."""
        columns = {name: np.asarray(memoryview(values)) for name, values in self.values.items()}
        known = (Column(*key) for key in [*self.columns][1:])  # type: ignore[arg-type]
        named = (Column(ORIGINAL, ORIGINAL, 0, "label-preserving"), *known)
        return rows_of(named, columns, len(self.items))


def rows_of(columns: tuple[Column, ...], values: Mapping[str, Any], num_items: int) -> Rows:
    """Return rows with the row of each one's original; column 0 is the original."""
    before = np.full(num_items, NOWHERE, SMALL)
    is_original = values["column"] == 0
    before[values["item"][is_original]] = np.flatnonzero(is_original)
    return Rows(columns, values, before[values["item"]])


def _placed(score: Score, before: _Original) -> tuple[int, bool, int, int]:
    """Return where the answer stands, whether it has the original answer's symbol, and where that symbol and content stand."""
    place = position_of(score)
    if place is None:
        return NOWHERE, False, NOWHERE, NOWHERE
    if before.place == NOWHERE:
        return place, False, NOWHERE, NOWHERE
    signs, choices = symbols_shown(score), score.variant.perturbed.prompt.choices
    symbol = signs.index(before.symbol) if before.symbol in signs else NOWHERE
    content = choices.index(before.prediction) if before.prediction in choices else NOWHERE
    return place, before.symbol == signs[place], symbol, content
