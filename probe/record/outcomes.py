"""What became of each item under each variant, ordered so that what breaks stands in one corner; what goes with breaking.

               most sensitive variant ... least
    most       f  f  f  w  r          r  right, as the answer as written is, or as a contrast declares
    sensitive  f  f  u  r  r          w  wrong and not moved, or a contrast's answer that is not the declared one
    item       f  r  r  r  .          f  moved: another answer than as written
    least      r  r  r  r  r          u  could not be read          .  not asked

An item is the more sensitive the larger the share of its variants that moved its answer, a variant the larger the share of
the items. Contrasts and reruns of the identical prompt take no part in an item's share and stand last.

Covered: the ordered table, cut to its most sensitive corner; confidence against sensitivity by item; each family's share of
all flips; figures net of their noise floor. Not covered: every cell (`scores.parquet` has them).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from probe.metrics import NULL, Cells, Row
from probe.metrics.cells import Bools, Floats, Ints
from probe.metrics.flips import flipped

MAX_ITEMS = 100
MAX_VARIANTS = 100
"""Of the table that the summary holds; the most sensitive of each."""

MAX_POINTS = 400
"""Items that are a point each; more are counted on a grid of `GRID` steps a side."""
GRID = 20


@dataclass(frozen=True, slots=True)
class Blame:
    """A family's part of the flips of a run, all suites together."""

    family: str
    flips: int
    pairs: int
    """Items under variants that were asked."""
    share: float
    """Of all flips of the run."""


def outcome_tables(cells: Mapping[str, Cells]) -> list[dict[str, Any]]:
    """Return each suite's most sensitive items under its most sensitive variants, a letter for each cell."""
    return [_table(suite, one) for suite, one in cells.items()]


def sensitivity_points(cells: Mapping[str, Cells]) -> list[dict[str, Any]]:
    """Return each suite's items by how sure their answer as written is and how often it moves.

    Items whose confidence is not known, or that were asked under no variant, are left out. Of more than `MAX_POINTS` items
    the values are the middles of a grid's cells, and `num_items` counts them.
    """
    return [points for suite, one in cells.items() if (points := _points(suite, one)) is not None]


def blame(cells: Mapping[str, Cells]) -> list[Blame]:
    """Return each family's part of all flips of the run, most first; empty where no answer moved."""
    flips: dict[str, int] = {}
    pairs: dict[str, int] = {}
    for one in cells.values():
        same = one.same()
        for column, moved, asked in zip(same.columns[1:], flipped(same).T, same.asked[:, 1:].T, strict=True):
            flips[column.family] = flips.get(column.family, 0) + int(moved.sum())
            pairs[column.family] = pairs.get(column.family, 0) + int(asked.sum())
    total = sum(flips.values())
    rows = [Blame(family, num, pairs[family], num / total) for family, num in flips.items() if total]
    return sorted(rows, key=lambda row: -row.flips)


def with_net(row: Row) -> dict[str, Any]:
    """Return a figure as the summary holds it: with what is left above its noise floor, and that with an interval.

    The interval is that of a difference of two estimates from the intervals of each (Zou and Donner 2008, Construction of
    confidence intervals about effect measures, section 2: MOVER), as if figure and floor were independent:

        low = net - sqrt((value - value_low)^2 + (floor_high - floor)^2), and high likewise
    """
    found: dict[str, Any] = asdict(row) | {"net": row.net, "net_ci_low": None, "net_ci_high": None}
    value, floor, net = row.value, row.noise_floor, row.net
    if value is None or floor is None or net is None or row.ci_low is None or row.ci_high is None:
        return found
    floor_low = floor if row.noise_floor_low is None else row.noise_floor_low
    floor_high = floor if row.noise_floor_high is None else row.noise_floor_high
    found["net_ci_low"] = net - math.hypot(value - row.ci_low, floor_high - floor)
    found["net_ci_high"] = net + math.hypot(row.ci_high - value, floor - floor_low)
    return found


def _table(suite: str, cells: Cells) -> dict[str, Any]:
    moved, counts = _moved(cells), _counts(cells)
    items = np.argsort(-_share(moved & counts, cells.asked[:, 1:] & counts, axis=1), kind="stable")[:MAX_ITEMS]
    of_variants = _share(moved, cells.asked[:, 1:], axis=0)
    columns = np.argsort(-of_variants - 2.0 * counts, kind="stable")[:MAX_VARIANTS]
    letters = _letters(cells, moved)
    return {
        "suite": suite,
        "num_items": len(cells.items),
        "num_variants": len(cells.columns) - 1,
        "variants": [
            {**asdict(cells.columns[i + 1]), "asked": int(cells.asked[:, i + 1].sum()), "moved": int(moved[:, i].sum())}
            for i in columns
        ],
        "items": [
            {
                "item": cells.items[n],
                "asked": int((cells.asked[n, 1:] & counts).sum()),
                "moved": int((moved[n] & counts).sum()),
                "clean": str(letters[n, 0]),
                "cells": "".join(letters[n, columns + 1]),
            }
            for n in items
        ],
    }


def _moved(cells: Cells) -> Bools:
    """Return (N, M-1), whether the answer is another than as written though it must stay."""
    stays = np.array([column.effect == "label-preserving" for column in cells.columns[1:]], dtype=np.bool_)
    return np.asarray(flipped(cells) & stays)


def _counts(cells: Cells) -> Bools:
    """Return (M-1,), whether a variant says something of an item's sensitivity."""
    return np.array([c.effect == "label-preserving" and c.family != NULL for c in cells.columns[1:]], dtype=np.bool_)


def _share(part: Bools, whole: Bools, *, axis: int) -> Floats:
    return np.asarray(part.sum(axis=axis) / np.maximum(whole.sum(axis=axis), 1), dtype=np.float64)


def _letters(cells: Cells, moved: Bools) -> np.ndarray[Any, np.dtype[np.str_]]:
    found = np.where(cells.correct == 1, "r", "w")
    found[:, 1:][moved] = "f"
    found[cells.unreadable] = "u"
    found[~cells.asked] = "."
    return found


def _points(suite: str, cells: Cells) -> dict[str, Any] | None:
    if cells.detail is None:
        return None
    counts = _counts(cells)
    asked = (cells.asked[:, 1:] & counts).sum(axis=1)
    confidence = cells.detail.confidence[:, 0]
    known = np.flatnonzero((asked > 0) & ~np.isnan(confidence))
    if not len(known):
        return None
    moved = _share(_moved(cells) & counts, cells.asked[:, 1:] & counts, axis=1)
    if len(known) <= MAX_POINTS:
        rows = [(cells.items[n], round(float(confidence[n]), 4), round(float(moved[n]), 4), 1) for n in known]
    else:
        places, nums = np.unique(np.stack([_step(confidence[known]), _step(moved[known])]), axis=1, return_counts=True)
        rows = [("", _middle(x), _middle(y), int(num)) for x, y, num in zip(*places, nums, strict=True)]
    names = ("item", "confidence", "flip_rate", "num_items")
    facts = {"suite": suite, "num_items": len(known), "is_binned": len(known) > MAX_POINTS}
    return facts | {"points": [dict(zip(names, row, strict=True)) for row in rows]}


def _step(values: Floats) -> Ints:
    return np.minimum((values * GRID).astype(np.int64), GRID - 1)


def _middle(step: int) -> float:
    return (int(step) + 0.5) / GRID
