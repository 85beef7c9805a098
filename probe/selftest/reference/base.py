"""The input of the references: what was answered, as plain lists; and the registry of the references.

An item is a list of answers, the one to the original prompt first. A family is the pairs of that answer and each variant's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import fmean

from probe.registry import Registry

Column = tuple[str, str, int]
"""Family, perturbation and sample."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What was answered to one variant."""

    column: Column
    must_change: bool
    text: str | None
    """None: nothing that can be read."""
    is_right: bool
    choices: tuple[str, ...] = ()
    """In the order listed; empty where none were."""
    symbols: tuple[str, ...] = ()
    margin: float | None = None
    is_truncated: bool = False
    item: str = ""
    """Of which item."""
    target: str = ""
    options: tuple[str, ...] = ()
    """The possible answers, listed or not; empty for free text."""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    """Of each possible answer; empty where not known."""
    confidence: float | None = None
    """Probability of the answer, or of its tokens on geometric average; None where not known."""
    is_tie: bool = False
    """Whether the likeliest choices are equally likely, so that there is no answer."""
    is_number: bool = True
    """Whether the scores that decide it are numbers; if not, there is no answer."""

    @property
    def option(self) -> str | None:
        """Return the possible answer that it is; None for any other."""
        return self.text if self.text in self.options else None


Item = Sequence[Answer]
Items = Sequence[Item]
Pair = tuple[Answer, Answer]


class Family:
    """One family's answers: pairs of the original answer and a variant's; of "all", those of every family but the null one."""

    def __init__(
        self, name: str, items: Items, indices: Sequence[float | None] = (), *, whole: Family | None = None
    ) -> None:
        """Take the items and POSIX of each item; `whole` is the family of which these items are a resample."""
        self.name, self.items, self.indices = name, items, indices
        self.whole = whole or self
        self.rows = [[one for one in item[1:] if not one.must_change and self._has(one)] for item in items]
        self.edits = [[one for one in item[1:] if one.must_change and self._has(one)] for item in items]
        self.pairs: list[Pair] = [(item[0], one) for item, row in zip(items, self.rows, strict=True) for one in row]

    def _has(self, one: Answer) -> bool:
        family = one.column[0]
        return family == self.name or (self.name == "all" and family != "null")

    def resampled(self, counts: Sequence[int]) -> Family:
        """Return the family with each item as often as `counts` says."""
        picks = [n for n, count in enumerate(counts) for _ in range(count)]
        indices = [self.indices[n] for n in picks] if self.indices else ()
        return Family(self.name, [self.items[n] for n in picks], indices, whole=self.whole)

    def share(self, holds: Callable[[Answer, Answer], bool]) -> float | None:
        """Return the share of pairs for which it holds; of several families the mean of their shares."""
        return self.rate(lambda item, after: float(holds(item[0], after)))

    def rate(self, score: Callable[[Item, Answer], float | None]) -> float | None:
        """Return the mean of a score of pairs, None for one that does not count; of several families the mean of their means.

        A family with scores on fewer than ten of the items weighs as much less as these are fewer, resampled or not.
        """
        total = weights = 0.0
        for name in dict.fromkeys(one.column[0] for row in self.whole.rows for one in row):
            mean = mean_of(self._scores(score, name))
            if mean is not None:
                weight = min(len({n for n, one in enumerate(self.whole.by_item(score, name)) if one}), 10)
                total, weights = total + weight * mean, weights + weight
        return total / weights if weights else None

    def by_item(self, score: Callable[[Item, Answer], float | None], family: str) -> list[list[float]]:
        """Return the scores that count of each item's answers to a family."""
        return [
            [known for one in row if one.column[0] == family and (known := score(item, one)) is not None]
            for item, row in zip(self.items, self.rows, strict=True)
        ]

    def _scores(self, score: Callable[[Item, Answer], float | None], family: str) -> list[float]:
        return [known for row in self.by_item(score, family) for known in row]

    def over_items(self, score: Callable[[list[Answer]], float | None]) -> float | None:
        """Return the mean of a score of the answers to each item that was asked under a variant; None has no part in it."""
        return mean_of(score([item[0], *row]) for item, row in zip(self.items, self.rows, strict=True) if row)

    @cached_property
    def columns(self) -> list[Column]:
        """Return the variants that were asked of half of the items or more, resampled or not."""
        asked = [one.column for row in self.whole.rows for one in row]
        return [column for column in dict.fromkeys(asked) if 2 * asked.count(column) >= len(self.whole.items)]

    @cached_property
    def noise(self) -> float:
        """Return the largest change of a margin (nats) between an item and the same prompt asked again."""
        changes = (_change(item[0], one) for item in self.whole.items for one in item if one.column[0] == "null")
        return max(changes, default=0.0)


def _change(first: Answer, second: Answer) -> float:
    """Return how far the margin moved, to another answer through zero; 0 without margins."""
    if first.margin is None or second.margin is None:
        return 0.0
    return abs(first.margin - second.margin) if first.text == second.text else first.margin + second.margin


def mean_of(values: Iterable[float | None]) -> float | None:
    """Return the mean of those values that are not None; None if there is none."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


Reference = Callable[..., float | None]
"""A family's answers, or what a command is about, to the figure; None where it is not defined."""
references: Registry[Reference] = Registry("reference")
reference = references.register


def expected(name: str, family: Family) -> float | None:
    """Return the figure that a family's answers must give; None where it is not defined."""
    value = references.get(name)(family)
    return None if value is None or math.isnan(value) else value
