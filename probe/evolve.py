"""A changed copy of a frozen value, quickly.

Covered: frozen dataclasses with slots, whose `__post_init__` is not run again. Not covered: others (`dataclasses.replace`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def evolve(thing: T, **changes: object) -> T:
    """Return a frozen slotted value with some attributes changed: `dataclasses.replace`, several times faster."""
    kind: type = type(thing)
    made = object.__new__(type(thing))
    for name, get, put in _slots(kind):
        put(made, changes[name] if name in changes else get(thing))
    return made


@cache
def _slots(kind: type) -> tuple[tuple[str, Callable[..., Any], Callable[..., Any]], ...]:
    """Return each attribute of a slotted class with what reads it and what sets it, frozen or not."""
    slots = [(name, vars(kind)[name]) for name in kind.__slots__]  # type: ignore[attr-defined]
    return tuple((name, slot.__get__, slot.__set__) for name, slot in slots)
