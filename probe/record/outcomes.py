"""The outcome of each item under each variant, most sensitive first; confidence and flips by family beside it.

               most sensitive variant ... least
    most       f  f  f  w  r          r  right, as the original answer is, or as a contrast declares
    sensitive  f  f  u  r  r          w  wrong and not moved, or a contrast's answer that is not the declared one
    item       g  w  o  w  .          f  moved from right to wrong   g  from wrong to right   o  to another wrong answer
    least      r  r  r  r  r          u  could not be read           .  not asked

An item is the more sensitive the larger the share of its variants that moved its answer, a variant the larger the share of
the items. Contrasts and reruns of the identical prompt take no part in an item's share and stand last.

Covered: the ordered table, cut to its most sensitive corner; confidence against sensitivity by item; each family's share of
the flip rate. Not covered: every cell (`scores.parquet` has them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from probe.metrics import NULL, Cells, stack
from probe.metrics.cells import Bools, Floats, Ints
from probe.metrics.flips import flip_rate, flipped
from probe.metrics.rates import members_of, shares_of

MAX_ITEMS = 100
MAX_VARIANTS = 100
"""Of the table that the summary holds; the most sensitive of each."""

MAX_POINTS = 400
"""Items that are a point each; more are counted on a grid of `GRID` steps a side."""
GRID = 20


@dataclass(frozen=True, slots=True)
class FlipShare:
    """A family's share of the flip rate of a run, all suites together."""

    family: str
    flips: int
    pairs: int
    """Items under variants that were asked."""
    share: float
    """Of the flip rate over all families, by the same weights; of all flips where pairs weigh equally."""
    items: int = 0


@dataclass(frozen=True, slots=True)
class OutcomeColumn:
    """A variant of the table of outcomes."""

    family: str
    perturbation: str
    sample: int
    effect: str
    asked: int
    moved: int
    command: str = ""
    """Shows it of an item, whose id stands in the place of ITEM."""


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """An item of the table of outcomes: one letter for each variant."""

    item: str
    asked: int
    moved: int
    original: str
    cells: str


@dataclass(frozen=True, slots=True)
class OutcomeTable:
    """A suite's most sensitive items under its most sensitive variants, most sensitive first."""

    suite: str
    num_items: int
    num_variants: int
    variants: tuple[OutcomeColumn, ...]
    items: tuple[OutcomeRow, ...]


@dataclass(frozen=True, slots=True)
class SensitivityPoint:
    """An item, or several items of a grid cell, by confidence and share of variants that moved the answer."""

    item: str
    confidence: float | None
    flip_rate: float | None
    num_items: int


@dataclass(frozen=True, slots=True)
class SensitivityPoints:
    """A suite's items by confidence and sensitivity."""

    suite: str
    num_items: int
    is_binned: bool
    points: tuple[SensitivityPoint, ...]


def flip_shares(cells: Mapping[str, Cells]) -> list[FlipShare]:
    """Return each family's share of the run's flip rate, largest first; empty where no answer moved."""
    if not cells:
        return []
    same = stack([one.label_preserving() for one in cells.values()])
    moved, asked = flip_rate(same)
    names, members = members_of(same, asked.shape[1])
    weights = shares_of(asked, members, by_pairs=same.weight == "pairs")
    flips = [int(moved[:, own].sum()) for own in members]
    pairs = [int(asked[:, own].sum()) for own in members]
    parts = [weight * num / max(of, 1) for weight, num, of in zip(weights, flips, pairs, strict=True)]
    items = [int(asked[:, own].any(axis=1).sum()) for own in members]
    rows = zip(names, flips, pairs, parts, items, strict=True)
    found = [FlipShare(name, num, of, float(part) / sum(parts), n) for name, num, of, part, n in rows if sum(parts)]
    return sorted(found, key=lambda row: -row.share)


