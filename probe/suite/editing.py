r"""Change single keys of a suite.toml and leave everything else as it was written: comments, order, blank lines.

    # what we ask                                        # what we ask
    instruction = "Say which."  # legal read it     ->   instruction = "Tell which."  # legal read it
    [layout]                                             [layout]
    space = "\n"                                         space = " "

A key that is not there yet comes after the others of its table, a table after everything. The statements of a file are told apart
by TOML's own reader: one goes on until it can be read.

Covered: plain and dotted keys, tables and inline tables, values over several lines, both kinds of line end.
Not covered: a comment in or after a value over several lines that is changed; arrays of tables, which no suite has.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from probe.suite.writing import toml_key, toml_value

Path = tuple[str, ...]
"""The tables that a key stands in, and the key."""

KEY = re.compile(
    r"\s*(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[\w-]+))*\s*=\s*"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A key with its value, or the head of a table."""

    start: int
    """Its first line."""
    stop: int
    """The line after its last one."""
    section: Path
    """Of the table that it stands in, or that it begins."""
    leaves: Mapping[Path, Any]
    """Its values by their whole paths; none of a table's head."""


def edited(text: str, changes: Mapping[Path, object | None]) -> str:
    """Return a file of TOML with the given keys set, or taken out where the value is None.

    Raises:
        ValueError: the text is no TOML, or is written in a way that cannot be edited so.
    """
    wanted = _changed(tomllib.loads(text), changes)
    lines = text.replace("\r\n", "\n").split("\n")
    for path, value in changes.items():
        lines = _without(lines, path) if value is None else _with(lines, path, value)
    made = "\n".join(lines)
    if tomllib.loads(made) != wanted:
        raise ValueError(f"{', '.join('.'.join(path) for path in changes)}: cannot be edited in place")
    return made.replace("\n", "\r\n") if "\r\n" in text else made


def _changed(table: dict[str, Any], changes: Mapping[Path, object | None]) -> dict[str, Any]:
    """Return what the edited file must say."""
    made = deepcopy(table)
    for path, value in changes.items():
        place = made
        for name in path[:-1]:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise ValueError(f"{name} is no table: it cannot be edited in place")
        if value is None:
            place.pop(path[-1], None)
        else:
            place[path[-1]] = value
    return made


def statements(lines: Sequence[str]) -> Iterator[Statement]:
    """Return the statements of a file of TOML in order."""
    section: Path = ()
    place = 0
    while place < len(lines):
        if not lines[place].strip() or lines[place].lstrip().startswith("#"):
            place += 1
            continue
        stop, table = _statement(lines, place)
        if lines[place].lstrip().startswith("["):
            section = next(iter(_heads(table)))
            yield Statement(place, stop, section, {})
        else:
            yield Statement(place, stop, section, {(*section, *path): value for path, value in _leaves(table)})
        place = stop


def _statement(lines: Sequence[str], start: int) -> tuple[int, dict[str, Any]]:
    """Return the line after a statement, and what it says."""
    for stop in range(start + 1, len(lines) + 1):
        try:
            return stop, tomllib.loads("\n".join(lines[start:stop]))
        except tomllib.TOMLDecodeError:
            continue
    raise ValueError(f"line {start + 1} begins no statement of TOML")


def _heads(table: Any) -> Iterator[Path]:
    """Return the path of a table that holds nothing but one empty table, or a list of one."""
    for key, value in table.items():
        inner = value[0] if isinstance(value, list) else value
        yield from ((key, *rest) for rest in _heads(inner)) if inner else ((key,),)


def _leaves(table: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from (((key, *rest), one) for rest, one in _leaves(value))
        else:
            yield (key,), value


def _with(lines: list[str], path: Path, value: object) -> list[str]:
    known = list(statements(lines))
    if found := next((one for one in known if path in one.leaves), None):
        return _replaced(lines, found, dict(found.leaves) | {path: value})
    if empty := next((one for one in known if one.leaves.get(path[:-1]) == {}), None):
        return _replaced(lines, empty, {path[:-1]: {path[-1]: value}})
    inline = next((one for one in known if _is_inline(lines, one) and _table_of(lines, one) == path[:-1]), None)
    if inline is not None:
        return _replaced(lines, inline, dict(inline.leaves) | {path: value})
    beside = [one for one in known if one.section == path[:-1]]
    dotted = [one for one in known if any(leaf[:-1] == path[:-1] for leaf in one.leaves)]
    if beside or dotted:
        last = (beside or dotted)[-1]
        line = f"{'.'.join(map(toml_key, path[len(last.section) :]))} = {toml_value(value)}"
        return [*lines[: last.stop], line, *lines[last.stop :]]
    if len(path) == 1:
        first = known[0].start if known else len(lines)
        return [*lines[:first], f"{toml_key(path[0])} = {toml_value(value)}", *lines[first:]]
    return _with_table(lines, path, value)


def _with_table(lines: list[str], path: Path, value: object) -> list[str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    head = ".".join(map(toml_key, path[:-1]))
    return [*lines, "", f"[{head}]", f"{toml_key(path[-1])} = {toml_value(value)}", ""]


def _without(lines: list[str], path: Path) -> list[str]:
    found = next((one for one in statements(lines) if path in one.leaves), None)
    if found is None:
        return lines
    rest = {leaf: value for leaf, value in found.leaves.items() if leaf != path}
    return _replaced(lines, found, rest) if rest else [*lines[: found.start], *lines[found.stop :]]


def _replaced(lines: list[str], statement: Statement, leaves: Mapping[Path, object]) -> list[str]:
    """Return the lines with other values in a statement: its one value, or all of an inline table."""
    head = _head(lines, statement)
    if _is_inline(lines, statement):
        depth = len(_table_of(lines, statement))
        values: list[object] = [_changed({}, {path[depth:]: value for path, value in leaves.items()})]
    else:
        values = list(leaves.values())
    line = head + toml_value(values[0]) + _comment(lines, statement)
    return [*lines[: statement.start], line, *lines[statement.stop :]]


def _head(lines: Sequence[str], statement: Statement) -> str:
    """Return the beginning of a statement, up to its value."""
    match = KEY.match(lines[statement.start])
    if match is None:
        raise ValueError(f"line {statement.start + 1} has a key of an unknown form")
    return match[0]


def _table_of(lines: Sequence[str], statement: Statement) -> Path:
    """Return the path that a statement gives a value to."""
    ((path, _),) = _leaves(tomllib.loads(_head(lines, statement) + '""'))
    return (*statement.section, *path)


def _is_inline(lines: Sequence[str], statement: Statement) -> bool:
    """Return whether a statement's value is an inline table."""
    return bool(statement.leaves) and list(statement.leaves) != [_table_of(lines, statement)]


def _comment(lines: Sequence[str], statement: Statement) -> str:
    """Return the comment after a value on one line, with the space before it."""
    line = lines[statement.start]
    if statement.stop - statement.start > 1:
        return ""
    whole = tomllib.loads(line)
    for mark in re.finditer(r"\s*#", line):
        try:
            if tomllib.loads(line[: mark.start()]) == whole:
                return line[mark.start() :]
        except tomllib.TOMLDecodeError:
            continue
    return ""
