"""What the tables beside the metrics must be for known answers, in loops over plain lists.

    responsiveness   how many items stayed, and how many moved where they must
    places           what was chosen where place, symbol and text of an answer part
    tests            Cochran's Q and McNemar's test with their p-values, flip rate minus noise floor

Covered: the figures of these tables by suite and family. Not covered: p-values by drawing, adjusted p-values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import mean

from probe.selftest.reference.base import Answer, Family, Items
from probe.selftest.reference.flips import NOWHERE, Choice, choice_of, counts, flips

Key = tuple[str, str]
"""Family and figure."""


def responsiveness(items: Items) -> Iterator[tuple[Key, float]]:
    """Return how many items are robust, constant, attentive and erratic, under all variants and under most."""
    both = Family("all", items)
    kept = [[one for one in row if counts(item[0], one)] for item, row in zip(items, both.rows, strict=True)]
    complete = [one for one in zip(items, kept, both.edits, strict=True) if one[1] and one[2]]
    for rule, limit in (("all", 0.0), ("most", 0.5)):
        cells = dict.fromkeys(("robust", "constant", "attentive", "erratic"), 0)
        for item, row, edits in complete:
            share = mean(float(flips(item[0], one)) for one in row)
            stayed = share == 0 if rule == "all" else share < limit
            is_right = item[0].is_right and all(edit.is_right for edit in edits)
            cells[("robust" if is_right else "constant") if stayed else ("attentive" if is_right else "erratic")] += 1
        if complete:
            yield from (((rule, f"responsiveness.{name}"), float(num)) for name, num in cells.items())


def places(items: Items) -> Iterator[tuple[Key, float]]:
    """Return what was chosen, family by family, where position, symbol and text of the original answer are not at one option."""
    found: dict[str, dict[str, float]] = {}
    for item in items:
        for after in item[1:]:
            where = None if after.must_change else choice_of(item[0], after)
            if where is None or (where.position == where.text and where.symbol in (NOWHERE, where.position)):
                continue
            chosen = found.setdefault(after.column[0], dict.fromkeys(NAMES, 0.0))
            chosen["num_pairs"] += 1
            chosen[_followed(where)] += 1
    for family, chosen in found.items():
        yield from (((family, f"places.{name}"), num) for name, num in chosen.items())


NAMES = ("num_pairs", "place", "symbol", "place_or_symbol", "content", "other")


def _followed(where: Choice) -> str:
    if where.chosen == where.text:
        return "content"
    if where.chosen == where.position:
        return "place_or_symbol" if where.position == where.symbol else "place"
    return "symbol" if where.chosen == where.symbol else "other"


def tests(items: Items) -> Iterator[tuple[Key, float]]:
    """Return the statistics of each family's tests, and their p-values where these have a formula."""
    families = dict.fromkeys(one.column[0] for item in items for one in item[1:] if not one.must_change)
    for family in families:
        if family == "null":
            continue
        columns = _columns(items, family)
        if len(columns) > 1:
            q, p = _cochran(columns)
            yield (family, "tests.cochran_q"), q
            yield (family, "tests.cochran_q p"), p
            least = min((_mcnemar(columns[0], one) for one in columns[1:]), key=lambda found: found[1])
            yield (family, "tests.mcnemar"), least[0]
            yield (family, "tests.mcnemar p"), min(1.0, least[1] * (len(columns) - 1))
        yield (family, "tests.flip_rate_vs_noise"), _rate(items, family) - _rate(items, "null")


def _columns(items: Items, family: str) -> list[list[bool | None]]:
    """Return what was right in the original, and under each variant asked of half of the items or more."""
    rows = [{one.column: one.is_right for one in item[1:] if _is_of(one, family)} for item in items]
    found = [[row.get(column) for row in rows] for column in dict.fromkeys(key for row in rows for key in row)]
    enough = [column for column in found if 2 * sum(one is not None for one in column) >= len(items)]
    return [[item[0].is_right for item in items], *enough]


def _is_of(one: Answer, family: str) -> bool:
    return one.column[0] == family and not one.must_change


def _rate(items: Items, family: str) -> float:
    pairs = [(item[0], one) for item in items for one in item[1:] if _is_of(one, family)]
    return mean(float(flips(before, after)) for before, after in pairs if counts(before, after))


def _cochran(columns: list[list[bool | None]]) -> tuple[float, float]:
    """Return Q over the items asked under every column, and its p."""
    rows = [row for row in zip(*columns, strict=True) if None not in row]
    k = len(columns)
    totals = [sum(bool(one) for one in column) for column in zip(*rows, strict=True)]
    below = sum(sum(map(bool, row)) * (k - sum(map(bool, row))) for row in rows)
    if not below:
        return 0.0, 1.0
    q = k * (k - 1) * sum((total - mean(totals)) ** 2 for total in totals) / below
    return q, 1 - _gamma((k - 1) / 2, q / 2)


def _gamma(a: float, x: float) -> float:
    """Return the lower incomplete gamma function over the whole one, by its series."""
    term = total = 1 / a
    n = 1
    while term > total * 1e-17:
        term *= x / (a + n)
        total += term
        n += 1
    return total * math.exp(a * math.log(x) - x - math.lgamma(a)) if x > 0 else 0.0


def _mcnemar(first: list[bool | None], second: list[bool | None]) -> tuple[float, float]:
    """Return the smaller number of items that one column alone has right, and the p of a fair coin."""
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    one, other = sum(bool(a and not b) for a, b in pairs), sum(bool(b and not a) for a, b in pairs)
    low, num = min(one, other), one + other
    return float(low), min(1.0, 2 * math.fsum(math.comb(num, n) * 0.5**num for n in range(low + 1)))
