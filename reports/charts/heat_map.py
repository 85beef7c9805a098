"""A heat map: columns are variants, rows are items, a cell says what became of the answer.

x counts variants and y counts rows, so that a run of equal cells is one stroke: M3 7.5h4 = row 7, variants 3 to 6.
A cell is too small for a letter: kinds of flips differ in colour and in a line through them. The table behind has the
letters, and links to the flips that the page shows.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from probe.record.outcomes import OutcomeColumn, OutcomeTable
from reports.charts.axis import NUM_MARKS
from reports.words import OUTCOMES

HEAT_ROW = 6.0

CardKey = tuple[str, str, str, int]
"""Suite, item, perturbation and sample of a flip."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Adjacent columns of a heat map that are one family."""

    x: int
    width: int
    mark: int
    title: str


@dataclass(frozen=True, slots=True)
class CellRow:
    """An item's letters; those of flips that the page shows stand alone with the id of their card."""

    item: str
    quoted: str
    """As a shell reads it."""
    pieces: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The command that shows a variant, before and after the item's id."""

    head: str
    tail: str


@dataclass(frozen=True, slots=True)
class Heat:
    """Items by variants."""

    id: str
    num_columns: int
    num_rows: int
    height: float
    strokes: tuple[tuple[str, str, str], ...]
    """Letter, what it means, and the path of its cells."""
    strips: tuple[Strip, ...]
    families: tuple[tuple[str, int], ...]
    rows: tuple[CellRow, ...]
    commands: tuple[Shown, ...]
    """Of the columns."""
    is_cut: bool


def heat(
    found: OutcomeTable,
    *,
    families: Sequence[str],
    cards: Mapping[CardKey, str] = MappingProxyType({}),
    id: str = "map",
) -> Heat | None:
    """Lay out the table of outcomes; None where it is empty. `cards` are the ids of the flips that the page shows."""
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
        id=id,
        num_columns=num_columns,
        num_rows=num_rows,
        height=max(60.0, HEAT_ROW * num_rows),
        strokes=tuple((letter, OUTCOMES[letter], path) for letter, path in paths.items() if path),
        strips=tuple(strips),
        families=tuple(dict.fromkeys((one.title, one.mark) for one in strips)),
        rows=tuple(_rows(found, cards)),
        commands=tuple(_shown(found.suite, one) for one in found.variants),
        is_cut=(found.num_items or 0) > num_rows or (found.num_variants or 0) > num_columns,
    )


def _rows(found: OutcomeTable, cards: Mapping[CardKey, str]) -> Iterable[CellRow]:
    """Return the letters of each item, parted where one leads to a card."""
    columns = {(one.perturbation, one.sample): x for x, one in enumerate(found.variants)}
    linked: dict[str, dict[int, str]] = {}
    for (suite, item, perturbation, sample), card in cards.items():
        x = columns.get((perturbation, sample))
        if suite == found.suite and x is not None:
            linked.setdefault(item, {})[x] = card
    for row in found.items:
        places = {x: card for x, card in linked.get(row.item, {}).items() if x < len(row.cells)}
        parts = groupby(enumerate(row.cells), key=lambda one: one[0] if one[0] in places else -1)
        pieces = [("".join(letter for _, letter in part), places.get(x, "")) for x, part in parts]
        yield CellRow(row.item, shlex.quote(row.item), tuple(pieces))


def _shown(suite: str, column: OutcomeColumn) -> Shown:
    """Return the command of a column; runs of earlier versions have the flags that every run needs only."""
    plain = ["probe", "show", suite, "ITEM", "--variant", f"{column.perturbation}/{column.sample}"]
    try:
        words = shlex.split(column.command)
    except ValueError:  # an unclosed quote
        words = []
    words = words if len(words) > 4 and words[3] == "ITEM" else plain
    return Shown(shlex.join(words[:3]), shlex.join(words[4:]))


def _strokes(rows: Iterable[str], letter: str) -> Iterable[str]:
    """Return a stroke for each run of equal cells, along the middle of its row."""
    for y, cells in enumerate(rows):
        x = 0
        for found, run in groupby(cells):
            length = len(list(run))
            if found == letter:
                yield f"M{x} {y}.5h{length}"
            x += length
