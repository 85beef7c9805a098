"""JSON objects as frozen nouns, read with tolerance: what is absent or of another kind is empty, a number that is none is None.

    {"suite": "facts", "share": 0.2, "later": 1}   -->   Blame(suite="facts", share=0.2)

Covered: fields that are a text, a count, a number, a flag, or a list or tuple of texts or
numbers. Not covered: nouns within nouns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

Noun = TypeVar("Noun")


def one(noun: type[Noun], raw: Mapping[str, Any]) -> Noun:
    """Return the noun that an object holds, by the names and the declared types of its fields."""
    return noun(**{f.name: READERS[str(f.type)](raw, f.name) for f in fields(noun) if str(f.type) in READERS})  # type: ignore[arg-type]


def each(noun: type[Noun], raw: Mapping[str, Any], key: str) -> tuple[Noun, ...]:
    """Return a noun for each object in a list."""
    return tuple(one(noun, row) for row in rows(raw, key))


def mapping(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object under a key."""
    value = raw.get(key)
    return value if isinstance(value, Mapping) else {}


def rows(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list."""
    return [row for row in _list(raw, key) if isinstance(row, Mapping)]


def texts(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(str(value) for value in _list(raw, key) if value is not None)


def numbers(raw: Mapping[str, Any], key: str) -> tuple[float | None, ...]:
    """Return the numbers of a list."""
    return tuple(_finite(value) for value in _list(raw, key))


def text(raw: Mapping[str, Any], key: str) -> str:
    """Return a text."""
    value = raw.get(key)
    return "" if value is None else str(value)


def number(raw: Mapping[str, Any], key: str) -> float | None:
    """Return a finite number."""
    return _finite(raw.get(key))


def count(raw: Mapping[str, Any], key: str) -> int | None:
    """Return a whole number."""
    value = _finite(raw.get(key))
    return None if value is None else int(value)


def flag(raw: Mapping[str, Any], key: str) -> bool:
    """Return whether something is so."""
    return raw.get(key) is True


READERS = {
    "str": text,
    "int | None": count,
    "float | None": number,
    "bool": flag,
    "tuple[str, ...]": texts,
    "tuple[float | None, ...]": numbers,
}


def _list(raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key)
    return list(value) if isinstance(value, list | tuple) else []


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
