"""What the class-balanced figures must be: confusions counted item by item."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from statistics import mean

from probe.selftest.reference.base import Answer, Column, Family, references

MAX_CLASSES = 24
Shares = Mapping[str | None, float]
"""By answer, None for those that are none of the classes."""
Confusion = dict[str, defaultdict[str | None, float]]
"""By right answer: how many items were answered what, parts of items included."""


def has_classes(family: Family) -> bool:
    """Return whether all items have the same few possible answers."""
    kinds = {frozenset(item[0].options) for item in family.whole.items}
    return len(kinds) == 1 and 0 < len(next(iter(kinds))) <= MAX_CLASSES


@lru_cache(maxsize=8)
def confusions(family: Family) -> list[Confusion]:
    """Return the answers to the originals and to each variant asked of enough items; none where the items share no classes."""
    if not has_classes(family) or not family.items or not (family.columns or family.name == "original"):
        return []
    written: list[Shares] = [{item[0].option: 1.0} for item in family.items]
    return [_confusion(family, shares) for shares in (written, *(_completed(family, one) for one in family.columns))]


def _completed(family: Family, column: Column) -> list[Shares]:
    """Return a variant's answers; an item not asked answers as those did that have its target and its original answer."""
    asked = [next((one for one in row if one.column == column), None) for row in family.rows]
    strata: dict[tuple[str, str | None], list[Answer]] = {}
    for item, one in zip(family.items, asked, strict=True):
        strata.setdefault((item[0].target, item[0].option), []).extend([one] if one else [])
    shares: list[Shares] = []
    for item, one in zip(family.items, asked, strict=True):
        like = [one] if one else strata[item[0].target, item[0].option] or [item[0]]
        shares.append({answer: number / len(like) for answer, number in Counter(a.option for a in like).items()})
    return shares


def _confusion(family: Family, shares: Sequence[Shares]) -> Confusion:
    counts: Confusion = {}
    for item, answered in zip(family.items, shares, strict=True):
        row = counts.setdefault(item[0].target, defaultdict(float))
        for answer, share in answered.items():
            row[answer] += share
    return counts


def balanced_accuracy(table: Confusion) -> float:
    """Return the mean over classes of the share of their items that is right."""
    return mean(row[right] / sum(row.values()) for right, row in table.items())


def macro_f1(table: Confusion) -> float:
    """Return the mean over classes of the harmonic mean of precision and recall."""
    answered = {right: sum(row[right] for row in table.values()) for right in table}
    return mean(2 * row[right] / (sum(row.values()) + answered[right]) for right, row in table.items())


def mcc(table: Confusion) -> float:
    """Return the correlation of answers and right answers over all classes; 0 where only one answer is given."""
    names = {*table, *(answer for row in table.values() for answer in row)}
    total = sum(sum(row.values()) for row in table.values())
    meant = {name: sum(row.values()) for name, row in table.items()}
    answered = {name: sum(row[name] for row in table.values()) for name in names}
    agreed = total * sum(row[right] for right, row in table.items())
    agreed -= sum(number * answered[name] for name, number in meant.items())
    spread = total**2 - sum(number**2 for number in meant.values())
    size = spread * (total**2 - sum(number**2 for number in answered.values()))
    return math.nan if spread < 1e-6 else agreed / math.sqrt(size) if size > 1e-6 else 0.0


def _over(
    score: Callable[[Confusion], float], over: Callable[[list[float]], float]
) -> Callable[[Family], float | None]:
    return lambda family: over([score(table) for table in tables]) if (tables := confusions(family)) else None


for _score in (balanced_accuracy, macro_f1, mcc):
    references.add(_score.__name__, _over(_score, lambda values: values[0]))
    references.add(f"{_score.__name__}_mean", _over(_score, mean))
    references.add(f"{_score.__name__}_worst", _over(_score, min))
    references.add(f"{_score.__name__}_spread", _over(_score, lambda values: max(values) - min(values)))
