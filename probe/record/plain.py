"""Frozen dataclasses as JSON objects and back.

    {"suite": "facts", "share": 0.2, "later": 1}   -->   FlipShare(suite="facts", share=0.2)

Reading is tolerant, because reports are also made from runs of other versions: an unknown key is ignored, a missing one
takes the field's default, and a value of another kind is empty: "", 0, or None where the field allows it. A row without a
number that it must have is left out.

Covered: texts, numbers, flags, literals, dataclasses, and tuples and mappings of these. A field whose key in JSON is not
its name says so with `field(metadata=key("suite"))`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

Noun = TypeVar("Noun")
Reader = Callable[[Any], Any]


def key(name: str) -> dict[str, str]:
    """Return the metadata of a field that has another name in JSON."""
    return {"key": name}


def to_plain(value: Any) -> Any:
    """Return a value as JSON holds it: dataclasses and mappings as objects, tuples as lists."""
    if is_dataclass(value):
        return {_key(one): to_plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {name: to_plain(one) for name, one in value.items()}
    return [to_plain(one) for one in value] if isinstance(value, list | tuple) else value


class NoNumber(ValueError):
    """A mandatory number is missing."""


def from_plain(noun: type[Noun], raw: Mapping[str, Any]) -> Noun:
    """Return the dataclass that a JSON object holds.

    Raises:
        NoNumber: a number that it must have is missing.
    """
    readers: tuple[tuple[str, str, Reader], ...] = _readers(noun)  # type: ignore[arg-type]  # a class is hashable
    return noun(**{name: read(raw.get(in_json)) for name, in_json, read in readers})


@cache
def _readers(noun: Any) -> tuple[tuple[str, str, Reader], ...]:
    """Return each field's name, its key, and the function that reads its value."""
    hints = get_type_hints(noun)
    return tuple((one.name, _key(one), _with_default(one, _reader(hints[one.name]))) for one in fields(noun))


def _key(one: Field[Any]) -> str:
    return str(one.metadata.get("key", one.name))


def _with_default(one: Field[Any], read: Reader) -> Reader:
    """Return a reader that gives the field's default, if it has one, where there is no value."""
    default, factory = one.default, one.default_factory
    if factory is not MISSING:
        return lambda value: factory() if value is None else read(value)
    return read if default is MISSING else lambda value: default if value is None else read(value)


def _reader(hint: Any) -> Reader:
    """Return the function that reads a value of a type from JSON."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is UnionType and NoneType in args:
        return _optional(next(one for one in args if one is not NoneType))
    if origin is tuple:
        return _tuple(args[0])
    if origin is Mapping or origin is dict:
        inner = _reader(args[1])
        return lambda value: {str(k): inner(v) for k, v in value.items()} if isinstance(value, Mapping) else {}
    if origin is Literal:
        return _text
    if is_dataclass(hint):
        return lambda value: from_plain(hint, value if isinstance(value, Mapping) else {})  # type: ignore[arg-type]
    return SIMPLE.get(hint, lambda value: value)


def _optional(hint: Any) -> Reader:
    """Return the reader of a value that may be None."""
    if hint in (int, float):
        return lambda value: None if (number := _finite(value)) is None else hint(number)
    if is_dataclass(hint):
        read = _tuple(hint)
        return lambda value: next(iter(read([value] if value else [])), None)
    inner = _reader(hint)
    return lambda value: None if value is None else inner(value)


def _tuple(hint: Any) -> Reader:
    """Return the reader of a list: without nulls and objects that lack a mandatory number; a lone text is a list of one."""
    inner = _reader(hint)

    def read(value: object) -> tuple[Any, ...]:
        found = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
        if not is_dataclass(hint):
            return tuple(inner(one) for one in found if one is not None)
        rows = []
        for row in (one for one in found if isinstance(one, Mapping)):
            with suppress(NoNumber):
                rows.append(inner(row))
        return tuple(rows)

    return read


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _number(value: object) -> float:
    if (number := _finite(value)) is None:
        raise NoNumber
    return number


SIMPLE: dict[Any, Reader] = {
    str: _text,
    bool: lambda value: value is True,
    int: lambda value: int(_finite(value) or 0),
    float: _number,
}
