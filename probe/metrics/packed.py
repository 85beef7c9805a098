"""Tables kept small: a run of a hundred thousand items has millions of cells, and at a time a dozen parts of them.

    given                       kept                        read
    1.0  0.0  nan   float64     1   0  -1     int8          1.0  0.0  nan   float64
    its columns 0 and 2         the same, and "0 and 2"     1.0  nan

A field that is packed gives what was put into it, made anew each time and not to be written to.

Covered: whole numbers as narrow as they allow, with or without NaN; columns, which are chosen when they are read. Other values
stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T", bound=type)

NARROW = (np.int8, np.int16, np.int32, np.int64)
BLANK = -1
"""Stands for NaN."""


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A table (N, M, ...), or what is one number an item (N,)."""

    whole: Any
    kind: Any
    """The type that it is read as."""
    columns: tuple[int, ...] | None = None
    """Which columns of the whole; None: all."""

    @classmethod
    def of(cls, values: Any) -> Packed:
        """Return values packed; what is packed already stays so."""
        if isinstance(values, cls):
            return values
        given = np.asarray(values)
        return cls(_narrowed(given), given.dtype)

    @property
    def codes(self) -> Any:
        """Return the numbers that are kept, of its columns: `BLANK` for NaN where these stand for other ones."""
        return self.whole if self.columns is None else self.whole[:, list(self.columns)]

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of what is read."""
        first, *others = self.whole.shape
        return (first, *others) if self.columns is None else (first, len(self.columns), *others[1:])

    @property
    def has_codes(self) -> bool:
        """Return whether other numbers are kept than are read."""
        return bool(self.whole.dtype != self.kind)

    def read(self) -> Any:
        """Return the values; the places of rows and columns in memory are those of what was given."""
        found = codes = self.codes
        if self.has_codes:
            found = codes.astype(self.kind)
            if self.kind.kind == "f":
                found[codes == BLANK] = np.nan
        found = found.view()
        found.flags.writeable = False
        return found

    def select(self, columns: list[int]) -> Packed:
        """Return some columns; nothing is copied."""
        own = self.columns
        return Packed(self.whole, self.kind, tuple(columns if own is None else [own[column] for column in columns]))

    def at(self, index: Any) -> Packed:
        """Return what stands at an index."""
        return Packed(self.codes[index], self.kind)


def _narrowed(given: Any) -> Any:
    """Return whole numbers in the narrowest type that holds them, NaN as `BLANK`; other values as they are."""
    if given.dtype.kind not in "if" or not given.size:
        return given
    codes = given
    if given.dtype.kind == "f":
        codes = np.where(np.isnan(given), BLANK, given)
        if codes.min() < BLANK or (given == BLANK).any() or codes.max() > np.iinfo(np.int32).max or (codes % 1).any():
            return given
    low, high = codes.min(), codes.max()
    narrow = next(kind for kind in NARROW if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return codes.astype(narrow)


def packed(*names: str) -> Callable[[T], T]:
    """Return a decorator that keeps these fields of a dataclass with slots packed; None stays None."""

    def decorate(kind: T) -> T:
        for name in names:
            setattr(kind, name, _Field(vars(kind)[name]))
        return kind

    return decorate


class _Field:
    """A field whose values are kept packed in its slot."""

    def __init__(self, slot: Any) -> None:
        self.slot = slot

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        if owner is None:
            return self
        found = self.slot.__get__(owner)
        return None if found is None else found.read()

    def __set__(self, owner: Any, values: Any) -> None:
        self.slot.__set__(owner, None if values is None else Packed.of(values))


def kept(owner: Any, name: str) -> Any:
    """Return what a packed field keeps: a `Packed` table, or None."""
    return vars(type(owner))[name].slot.__get__(owner)


def each(owner: Any, names: Sequence[str], change: Callable[[Packed], Packed]) -> dict[str, Any]:
    """Return packed fields changed, by name; None stays None."""
    found = {name: kept(owner, name) for name in names}
    return {name: None if one is None else change(one) for name, one in found.items()}
