"""A run's answers as a baseline saves them: hashes instead of texts, one letter for an answer.

    item           clean  contrast  format  typos
    9c1f0e77aa02   A      B         AAaB    AA.?

letter: which answer (of this item); capital: right; ? unreadable; = a tie; ! a score that is no number; . not asked

Two cells of an item with the same letter have the same answer, so that accuracy, spread, flips and contrast sets can all be
computed again, item by item. The reruns of the noise floor are left out. Beside the letters stand two hashes: of the prompt as
written, and of all its variants, so that another prompt under the same name is noticed.

Covered: reading them from a run, packing and unpacking. Not covered: their file (`probe.gating.baseline`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from probe.metrics.cells import NON_FINITE, NULL, ORIGINAL, TIE, Cells, Column, Ints
from probe.metrics.rows_of_answers import NOWHERE
from probe.record.answered import Answered, read_answered
from probe.record.tables import check_suites

NOT_ASKED = "."
NO_ANSWERS = {"?": 0, "=": TIE, "!": NON_FINITE}
"""Signs of what is no answer, with their code in `Cells.void`."""
LETTERS = 26
"""Codes from here on are of what is no answer; an unreadable answer equals another unreadable one."""
ORIGINAL_COLUMN = Column(ORIGINAL, ORIGINAL, 0, "label-preserving")


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """A suite's outcomes; rows in the order of the items' hashes, columns sorted."""

    suite: str
    version: str
    digest: str
    cells: Cells
    """Its `items` are the hashes of their names."""
    prompts: tuple[str, ...]
    """Hash of each item's original prompt."""
    variants: tuple[str, ...]
    """Hash of each item's variants."""
    texts: Ints | None = None
    """(N, M), a hash of each variant's text, -1 not asked; None for a baseline, which keeps `variants` only."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The items' own names by hash; empty for a baseline."""

    def variants_under(self, columns: Sequence[Column]) -> dict[str, str]:
        """Return the hash of each item's variants under some columns."""
        known = {column: place for place, column in enumerate(self.cells.columns)}
        places = [known.get(column, NOWHERE) for column in columns]
        return dict(zip(self.cells.items, _hashes(self.texts, places, len(self.cells.items)), strict=True))


def _hashes(texts: Ints | None, places: Sequence[int], num_items: int) -> list[str]:
    """Return a hash for each item of its texts at some places of the table."""
    if texts is None:
        return [short(*[""] * len(places))] * num_items
    chosen = np.full((num_items, len(places)), NOWHERE, np.int64)
    for index, place in enumerate(places):
        if place != NOWHERE:
            chosen[:, index] = texts[:, place]
    return [short(*map(_written, row.tolist())) for row in chosen]


def _number(text: str) -> int:
    return int(short(text), 16)


def _written(number: int) -> str:
    """Return the hash of a text as it was written; empty where there is none."""
    return "" if number == NOWHERE else f"{number:08x}"


def short(*texts: str, size: int = 4) -> str:
    """Return a short hash of some texts: enough to notice that one is another."""
    data = "\0".join(texts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=size).hexdigest()


def item_key(suite: str, item: str) -> str:
    """Return the hash that names an item."""
    return short(suite, item, size=8)


def read_outcomes(run: Path, suites: Sequence[Mapping[str, str]]) -> dict[str, Outcomes]:
    """Read a run's outcomes by suite; `suites` are those of its manifest.

    Raises:
        StoreError: its tables are missing or damaged, or hold other suites than the manifest names.
    """
    facts = {str(suite["name"]): suite for suite in suites}
    answered = read_answered(run, {"text": _number})
    check_suites(run, answered, facts)
    return {name: _sorted(name, facts[name], one) for name, one in answered.items()}


