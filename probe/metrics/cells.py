"""The outcomes of a run as one table: items down, variants across.

           original  format 0  format 1  typos 0  null 0  contrast 0
    s-001       1       1         0        nan      1        1
    s-002       0       0         1         0       0       nan         nan: not asked, the perturbation did not apply

Covered: the table, its parts by family, pooling tables of several suites. Not covered: making one of scores
(`probe.metrics.tabulate`), which choice was answered and how probable it was (`probe.metrics.detail`), margins (a `Score` has
them).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from probe.evolve import evolve
from probe.metrics.detail import Detail, stack_details
from probe.metrics.packed import Packed, each, kept, packed
from probe.metrics.taxonomy import CAUSES, Cause
from probe.types import Effect, Reading, Variant

Floats = NDArray[np.float64]
Ints = NDArray[np.signedinteger[Any]]
Bools = NDArray[np.bool_]

ORIGINAL = "original"
NULL = "null"

TIE, NON_FINITE = 1, 2
VOID: dict[Reading, int] = {"tie": TIE, "non-finite": NON_FINITE}
"""Readings that found nothing to compare with another answer."""

Weight = Literal["families", "pairs"]
"""What weighs equally in a rate over several families: each family, or each pair of an item and a variant."""
WEIGHTS: dict[str, Weight] = {"families": "families", "pairs": "pairs"}


@dataclass(frozen=True, slots=True)
class Column:
    """One sample of one perturbation, asked of many items."""

    family: str
    perturbation: str
    sample: int
    effect: Effect

    @classmethod
    def of(cls, variant: Variant) -> Column:
        """Return the column of a variant."""
        return cls(variant.family, variant.perturbation, variant.sample, variant.effect)


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Where the rows of pooled suites come from."""

    suite: Ints
    """(N,)"""
    cluster: Ints
    """(N,), the same for items that are one and the same, in whatever suites."""

    def take(self, rows: Ints | slice) -> Pool:
        """Return that of some rows."""
        return Pool(self.suite[rows], self.cluster[rows])


TABLES = ("correct", "prediction", "unreadable", "cause", "followed", "void")


