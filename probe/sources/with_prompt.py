r"""Tables of examples with a prompt: `csv:FILE --prompt FILE_OR_TEXT`, and what `hf:` shares with them.

    probe run csv:reviews.csv --prompt prompt.txt --target label
    probe run csv:reviews.csv --prompt 'Say whether it is good.\nReview: {text}\nAnswer:'

Covered: csv, tsv, jsonl and parquet, as `probe init` reads them, without writing a folder.
Not covered: choices that differ from row to row (write a suite folder).
"""

from __future__ import annotations

import logging
from pathlib import Path

from probe.errors import UsageError
from probe.sources.base import SourceOptions
from probe.sources.examples import Ask, asked_columns, name_of, suite_from_table
from probe.sources.tables import Table, cut_at_commas, read_table, text_of
from probe.types import Suite

log = logging.getLogger(__name__)

KINDS = ("csv", "tsv", "jsonl", "parquet")


def read(argument: str, options: SourceOptions) -> Suite:
    """Read a table as a suite.

    Raises:
        UsageError: the file has another ending, or no prompt was given.
        SuiteError: a row or the prompt is wrong; says file and line.
    """
    path = Path(argument).expanduser()
    kind = path.suffix.lower().removeprefix(".").replace("ndjson", "jsonl")
    if kind != options.kind:
        hint = f"write {kind}:{argument}" if kind in KINDS else ""
        ending = path.suffix or "nothing"
        raise UsageError(f"{options.kind}:{argument}: ends in {ending!r}, not .{options.kind}", hint=hint)
    return from_table(read_table(path), options, name_of(path.stem), f"{options.kind}:{argument}")


def from_table(table: Table, options: SourceOptions, name: str, typed: str) -> Suite:
    """Make a suite of a table by the prompt that was given.

    Rows that ask the same and answer otherwise are kept, since a table may be another's; who reads the suite warns of them.

    Raises:
        UsageError: no prompt was given, or a column is missing.
    """
    if not options.prompt:
        raise UsageError(
            f"{typed}: how is it to be asked? There is no --prompt; columns: {', '.join(table.columns)}",
            hint=f"add --prompt FILE, or the prompt itself, such as --prompt '{{{_example(table, options)}}}\\nAnswer:'",
        )
    text, where = prompt_text(options.prompt)
    ask = Ask(
        text, where, target=options.target, choices=cut_at_commas(options.choices, "--choices"), may_contradict=True
    )
    made = suite_from_table(table, ask=ask, name=name)
    for note in made.notes:
        log.info("%s: %s", typed, note)
    return made.suite


def _example(table: Table, options: SourceOptions) -> str:
    """Return a column that is worth asking about; the first one where none is."""
    return next(iter(asked_columns(table, options.target)), table.columns[0])


def prompt_text(given: str) -> tuple[str, str]:
    r"""Return a prompt's text and what to call it in an error: the file of that name, else the text itself, `\n` for a new line.

    Raises:
        UsageError: there is no such file, and it holds no placeholder.
    """
    path = Path(given).expanduser()
    try:
        is_file = path.is_file()
    except OSError:  # longer than a file's name can be
        is_file = False
    if is_file:
        return text_of(path), str(path)
    if "{" not in given:
        raise UsageError(f"--prompt {given}: there is no such file, and as a prompt it names no {{column}}")
    return given.replace("\\n", "\n"), "--prompt"
