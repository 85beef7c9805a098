"""Checks of a value in a suite's file, with messages that say how to correct it.

Covered: reading a file as text, checking keys and types, the wording of the mistakes.
Not covered: what a suite's keys mean (`definition`, `rows`, `template`).
"""

from __future__ import annotations

import codecs
import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probe.errors import SuiteError
from probe.files import reading
from probe.files.limits import MAX_FILE_BYTES, MAX_TEXT
from probe.files.reading import Refused, from_json

ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
HALF = re.compile("[\ud800-\udfff]")
"""Half of a character beyond the first plane, which no file in UTF-8 can hold."""


class Wrong(Exception):
    """A mistake in a file whose name and line the caller adds; `key` is its place in the file."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


def fault(path: object, line: int, message: object) -> SuiteError:
    """Return the error for a mistake at a line of a file."""
    return SuiteError(f"{path}:{line}: {message}")


@contextmanager
def at_line(path: object, line: int) -> Iterator[None]:
    """Turn a mistake into an error with its file and line."""
    try:
        yield
    except Wrong as error:
        raise fault(path, line, error) from error


@contextmanager
def under(key: str = "", prefix: str = "") -> Iterator[None]:
    """Give a mistake its key in the file, and its message a prefix."""
    try:
        yield
    except Wrong as error:
        raise Wrong(f"{prefix}{error}", key or error.key) from error


def read_text(path: Path, *, most: int = MAX_FILE_BYTES) -> str:
    """Read a file as UTF-8.

    Raises:
        SuiteError: it cannot be read, is empty, begins with a byte order mark or is not UTF-8.
    """
    data = read_bytes(path, most=most)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise fault(path, 1, "is UTF-16; save it as UTF-8")
    if data.startswith(codecs.BOM_UTF8):
        raise fault(path, 1, "begins with a byte order mark; save it as UTF-8 without one")
    text = decoded(data, path)
    if not text.strip():
        raise fault(path, 1, "is empty")
    return text


def read_bytes(path: Path, *, most: int = MAX_FILE_BYTES) -> bytes:
    """Read a file whole.

    Raises:
        SuiteError: it cannot be read, or is larger than `most` bytes.
    """
    try:
        return reading.read_bytes(path, most=most)
    except Refused as error:
        raise fault(path, error.line, error) from error
    except OSError as error:
        raise fault(path, 1, f"cannot be read: {error.strerror}") from error


def decoded(data: bytes, path: Path) -> str:
    """Return UTF-8 bytes as text.

    Raises:
        SuiteError: they are not UTF-8; says line and offset.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        byte = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        raise fault(path, line, f"is not UTF-8 ({byte}); save it as UTF-8") from error


def json_object(line: str, example: str, **how: Any) -> dict[str, Any]:
    """Return a line of JSON Lines that must be an object such as `example`; `how` goes to `from_json`.

    Raises:
        Wrong: it is not.
    """
    try:
        row = from_json(line, **how)
    except json.JSONDecodeError as error:
        raise Wrong(f"is not valid JSON at column {error.colno}: {error.msg}; one object a line") from error
    except Refused as error:
        raise Wrong(str(error)) from error
    except ValueError as error:
        raise Wrong(f"is not valid JSON: {error}") from error
    if not isinstance(row, dict):
        raise Wrong(f"is {kind_of(row)}; each line is an object such as {example}")
    return row