@packed(*TABLES)
@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The outcomes of items (rows, N) under variants (columns, M); column 0 is the original prompt.

    Some of its columns are read out of the whole when they are asked for; none of its tables can be written to.
    """

    correct: Floats
    """(N, M), 1 right, 0 wrong, NaN not asked. The original column has no NaN."""
    prediction: Ints
    """(N, M), -1 not asked. Two codes of one item are equal if the answers are; across items they mean nothing."""
    unreadable: Bools
    """(N, M), whether there was no answer to be read (`probe.types.NO_ANSWER`). It has its own code among the predictions."""
    columns: tuple[Column, ...]
    items: tuple[str, ...]
    """Of the rows, for reading only: pooled suites may share one."""
    detail: Detail | None = None
    """Which choice each cell answered, and how surely; None where it was not kept."""
    cause: Ints | None = None
    """(N, M), why the answer flipped: 1 + its place in `probe.metrics.taxonomy.CAUSES`; 0 where it did not. None: not known."""
    followed: Floats | None = None
    """(N, M, 3), whether the original answer's position, its symbol, or both where they coincide was chosen: 1 or 0, NaN
    where it does not part from what else the answer had. See `probe.metrics.taxonomy.followed`."""
    void: Ints | None = None
    """(N, M), `TIE` or `NON_FINITE` where that is why there was no answer, else 0. None: 0 everywhere."""
    weight: Weight = "families"
    """Of rates over several families; see `probe.metrics.rates`."""
    pool: Pool | None = None
    """Where the rows come from, of several suites; None of one."""

    def __post_init__(self) -> None:
        shape = (len(self.items), len(self.columns))
        for name in TABLES:
            table = kept(self, name)
            if table is not None and table.shape[:2] != shape:
                raise ValueError(f"{name} has shape {table.shape}, not (items, columns) = {shape}")
        original = [index for index, column in enumerate(self.columns) if column.family == ORIGINAL]
        if original != [0]:
            raise ValueError(f"the original column is column 0 and there is one; found it at {original}")
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("a column is there twice")
        self._check_values()

    def _check_values(self) -> None:
        if not np.isin(self.correct[self.asked], (0.0, 1.0)).all():
            raise ValueError("correct is 1, 0 or NaN")
        if not self.asked[:, 0].all():
            raise ValueError("an item has variants but its original was not asked; leave the item out")
        if ((self.prediction >= 0) != self.asked).any():
            raise ValueError("prediction is -1 exactly where correct is NaN")
        if (self.unreadable & ~(self.correct == 0)).any():
            raise ValueError("an unreadable answer was asked for and is not right")
        if self.void is not None and ((self.void > 0) & ~self.unreadable).any():
            raise ValueError("a tie and a score that is no number are no answers")

    @property
    def asked(self) -> Bools:
        """Return (N, M), whether the item was asked under the variant."""
        correct: Packed = kept(self, "correct")
        return np.asarray(correct.codes >= 0 if correct.has_codes else ~np.isnan(correct.read()))

    @property
    def comparable(self) -> Bools:
        """Return (N, M-1), whether the item was asked under the variant and its answer can be compared with the original.

        Not where the original is a tie, for then there is no answer that could stay or move. Nor where a score is no number,
        which says nothing of the answer.
        """
        asked = self.asked[:, 1:]
        if self.void is None:
            return asked
        before, after = self.void[:, :1], self.void[:, 1:]
        return np.asarray(asked & (before != TIE) & (before != NON_FINITE) & (after != NON_FINITE))

    @property
    def families(self) -> tuple[str, ...]:
        """Return the families other than the original, in the order of their columns."""
        return tuple(dict.fromkeys(column.family for column in self.columns[1:]))

    @property
    def num_variants(self) -> int:
        """Count the columns other than the original that at least one item was asked under."""
        return int(self.asked[:, 1:].any(axis=0).sum())

    @property
    def num_items_asked(self) -> int:
        """Count the items that were asked under a variant; without variants, all items."""
        return int(self.asked[:, 1:].any(axis=1).sum()) if len(self.columns) > 1 else len(self.items)

    def of(self, family: str) -> Cells:
        """Return the original column and that family's columns whose answer must stay."""
        return self.where(lambda column: column.family == family and column.effect == "label-preserving")

    def label_preserving(self) -> Cells:
        """Return the original column and all columns whose answer must stay, without the null family."""
        return self.where(lambda column: column.effect == "label-preserving" and column.family != NULL)

    def label_altering(self, family: str | None = None) -> Cells:
        """Return the original column and all columns (of a family, if named) whose answer must become another."""
        return self.where(lambda column: column.effect == "label-altering" and family in (None, column.family))

    def where(self, keep: Callable[[Column], bool]) -> Cells:
        """Return the original column and those other columns that `keep` accepts."""
        return self.select([i for i, column in enumerate(self.columns) if i > 0 and keep(column)])

    def select(self, columns: Iterable[int] | Ints) -> Cells:
        """Return the original column and the other columns of those positions."""
        index = [0, *map(int, columns)]
        return evolve(
            self,
            columns=tuple(self.columns[i] for i in index),
            detail=None if self.detail is None else self.detail.select(index),
            **each(self, TABLES, lambda table: table.select(index)),
        )

    def take(self, rows: Sequence[int] | Ints) -> Cells:
        """Return the items of those positions, in that order."""
        index = np.asarray(rows, dtype=np.int64)
        return self._part(np.s_[index], columns=self.columns, items=tuple(self.items[i] for i in index), rows=index)

    def instead(self, column: int) -> Cells:
        """Return the original column alone, with that column's answers where it was asked."""
        answered = np.where(self.asked[:, column], column, 0)[:, None]
        return self._part((np.arange(len(self.items))[:, None], answered), columns=self.columns[:1], items=self.items)

    def cause_of(self, row: int, column: int) -> Cause | None:
        """Return why an answer flipped; None where it did not, or where causes are not known."""
        code = 0 if self.cause is None else int(self.cause[row, column])
        return CAUSES[code - 1] if code else None

    def reading_of(self, row: int, column: int) -> Reading:
        """Return how a cell without an answer was read."""
        code = 0 if self.void is None else int(self.void[row, column])
        return next((reading for reading, kind in VOID.items() if kind == code), "unreadable")

    def still(self) -> Cells:
        """Return the cells of a model that never moves: each column asked where it was, with the original answers."""
        prediction = np.where(self.asked, self.prediction[:, :1], -1)
        correct = np.where(self.asked, self.correct[:, :1], np.nan)
        detail = None if self.detail is None else self.detail.select([0] * len(self.columns))
        void = None if self.void is None else np.where(self.asked, self.void[:, :1], 0)
        unreadable = self.asked & self.unreadable[:, :1]
        return replace(
            self,
            correct=correct,
            prediction=prediction,
            unreadable=unreadable,
            void=void,
            detail=detail,
            cause=None,
            followed=None,
        )

    def _part(
        self, index: Any, *, columns: tuple[Column, ...], items: tuple[str, ...], rows: Ints | slice = slice(None)
    ) -> Cells:
        """Return the cells at an index into (N, M), of those columns and items; `rows` are the items' own positions."""
        return evolve(
            self,
            columns=columns,
            items=items,
            detail=None if self.detail is None else self.detail.take(index, rows),
            pool=None if self.pool is None else self.pool.take(rows),
            **each(self, TABLES, lambda table: table.at(index)),
        )


