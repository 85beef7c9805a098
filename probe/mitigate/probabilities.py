"""Kept answers as probabilities over classes, by prompt format, and scores made of them again.

    kept answers --> rows of log-probabilities over names, in groups --> offsets of each group --> the scores of log p + offset

Names are the classes, where all items have the same ones: choices may be asked in another order or under other words and are
brought back into one. Where every item has listed options of its own, a name is a place in the list.

A group is the answers under one prompt format: one sample of a perturbation that says something the same way for all items. The
answers under perturbations that are drawn for each item, contrasts among them, belong to the group of the original.

Covered: choice questions. Not covered: free text; choices of their own that are not listed; answers over other choices than
the suite's, which stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from probe.evaluation.scoring import ROUNDING, score_choice
from probe.metrics.cells import Floats
from probe.mitigate.base import Bench, NotApplicable
from probe.types import Score, Suite, Variant

Column = tuple[str, str, int]
"""Family, perturbation and sample."""

Group = tuple[Column, int]
"""A format, and the number of options."""

ORIGINAL: Column = ("original", "original", 0)

LEAST_A_CLASS = 10
"""Answers for each class that a prior takes at least."""

MOST_SHOWN = 8
"""Classes of a vector that are printed; JSON has them all."""

By = Literal["class", "place"]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One answer's log-probabilities (nats) by name, and the group that it is calibrated with."""

    score: Score
    values: Floats
    """(C,), in the order of the names."""
    order: tuple[int, ...]
    """Of each choice as asked, the place of its name."""
    group: Group

    @property
    def probabilities(self) -> Floats:
        """Return the probabilities (C,)."""
        found: Floats = np.exp(self.values)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The answers that have probabilities, and those that have none."""

    by: By
    names: tuple[str, ...]
    """As many as the longest list has; a group of fewer options takes the first ones."""
    rows: tuple[Row | None, ...]
    """Of each kept answer in turn; None where it has no usable probabilities."""
    kept: tuple[Score, ...]

    def groups(self) -> dict[Group, Floats]:
        """Return the probabilities (M, C) of each group's own answers: those of the original alone for the original's."""
        found: dict[Group, list[Floats]] = {}
        for row in self.rows:
            if row is not None and column_of(row.score.variant) == row.group[0]:
                found.setdefault(row.group, []).append(row.probabilities)
        return {group: np.array(rows) for group, rows in found.items()}

    def shares(self, scores: Sequence[Score], column: Column = ORIGINAL) -> dict[str, float]:
        """Return how often each name is predicted under one format; rows without an answer are left out."""
        counts = dict.fromkeys(self.names, 0)
        for row, score in zip(self.rows, scores, strict=True):
            if row is not None and score.answer is not None and column_of(score.variant) == column:
                choices = score.variant.perturbed.prompt.choices
                counts[self.names[row.order[choices.index(score.answer)]]] += 1
        total = max(1, sum(counts.values()))
        return {name: count / total for name, count in counts.items()}


def column_of(variant: Variant) -> Column:
    """Return the family, perturbation and sample of a variant."""
    return variant.family, variant.perturbation, variant.sample


def formats_of(bench: Bench) -> dict[Column, Variant]:
    """Return the first variant of each prompt format that was asked, the original's among them; reruns are the original."""
    found: dict[Column, Variant] = {}
    shared: dict[Column, bool] = {}
    for score in bench.before:
        column = column_of(score.variant)
        if column not in shared:
            shared[column] = score.variant.family != "null" and bench.is_shared(score.variant)
            if shared[column]:
                found[column] = score.variant
    return found


def classes_of(suite: Suite) -> tuple[str, ...]:
    """Return the choices that all items share, in the order of the first item's; none where items have choices of their own.

    Raises:
        NotApplicable: answers are free text.
    """
    if not suite.is_choice:
        raise NotApplicable("its answers are free text, without probabilities over classes")
    first, *others = (item.prompt.choices for item in suite.items)
    return first if all(set(one) == set(first) for one in others) else ()


def rows_of(bench: Bench, scores: Sequence[Score] | None = None) -> Rows:
    """Return the kept answers, or other ones, by name and format.

    Raises:
        NotApplicable: the suite is free text, or has choices of its own that are not listed; or no answer has probabilities.
    """
    given = bench.before if scores is None else tuple(scores)
    shared = {column_of(score.variant): bench.is_shared(score.variant) for score in _one_of_each(given)}
    classes = classes_of(bench.suite)
    if not classes and not all(item.prompt.list_choices for item in bench.suite.items):
        raise NotApplicable(
            "every item has choices of its own, and they are not listed: there is no class to be biased for"
        )
    most = max((len(score.variant.perturbed.prompt.choices) for score in given), default=0)
    names = classes or tuple(f"option {place + 1}" for place in range(most))
    rows = tuple(_row(score, classes, shared) for score in given)
    if not any(rows):
        raise NotApplicable("no answer has probabilities over its choices: they were written, not rated")
    return Rows("class" if classes else "place", names, rows, given)


def _row(score: Score, classes: tuple[str, ...], shared: Mapping[Column, bool]) -> Row | None:
    choices = score.variant.perturbed.prompt.choices
    is_usable = choices and len(score.probabilities) == len(choices) and np.isfinite(score.probabilities).all()
    if not is_usable or (classes and set(choices) != set(classes)):
        return None
    order = tuple(map(classes.index, choices)) if classes else tuple(range(len(choices)))
    values = np.empty(len(choices))
    with np.errstate(divide="ignore"):
        values[list(order)] = np.log(score.probabilities)
    column = column_of(score.variant)
    return Row(score, values, order, (column if shared[column] else ORIGINAL, len(choices)))


