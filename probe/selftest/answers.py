"""What oracle models answered, as plain lists: the input of the reference formulas.

An item is a list of answers, the one to the original prompt first. A family is the pairs of that answer and each variant's.
It shares no code with `probe.metrics`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import mean


@dataclass(frozen=True, slots=True)
class Answer:
    """What an oracle must have answered to one variant."""

    family: str
    column: tuple[str, int]
    """Perturbation and draw."""
    must_move: bool
    said: str | None
    """None: nothing that can be read."""
    is_right: bool
    choices: tuple[str, ...]
    """In the order listed; empty where none were."""
    symbols: tuple[str, ...]
    margin: float | None
    is_cut: bool = False
    target: str = ""
    options: tuple[str, ...] = ()
    """The possible answers, listed or not; empty for free text."""
    likes: Mapping[str, float] = field(default_factory=dict)
    """How much each possible answer is liked (nats); empty for free text."""
    sure: float | None = None
    """Of free text: the geometric mean of its tokens' probabilities; None where it has no token."""


Item = Sequence[Answer]
Items = Sequence[Item]
Pair = tuple[Answer, Answer]


def moved(first: Answer, second: Answer) -> float:
    """Return the margin (nats) that the change from `first` to `second` amounts to; 0 without margins."""
    if first.margin is None or second.margin is None:
        return 0.0
    return abs(first.margin - second.margin) if first.said == second.said else first.margin + second.margin


class Family:
    """One family's answers: pairs of the answer as written and a variant's."""

    def __init__(self, family: str, items: Items, indices: Sequence[float] = ()) -> None:
        self.items = items
        self.indices = indices
        self.is_clean, self.is_contrast = family == "clean", family == "contrast"
        self.rows = [[one for one in item[1:] if self._is_in(one, family)] for item in items]
        self.pairs: list[Pair] = [(item[0], one) for item, row in zip(items, self.rows, strict=True) for one in row]
        self.edits = [[one for one in item[1:] if one.must_move] for item in items]
        self.noise = max((moved(item[0], one) for item in items for one in item if one.family == "null"), default=0.0)

    @staticmethod
    def _is_in(one: Answer, family: str) -> bool:
        return not one.must_move and (one.family == family or (family == "all" and one.family != "null"))

    def share(self, holds: Callable[[Answer, Answer], bool]) -> float | None:
        """Return the share of pairs for which it holds."""
        return mean(float(holds(before, after)) for before, after in self.pairs) if self.pairs else None

    def asked(self) -> list[list[Answer]]:
        """Return all answers, the one as written among them, of the items that were asked under a variant."""
        return [[item[0], *row] for item, row in zip(self.items, self.rows, strict=True) if row]

    @cached_property
    def accuracies(self) -> list[float]:
        """Return the accuracy as written and of each variant asked of half of the items or more."""
        columns = dict.fromkeys((one.family, one.column) for row in self.rows for one in row)
        found = [self._accuracy(column) for column in columns]
        enough = [accuracy for accuracy in found if accuracy is not None]
        return [mean(float(item[0].is_right) for item in self.items), *enough] if enough else []

    def _accuracy(self, column: tuple[str, tuple[str, int]]) -> float | None:
        """Return a variant's accuracy on all items, those not asked standing in as others with their outcome as written did."""
        outcome = [next((one.is_right for one in row if (one.family, one.column) == column), None) for row in self.rows]
        if 2 * sum(one is not None for one in outcome) < len(self.items):
            return None
        total = 0.0
        for clean in (False, True):
            stratum = [o for item, o in zip(self.items, outcome, strict=True) if item[0].is_right == clean]
            known = [float(o) for o in stratum if o is not None]
            total += len(stratum) * (mean(known) if known else float(clean))
        return total / len(self.items)
