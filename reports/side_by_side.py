"""Two texts beside one another on a terminal, each in a column of its own; one below the other where there is no room.

    Original                    | Varied
    Text: The train takes       | Text: The tr[-a-]{+q+}in
    3 hours.                    | takes 3 hours.

Covered: wrapping, widths. Not covered: what differs between the two, which is marked already.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size

from probe.diff import token_edits, visible
from reports.escape import visible_line

NARROW = 60
"""Cells of a terminal below which two columns are too thin to read."""


def columns(left: Sequence[str], right: Sequence[str], *, width: int | None = None) -> list[str]:
    """Return the lines of two columns, the head of each first."""
    import shutil

    room = width or shutil.get_terminal_size((100, 24)).columns
    if room < NARROW:
        return [line for side in (left, [""], right) for part in side for line in _wrapped(part, room)]
    half = (room - 3) // 2
    sides = [[line for part in side for line in _wrapped(part, half)] for side in (left, right)]
    return [f"{set_cell_size(a, half)} | {b}".rstrip() for a, b in zip_longest(*sides, fillvalue="")]


def marked(before: str, after: str) -> list[str]:
    """Return the lines of a text with what is new in it in {+ +} and what is gone from it in [- -]."""
    if before == after:
        return ["(the same prompt)"]
    shown = []
    for edit in token_edits(before, after):
        gone = visible(edit.text).replace("\n", "")
        shown.append({"removed": f"[-{gone}-]", "added": f"{{+{visible(edit.text)}+}}"}.get(edit.kind, edit.text))
    return [visible_line(line) for line in "".join(shown).split("\n")]


def _wrapped(text: str, width: int) -> list[str]:
    # Wide letters take two cells: a line of them is cut at half as many.
    room = width if cell_len(text) == len(text) else max(1, width // 2)
    return textwrap.wrap(text, room, drop_whitespace=False, break_on_hyphens=False) or [""]