def json_lines(
    text: str, path: object, example: str, *, may_hold_halves: bool = False, **how: Any
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Return each line of JSON Lines that is not blank as an object, with its number from 1.

    Raises:
        SuiteError: a line is no object, or holds half a character where it may not; says file and line.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            with at_line(path, number):
                row = json_object(line, example, **how)
                if not may_hold_halves and (half := half_escape(line)):
                    raise Wrong(broken(half[0], f"at column {half.start() + 1}"))
            yield number, row


def half_escape(text: str) -> re.Match[str] | None:
    r"""Return the first escape of JSON, such as `\ud83d`, that is half a character without the other half; None for none."""
    high = None
    for one in ESCAPE.finditer(text) if re.search(r"\\u[dD][89a-fA-F]", text) else ():
        code = int(one[1] or "0", 16)
        is_low = 0xDC00 <= code <= 0xDFFF
        is_whole = high is not None and is_low and one.start() == high.end()
        if (high is not None or is_low) and not is_whole:
            return high or one
        high = one if 0xD800 <= code <= 0xDBFF else None
    return high


def broken(half: str, where: str) -> str:
    """Return what is wrong with a text that holds half a character, by its escape or itself."""
    shown = half if half.startswith("\\") else ascii(half)[1:-1]
    return f"holds half a character ({shown}) {where}; write it whole, with its other half, or take it out"


def near(name: str, known: Iterable[str]) -> str:
    """Return a guess at which known name was meant, as the beginning of a sentence; empty for none."""
    guesses = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"Did you mean {guesses[0]!r}? " if guesses else ""


def check_keys(table: Mapping[str, object], known: Iterable[str], *, kind: str = "key") -> None:
    """Check that a table has no key but the known ones."""
    names = list(known)
    for key in table:
        if key not in names:
            raise Wrong(f"unknown {kind} {key!r}. {near(key, names)}Known: {', '.join(names)}", key)


def kind_of(value: object) -> str:
    """Return the type of a value as users call it."""
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    return "null" if value is None else kinds.get(type(value), "a " + type(value).__name__)


def as_text(value: object, what: str, *, instead: str = "") -> str:
    """Return a value that must be text, with something in it.

    `instead` is what a user meant where it can be guessed; else true reads "yes" and false "no".
    """
    if isinstance(value, str):
        if not value.strip():
            raise Wrong(f"{what} is empty; write some text or take it out")
        if len(value) > MAX_TEXT:
            raise Wrong(too_long(value, what))
        return value
    if isinstance(value, bool):
        cure = "write it as text: " + quoted(instead or ("yes" if value else "no"))
        raise Wrong(f"{what} is {json.dumps(value)} (a boolean); {cure}")
    if isinstance(value, float) and value != value:
        raise Wrong(f"{what} is NaN, which is no value; write some text or take it out")
    if isinstance(value, int | float):
        raise Wrong(f"{what} is {json.dumps(value)} (a number); write it as text: {quoted(json.dumps(value))}")
    raise Wrong(f"{what} is {kind_of(value)}; it must be text")


def too_long(text: str, what: str) -> str:
    """Return what is wrong with a text above the limit."""
    return (
        f"{what} holds {len(text):,} characters; the limit is {MAX_TEXT:,}, more than a model reads at once; shorten it"
    )


def as_answer(value: object, what: str, *, instead: str = "") -> str:
    """Return a value that must be text without whitespace around it, since it is compared as a whole."""
    text = as_text(value, what, instead=instead)
    if text != text.strip():
        raise Wrong(f"{what} {quoted(text)} has whitespace around it; write {quoted(text.strip())}")
    return text


def as_answers(value: object, what: str) -> tuple[str, ...]:
    """Return a value that must be a list of different texts without whitespace around them."""
    if not isinstance(value, list):
        raise Wrong(f'{what} is {kind_of(value)}; it must be a list of texts, such as ["yes", "no"]')
    answers = tuple(as_answer(one, f"{what}[{index}]") for index, one in enumerate(value))
    for index, answer in enumerate(answers):
        if answer in answers[:index]:
            raise Wrong(f"{what} names {quoted(answer)} twice; each stands there once")
    return answers


def as_choices(value: object, what: str = "choices") -> tuple[str, ...]:
    """Return a value that must be a list of two or more different answers."""
    choices = as_answers(value, what)
    if len(choices) < 2:
        raise Wrong(f"{what} must name two or more; for free text leave {what} out")
    return choices


def counted(number: int, noun: str) -> str:
    """Return a number of things, such as `1 row` or `2 rows`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def quoted(text: str) -> str:
    """Return a text in double quotes, as it stands in a file."""
    return json.dumps(text, ensure_ascii=False)


def quoted_list(texts: Iterable[str]) -> str:
    """Return texts in double quotes with commas, no more than eight of them."""
    words = [quoted(text) for text in texts]
    return ", ".join(words[:8]) + (f" and {len(words) - 8} more" if len(words) > 8 else "")
