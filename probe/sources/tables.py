"""Tables of a user's own examples as rows of text.

Covered: csv (comma, semicolon, tab or bar), tsv, jsonl and parquet. Every cell is text exactly as written: "007" keeps
its zeros. Empty is empty in every form and reads "": an empty cell, null, NaN (JSON's own, a number's), NaT. A written word is a
word: "NA", "None", "null" and "nan" in a CSV or in quotes are answers that a class may have.
Not covered: spreadsheets, nested values, encodings other than UTF-8 and UTF-16.
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.errors import SuiteError, UsageError
from probe.files.limits import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_TABLE_BYTES, MAX_TEXT
from probe.files.reading import long_cells
from probe.suite.faults import counted, decoded, fault, json_lines, kind_of, quoted, read_bytes, too_long

EXAMPLE = '{"text": "...", "label": "..."}'
BATCH = 4096
"""Rows of a Parquet file that are unpacked at once."""
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Row:
    """A row, with the line of the file on which it begins (of a parquet file: its number, from 1)."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that all have the same columns."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    unit: str = "line"
    """What a row's number counts."""


def read_table(path: Path) -> Table:
    """Read a table in the form that its name ends in.

    Raises:
        UsageError: the file is missing, of another form, or has no rows.
        SuiteError: a row is wrong; says file and line.
    """
    readers: dict[str, Callable[[Path], Table]] = {
        ".csv": read_csv, ".tsv": read_csv, ".jsonl": _read_jsonl, ".ndjson": _read_jsonl, ".parquet": _read_parquet,
    }  # fmt: skip
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{path}: a table is {', '.join(readers)}, not {path.suffix or 'a file without an ending'!r}; "
                         "save it as one of those")  # fmt: skip
    if not path.exists():
        raise UsageError(f"{path}: there is no such file")
    table = reader(path)
    if not table.rows:
        raise fault(path, 1, "has no rows below its columns" if table.columns else "is empty")
    return table


def text_of(path: Path) -> str:
    """Read a file as text: UTF-8 or, where a byte order mark says so, UTF-16.

    Raises:
        SuiteError: it is neither; says line and offset.
    """
    data = read_bytes(path)
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decoded(data.removeprefix(codecs.BOM_UTF8), path)
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError as error:
        line = data[: error.start].decode("utf-16", "replace").count("\n") + 1
        raise fault(path, line, f"is not whole UTF-16 (at offset {error.start}); save it as UTF-8") from error


def read_csv(path: Path) -> Table:
    """Read a table of cells with a delimiter between them.

    Raises:
        SuiteError: the file or a row is wrong; says file and line.
    """
    text = text_of(path)
    if "\0" in text.partition("\n")[0]:
        raise fault(
            path, 1, "holds zero bytes, as UTF-16 without a mark or a file of another kind does; save it as UTF-8"
        )
    with long_cells():
        return _csv_table(path, text)


def _csv_table(path: Path, text: str) -> Table:
    columns: list[str] = []
    rows: list[Row] = []
    begin = 1
    try:
        delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for cells in reader:
            if cells and not columns:
                columns = _checked([cell.strip() for cell in cells], path, begin)
                check_size(path, len(columns), 1)
            elif any(cell.strip() for cell in cells):
                rows.append(_csv_row(path, begin, columns, cells))
            begin = reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error):
            raise fault(path, begin, f"a cell of the row that begins here holds more than {MAX_TEXT:,} characters, which is "
                        "the limit; shorten it, or close the quotes that it begins with") from error  # fmt: skip
        raise fault(path, begin, f"the row that begins here cannot be read as CSV ({error}); a cell with quotes, "
                    'newlines or commas stands in double quotes, a quote in it is doubled') from error  # fmt: skip
    return Table(path, tuple(columns), tuple(rows))


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts the first line into most columns."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([head], delimiter=delimiter), [])))


