"""A suite out of a pandas DataFrame.

    text      label           prompt   Is this review positive or negative?
    A joy.    positive                 Review: {text}
    A bore.   negative                 Sentiment:

Covered: one row an item, cells of text, numbers or booleans, missing cells (an error where they are used).
Not covered: choices that differ from row to row, contrast edits (write a suite folder).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from probe.errors import UsageError
from probe.sources import digest_of
from probe.sources.examples import TARGETS, Ask, suite_from_table
from probe.sources.tables import Row, Table, cell, text_of
from probe.types import Suite

if TYPE_CHECKING:
    import pandas as pd

FRAME = Path("frame")
"""What a row's number stands after in an error: `frame:3` is `frame.iloc[3]`."""

log = logging.getLogger(__name__)


def suite_from_frame(frame: pd.DataFrame, *, ask: Ask, name: str) -> Suite:
    """Return the suite of a frame's rows; items are numbered from 1 where `ask` names no column of ids.

    Raises:
        UsageError: an argument or a column is wrong.
        SuiteError: a row or the prompt is wrong; says which row, as `frame.iloc` counts.
    """
    made = suite_from_table(_table(frame, ask), ask=ask, name=name)
    for note in made.notes:
        log.info("%s: %s", name, note)
    size = len(made.suite.items) + len(made.suite.train)
    return replace(made.suite, description=f"{size} rows of a DataFrame.", digest=digest_of(made.suite.items))


def prompt_of(prompt: str | Path) -> tuple[str, str]:
    """Return a prompt's text and what an error calls it: a path is read, a text is the prompt itself.

    Raises:
        UsageError: it is neither, or holds no placeholder.
        SuiteError: the file cannot be read.
    """
    if isinstance(prompt, Path):
        return text_of(prompt), str(prompt)
    if not isinstance(prompt, str):
        raise UsageError(f"prompt= is {type(prompt).__name__}, not a text with {{column}} placeholders or a Path")
    if "{" not in prompt:
        raise UsageError(
            f"prompt={prompt!r}: names no {{column}}, so every item would be the same question",
            hint="prompt='Review: {text}\\nSentiment:'; the prompt of a file is prompt=pathlib.Path('prompt.txt')",
        )
    return prompt, "prompt"


def choices_of(choices: Sequence[str] | None) -> tuple[str, ...]:
    """Return the choices that are named; none where they are to be found, or there are to be none.

    Raises:
        UsageError: they are no list of texts.
    """
    if isinstance(choices, str) or not all(isinstance(one, str) for one in choices or ()):
        raise UsageError(f"choices={choices!r}: a list of texts, such as choices=['positive', 'negative']")
    return tuple(choices or ())


def _table(frame: pd.DataFrame, ask: Ask) -> Table:
    """Return the frame as a table, of whose cells only those that are asked for are read."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise UsageError(f"frame is {type(frame).__name__}, not a pandas DataFrame")
    for column in frame.columns:
        if not isinstance(column, str):
            raise UsageError(f"frame: the column {column!r} is named by no text; rename it: frame.columns = [...]")
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise UsageError(f"frame: two columns are named {twice!r}; rename one")
    if frame.empty:
        raise UsageError(
            "frame is empty: it has no rows" if len(frame.columns) else "frame is empty: it has no columns"
        )
    columns = [str(column) for column in frame.columns]
    used = [column for column in columns if column in (ask.target, ask.id, *TARGETS) or f"{{{column}}}" in ask.prompt]
    texts = {column: _texts(frame[column]) for column in used}
    rows = [Row(number, {column: texts[column][number] for column in used}) for number in range(len(frame))]
    return Table(FRAME, tuple(columns), tuple(rows), "row")


def _texts(column: pd.Series) -> list[str]:
    """Return a column's cells as texts; a missing one is empty."""
    values = zip(column.tolist(), column.isna().tolist(), strict=True)
    return [
        "" if is_missing else cell(value, str(column.name), FRAME, number)
        for number, (value, is_missing) in enumerate(values)
    ]
