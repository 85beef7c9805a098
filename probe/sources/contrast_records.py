"""What the readers of contrast sets share: the record that they give, and the forms of table and JSON that they read."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from probe.sources.base import expect, line_of_entry, text_within
from probe.suite.faults import fault, quoted_list

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


def rows_of(
    path: Path, wanted: Sequence[str], *, delimiter: str, quoting: Any = csv.QUOTE_MINIMAL
) -> list[dict[str, str]]:
    """Read a table whose columns are named in any case, `wanted` among them."""
    lines = io.StringIO(text_within(path).replace("\r\n", "\n"), newline="")
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
    try:
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
    holder = expect(value, dict, path, f"what holds {key}")
    found: list[Any] = expect(holder.get(key), list, path, key)
    return found


def object_of(value: Any, path: Path, key: str, number: int) -> dict[str, Any]:
    """Return the entry of a list as an object.

    Raises:
        SuiteError: it is none; says file and line.
    """
    line = 1 if isinstance(value, dict) else line_of_entry(text_within(path), 0, key)
    found: dict[str, Any] = expect(value, dict, path, f"{key}[{number}]", line)
    return found


def text_of(value: Any) -> str:
    """Return a text on one line, empty for none."""
    return " ".join(str(value).split()) if value is not None else ""


def yes_no(value: Any) -> str:
    """Return `yes` or `no`, as files say it in several ways; empty for neither."""
    said = str(value).strip().lower()
    return {"true": "yes", "false": "no", "yes": "yes", "no": "no"}.get(said, "")
