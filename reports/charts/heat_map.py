"""A heat map: columns are variants, rows are items, a cell says what became of the answer.

x counts variants and y counts rows, so that a run of equal cells is one stroke: M3 7.5h4 = row 7, variants 3 to 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from probe.record.outcomes import OutcomeTable
from reports.charts.axis import NUM_MARKS
from reports.words import OUTCOMES

HEAT_ROW = 5.0


@dataclass(frozen=True, slots=True)
class Strip:
    """Adjacent columns of a heat map that are one family."""

    x: int
    width: int
    mark: int
    title: str


@dataclass(frozen=True, slots=True)
class Heat:
    """Items by variants."""

    num_columns: int
    num_rows: int
    height: float
    strokes: tuple[tuple[str, str, str], ...]
    """Letter, what it means, and the path of its cells."""
    strips: tuple[Strip, ...]
    families: tuple[tuple[str, int], ...]
    titles: tuple[str, ...]
    """Of the rows."""
    is_cut: bool


def heat(found: OutcomeTable, *, families: Sequence[str]) -> Heat | None:
    """Lay out the table of outcomes; None where it is empty."""
    num_columns, num_rows = len(found.variants), len(found.items)
    if not num_columns or not num_rows:
        return None
    paths = {
        letter: "".join(_strokes([row.cells for row in found.items], letter)) for letter in OUTCOMES if letter != "."
    }
    strips, x = [], 0
    for family, members in groupby(found.variants, key=lambda variant: variant.family):
        width = len(list(members))
        strips.append(Strip(x, width, families.index(family) % NUM_MARKS if family in families else 0, family))
        x += width
    return Heat(
        num_columns=num_columns,
        num_rows=num_rows,
        height=max(60.0, HEAT_ROW * num_rows),
        strokes=tuple((letter, OUTCOMES[letter], path) for letter, path in paths.items() if path),
        strips=tuple(strips),
        families=tuple(dict.fromkeys((one.title, one.mark) for one in strips)),
        titles=tuple(f"{row.item}: flipped under {row.moved} of {row.asked}" for row in found.items),
        is_cut=(found.num_items or 0) > num_rows or (found.num_variants or 0) > num_columns,
    )


def _strokes(rows: Iterable[str], letter: str) -> Iterable[str]:
    """Return a stroke for each run of equal cells, along the middle of its row."""
    for y, cells in enumerate(rows):
        x = 0
        for found, run in groupby(cells):
            length = len(list(run))
            if found == letter:
                yield f"M{x} {y}.5h{length}"
            x += length