def _csv_row(path: Path, line: int, columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        has = f"has {counted(len(cells), 'cell')} for {counted(len(columns), 'column')}"
        raise fault(path, line, f"{has}; a cell with the delimiter in it stands in double quotes")  # fmt: skip
    return Row(line, dict(zip(columns, cells, strict=True)))


def _checked(columns: list[str], path: Path, line: int) -> list[str]:
    counts = Counter(columns)
    if twice := next((column for column in columns if column and counts[column] > 1), ""):
        raise fault(path, line, f"two columns are named {quoted(twice)}; rename one")
    return columns


def _read_jsonl(path: Path) -> Table:
    text = text_of(path).replace("\r\n", "\n")
    how: dict[str, Any] = {"parse_int": str, "parse_float": str, "parse_constant": _constant}
    # Half a character in a column that nobody asks for harms nobody: `suite_from_table` looks at the others.
    return _table(path, list(json_lines(text, path, EXAMPLE, may_hold_halves=True, **how)))


def _constant(name: str) -> str | None:
    """Return a constant of JSON that is no number as it is written; NaN is no value."""
    return None if name == "NaN" else name


def _read_parquet(path: Path) -> Table:
    import pyarrow
    import pyarrow.parquet

    data = pyarrow.py_buffer(read_bytes(path))
    try:
        file = pyarrow.parquet.ParquetFile(data, read_dictionary=_texts_of(pyarrow.parquet.read_schema(data)))
        check_size(path, file.metadata.num_columns, file.metadata.num_rows, _unpacked(file.metadata))
        objects: list[dict[str, Any]] = []
        for batch in file.iter_batches(BATCH):
            _check_texts(batch, path, len(objects) + 1)
            # Not through pandas: there a number beside an empty cell becomes a fraction, 7 -> 7.0.
            objects += batch.to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, SuiteError):
            raise
        raise fault(path, 1, f"cannot be read as parquet: {error}") from error
    return _table(path, list(enumerate(objects, start=1)), "row")


def _texts_of(schema: Any) -> list[str]:
    """Return the columns of text: they are read as they are packed, each text once, however often it stands there."""
    import pyarrow.types as kinds

    texts = (kinds.is_string, kinds.is_large_string)
    return [one.name for one in schema if any(is_text(one.type) for is_text in texts)]


def _unpacked(metadata: Any) -> int:
    return sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))


def _check_texts(batch: Any, path: Path, first: int) -> None:
    """Refuse a batch with a text above the limit, before its rows are made."""
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if kinds.is_dictionary(column.type):
            longest = pc.max(pc.utf8_length(column.dictionary)).as_py() or 0
            if longest > MAX_TEXT:
                lengths = pc.take(pc.utf8_length(column.dictionary), column.indices)
                place = pc.index(pc.greater(lengths, MAX_TEXT), True).as_py()
                raise fault(path, first + max(place, 0), f"column {quoted(name)} holds a text of {longest:,} characters; "
                            f"the limit is {MAX_TEXT:,}")  # fmt: skip


def check_size(path: Path, num_columns: int, num_rows: int, num_bytes: int = 0) -> None:
    """Refuse a table that is too large to be read into memory.

    Raises:
        SuiteError: it is; the message names the limit.
    """
    for count, most, what in (
        (num_columns, MAX_COLUMNS, "columns"), (num_rows, MAX_ROWS, "rows"), (num_columns * num_rows, MAX_CELLS, "cells"),
        (num_bytes, MAX_TABLE_BYTES, "bytes when it is unpacked"),
    ):  # fmt: skip
        if count > most:
            raise fault(
                path, 1, f"holds {count:,} {what}; the limit is {most:,}; take the columns and rows that are asked for"
            )


def _table(path: Path, objects: list[tuple[int, dict[str, Any]]], unit: str = "line") -> Table:
    columns = list(dict.fromkeys(key for _, value in objects for key in value))
    check_size(path, len(columns), len(objects))
    rows = [
        Row(number, {column: cell(value.get(column), column, path, number) for column in columns})
        for number, value in objects
    ]
    return Table(path, tuple(columns), tuple(rows), unit)


def cell(value: object, column: str, path: Path, line: int) -> str:
    """Return a value of a table as text; empty for none.

    Raises:
        SuiteError: it is a list or another thing that is no one text.
    """
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise fault(path, line, too_long(value, f"column {quoted(column)}"))
        return value
    if is_missing(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict | bytes):
        raise fault(path, line, f"column {quoted(column)} holds {kind_of(value)}; a cell is one text")
    return str(value)


def cut_at_commas(text: str, flag: str) -> tuple[str, ...]:
    """Cut a list that is typed at its commas; what has a comma in it stands in double quotes.

    Raises:
        UsageError: quotes are left open, or a line ends outside of quotes.
    """
    try:
        with long_cells():
            cells = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error as error:
        raise UsageError(f"{flag} {quoted(text[:80])}: is no list with commas: {error}") from error
    return tuple(cell.strip() for cell in cells if cell.strip())


def is_missing(value: object) -> bool:
    """Return whether a value says that there is none: None, NaN of any kind of number, pandas' NA and NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # a list of numbers compares one by one
        return False


def is_blank(text: str) -> bool:
    """Return whether a cell shows nothing: white space, zero bytes and invisible characters."""
    return all(char.isspace() or unicodedata.category(char) in ("Cf", "Cc") for char in text)