def outcome_table(suite: str, cells: Cells) -> OutcomeTable:
    """Return a suite's most sensitive items under its most sensitive variants."""
    moved, counts = _moved(cells), _counts(cells)
    items = np.argsort(-_share(moved & counts, cells.comparable & counts, axis=1), kind="stable")[:MAX_ITEMS]
    of_variants = _share(moved, cells.comparable, axis=0)
    columns = np.argsort(-of_variants - 2.0 * counts, kind="stable")[:MAX_VARIANTS]
    letters = _letters(cells, moved)
    return OutcomeTable(
        suite,
        num_items=len(cells.items),
        num_variants=len(cells.columns) - 1,
        variants=tuple(
            OutcomeColumn(
                **asdict(cells.columns[i + 1]), asked=int(cells.asked[:, i + 1].sum()), moved=int(moved[:, i].sum())
            )
            for i in columns
        ),
        items=tuple(
            OutcomeRow(
                item=cells.items[n],
                asked=int((cells.asked[n, 1:] & counts).sum()),
                moved=int((moved[n] & counts).sum()),
                original=str(letters[n, 0]),
                cells="".join(letters[n, columns + 1]),
            )
            for n in items
        ),
    )


def in_todays_letters(table: OutcomeTable) -> OutcomeTable:
    """Return a table of an earlier version, where `f` was any flip; `m` is one from a wrong answer, to which is not known."""
    items = tuple(
        row if row.original == "r" else replace(row, cells=row.cells.replace("f", "m")) for row in table.items
    )
    return replace(table, items=items)


def sensitivity_points(suite: str, cells: Cells) -> SensitivityPoints | None:
    """Return a suite's items by confidence and sensitivity; None where no confidence is known.

    Items without confidence or without variants are left out. Of more than `MAX_POINTS` items the values are the centres of
    a grid's cells, and `num_items` counts the items in each.
    """
    if cells.detail is None:
        return None
    counts = _counts(cells)
    asked = (cells.comparable & counts).sum(axis=1)
    confidence = cells.detail.confidence[:, 0]
    known = np.flatnonzero((asked > 0) & ~np.isnan(confidence))
    if not len(known):
        return None
    moved = _share(_moved(cells) & counts, cells.comparable & counts, axis=1)
    is_binned = len(known) > MAX_POINTS
    if is_binned:
        places, nums = np.unique(np.stack([_step(confidence[known]), _step(moved[known])]), axis=1, return_counts=True)
        points = [
            SensitivityPoint("", _middle(x), _middle(y), int(num)) for x, y, num in zip(*places, nums, strict=True)
        ]
    else:
        points = [
            SensitivityPoint(cells.items[n], round(float(confidence[n]), 4), round(float(moved[n]), 4), 1)
            for n in known
        ]
    return SensitivityPoints(suite, len(known), is_binned, tuple(points))


def _moved(cells: Cells) -> Bools:
    """Return (N, M-1), whether the answer moved under a label-preserving variant."""
    stays = np.array([column.effect == "label-preserving" for column in cells.columns[1:]], dtype=np.bool_)
    return np.asarray(flipped(cells) & stays)


def _counts(cells: Cells) -> Bools:
    """Return (M-1,), whether a variant counts towards an item's sensitivity."""
    return np.array([c.effect == "label-preserving" and c.family != NULL for c in cells.columns[1:]], dtype=np.bool_)


def _share(part: Bools, whole: Bools, *, axis: int) -> Floats:
    return np.asarray(part.sum(axis=axis) / np.maximum(whole.sum(axis=axis), 1), dtype=np.float64)


def _letters(cells: Cells, moved: Bools) -> np.ndarray[Any, np.dtype[np.str_]]:
    found = np.where(cells.correct == 1, "r", "w")
    gained, lost = cells.correct[:, 1:] == 1, cells.correct[:, :1] == 1
    found[:, 1:][moved] = np.where(gained, "g", np.where(lost, "f", "o"))[moved]
    found[cells.unreadable] = "u"
    found[~cells.asked] = "."
    return found


def _step(values: Floats) -> Ints:
    return np.minimum((values * GRID).astype(np.int64), GRID - 1)


def _middle(step: int) -> float:
    return (int(step) + 0.5) / GRID
