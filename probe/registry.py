"""Names that a user types, and what they stand for.

A registry is a dictionary that answers a wrong name with the near ones.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from probe.errors import UsageError
from probe.types import Perturbation

T = TypeVar("T")

MAX_NAMES = 10
"""Names that an error lists of many."""

FEW_NAMES = 16
"""So many are listed all."""


class Registry(Generic[T]):
    """Things by name, in the order in which they were registered."""

    def __init__(self, kind: str, *, see: str = "") -> None:
        self.kind = kind
        self.see = see
        """The command that lists them all."""
        self._things: dict[str, T] = {}

    def add(self, name: str, thing: T) -> T:
        """Register `thing`; a name is given once."""
        if name in self._things:
            raise ValueError(f"{self.kind} {name!r} is registered twice")
        self._things[name] = thing
        return thing

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that registers what it decorates."""
        return lambda thing: self.add(name, thing)

    def get(self, name: str) -> T:
        """Return the thing of that name.

        Raises:
            UsageError: there is none; the message names the near ones.

        """
        if name not in self._things:
            raise unknown_name(self.kind, name, list(self._things), see=self.see)
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def values(self) -> list[T]:
        """Return all things, in the order registered."""
        return list(self._things.values())


def unknown_name(kind: str, name: str, known: Sequence[str], *, see: str = "") -> UsageError:
    """Return the error for a name that is not known: the near names, the first few of all, and how to `see` the others."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    guess = f"Did you mean {' or '.join(repr(n) for n in near)}? " if near else ""
    return UsageError(f"unknown {kind} {name!r}. {guess}Available: {few(known, see=see)}")


def few(names: Sequence[str], *, see: str = "") -> str:
    """Return names in a line: all of a few, else the first ones with how many more there are and how to `see` them."""
    if len(names) <= FEW_NAMES:
        return ", ".join(names)
    more = f"... and {len(names) - MAX_NAMES} more"
    return ", ".join([*names[:MAX_NAMES], f"{more}: {see}" if see else more])


perturbations: Registry[Perturbation] = Registry("perturbation", see="probe list perturbations")
