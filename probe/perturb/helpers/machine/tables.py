r"""The lines of a text, and the rows of tables among them: Markdown, CSV, TSV, columns.

    | item | price |        item,price        item   price
    |------|-------|        red mug,3         mug        3
    | mug  | 3     |        kettle,12         kettle    12

Covered: two rows or more with as many short cells; one row alone with bars around it, tabs, or commas without blanks.
Not covered: cells that are sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from probe.perturb.helpers.machine.lines import BULLET, MAX_LINE, is_prose

_CELLS = re.compile(r"(?<=[^\s.!?:;,]) {2,}(?=\S)")
_RULE = re.compile(r"[ \t]*(?=.*(?:--|==))[|+:=\-\s]{3,}$")
_BOX = re.compile("[\u2500-\u257f]|^[ \t]*\\+[-=]{2,}")
_SPARSE_COMMA = re.compile(r",(?=\S)(?!\d{3}(?!\d))")


@dataclass(slots=True)
class Lines:
    """The lines of a text, where each starts, and which are known to be machine text."""

    rows: list[str]
    starts: list[int]
    taken: list[bool]
    spans: list[slice]
    """Blocks that start or end within a line: fences."""

    def is_blank(self, place: int) -> bool:
        return not self.rows[place].strip()

    def take(self, first: int, last: int) -> None:
        for place in range(first, last + 1):
            self.taken[place] = True

    def end(self, place: int) -> int:
        return self.starts[place] + len(self.rows[place])


def _rows_alike(lines: Lines, count: Callable[[str], int], least: int = 1) -> None:
    """Take the lines that stand in a row, two or more, with as many cells each."""
    first = 0
    while first < len(lines.rows):
        num = 0 if lines.taken[first] or len(lines.rows[first]) > MAX_LINE else count(lines.rows[first])
        last = first
        while num >= least and last + 1 < len(lines.rows) and count(lines.rows[last + 1]) == num:
            last += 1
        if last > first:
            lines.take(first, last)
        first = last + 1


def take_piped(lines: Lines) -> None:
    """Take rows with bars between their cells, and rules drawn beneath them."""
    for place, row in enumerate(lines.rows):
        if "|" in row and (row.strip().startswith("|") and row.count("|") > 1):
            lines.take(place, place)
        elif "--" in row and "|" in row and _RULE.match(row):
            lines.take(max(0, place - 1), place)
        elif (not row.isascii() or "+-" in row or "+=" in row) and _BOX.search(row):
            lines.take(place, place)
    _rows_alike(lines, lambda row: row.count("|"))


def take_tabbed(lines: Lines) -> None:
    """Take rows with tabs between their cells."""
    for place, row in enumerate(lines.rows):
        if _num_tabs(row) > 1:
            lines.take(place, place)
    _rows_alike(lines, _num_tabs)


def _num_tabs(row: str) -> int:
    """Return how many tabs part the cells of a row; 0 where they stand between the words of a sentence."""
    inner = row.strip()
    return 0 if "\t" not in inner or is_prose(" ".join(inner.split())) else inner.count("\t")


def take_separated(lines: Lines) -> None:
    """Take rows of values with commas or semicolons between."""
    _rows_alike(lines, partial(_num_separated, mark=","))
    _rows_alike(lines, partial(_num_separated, mark=";"))
    for place, row in enumerate(lines.rows):
        if "," in row and is_row_alone(row):
            lines.take(place, place)


def _num_separated(row: str, *, mark: str) -> int:
    """Return how many marks part the short cells of a row; 0 where it reads as a sentence."""
    count = row.count(mark)
    if count == 0 or row.rstrip()[-1:] in ".?!:" or BULLET.match(row):
        return 0
    cells = [cell.strip() for cell in row.split(mark)]
    is_tight = mark + " " not in row
    if not is_tight and count < 2:
        return 0
    return 0 if is_prose(row) or any(len(cell.split()) > 4 for cell in cells) or not all(cells[:1]) else count


def is_row_alone(row: str) -> bool:
    """Return whether a line by itself is a row of values: no blank follows its commas, or it has tabs."""
    if len(row) > MAX_LINE:
        return False
    if _num_tabs(row) > 1 or (row.strip().startswith("|") and row.rstrip().endswith("|") and row.count("|") > 2):
        return True
    return (
        len(_SPARSE_COMMA.findall(row)) > 1
        and ", " not in row
        and row.count(" ") <= 2 * row.count(",")
        and not is_prose(row)
    )


def take_aligned(lines: Lines) -> None:
    """Take rows whose cells stand under one another."""
    counts = [_num_aligned(row) for row in lines.rows]
    for place, (one, two) in enumerate(zip(counts, counts[1:], strict=False)):
        if one and two and abs(one - two) <= 1:  # a row may begin with its number, which has no heading
            lines.take(place, place + 1)


def _num_aligned(row: str) -> int:
    """Return how many gaps of blanks part the short cells of a row."""
    if "  " not in row.strip() or len(row) > MAX_LINE or is_prose(" ".join(row.split())):
        return 0
    parts = _CELLS.split(row.strip())
    return len(parts) - 1 if all(len(part.split()) <= 5 for part in parts) else 0
