"""Bytes, text, JSON and TOML of a file, within limits.

    value = read_json(path)          OSError: it cannot be read; ValueError (`Refused`): it holds what is not taken

Only plain files are read: a pipe would wait for ever, a device may never end. What these functions raise says what is wrong in
a clause, as in "holds a number of 5000 digits; the limit is 300"; the caller adds file and line.

Covered: kind and size of a file, depth and digits of its data. Not covered: what the data mean.
"""

from __future__ import annotations

import csv
import json
import re
import stat
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import strerror
from pathlib import Path
from typing import Any

from probe.files.limits import MAX_DEPTH, MAX_DIGITS, MAX_FILE_BYTES, MAX_SETTINGS_BYTES, MAX_TEXT

LONG_NUMBER = re.compile(rf"\d{{{MAX_DIGITS + 1},}}")
BLOCK = 1 << 20
TOO_LARGE = 10**MAX_DIGITS
KINDS = (
    (stat.S_ISFIFO, "a pipe"), (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"), (stat.S_ISSOCK, "a socket"),
)  # fmt: skip


class Refused(ValueError):
    """What a file is or holds is not taken: it is beyond a limit or not of its form; `line` is where, from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def read_bytes(path: Path, *, most: int = MAX_FILE_BYTES) -> bytes:
    """Read a plain file whole.

    Raises:
        OSError: it cannot be read.
        Refused: it is a pipe or a device, or larger than `most` bytes.
    """
    size = plain_size(path)
    data = bytearray()
    if size <= most:
        with path.open("rb") as file:  # in blocks: `read(most)` would take as much memory at once
            while len(data) <= most and (block := file.read(BLOCK)):  # files of /proc say that they are empty
                data += block
    if size > most or len(data) > most:
        raise Refused(f"is larger than {_size(most)}, the limit for such a file; cut it into several")
    return bytes(data)


def plain_size(path: Path) -> int:
    """Return the bytes of a plain file, for what is read by a library that would wait for a pipe.

    Raises:
        OSError: it is not there, or a folder.
        Refused: it is a pipe or a device.
    """
    try:
        found = path.stat()
    except ValueError as error:  # a zero byte in its name
        raise Refused(f"has no possible name: {error}") from error
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(21, strerror(21), str(path))
    for is_kind, kind in KINDS:
        if is_kind(found.st_mode):
            raise Refused(f"is {kind}, not a file; save what it gives in a file")
    return found.st_size


def read_text(path: Path, *, most: int = MAX_FILE_BYTES) -> str:
    """Read a plain file as UTF-8 with line ends as they are made everywhere.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no UTF-8, a pipe or a device, or larger than `most` bytes.
    """
    return read_bytes(path, most=most).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no JSON, or beyond a limit.
    """
    return from_json(read_text(path))


def from_json(text: str, **how: Any) -> Any:
    """Return what a JSON text holds; `how` goes to `json.loads`.

    Raises:
        json.JSONDecodeError: it is no JSON.
        Refused: it is nested too deeply, or a number has too many digits.
    """
    if LONG_NUMBER.search(text):  # perhaps within a text, where it is no number
        how.setdefault("parse_int", whole_number)
    try:
        value = json.loads(text, **how)
    except RecursionError as error:
        raise too_deep() from error
    check_depth(value)
    return value


def whole_number(digits: str) -> int:
    """Return a whole number that is written in digits.

    Raises:
        Refused: they are too many.
    """
    if (size := len(digits.lstrip("-"))) > MAX_DIGITS:
        raise Refused(f"holds a number of {size:,} digits; the limit is {MAX_DIGITS}; write it as text")
    return int(digits)


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no TOML, or beyond a limit.
    """
    return from_toml(read_text(path, most=MAX_SETTINGS_BYTES))


def from_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text holds.

    Raises:
        tomllib.TOMLDecodeError: it is no TOML.
        Refused: it is too long, nested too deeply, or a number has too many digits.
    """
    if len(text) > MAX_SETTINGS_BYTES:
        raise Refused(f"is larger than {_size(MAX_SETTINGS_BYTES)}, the limit for a file of settings")
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise too_deep() from error
    except ValueError as error:  # of `int`, whose message is about Python
        raise _too_many_digits(text) from error
    check_depth(value)
    if any(isinstance(one, int) and abs(one) >= TOO_LARGE for one in leaves(value)):
        raise _too_many_digits(text)
    return value


def check_depth(value: Any) -> None:
    """Refuse lists and tables that are nested too deeply.

    Raises:
        Refused: they are.
    """
    level = [value] if isinstance(value, list | dict) else []
    for _ in range(MAX_DEPTH):
        level = [one for held in level for one in _held(held) if isinstance(one, list | dict)]
        if not level:
            return
    raise too_deep()


def leaves(value: Any) -> Iterator[Any]:
    """Return what is no list or table, of data that are not too deep."""
    if isinstance(value, list | dict):
        for one in _held(value):
            yield from leaves(one)
    else:
        yield value


def _too_many_digits(text: str) -> Refused:
    """Return the error for a text that holds too large a whole number, at the longest one: it may have signs in between."""
    found = max(re.finditer(r"\d\w*", text), key=lambda one: len(one[0]))
    message = f"holds a number of more than {MAX_DIGITS} digits, which is the limit; write it as text"
    return Refused(message, text.count("\n", 0, found.start()) + 1)


def _held(value: list[Any] | dict[str, Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def too_deep() -> Refused:
    """Return the error for data that are nested too deeply."""
    return Refused(f"holds lists or tables within one another, more than {MAX_DEPTH} levels deep, which is the limit")


@contextmanager
def long_cells() -> Iterator[None]:
    """Let `csv` read cells of `MAX_TEXT` characters here: its own limit is 131,072, for the whole process."""
    limit = csv.field_size_limit(MAX_TEXT)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _size(num_bytes: int) -> str:
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if num_bytes >= unit:
            return f"{num_bytes / unit:g} {name}"
    return f"{num_bytes} bytes"