def _sorted(suite: str, facts: Mapping[str, str], answered: Answered) -> Outcomes:
    cells = answered.cells()
    keys = [item_key(suite, item) for item in cells.items]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    chosen = sorted(
        (i for i, column in enumerate(cells.columns) if i and column.family != NULL),
        key=lambda i: sort_key(cells.columns[i]),
    )
    ordered = cells.select(chosen).take(order)
    names = {keys[n]: cells.items[n] for n in order}
    renamed = Cells(
        ordered.correct, ordered.prediction, ordered.unreadable, ordered.columns, tuple(names), void=ordered.void
    )
    texts = _texts(answered, ordered)
    return Outcomes(
        suite=suite,
        version=str(facts["version"]),
        digest=str(facts["digest"]),
        cells=renamed,
        prompts=tuple(map(_written, texts[:, 0].tolist())),
        variants=tuple(_hashes(texts, range(1, texts.shape[1]), len(texts))),
        texts=texts,
        names=names,
    )


def _texts(answered: Answered, cells: Cells) -> Ints:
    """Return (N, M), the hashes of the texts of cells."""
    item = {name: place for place, name in enumerate(answered.items)}
    column = {one: place for place, one in enumerate(answered.rows.columns)}
    rows, columns = [item[name] for name in cells.items], [column[one] for one in cells.columns]
    return answered.table("text")[np.ix_(rows, columns)]


def sort_key(column: Column) -> tuple[str, int, str, str]:
    """Return the sort key of a column: family, draw, perturbation."""
    return column.family, column.sample, column.perturbation, column.effect


def pack(cells: Cells) -> list[str]:
    """Return each item's outcomes as letters, a blank before each family."""
    starts = [i for i in range(1, len(cells.columns)) if cells.columns[i].family != cells.columns[i - 1].family]
    void = np.zeros(cells.prediction.shape, np.int8) if cells.void is None else cells.void
    rows = zip(cells.asked, cells.correct == 1, cells.unreadable, void, cells.prediction, strict=True)
    return [_packed([one.tolist() for one in row], starts) for row in rows]


def _packed(row: Sequence[list[int]], starts: Sequence[int]) -> str:
    letters: dict[int, int] = {}
    signs = {code: sign for sign, code in NO_ANSWERS.items()}
    cell = []
    for is_asked, is_right, is_unreadable, void, prediction in zip(*row, strict=True):
        if not is_asked:
            cell.append(NOT_ASKED)
        elif is_unreadable:
            cell.append(signs[void])
        else:
            # The 26th and all later answers share a letter: only whether one equals the original answer is ever asked.
            place = letters.setdefault(prediction, min(len(letters), LETTERS - 1))
            letter = chr(ord("a") + place)
            cell.append(letter.upper() if is_right else letter)
    parts = [0, *starts, len(cell)]
    return " ".join("".join(cell[a:b]) for a, b in pairwise(parts))


def unpack(packed: Sequence[str], columns: Sequence[Column], items: Sequence[str]) -> Cells:
    """Return the cells of packed outcomes; `columns` are those other than clean.

    Raises:
        ValueError: a row has not a letter for each column, or another sign than it may have.
    """
    shape = (len(packed), 1 + len(columns))
    correct, prediction, unreadable = np.full(shape, np.nan), np.full(shape, -1, np.int64), np.zeros(shape, np.bool_)
    void = np.zeros(shape, np.int64)
    for n, row in enumerate(packed):
        letters = row.replace(" ", "")
        if len(letters) != shape[1]:
            raise ValueError(f"item {items[n]} has {len(letters)} outcomes, not {shape[1]}")
        for i, letter in enumerate(letters):
            if letter in NO_ANSWERS:
                void[n, i] = NO_ANSWERS[letter]
                correct[n, i], prediction[n, i], unreadable[n, i] = 0.0, LETTERS + void[n, i], True
            elif letter.isascii() and letter.isalpha():
                correct[n, i], prediction[n, i] = float(letter.isupper()), ord(letter.lower()) - ord("a")
            elif letter != NOT_ASKED:
                raise ValueError(f"item {items[n]} has an outcome {letter!r}")
    return Cells(
        *(correct, prediction, unreadable, (ORIGINAL_COLUMN, *columns), tuple(items)), void=void if void.any() else None
    )
