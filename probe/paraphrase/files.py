r"""Paraphrase files: one paraphrase a line.

    ways.txt      one a line; \n in it is a line break; lines that begin with # are left out
    ways.jsonl    {"instruction": "..."} or a string a line
    ways.csv      a column `instruction`, `prompt` or `template`

With a column or key `suite` each goes to the suite of that name, else to the only one there is. One that holds placeholders is a
template, and then holds those of all fields.

Covered: reading, a mistake names its line. Not covered: whether they mean the same; what you write yourself is taken as it is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.files.reading import from_json, long_cells, read_text
from probe.prompt.render import PLACEHOLDER
from probe.types import Suite

KEYS = ("instruction", "prompt", "template")
FILLED = {"choices", "symbols"}
"""Placeholders that every instruction may hold."""

Row = tuple[int, str, str]
"""Line, suite or "", text."""


def read_file(path: Path, suites: Sequence[Suite]) -> dict[str, tuple[str, ...]]:
    """Return the paraphrases of a file by the name of their suite.

    Raises:
        UsageError: it cannot be read, a line is wrong, or it says nothing of which suite it is for.
    """
    found: dict[str, list[str]] = {suite.name: [] for suite in suites}
    for line, name, text in read_rows(path):
        if not name and len(suites) > 1:
            raise UsageError(
                f"{path}:{line}: for which of {', '.join(found)}?",
                hint="name one suite, or give each paraphrase a key or column `suite`",
            )
        suite = next((one for one in suites if one.name == (name or suites[0].name)), None)
        if suite is not None:
            _check(suite, text, f"{path}:{line}")
            found[suite.name].append(text)
    if not any(found.values()):
        raise UsageError(f"{path}: holds no paraphrase for {' or '.join(found)}", hint="write one a line")
    return {name: tuple(dict.fromkeys(texts)) for name, texts in found.items()}


HALF = re.compile("[\ud800-\udfff]")


def read_rows(path: Path) -> list[Row]:
    """Return the paraphrases of a file with their lines, empty ones left out.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        text = read_text(path).removeprefix("\ufeff")
    except (OSError, ValueError) as error:
        raise UsageError(f"--paraphrases {path}: {error}", hint="a text, JSONL or CSV file in UTF-8") from error
    readers = {".jsonl": _json_rows, ".csv": _csv_rows}
    rows = readers.get(path.suffix.lower(), _text_rows)(text, path)
    return [(line, suite, paraphrase.strip()) for line, suite, paraphrase in rows if paraphrase.strip()]


def rows_of_text(text: str) -> list[tuple[int, str]]:
    """Return the paraphrases of a text file's content with their lines, empty ones left out."""
    return [(line, found) for line, _, row in _text_rows(text, Path()) if (found := row.strip())]


def _check(suite: Suite, text: str, where: str) -> None:
    fields = {field.name for item in suite.items[:1] for field in item.prompt.fields}
    held = set(PLACEHOLDER.findall(text)) - FILLED
    if unknown := sorted(held - fields):
        known = ", ".join(f"{{{name}}}" for name in sorted(fields))
        raise UsageError(f"{where}: {{{unknown[0]}}} is no field of {suite.name!r}; it has {known}")
    if held and held != fields:
        missing = ", ".join(f"{{{name}}}" for name in sorted(fields - held))
        raise UsageError(f"{where}: a template holds every field; {missing} is missing")


def _text_rows(text: str, path: Path) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.lstrip().startswith("#"):
            yield number, "", line.replace("\\n", "\n")


def _json_rows(text: str, path: Path) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = from_json(line)
        except ValueError as error:
            raise UsageError(f"{path}:{number}: is not valid JSON: {error}") from error
        paraphrase = row if isinstance(row, str) else _text(row) if isinstance(row, dict) else None
        if not isinstance(paraphrase, str):
            raise UsageError(f'{path}:{number}: has no text; write {{"instruction": "..."}}')
        if HALF.search(paraphrase):
            raise UsageError(
                f"{path}:{number}: holds half a character, an escape such as \\ud83d without its other half"
            )
        suite = row.get("suite", "") if isinstance(row, dict) else ""
        yield number, str(suite), paraphrase


@contextmanager
def _as_csv(reader: Any, path: Path) -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num}: is not valid CSV: {error}") from error


def _csv_rows(text: str, path: Path) -> Iterator[Row]:
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    with long_cells(), _as_csv(reader, path):
        if not any(key in (reader.fieldnames or ()) for key in KEYS):
            raise UsageError(f"{path}:1: has no column instruction, prompt or template")
        for row in reader:
            yield reader.line_num, row.get("suite") or "", str(_text(row) or "")


def _text(row: dict[str, object]) -> object:
    return next((row[key] for key in KEYS if key in row), None)