def stack(parts: Sequence[Cells], *, texts: Sequence[Sequence[Hashable]] | None = None) -> Cells:
    """Pool the items of several suites; a column that a suite lacks counts as not asked there.

    Items of the same text are one and the same, copied from suite to suite; without `texts` (the originals' as asked), those of
    the same name. Items that only happen to have one name lose nothing by it: their sum varies as much as they do together.

    Raises:
        ValueError: there is nothing to pool.
    """
    if not parts:
        raise ValueError("no cells to pool")
    columns = (parts[0].columns[0], *dict.fromkeys(column for part in parts for column in part.columns[1:]))
    place = {column: index for index, column in enumerate(columns)}
    starts = np.cumsum([0, *(len(part.items) for part in parts)])
    shape = (int(starts[-1]), len(columns))
    cells = [
        np.ix_(np.arange(len(part.items)) + start, [0, *(place[column] for column in part.columns[1:])])
        for part, start in zip(parts, starts, strict=False)
    ]

    def pooled(name: str, blank: float) -> Any:
        """Return the pooled array, blank where a column was not asked; None if a part lacks it."""
        arrays = [getattr(part, name) for part in parts]
        if any(array is None for array in arrays):
            return None
        whole = np.full((*shape, *arrays[0].shape[2:]), blank, arrays[0].dtype)
        for array, index in zip(arrays, cells, strict=True):
            whole[index] = array
        return whole

    parts = _with_blanks(parts)
    same: dict[Hashable, int] = {}
    keys = [key for part in (texts or [part.items for part in parts]) for key in part]
    pool = Pool(
        np.repeat(np.arange(len(parts)), [len(part.items) for part in parts]),
        np.array([same.setdefault(key, len(same)) for key in keys], np.int64),
    )
    details = [part.detail for part in parts if part.detail is not None]
    return Cells(
        pooled("correct", np.nan),
        pooled("prediction", -1),
        pooled("unreadable", False),
        columns,
        tuple(item for part in parts for item in part.items),
        stack_details(details, cells, shape) if len(details) == len(parts) else None,
        pooled("cause", 0),
        pooled("followed", np.nan),
        pooled("void", 0),
        parts[0].weight,
        pool if len(parts) > 1 else None,
    )


def _with_blanks(parts: Sequence[Cells]) -> list[Cells]:
    """Return parts that all have what one of them has of ties and of options followed; of the others that is blank."""
    blank: dict[str, Callable[[Cells], Any]] = {
        "void": lambda part: np.zeros_like(part.prediction),
        "followed": lambda part: np.full((*part.correct.shape, 3), np.nan),
    }
    for name, made in blank.items():
        if any(getattr(part, name) is not None for part in parts):
            parts = [part if getattr(part, name) is not None else replace(part, **{name: made(part)}) for part in parts]
    return list(parts)
