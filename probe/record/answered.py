"""What a finished run was answered, as the columns of numbers that a run itself computes with.

    scores.parquet      item  column  said        correct  reading  place           so many rows at a time, texts as codes
    variants.parquet    0     0       hash of     1        ranked   0
                        0     1       the text    0        ranked   1          -->  cells, moved items, hashes of texts

No row becomes an object: 4 million of them are some 100 MB.

Covered: outcomes by suite, the rows of the tables that they come from. Not covered: checks of the tables and single rows
(`probe.record.tables`), how cells are made (`probe.metrics.tabulate`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from probe.metrics.answers import KINDS, rows_of
from probe.metrics.cells import ORIGINAL, Cells, Column, Ints
from probe.metrics.rows_of_answers import NOWHERE, READINGS, Rows
from probe.metrics.tabulate import outcomes_of
from probe.record.tables import check_once, read_batches

Hash = Callable[[str], int]
_KINDS = {name: KINDS[name] for name in ("item", "column", "said", "correct", "reading")} | {"place": "i"}
_FIRST = Column(ORIGINAL, ORIGINAL, 0, "label-preserving")


@dataclass(frozen=True, eq=False)
class Answered:
    """What a suite was answered."""

    items: tuple[str, ...]
    rows: Rows
    """Its `values` are item, column, said, correct, reading, the place in the run's tables, and what was hashed."""

    def cells(self) -> Cells:
        """Return the outcomes as they were tabulated when it ran; without probabilities and causes."""
        return outcomes_of(self.rows, self.items)

    @property
    def num_variants(self) -> int:
        """Return how many variants the rows are about, whatever effect they say one has."""
        known: dict[tuple[str, str, int], int] = {}
        of = [known.setdefault((one.family, one.perturbation, one.sample), len(known)) for one in self.rows.columns]
        asked = np.zeros((len(self.items), len(known)), np.bool_)
        asked[self.rows.item, np.array(of)[self.rows.column]] = True
        return int(asked.sum())

    @cached_property
    def places(self) -> Ints:
        """Return (items, columns), the row in the run's tables; -1 not asked."""
        return self.table("place")

    def table(self, name: str) -> Ints:
        """Return (items, columns) of a value; -1 where it was not asked."""
        whole = np.full((len(self.items), len(self.rows.columns)), NOWHERE, self.rows.values[name].dtype)
        whole[self.rows.item, self.rows.column] = self.rows.values[name]
        return whole


@dataclass(slots=True)
class _Suite:
    """The answers of a suite so far."""

    hashed: tuple[str, ...]
    items: dict[str, int] = field(default_factory=dict)
    columns: dict[Column, int] = field(default_factory=lambda: {_FIRST: 0})
    values: dict[str, array[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = {name: array(kind) for name, kind in (_KINDS | dict.fromkeys(self.hashed, "q")).items()}

    def take(self, texts: Mapping[str, _Texts], values: Mapping[str, Any]) -> None:
        """Take rows: what their columns of texts hold, and numbers by name."""
        found = dict(values) | {"item": texts["item"].numbered(self.items), "column": self._columns_of(texts, values)}
        for name, kept in self.values.items():
            kept.frombytes(np.ascontiguousarray(found[name], np.dtype(kept.typecode)).tobytes())

    def _columns_of(self, texts: Mapping[str, _Texts], values: Mapping[str, Any]) -> Any:
        """Return the number of each row's column."""
        named = [texts[name] for name in ("family", "perturbation", "effect")]
        samples, sample = np.unique(values["sample"], return_inverse=True)
        combined = np.zeros(len(sample), np.int64)
        for codes, size in [*((one.codes, len(one.texts)) for one in named), (sample, len(samples))]:
            combined = combined * size + codes
        _, first, number = np.unique(combined, return_index=True, return_inverse=True)
        known = np.zeros(len(first), np.int64)
        for place, row in enumerate(first):
            family, perturbation, effect = (one.texts[one.codes[row]] for one in named)
            key = _FIRST if family == ORIGINAL else Column(family, perturbation, int(samples[sample[row]]), effect)
            known[place] = self.columns.setdefault(key, len(self.columns))
        return known[number]

    def answered(self) -> Answered:
        values = {name: np.frombuffer(kept, np.dtype(kept.typecode)) for name, kept in self.values.items()}
        return Answered(tuple(self.items), rows_of(tuple(self.columns), values, len(self.items)))


@dataclass(frozen=True, slots=True)
class _Texts:
    """A column of texts: the different ones, and the number of each row's."""

    texts: list[str]
    codes: Any

    @classmethod
    def of(cls, column: Any) -> _Texts:
        """Return a column of a pyarrow table."""
        import pyarrow as pa

        whole = column.combine_chunks()
        coded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
        return cls(coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False))

    def numbered(self, known: dict[str, int]) -> Any:
        """Return the number of each row's text among those known, which the others join."""
        used = np.unique(self.codes)
        numbers = np.zeros(len(self.texts), np.int64)
        numbers[used] = [known.setdefault(self.texts[code], len(known)) for code in used]
        return numbers[self.codes]

    def mapped(self, value: Callable[[str], int]) -> Any:
        """Return a number (R,) for each row's text."""
        return np.array([value(text) for text in self.texts], np.int64)[self.codes]

    def of_rows(self, rows: Any) -> _Texts:
        """Return the texts of some rows."""
        return _Texts(self.texts, self.codes[rows])


def read_answered(folder: Path, hashed: Mapping[str, Hash] | None = None) -> dict[str, Answered]:
    """Return what a run was answered, by suite; `hashed` are functions of columns of `variants.parquet` that are wanted too.

    Raises:
        StoreError: a table is missing or damaged.
    """
    more = hashed or {}
    found: dict[str, _Suite] = {}
    start = 0
    for batch in read_batches(folder, ["correct", "reading", "prediction"], ["effect", *more]):
        names = ("suite", "item", "family", "perturbation", "effect")
        texts = {name: _Texts.of(batch[name]) for name in names}
        values = {
            "said": _Texts.of(batch["prediction"]).mapped(hash),
            "correct": batch["correct"].to_numpy(),
            "reading": _Texts.of(batch["reading"]).mapped(READINGS.index),
            "sample": batch["sample"].to_numpy(),
            "place": np.arange(start, start + len(batch)),
            **{name: _Texts.of(batch[name]).mapped(value) for name, value in more.items()},
        }
        suite = texts.pop("suite")
        for code in dict.fromkeys(suite.codes.tolist()):
            own = suite.codes == code
            kept = found.setdefault(suite.texts[code], _Suite(tuple(more)))
            kept.take(
                {name: one.of_rows(own) for name, one in texts.items()},
                {name: one[own] for name, one in values.items()},
            )
        start += len(batch)
    answered = {name: one.answered() for name, one in found.items()}
    check_once(folder, start, sum(one.num_variants for one in answered.values()))
    return answered


def read_cells(folder: Path) -> dict[str, Cells]:
    """Return a run's outcomes by suite as they were tabulated when it ran; without probabilities.

    Raises:
        StoreError: a table is missing or damaged.
    """
    return {suite: one.cells() for suite, one in read_answered(folder).items()}
