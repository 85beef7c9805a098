"""Parts that all readers of contrast sets use: the record, the registry of kinds, tables and JSON.

Covered: tables whose rows are all of one width, objects and lists of JSON. Not covered: what each file holds (its own reader).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from probe.files.reading import long_cells
from probe.registry import Registry
from probe.sources.base import expect, line_of_entry, text_within
from probe.sources.tables import is_missing
from probe.suite.faults import fault, quoted_list
from probe.types import Prompt

Role = Literal["original", "contrast"]
ROLES: tuple[Role, Role] = ("original", "contrast")


@dataclass(frozen=True, slots=True)
class Record:
    """One member of a contrast set."""

    set_id: str
    member_id: str
    role: Role
    fields: tuple[tuple[str, str], ...]
    gold: str
    others: tuple[str, ...] = ()
    """Other answers that are right as well."""


Reader = Callable[[Sequence[Path], Counter[str]], list[Record]]
"""Reads a kind's files, and counts by reason what it leaves out."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How contrast sets of one kind are read, asked and accepted."""

    load: Reader
    prompt: Prompt
    files: int
    min_overlap: float | None
    """As in `Suite`: the authors' own scripts accept free answers from a token F1 of 0.8 on, but for ROPES."""


kinds: Registry[Kind] = Registry("kind of contrast sets")


def contrast_sets(
    instruction: str,
    *choices: str,
    files: int = 1,
    answer_field: str = "Answer",
    min_overlap: float | None = None,
) -> Callable[[Reader], Reader]:
    """Return a decorator that registers a reader under its function's name."""

    def decorate(reader: Reader) -> Reader:
        prompt = Prompt(instruction, (), choices, answer_field=answer_field)
        kinds.add(reader.__name__, Kind(reader, prompt, files, min_overlap))
        return reader

    return decorate


def rows_of(
    path: Path, wanted: Sequence[str], *, delimiter: str, quoting: Any = csv.QUOTE_MINIMAL
) -> list[dict[str, str]]:
    """Read a table whose columns are named in any case, `wanted` among them."""
    lines = io.StringIO(text_within(path).replace("\r\n", "\n"), newline="")
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
    try:
        with long_cells():
            head, *rows = [row for row in reader if any(cell.strip() for cell in row)] or [[]]
    except csv.Error as error:
        raise fault(path, reader.line_num, f"cannot be read: {error}") from error
    if not head:
        raise fault(path, 1, f"is empty; a table with the columns {quoted_list(wanted)} was expected")
    names = [name.strip().strip('"').lower().lstrip("\ufeff") for name in head]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise fault(path, 1, f"has no column {quoted_list(missing)}; it has {quoted_list(names)}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(names):
            raise fault(path, number, f"has {len(row)} cells for {len(names)} columns")
    return [dict(zip(names, row, strict=True)) for row in rows]


def list_of(value: Any, key: str, path: Path) -> list[Any]:
    """Return the list that an object holds under a key.

    Raises:
        SuiteError: there is no such list; says file and line.
    """
    return expect(expect(value, dict, path, f"what holds {key}").get(key), list, path, key)


def object_of(value: Any, path: Path, key: str, number: int) -> dict[str, Any]:
    """Return the entry of a list as an object.

    Raises:
        SuiteError: it is none; says file and line.
    """
    line = 1 if isinstance(value, dict) else line_of_entry(text_within(path), 0, key)
    return expect(value, dict, path, f"{key}[{number}]", line)


def text_of(value: Any) -> str:
    """Return a text on one line, empty for none."""
    return "" if is_missing(value) else " ".join(str(value).split())


def yes_no(value: Any) -> str:
    """Return `yes` or `no`, as files say it in several ways; empty for neither."""
    return {"true": "yes", "false": "no", "yes": "yes", "no": "no"}.get(str(value).strip().lower(), "")
