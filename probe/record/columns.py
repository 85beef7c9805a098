"""What the columns of a run's tables must hold, checked when they are read.

    scores.parquet   correct: bool, no null      correct holds text  -->  StoreError: scores.parquet: correct is string; ...

Covered: columns that are missing, types, nulls, values outside their range or list, texts that are no JSON, what a kind of
request needs. Not covered: rows that two tables do not share; `probe.record.tables` compares their lengths and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from probe.files.reading import from_json
from probe.types import Effect, Reading

HINT = "it is damaged, or was edited; take another copy of the folder, or run it again"
"""What a user does with a folder that is damaged."""

TYPES = {
    "text": "text",
    "int": "whole numbers",
    "float": "numbers",
    "bool": "true or false",
    "shares": "lists of numbers",
}
TYPES |= {"texts": "lists of texts", "map": "texts by text"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column holds."""

    type: str
    may_be_null: bool = False
    values: tuple[str, ...] = ()
    """The texts that it may hold; empty: any."""
    low: float | None = None
    high: float | None = None
    json: Literal["", "texts", "turns"] = ""
    """What a text holds as JSON: a list of texts, or of pairs of role and content."""


_TEXT, _MAYBE_TEXT, _COUNT = Kind("text"), Kind("text", True), Kind("int", low=0)
_KEYS = {"suite": _TEXT, "item": _TEXT, "family": _TEXT, "perturbation": _TEXT, "sample": _COUNT}
_VARIANTS = _KEYS | {
    "effect": Kind("text", values=get_args(Effect)),
    "target": _TEXT,
    "choices": Kind("texts"),
    "checks": Kind("map"),
    "tokens_removed": _COUNT,
    "tokens_added": _COUNT,
    "edit": _TEXT,
    "text": _TEXT,
}
TABLES: dict[str, dict[str, Kind]] = {
    "scores": _KEYS
    | {
        "prediction": _TEXT,
        "correct": Kind("bool"),
        "reading": Kind("text", values=get_args(Reading)),
        "margin": Kind("float", True, low=0),
        "near_tie": Kind("bool", True),
        "truncated": Kind("bool"),
        "confidence": Kind("float", True, low=0, high=1),
        "probabilities": Kind("shares", low=0, high=1),
        "flip": _MAYBE_TEXT,
        "cause": _MAYBE_TEXT,
        "contrast_failure": Kind("bool", True),
    },
    "variants": _VARIANTS,
    "dropped": _VARIANTS | {"rule": _TEXT, "written": _TEXT, "written_target": _TEXT},
    "requests": {
        "row": _COUNT,
        "choice": Kind("int", True, low=0),
        "kind": Kind("text", values=("conditional", "unconditional", "target", "generation")),
        "context": _MAYBE_TEXT,
        "continuation": _MAYBE_TEXT,
        "messages": Kind("text", True, json="turns"),
        "stop": Kind("text", True, json="texts"),
        "max_new_tokens": Kind("int", True, low=0),
        "logprob": Kind("float", True),
        "greedy": Kind("bool", True),
        "tokens": _COUNT,
        "size": Kind("int", True, low=0),
        "text": _MAYBE_TEXT,
        "mean_logprob": Kind("float", True),
        "tied": Kind("bool", True),
    },
}
"""The columns of each table by name."""
SINCE_FLIPS = ("flip", "cause", "contrast_failure")
"""Columns of `scores` that runs of 0.1.0 lack."""
NEEDED = {
    "generation": ("stop", "max_new_tokens", "text"),
    "conditional": ("continuation", "choice", "greedy"),
    "unconditional": ("continuation", "choice", "greedy"),
    "target": ("continuation", "greedy"),
}
"""The columns of `requests` that a kind of request fills."""
ROUNDING = 1e-9
"""How far a share may lie outside 0 and 1."""


def faults(name: str, table: Any, *, start: int = 0) -> Iterator[str]:
    """Return what is wrong with the columns of a pyarrow table in today's words, each as a sentence; `start` is its first row."""
    for column in table.column_names:
        kind = TABLES.get(name, {}).get(column)
        if kind is not None:
            yield from (f"{column} {fault}" for fault in _faults(kind, table[column], start))
    if name == "requests" and "kind" in table.column_names:
        yield from _unfilled(table, start)


def _unfilled(table: Any, start: int) -> Iterator[str]:
    """Return the columns that are null in a request whose kind needs them."""
    import pyarrow.compute as pc

    kinds = table["kind"].combine_chunks()
    for kind, names in NEEDED.items():
        is_kind = pc.equal(kinds, kind)
        for name in (one for one in names if one in table.column_names):
            place = pc.index(pc.and_(is_kind, table[name].combine_chunks().is_null()), True).as_py()
            if place >= 0:
                yield f"{name} is null in row {start + place}, which is of the kind {kind}"


def _faults(kind: Kind, column: Any, start: int) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not _is_of(kind.type, column.type) and not (column.null_count == len(column) and kind.may_be_null):
        yield f"holds {column.type}; {TYPES[kind.type]} are needed"
        return
    if column.null_count and not kind.may_be_null:
        yield f"is null in row {start + pc.index(column.is_null(), True).as_py()}"
    if kind.type == "shares":
        column = pc.list_flatten(column)
        if column.null_count:
            yield "holds a null in a list"
    if kind.values and (others := sorted({one for one in pc.unique(column).to_pylist() if one} - {*kind.values})):
        yield f"holds {others[0][:60]!r}; it is one of {', '.join(kind.values)}"
    if kind.json and any(not _is_json(one, kind.json) for one in pc.unique(column).to_pylist() if one is not None):
        needed = {"texts": "lists of texts", "turns": "lists of pairs of role and content"}[kind.json]
        yield f"holds what is no JSON, or other JSON; {needed} are needed"
    if kind.low is not None and len(column) > column.null_count:
        yield from _out_of_range(
            kind, pc.min_max(column).as_py(), pa.types.is_floating(column.type) and _has_nan(column)
        )


def _is_json(text: str, what: str) -> bool:
    try:
        value = from_json(text)
    except ValueError:
        return False
    rows = value if isinstance(value, list) else [None]
    if what == "turns":
        rows = [one for row in rows for one in (row if isinstance(row, list) and len(row) == 2 else [None])]
    return all(isinstance(one, str) for one in rows)


def _has_nan(column: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.is_nan(column)).as_py())


def _out_of_range(kind: Kind, ends: dict[str, Any], has_nan: bool) -> Iterator[str]:
    if has_nan:
        yield "holds a value that is no number"
    elif kind.low is not None and ends["min"] < kind.low - ROUNDING:
        yield f"holds {ends['min']}; at least {kind.low} is needed"
    elif kind.high is not None and ends["max"] > kind.high + ROUNDING:
        yield f"holds {ends['max']}; at most {kind.high} is needed"


def _is_of(name: str, found: Any) -> bool:
    from pyarrow import types

    def is_text(one: Any) -> bool:
        return bool(types.is_string(one) or types.is_large_string(one))

    tests: dict[str, Callable[[Any], bool]] = {
        "text": is_text,
        "int": types.is_integer,
        "float": types.is_floating,
        "bool": types.is_boolean,
        "texts": lambda one: types.is_list(one) and is_text(one.value_type),
        "shares": lambda one: types.is_list(one) and types.is_floating(one.value_type),
        "map": lambda one: types.is_map(one) and is_text(one.key_type) and is_text(one.item_type),
    }
    return bool(tests[name](found))
