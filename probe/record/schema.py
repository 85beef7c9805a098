"""What the files of a run must hold, checked when they are read.

    manifest.json, summary.json, tables  -->  nothing where they are sound
                                         -->  StoreError: run/manifest.json: suites[0].digest: null, where text is needed

One schema serves every command, because every command reads a run by `probe.record.run` and its tables by
`probe.record.tables`. It follows from the types of `Summary` and of `Manifest`, so that what is written and what is read
cannot part. `probe/record/schemas/` holds it as JSON Schema for other tools, made by `documents`.

Covered: keys that are missing, types, numbers that are none or out of range, intervals the wrong way round, names of suites
that the manifest does not have; files of earlier versions in today's words. An unknown key is ignored: a later version may
write more. Not covered: whether a figure is right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from probe.errors import StoreError
from probe.files.limits import MAX_SEED
from probe.record.columns import HINT
from probe.record.manifest import Manifest
from probe.record.summary import FLIPS_ALONE, Summary
from probe.types import Effect

MOST_WHOLE = 2**53
"""The largest whole number that every reader of JSON holds exactly."""
SHARES = (
    "confidence", "flip_rate", "level", "p_adjusted", "p_value", "robust_share", "constant_share", "attentive_share",
    "erratic_share", "before_probabilities", "after_probabilities", "chance",
)  # fmt: skip
"""Fields that lie between 0 and 1."""
ALWAYS = (
    "suites", "model", "verdict", "metrics", "flip_shares", "responsiveness", "classes", "variants", "outcomes",
    "sensitivity", "tests", "flips", "flips_total", "counts", "validity", "level", "resample", "stopping", "budget",
    "timing", "engine", "warnings",
)  # fmt: skip
"""Fields of a summary that every version has written."""
SINCE_3 = ("contrast_failures", "contrast_failures_total")
INTERVALS = {
    name: (("ci_low", "ci_high"), ("noise_floor_low", "noise_floor_high"), ("net_ci_low", "net_ci_high"))
    for name in ("metrics", "classes", "variants", "stopping")
}
WORDS = {
    "string_type": "text is needed", "string_unicode": "text that can be written is needed",
    "int_type": "a whole number is needed", "int_from_float": "a whole number is needed",
    "float_type": "a number is needed", "bool_type": "true or false is needed",
    "list_type": "a list is needed", "dict_type": "an object is needed", "none_required": "null is needed",
    "finite_number": "a finite number is needed",
}  # fmt: skip


def check_manifest(path: Path, value: Mapping[str, Any]) -> None:
    """Check what a manifest holds, in today's words.

    Raises:
        StoreError: names the file, the key, what is there and what is needed.
    """
    _check(path, value, _validator(Manifest, frozenset()))
    names = [suite["name"] for suite in value["suites"]]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise _wrong(path, f"suites[{place}].name", f"{shown(name)} for a second time")


def check_summary(path: Path, value: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    """Check what a summary holds, in today's words, and that it is of the suites of its manifest.

    Raises:
        StoreError: names the file, the key, what is there and what is needed.
    """
    since = SINCE_3 if value["schema_version"] >= FLIPS_ALONE else ()
    _check(path, value, _validator(Summary, frozenset(ALWAYS + since)))
    known = [suite["name"] for suite in manifest["suites"]]
    for place, name in enumerate(value["suite"]):
        if name not in known:
            raise _wrong(path, f"suite[{place}]", f"{shown(name)}, which the manifest beside it does not name")
    for name, pairs in INTERVALS.items():
        for place, row in enumerate(value.get(name, ())):
            for low, high in pairs:
                if _is_reversed(row.get(low), row.get(high)):
                    ends = f"{shown(row[low])}, above {high}, {shown(row[high])}"
                    raise _wrong(path, f"{name}[{place}].{low}", ends)


def documents() -> dict[str, dict[str, Any]]:
    """Return the schemas as JSON Schema, by the names of the files that they are about."""
    made = {"manifest": _adapter(Manifest, frozenset(), True), "summary": _adapter(Summary, frozenset(ALWAYS), True)}
    return {
        name: {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"{name}.json of a run of probe"}
        | {key: value for key, value in one.json_schema().items() if key != "title"}
        for name, one in made.items()
    }


def shown(value: object) -> str:
    """Return a value as JSON holds it, cut to a readable length."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_reversed(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low > high + 1e-9


def _wrong(path: Path, key: str, what: str) -> StoreError:
    return StoreError(f"{path}: {key} is {what}", hint=HINT)


def _check(path: Path, value: Mapping[str, Any], validator: Any) -> None:
    from pydantic_core import ValidationError

    try:
        validator.validate_python(value)
    except ValidationError as error:
        found = error.errors(include_url=False)
        first, more = found[0], len(found) - 1
        rest = f" (and {more} more)" if more else ""
        raise StoreError(f"{path}: {_sentence(first)}{rest}", hint=HINT) from error


def _sentence(found: Mapping[str, Any]) -> str:
    kind = str(found["type"])
    place = key_of(found["loc"])
    if kind == "missing":
        return f"{place} is missing"
    needed = WORDS.get(kind) or str(found["msg"]).replace("Input should be", "it must be")
    return f"{place} is {shown(found['input'])}; {needed}"


def key_of(place: tuple[int | str, ...]) -> str:
    """Return the path of a key in words: `suites[0].digest`."""
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in place)
    return text.removeprefix(".") or "the whole"


@cache
def _validator(noun: type[Any], required: frozenset[str]) -> Any:
    return _adapter(noun, required, False).validator


def _adapter(noun: type[Any], required: frozenset[str], is_described: bool) -> Any:
    """Return pydantic's reader of a noun as JSON holds it; `required` are fields needed although they have a default."""
    from pydantic import TypeAdapter

    return TypeAdapter(_shape(noun, required, is_described))


def _shape(hint: Any, required: frozenset[str] = frozenset(), is_described: bool = False, name: str = "") -> Any:
    """Return the type of a value in JSON: tuples as lists, dataclasses as objects, numbers within their range."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return _united([_shape(one, is_described=is_described, name=name) for one in args])
    if origin is tuple or origin is list:
        return list[_shape(args[0], is_described=is_described, name=name)]  # type: ignore[misc]
    if origin is Mapping or origin is dict:
        return dict[str, _shape(args[1], is_described=is_described, name=name)]  # type: ignore[misc]
    if hint is str and name == "effect":
        return Effect
    if is_dataclass(hint):
        return _object(hint, required, is_described)
    return hint if origin is Literal or hint in (NoneType, Any, str, bool) else _number(hint, name)


def _united(shapes: list[Any]) -> Any:
    whole = shapes[0]
    for one in shapes[1:]:
        whole = whole | one
    return whole


def _number(hint: Any, name: str) -> Any:
    from pydantic import Field as Limits

    if hint is int:
        least, most = (-MAX_SEED, MAX_SEED) if name == "seed" else (0, MOST_WHOLE)
        return Annotated[int, Limits(ge=least, le=most)]
    return Annotated[float, Limits(ge=0, le=1)] if name in SHARES else float


def _object(noun: Any, required: frozenset[str], is_described: bool) -> Any:
    """Return a dataclass as the type of a JSON object in which unknown keys are allowed."""
    from typing import NotRequired

    from pydantic import ConfigDict
    from pydantic import Field as Described
    from typing_extensions import TypedDict

    hints, told = get_type_hints(noun), _told(noun) if is_described else {}
    keys: dict[str, Any] = {}
    for one in fields(noun):
        key = str(one.metadata.get("key", one.name))
        shape = _shape(hints[one.name], is_described=is_described, name=one.name)
        if is_described:
            shape = Annotated[shape, Described(description=told.get(one.name) or f"See {noun.__name__}.")]
        keys[key] = NotRequired[shape] if one.name not in required and _has_default(one) else shape
    create: Any = TypedDict  # made from a dataclass, so that mypy cannot know it
    made = create(noun.__name__, keys)
    made.__doc__ = (noun.__doc__ or "").partition("\n")[0]
    made.__pydantic_config__ = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)
    return made


def _has_default(one: Field[Any]) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


def _told(noun: Any) -> Mapping[str, str]:
    from probe.record.schema_words import told

    return told(noun)


def keys_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return each key of a schema with its description: of the whole, then of what it holds."""
    for one in (document, *document.get("$defs", {}).values()):
        for key, held in one.get("properties", {}).items():
            yield key, str(held.get("description", ""))
