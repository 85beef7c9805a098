"""What a JSON file must hold, checked when it is read, by the dataclass that it is written from.

    SUMMARY = Form(Summary, needed={"metrics"}, shares={"flip_rate"})
    checked(SUMMARY, value)          ValueError (`Refused`): metrics[0].value is null; a number is needed
    document(SUMMARY, "summary.json of a run")      the same as JSON Schema, for other tools

What is written and what is read cannot part so. As in `probe.files.reading`, the message is a clause; the caller adds the file.

Covered: keys that are missing, types, numbers that are none or out of range, versions that are not read. An unknown key is
ignored: a later version may write more. Not covered: what one key has to do with another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from math import isfinite
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from probe.files.limits import MAX_SEED
from probe.files.reading import Refused, read_json
from probe.files.shape_words import told

Place = tuple[int | str, ...]
"""Keys and numbers of entries, from the outermost."""
MOST_WHOLE = 2**53
"""The largest whole number that every reader of JSON holds exactly."""
SEEDS = ("seed", "seeds")
"""Fields of whole numbers that may be negative."""
WORDS = {
    "string_type": "text is needed", "string_unicode": "text that can be written is needed",
    "int_type": "a whole number is needed", "int_from_float": "a whole number is needed",
    "float_type": "a number is needed", "bool_type": "true or false is needed",
    "list_type": "a list is needed", "dict_type": "an object is needed", "none_required": "null is needed",
    "finite_number": "a finite number is needed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """What a file must hold: a dataclass, and what its types do not say."""

    noun: type[Any]
    needed: frozenset[str] = frozenset()
    """Fields that must be there although they have a default."""
    shares: frozenset[str] = frozenset()
    """Fields, at any depth, that lie between 0 and 1."""
    values: tuple[tuple[str, Any], ...] = ()
    """Fields of text, at any depth, with the literals that they may hold."""
    versions: tuple[int, ...] = ()
    """Values of `schema_version` that are read; empty: it is not looked at."""


def read_object(form: Form, path: Path) -> dict[str, Any]:
    """Return what a JSON file holds, which has a form.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no JSON, beyond a limit, or of another form.
    """
    return checked(form, read_json(path))


def checked(form: Form, value: object) -> dict[str, Any]:
    """Return a value that has a form.

    Raises:
        Refused: it has another; names the key, what is there and what is needed.
    """
    from pydantic_core import ValidationError

    if not isinstance(value, dict):
        raise Refused(f"holds {shown(value)}; an object is needed")
    version = value.get("schema_version")
    if form.versions and (type(version) is not int or version not in form.versions):
        read = ", ".join(map(str, form.versions))
        found = "schema_version is missing" if version is None else f"schema_version is {shown(version)}"
        raise Refused(f"{found}; this version reads {read}")
    try:
        _validator(form).validate_python(value)
    except ValidationError as error:
        found_all = error.errors(include_url=False)
        more = len(found_all) - 1
        rest = f" (and {more} more)" if more else ""
        raise Refused(f"{_sentence(found_all[0])}{rest}") from error
    for place, number in _odd_numbers(value, ()):  # in what has no type of its own, and under unknown keys
        raise Refused(f"{key_of(place)} is {shown(number)}; a finite number is needed")
    return value


def document(form: Form, title: str) -> dict[str, Any]:
    """Return a form as JSON Schema, with a description of each key."""
    from pydantic import TypeAdapter

    found = TypeAdapter(_Shapes(form, is_described=True).whole()).json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return head | {key: value for key, value in found.items() if key != "title"}


def keys_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return each key of a schema with its description: of the whole, then of what it holds."""
    for one in (document, *document.get("$defs", {}).values()):
        for key, held in one.get("properties", {}).items():
            yield key, str(held.get("description", ""))


def shown(value: object) -> str:
    """Return a value as JSON holds it, cut to a readable length."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def key_of(place: Place) -> str:
    """Return the path of a key in words: `suites[0].digest`."""
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in place)
    return text.removeprefix(".") or "the whole"


def _odd_numbers(value: object, place: Place) -> Iterator[tuple[Place, float]]:
    """Return the numbers that JSON cannot hold, with their places."""
    if isinstance(value, float) and not isfinite(value):
        yield place, value
    elif isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _odd_numbers(one, (*place, key))


def _sentence(found: Mapping[str, Any]) -> str:
    kind = str(found["type"])
    place = key_of(found["loc"])
    if kind == "missing":
        return f"{place} is missing"
    needed = WORDS.get(kind) or str(found["msg"]).replace("Input should be", "it must be")
    return f"{place} is {shown(found['input'])}; {needed}"


@cache
def _validator(form: Form) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(_Shapes(form, is_described=False).whole()).validator


class _Shapes:
    """The types of values in JSON: tuples as lists, dataclasses as objects, numbers within their range."""

    def __init__(self, form: Form, *, is_described: bool) -> None:
        self.form, self.values, self.is_described = form, dict(form.values), is_described

    def whole(self) -> Any:
        """Return the type of the whole file."""
        return self._object(self.form.noun, self.form.needed)

    def _object(self, noun: Any, needed: frozenset[str] = frozenset()) -> Any:
        """Return a dataclass as the type of a JSON object in which unknown keys are allowed."""
        from typing import NotRequired

        from pydantic import ConfigDict
        from pydantic import Field as Described
        from typing_extensions import TypedDict

        hints, descriptions = get_type_hints(noun), told(noun) if self.is_described else {}
        keys: dict[str, Any] = {}
        for one in fields(noun):
            shape = self._of(hints[one.name], one)
            if self.is_described:
                text = descriptions.get(one.name) or f"See {noun.__name__}."
                shape = Annotated[shape, Described(description=text)]
            optional = one.name not in needed and _has_default(one)
            keys[str(one.metadata.get("key", one.name))] = NotRequired[shape] if optional else shape
        create: Any = TypedDict  # made from a dataclass, so that mypy cannot know it
        made = create(noun.__name__, keys)
        made.__doc__ = (noun.__doc__ or "").partition("\n")[0]
        made.__pydantic_config__ = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)
        return made

    def _of(self, hint: Any, one: Field[Any]) -> Any:
        """Return the type of a field, or of what it holds."""
        origin, args = get_origin(hint), get_args(hint)
        if origin is UnionType:
            return _united([self._of(each, one) for each in args])
        if origin is tuple or origin is list:
            return list[self._of(args[0], one)]  # type: ignore[misc]
        if origin is Mapping or origin is dict:
            return dict[str, self._of(args[1], one)]  # type: ignore[misc]
        if is_dataclass(hint):
            return self._object(hint)
        if hint is str and one.name in self.values:
            return self.values[one.name]
        return hint if origin is Literal or hint in (NoneType, Any, str, bool) else self._number(hint, one)

    def _number(self, hint: Any, one: Field[Any]) -> Any:
        from pydantic import Field as Limits

        low, high = one.metadata.get("low"), one.metadata.get("high")
        if hint is int:
            least, most = (-MAX_SEED, MAX_SEED) if one.name in SEEDS else (low or 0, high or MOST_WHOLE)
            return Annotated[int, Limits(ge=least, le=most)]
        low, high = (0, 1) if one.name in self.form.shares else (low, high)
        return float if low is None and high is None else Annotated[float, Limits(ge=low, le=high)]


def _united(shapes: list[Any]) -> Any:
    whole = shapes[0]
    for one in shapes[1:]:
        whole = whole | one
    return whole


def _has_default(one: Field[Any]) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING
