"""The worst flips of a run of any size: few candidates are found among the columns of its answers, and only these are read.

    round 0    the first flip of each item          round 1    the second of each          ...
    list       the most convincing ones, then round by round, suites and families in turn (`probe.evaluation.flips.worst`)

A round that does not fill the list is taken whole. Of the one in which it ends, a suite's family has at most as many places
as the list. Each kind's own places need no more candidates than there are of them. So `worst` chooses the same of these
candidates as of all flips.

Covered: candidates. Not covered: the choice among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from probe.evaluation.flips import Flip, kept_for_kind, worst
from probe.evaluation.results import SuiteResults
from probe.metrics.cells import Bools, Ints

CONVINCING = 3
"""Items of each family among which the most convincing flips are."""


def worst_flips(suites: Mapping[str, SuiteResults], limit: int) -> list[Flip]:
    """Return the worst flips of all suites."""
    table = _Flips(list(suites.values()))
    chosen = table.candidates(limit)
    made: list[Flip] = []
    for number, one in enumerate(suites.values()):
        made += _read(one, table.row[chosen & (table.suite == number)])
    return worst(made, limit)


def _read(results: SuiteResults, rows: Ints) -> Iterator[Flip]:
    """Return the flips of rows in their order; they are read in that of the tables."""
    read = {row: results.flip(row) for row in sorted(rows.tolist())}
    return map(read.__getitem__, rows.tolist())


class _Flips:
    """All flips of a run as columns (F,): the suites in order, the worst of each first."""

    def __init__(self, suites: list[SuiteResults]) -> None:
        sizes = [len(one.found.flips) for one in suites]
        self.suite = np.repeat(np.arange(len(suites)), sizes)
        self.row = _joined([one.found.flips for one in suites])
        starts = np.cumsum([0, *(len(one.found.items) for one in suites)])
        self.item = _joined(
            [one.found.item[one.found.flips] + start for one, start in zip(suites, starts, strict=False)]
        )
        names: dict[str, int] = {}
        self.family = _joined(
            [
                np.array([names.setdefault(column.family, len(names)) for column in one.found.columns])[
                    one.found.column[one.found.flips]
                ]
                for one in suites
            ]
        )
        self.num_families = max(len(names), 1)
        self.kind, tie, sureness, self.length = (
            _joined([getattr(one.found, name)[one.found.flips] for one in suites])
            for name in ("kind", "pair_is_near_tie", "sureness", "edit_length")
        )
        self.is_broken = (self.kind == 0) & ~tie.astype(np.bool_)
        order = np.lexsort((np.arange(len(self.row)), -sureness, tie, self.kind))
        self.badness = _rank(order)

    def candidates(self, limit: int) -> Bools:
        """Return which flips `worst` chooses among."""
        first = self._convincing()
        order = np.lexsort((self.badness, self._running(self.item * self.num_families + self.family, self.badness)))
        sequence = _rank(order)
        rounds = self._running(self.item, sequence)
        chosen = np.isin(self.item, self.item[first])
        missing = limit
        for number in range(int(rounds.max(initial=-1)) + 1):
            own = np.flatnonzero(rounds == number)
            within = self._running((self.suite * self.num_families + self.family)[own], sequence[own])
            chosen[own[within < limit + CONVINCING]] = True
            missing -= len(own)
            if missing + CONVINCING <= 0:
                break
        for kind in np.unique(self.kind):
            chosen[self._of_kind(kind, kept_for_kind(limit))] = True
        return np.asarray(chosen)

    def _of_kind(self, kind: int, limit: int) -> Ints:
        """Return the worst flips of a kind: the first of each item, then the second of each; suites take turns."""
        own = np.flatnonzero(self.kind == kind)
        badness, suite = self.badness[own], self.suite[own]
        number = self._running(self.item[own], badness)
        turn = self._running(number * (int(suite.max()) + 1) + suite, badness)
        return own[np.lexsort((badness, turn, number))[:limit]]

    def _convincing(self) -> Ints:
        """Return the first flips of the first items of each family, the shortest edits first."""
        broken = np.flatnonzero(self.is_broken)
        order = broken[np.lexsort((self.badness[broken], self.length[broken]))]
        _, first = np.unique(self.item[order] * self.num_families + self.family[order], return_index=True)
        order = order[np.sort(first)]
        return order[self._running(self.family[order], np.arange(len(order))) < CONVINCING]

    @staticmethod
    def _running(groups: Ints, order: Ints) -> Ints:
        """Return how many of its group come before each, by an order."""
        by_group = np.lexsort((order, groups))
        ordered = groups[by_group]
        running = np.empty(len(groups), np.int64)
        running[by_group] = np.arange(len(groups)) - np.searchsorted(ordered, ordered)
        return running


def _joined(parts: list[Any]) -> Any:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _rank(order: Ints) -> Ints:
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank
