"""The scores of a finished run, made again as they are asked for: a run is read in the memory of its columns.

    tables --> columns of what was answered, hashes of the texts       item --> its variants, drawn again --> their scores

Rules and decisions of people have no part in it: a row in the tables says that a variant was asked. A budget and a stop at a
precision neither: they determine which variants have a row, never the text of a variant, so that the texts alone show
whether these are the run's prompts.

Covered: scores by their number, of some items, of all one portion after another. Not covered: how variants are drawn
(`probe.evaluation.drawing`), which folder and which suite (`probe.record.redraw`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from probe.errors import StoreError
from probe.evaluation.drawing import PORTION, Drawing
from probe.evaluation.results import Checks
from probe.metrics.cells import Ints
from probe.record.answered import Answered, read_answered
from probe.record.columns import TABLES
from probe.record.lazily import Lazily, Maker
from probe.record.requests import asked_of
from probe.record.tables import read_batches, read_table
from probe.types import Item, Score, Suite, Variant
from probe.validity import check_results

T = TypeVar("T")
COLUMNS = ("prediction", "correct", "reading", "probabilities", "margin", "confidence", "truncated")
HELD = 8192
"""Scores that are held after they were made, so that a small run is drawn once."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What the tables of a run hold of its answers, without its prompts."""

    folder: Path
    answered: Mapping[str, Answered]
    table: Any
    """Of pyarrow: `COLUMNS` of all rows."""
    requests: Any = None
    """The table of requests by their row, where they are wanted and the run kept them."""

    @classmethod
    def read(cls, folder: Path, *, with_requests: bool = False) -> Kept:
        """Read the tables of a run.

        Raises:
            StoreError: a table is missing or damaged.
        """
        import pyarrow as pa

        answered = read_answered(folder, {"text": hash})
        parts = [batch.select(COLUMNS) for batch in read_batches(folder, COLUMNS)]
        # Rows of several dictionaries cannot be taken together.
        table = pa.concat_tables(parts).unify_dictionaries() if parts else None
        has_requests = with_requests and (folder / "requests.parquet").is_file()
        if not has_requests:
            return cls(folder, answered, table)
        requests = read_table(folder, "requests", TABLES["requests"]).sort_by("row")
        return cls(folder, answered, table, requests.unify_dictionaries())

    def rows(self, places: Sequence[int]) -> list[dict[str, Any]]:
        """Return the rows of some places in the tables."""
        return list(self.table.take(places).to_pylist()) if places else []

    def asked(self, places: Sequence[int]) -> Iterator[list[dict[str, Any]]]:
        """Return the requests of each of some places, none where they are not wanted."""
        if self.requests is None:
            yield from ([] for _ in places)
            return
        of_row = self.requests["row"].to_numpy()
        starts, ends = (np.searchsorted(of_row, places, side) for side in ("left", "right"))
        wanted = np.concatenate([np.arange(*pair) for pair in zip(starts, ends, strict=True)] or [np.empty(0)])
        rows = iter(self.requests.take(wanted.astype(np.int64)).to_pylist())
        for num in (ends - starts).tolist():
            yield [next(rows) for _ in range(num)]


@dataclass(slots=True)
class _Places:
    """Where the answers of a suite stand in the tables."""

    answered: Answered | None
    items: dict[str, int] = field(default_factory=dict)
    columns: dict[tuple[str, str, int], list[int]] = field(default_factory=dict)
    rows: Ints = field(init=False)
    texts: Ints = field(init=False)
    """(items, columns), the row in the tables, -1 not asked, and a hash of the text."""

    def __post_init__(self) -> None:
        if self.answered is not None:
            self.items = {name: number for number, name in enumerate(self.answered.items)}
            self.rows, self.texts = self.answered.places, self.answered.table("text")
            for number, one in enumerate(self.answered.rows.columns):
                self.columns.setdefault((one.family, one.perturbation, one.sample), []).append(number)

    def of(self, variant: Variant) -> tuple[int, bool]:
        """Return the row of a variant, -1 if it was not asked, and whether its text is the one that was asked."""
        item = self.items.get(variant.item.id)
        if item is not None:
            for column in self.columns.get((variant.family, variant.perturbation, variant.sample), ()):
                if (place := int(self.rows[item, column])) >= 0:
                    return place, int(self.texts[item, column]) == hash(variant.text)
        return -1, True

    def first_without(self, seen: array[int]) -> tuple[str, str, int] | None:
        """Return item, perturbation and sample of the first answer whose row is none of `seen`, if there is one."""
        if self.answered is None:
            return None
        of_row = self.answered.rows.values
        left = np.flatnonzero(~np.isin(of_row["place"], np.array(seen, np.int64)))
        if not len(left):
            return None
        column = self.answered.rows.columns[of_row["column"][left[0]]]
        return self.answered.items[of_row["item"][left[0]]], column.perturbation, column.sample


