"""What the class-balanced figures of known answers must be: confusions counted item by item, for the self-test.

Covered: balanced accuracy, macro-F1, MCC of one table of answers. Not covered: which variants are compared
(`probe.selftest.expected`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from statistics import mean

from probe.selftest.answers import Answer, Family

Confusion = dict[str, dict[str, float]]
"""By right answer: how many items were answered what, parts of items included."""


@lru_cache(maxsize=8)
def confusions(f: Family) -> list[Confusion]:
    """Return the answers as written and of each variant asked of enough items; none where the items share no classes."""
    kinds = {frozenset(item[0].options) for item in f.items}
    if len(kinds) != 1 or not 0 < len(next(iter(kinds))) <= 24 or len({item[0].target for item in f.items}) < 2:
        return []
    columns = dict.fromkeys((one.family, one.column) for row in f.rows for one in row)
    written = [item[0].said for item in f.items]
    found = [_completed(f, [_at(row, column) for row in f.rows]) for column in columns]
    enough = [one for one in found if one is not None]
    return [_confusion(f, [{said: 1.0} for said in written]), *enough] if enough or f.is_clean else []


def _at(row: Sequence[Answer], column: tuple[str, tuple[str, int]]) -> str | None:
    return next((one.said for one in row if (one.family, one.column) == column), None)


def _completed(f: Family, said: list[str | None]) -> Confusion | None:
    """Return a variant's answers; an item not asked answers as those did that have its target and its answer as written."""
    if 2 * sum(one is not None for one in said) < len(said):
        return None
    stratum = [(item[0].target, item[0].said) for item in f.items]
    shares: list[dict[str | None, float]] = []
    for mine, one in zip(stratum, said, strict=True):
        if one is not None:
            shares.append({one: 1.0})
            continue
        like = [other for other, key in zip(said, stratum, strict=True) if key == mine and other is not None]
        whole: list[str | None] = [*like] or [mine[1]]
        shares.append({other: number / len(whole) for other, number in Counter(whole).items()})
    return _confusion(f, shares)


def _confusion(f: Family, shares: Sequence[Mapping[str | None, float]]) -> Confusion:
    counts: dict[str, dict[str, float]] = {}
    for item, mine in zip(f.items, shares, strict=True):
        row = counts.setdefault(item[0].target, dict.fromkeys(item[0].options, 0.0))
        for said, share in mine.items():
            row[str(said)] += share
    return counts


def recall(table: Confusion) -> float:
    """Return the balanced accuracy: the mean over classes of the share of their items that is right."""
    return mean(row[right] / sum(row.values()) for right, row in table.items())


def f1(table: Confusion) -> float:
    """Return the mean over classes of the harmonic mean of precision and recall."""
    said = {right: sum(row[right] for row in table.values()) for right in table}
    return mean(2 * row[right] / (sum(row.values()) + said[right]) for right, row in table.items())


def mcc(table: Confusion) -> float:
    """Return the correlation of answers and right answers over all classes; 0 where only one answer is given."""
    names = next(iter(table.values()))
    total = sum(sum(row.values()) for row in table.values())
    meant = [sum(table[name].values()) if name in table else 0.0 for name in names]
    said = [sum(row[name] for row in table.values()) for name in names]
    agreed = total * sum(row[right] for right, row in table.items())
    agreed -= sum(a * b for a, b in zip(meant, said, strict=True))
    size = (total**2 - sum(a * a for a in meant)) * (total**2 - sum(b * b for b in said))
    return agreed / math.sqrt(size) if size > 1e-6 else 0.0
