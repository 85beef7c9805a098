"""Names that a user types, and what they stand for.

A registry is a dictionary that answers a wrong name with the near ones. Installed packages add to it by entry point:

    [project.entry-points."probe.models"]
    echo = "my_package:echo"         known as `echo` after `pip install my_package`
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module, metadata
from typing import Any, Generic, TypeVar

from probe.errors import UsageError
from probe.types import Perturbation

T = TypeVar("T")

MAX_NAMES = 10
"""Number of names that an error lists where there are many."""

FEW_NAMES = 16
"""Up to this number of names, an error lists all."""


class Registry(Generic[T]):
    """Things by name, in the order in which they were registered."""

    def __init__(self, kind: str, *, see: str = "", group: str = "") -> None:
        self.kind = kind
        self.see = see
        """The command that lists them all."""
        self.group = group
        """The entry point group that is loaded before the first look-up; empty where the owner loads it."""
        self._things: dict[str, T] = {}
        self._aliases: dict[str, str] = {}
        self._loaded: set[metadata.EntryPoint] = set()
        self._is_loading = False

    def add(self, name: str, thing: T, *, also: Sequence[str] = ()) -> T:
        """Register `thing`, `also` under aliases, which are known but not listed; each name is registered once."""
        for one in (name, *also):
            if one in self._things or one in self._aliases:
                raise ValueError(f"{self.kind} {one!r} is registered twice")
        self._things[name] = thing
        self._aliases |= dict.fromkeys(also, name)
        return thing

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that registers what it decorates."""
        return lambda thing: self.add(name, thing)

    def load_entry_points(
        self, group: str, adapt: Callable[[Any, str], T] = lambda thing, name: thing, *, only: str | None = None
    ) -> None:
        """Register what installed packages offer in an entry point group, each once.

        `adapt` turns the loaded object and its name into what this registry holds. An entry point that registers its own
        name while it is imported, say by a decorator, is left as it registered itself. `only` loads a single name, so that
        a broken package does not stop those who do not use it.

        Raises:
            UsageError: an entry point cannot be imported, or its name is taken; the message names its distribution.
        """
        for entry in _entry_points(group, tuple(sys.path)):
            if entry in self._loaded or only not in (None, entry.name):
                continue
            origin = f"{entry.name} = {entry.value!r} of the package {entry.dist.name if entry.dist else '?'}"
            is_imported = entry.module in sys.modules  # then its decorators have registered it
            if entry.name in self._things and not is_imported:
                raise UsageError(f"the {self.kind} {origin}: {entry.name!r} is registered already", hint=_mend(entry))
            try:
                thing = entry.load()
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                raise UsageError(f"the {self.kind} {origin} cannot be loaded: {reason}", hint=_mend(entry)) from error
            if entry.name not in self._things:
                self.add(entry.name, adapt(thing, entry.name))
            self._loaded.add(entry)

    def get(self, name: str) -> T:
        """Return the thing of that name or alias.

        Raises:
            UsageError: there is none; the message names the near ones.

        """
        known = self._known()
        name = self._aliases.get(name, name)
        if name not in known:
            raise unknown_name(self.kind, name, list(known), see=self.see)
        return known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known() or name in self._aliases

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())

    def values(self) -> list[T]:
        """Return all things, in the order registered."""
        return list(self._known().values())

    def _known(self) -> dict[str, T]:
        """Return the things by name, those of installed packages among them."""
        if self.group and not self._is_loading:
            self._is_loading = True  # a package may look names up while it is imported
            try:
                self.load_entry_points(self.group, self._unregistered)
            finally:
                self._is_loading = False
        return self._things

    def _unregistered(self, thing: Any, name: str) -> T:
        origin = f"{getattr(thing, '__module__', thing)}"
        raise UsageError(
            f"{origin} registers no {self.kind} {name!r}", hint="give the entry point the name it registers"
        )


class OnDemand(Registry[T]):
    """A registry that imports an installed package only when its name is looked up: models and sources are heavy."""

    def __init__(self, kind: str, *, see: str, group: str, holds: type[T]) -> None:
        super().__init__(kind, see=see)
        self._group = group
        self._holds = holds
        """What an entry point must name."""

    def get(self, name: str) -> T:
        """Return the thing of that name, imported now if an installed package offers it.

        Raises:
            UsageError: there is none, or its package cannot be imported; the message names the near ones.
        """
        if name not in self._things:
            self.load_entry_points(self._group, self._checked, only=name)
        if name not in self._things:
            raise unknown_name(self.kind, name, self.names(), see=self.see)
        return self._things[name]

    def names(self) -> list[str]:
        """Return all names, those of installed packages last; imports none of these."""
        return list(dict.fromkeys([*self._things, *installed_names(self._group)]))

    def _checked(self, thing: Any, name: str) -> T:
        if not isinstance(thing, self._holds):
            wanted = self._holds.__name__
            raise UsageError(f"the entry point {name!r} of {self._group} is {type(thing).__name__}, not a {wanted}")
        return thing


def imported(path: str) -> Callable[..., Any]:
    """Return a function that imports `module:function` when it is called, and calls it: naming a thing loads nothing."""

    def call(*args: Any) -> Any:
        module, _, function = path.partition(":")
        return getattr(import_module(module), function)(*args)

    return call


def installed_names(group: str) -> list[str]:
    """Return the names in an entry point group, without importing what they stand for."""
    return sorted({entry.name for entry in _entry_points(group, tuple(sys.path))})


def unknown_name(kind: str, name: str, known: Sequence[str], *, see: str = "") -> UsageError:
    """Return the error for an unknown name: the near names, the first few of all, and how to `see` the others."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    guess = f"Did you mean {' or '.join(repr(n) for n in near)}? " if near else ""
    return UsageError(f"unknown {kind} {name!r}. {guess}Available: {few(known, see=see)}")


def few(names: Sequence[str], *, see: str = "") -> str:
    """Return names in a line: all of a few, else the first ones, the number of others and how to `see` them."""
    if len(names) <= FEW_NAMES:
        return ", ".join(names)
    more = f"... and {len(names) - MAX_NAMES} more"
    return ", ".join([*names[:MAX_NAMES], f"{more}: {see}" if see else more])


@cache
def _entry_points(group: str, path: tuple[str, ...]) -> metadata.EntryPoints:
    """Return the entry points of a group; reading them takes 10 ms, so once for each `sys.path`."""
    return metadata.entry_points(group=group)


def _mend(entry: metadata.EntryPoint) -> str:
    return f"update or remove that package: pip uninstall {entry.dist.name if entry.dist else 'NAME'}"


perturbations: Registry[Perturbation] = Registry("perturbation", see="probe list perturbations")
"""The catalogue of perturbations: registering, choosing by name, composing, and perturbations of the user's own."""