@dataclass(slots=True)
class Redrawn:
    """The scores of a suite of a finished run."""

    drawing: Drawing
    """Of all its variants."""
    kept: Kept
    then: str
    """What a user does after a new run."""
    items: list[Item] = field(default_factory=list)
    """Those that have scores, in the order drawn."""
    ends: array[int] = field(default_factory=lambda: array("q"))
    """Of each, the number of the scores up to its last one."""
    _places: _Places = field(init=False)
    _held: dict[str, list[Score]] = field(default_factory=dict)
    _num_held: int = 0

    def __post_init__(self) -> None:
        self._places = _Places(self.kept.answered.get(self.drawing.suite.name))

    def first(self) -> Iterator[list[Score]]:
        """Return all scores, some items at a time, and note where each one's are.

        Raises:
            StoreError: this version draws other prompts.
        """
        seen = array("q")
        for row in self._drawn(self.drawing):
            scores = self._scores(row, seen)
            for own in _by_item(scores, lambda score: score.variant.item):
                self.items.append(own[0].variant.item)
                self.ends.append(len(own) + (self.ends[-1] if self.ends else 0))
                self._hold(own)
            yield scores
        if (missing := self._places.first_without(seen)) is not None:
            raise self._other_prompts(*missing)

    def kept_scores(self) -> tuple[Sequence[Score], Sequence[Checks]]:
        """Return all scores, and the check results of each, made when they are asked for."""
        scores = Maker(self.score, self.scores)
        checks = Maker(
            lambda number: _checks(self.score(number)), lambda start, end: map(_checks, self.scores(start, end))
        )
        return Lazily(range(self.num), scores), Lazily(range(self.num), checks)

    @property
    def num(self) -> int:
        """Return the number of scores."""
        return self.ends[-1] if self.ends else 0

    def score(self, number: int) -> Score:
        """Return the score of that number."""
        place = bisect_right(self.ends, number)
        start = self.ends[place - 1] if place else 0
        return self._of(self.items[place])[number - start]

    def scores(self, start: int, end: int) -> Iterator[Score]:
        """Return the scores of those numbers, one after another."""
        place = bisect_right(self.ends, start)
        number = self.ends[place - 1] if place else 0
        while number < end:
            portion = self.items[place : place + max(1, PORTION * len(self.items) // self.num)]
            for score in self._of_items(portion):
                if start <= number < end:
                    yield score
                number += 1
            place += len(portion)

    def _of_items(self, items: Sequence[Item]) -> Iterator[Score]:
        """Return the scores of some items, held or drawn together."""
        new = [item for item in items if item.id not in self._held]
        found = {own[0].variant.item.id: own for own in _by_item(self._again(new), lambda score: score.variant.item)}
        for item in items:
            yield from self._held[item.id] if item.id in self._held else found[item.id]

    def _of(self, item: Item) -> list[Score]:
        if item.id not in self._held:
            self._hold(self._again([item]))
        return self._held[item.id]

    def _again(self, items: Sequence[Item]) -> list[Score]:
        """Draw the variants of some items again, and return their scores."""
        whole = self.drawing
        some = Drawing(replace(whole.suite, items=tuple(items)), whole.columns, whole.seed, whole.validate)
        return [score for row in self._drawn(some) for score in self._scores(row)]

    def _hold(self, scores: list[Score]) -> None:
        self._held[scores[0].variant.item.id] = scores
        self._num_held += len(scores)
        while self._num_held > HELD and len(self._held) > 1:
            self._num_held -= len(self._held.pop(next(iter(self._held))))

    @staticmethod
    def _drawn(drawing: Drawing) -> Iterator[list[Variant]]:
        """Return the variants of a drawing, some whole items at a time."""
        portion: list[Variant] = []
        for variant in drawing.variants():
            if len(portion) >= PORTION and variant.item is not portion[-1].item:
                yield portion
                portion = []
            portion.append(variant)
        if portion:
            yield portion

    def _scores(self, variants: Sequence[Variant], seen: array[int] | None = None) -> list[Score]:
        """Return the scores of those variants that have a row; `seen` takes the rows."""
        asked: list[Variant] = []
        places: list[int] = []
        for variant in variants:
            place, is_same = self._places.of(variant)
            if not is_same:
                raise self._other_prompts(variant.item.id, variant.perturbation, variant.sample)
            if place >= 0:
                asked.append(variant)
                places.append(place)
        if seen is not None:
            seen.extend(places)
        rows = zip(asked, self.kept.rows(places), self.kept.asked(places), strict=True)
        return [_score(*row) for row in rows]

    def _other_prompts(self, item: str, perturbation: str, sample: int) -> StoreError:
        return StoreError(
            f"{self.kept.folder}: {item} {perturbation} {sample} is drawn otherwise by this version",
            hint=f"run it again, then {self.then}",
        )


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps the scores of a suite of a finished run: they can be made again."""

    scores: Redrawn

    def take(self, suite: Suite, scores: Sequence[Score], checks: Sequence[Checks]) -> None:
        """Keep nothing."""

    def kept(self, suite: Suite) -> tuple[Sequence[Score], Sequence[Checks]]:
        """Return the scores, and the check results of each, made when they are asked for."""
        return self.scores.kept_scores()


def _checks(score: Score) -> Checks:
    return check_results(score.variant)


def _by_item(values: Sequence[T], item: Callable[[T], Item]) -> Iterator[list[T]]:
    """Return values by their item, those of an item being side by side."""
    own: list[T] = []
    for value in values:
        if own and item(own[-1]) is not item(value):
            yield own
            own = []
        own.append(value)
    if own:
        yield own


def _score(variant: Variant, row: Mapping[str, Any], requests: Sequence[Mapping[str, Any]]) -> Score:
    """Return the score that a row says, with what was sent and answered."""
    fields = {name: row[name] for name in ("prediction", "correct", "reading", "margin", "confidence")}
    is_truncated = row["truncated"]
    asked = [asked_of(kept, variant.text, is_truncated=is_truncated) for kept in requests]
    return Score(
        variant,
        **fields,
        probabilities=tuple(row["probabilities"]),
        is_truncated=is_truncated,
        requests=tuple(request for request, _ in asked),
        responses=tuple(response for _, response in asked),
    )
