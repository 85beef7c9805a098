"""A sequence whose values are made when they are asked for, so that a run of millions is held as numbers of rows.

Covered: an index, a slice with any step, values one after another. Not covered: keeping what was made, which the maker does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Maker(Generic[T]):
    """Makes the values."""

    one: Callable[[int], T]
    """Return the value of that number."""
    several: Callable[[int, int], Iterator[T]]
    """Return the values from one number up to another, which is quicker than one by one."""


class Lazily(Sequence[T]):
    """The values of some numbers."""

    def __init__(self, place: range, maker: Maker[T]) -> None:
        self._place, self._maker = place, maker

    def __len__(self) -> int:
        return len(self._place)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return Lazily(self._place[index], self._maker)
        return self._maker.one(self._place[index])

    def __iter__(self) -> Iterator[T]:
        if self._place.step != 1:
            return map(self._maker.one, self._place)
        return self._maker.several(self._place.start, self._place.stop)