def _one_of_each(scores: Sequence[Score]) -> list[Score]:
    return list({column_of(score.variant): score for score in scores}.values())


def enough(group: Group) -> int:
    """Return how many answers of a group make a prior."""
    return LEAST_A_CLASS * group[1]


def offsets_of(rows: Rows, offset: Callable[[Floats], Floats]) -> dict[Group, Floats]:
    """Return the offsets (C,) of each group that is large enough, from its probabilities (M, C).

    Raises:
        NotApplicable: none is.
    """
    groups = rows.groups()
    found = {group: offset(own) for group, own in groups.items() if len(own) >= enough(group)}
    if not found:
        most = max(map(len, groups.values()), default=0)
        least = min(map(enough, groups), default=LEAST_A_CLASS)
        raise NotApplicable(f"{most} answers to one prompt are too few to estimate a prior: it takes {least}")
    return found


def shifted(rows: Rows, offsets: Mapping[Group, Floats]) -> tuple[Score, ...]:
    """Return each answer by its log-probabilities plus the offsets of its group.

    A group without offsets takes the original's; an answer for which there are none, or without probabilities, stays.
    """
    return tuple(
        kept if row is None else _shifted(row, offsets) for row, kept in zip(rows.rows, rows.kept, strict=True)
    )


def _shifted(row: Row, offsets: Mapping[Group, Floats]) -> Score:
    offset = offsets.get(row.group, offsets.get((ORIGINAL, row.group[1])))
    return row.score if offset is None else rescored(row.score, (row.values + offset)[list(row.order)])


def rescored(kept: Score, values: Sequence[float] | Floats) -> Score:
    """Return a kept answer by other values (nats), in the order of its choices; what was asked and answered stays with it.

    What was a tie of scores that only rounding told apart is one still where the values differ by no more.
    """
    made = score_of(kept.variant, values, rounding=_rounding(kept))
    return replace(made, requests=kept.requests, responses=kept.responses)


def score_of(variant: Variant, values: Sequence[float] | Floats, *, rounding: float = 0.0) -> Score:
    """Return the score of a variant by values (nats) of its choices, in the order asked."""
    listed = [float(value) for value in values]
    sizes = [max(1.0, abs(value)) if np.isfinite(value) else 1.0 for value in listed]
    return score_choice(variant, listed, [max(rounding, ROUNDING * size) for size in sizes])


def _rounding(kept: Score) -> float:
    """Return how far apart the two likeliest choices of a tie are: that much was rounding."""
    if kept.reading != "tie" or len(kept.probabilities) < 2:
        return 0.0
    second, first = sorted(kept.probabilities)[-2:]
    return float(np.log(first) - np.log(second)) if second > 0 else 0.0


def facts_of(rows: Rows, after: Sequence[Score], vectors: Mapping[Group, Floats], *, called: str) -> dict[str, Any]:
    """Return what JSON says of a calibration: its vectors by format, and the shares of the predictions before and after."""
    columns = {group[0] for group in vectors}
    return {
        "by": rows.by,
        called: {label_of(group): _named(rows, vector) for group, vector in vectors.items()},
        "shares": {
            label: {"before": rows.shares(rows.kept, column), "after": rows.shares(after, column)}
            for column in sorted(columns)
            for label in [label_of((column, 0))]
        },
    }


def label_of(group: Group) -> str:
    """Return a group's format as text."""
    (family, perturbation, sample), _ = group
    return family if family == "original" else f"{perturbation} {sample}"


def _named(rows: Rows, vector: Floats) -> dict[str, float | None]:
    pairs = zip(rows.names, vector, strict=False)  # a list of fewer options has fewer places
    return {name: float(value) if np.isfinite(value) else None for name, value in pairs}


def in_words(rows: Rows, vectors: Mapping[Group, Floats], *, what: str) -> str:
    """Return the original's vector in a line, or the first one's where there is none."""
    group = next((one for one in vectors if one[0] == ORIGINAL), next(iter(vectors)))
    pairs = list(zip(rows.names, vectors[group], strict=False))
    shown = ", ".join(f"{name} {value:.2f}" for name, value in pairs[:MOST_SHOWN])
    shown += f" and {len(pairs) - MOST_SHOWN} more" if len(pairs) > MOST_SHOWN else ""
    place = " over places in the list" if rows.by == "place" else ""
    return f"{what}{place} of {label_of(group)}: {shown}"


def imbalance(rows: Rows, after: Sequence[Score]) -> tuple[str, ...]:
    """Return the warning that classes may be as unequal as the predictions are; no label is used.

    From the marginals of the original prompts' predictions alone nobody can tell a model's bias from unequal classes. It is
    said where they are further from equal shares than those of balanced classes come by chance, in one of 300 pools.
    """
    before, now = rows.shares(rows.kept), rows.shares(after)
    num = sum(1 for row in rows.rows if row is not None and column_of(row.score.variant) == ORIGINAL)
    equal = 1 / len(rows.names)
    chance = 3 * np.sqrt(equal * (1 - equal) / max(1, num))
    name = max(before, key=lambda one: abs(before[one] - equal))
    if rows.by == "place" or abs(before[name] - equal) <= chance:
        return ()
    return (
        f"{before[name]:.0%} of the answers to the original prompts are {name!r}, {now[name]:.0%} after calibration: if the "
        "classes are that unequal in fact, calibration takes the truth for bias; prior-matching with their shares does not",
    )
