"""What the answers of a suite say of one another: the noise of margins, near-ties, flips and why they flipped.

All of it is computed at once, column by column, from what `probe.metrics.answers` keeps of each answer; `probe.metrics.taxonomy`
says what the causes mean.

Covered: flips, causes, contrast failures, which option was followed. Not covered: metrics, which are computed on cells
(`probe.metrics.tabulate`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from probe.metrics.cells import NULL, ORIGINAL, Bools, Column, Floats, Ints
from probe.metrics.packed import BLANK
from probe.metrics.taxonomy import CAUSES, Cause, Following
from probe.types import NO_ANSWER, Reading

READINGS: tuple[Reading, ...] = get_args(Reading)
"""A reading is kept as its place here."""
NOWHERE = -1
SMALL = np.int32
"""Of numbers of rows and codes: a run of a hundred thousand items has millions."""
FlipKind = Literal["right to wrong", "wrong to right", "wrong to wrong"]
KINDS: tuple[FlipKind, ...] = ("right to wrong", "wrong to wrong", "wrong to right")
"""Of flips, worst first."""


@dataclass(eq=False)
class Rows:
    """The answers of a suite, one a row in the order asked, each beside the answer to its original."""

    columns: tuple[Column, ...]
    """Column 0 is the original."""
    values: Mapping[str, Any]
    """By name (`probe.metrics.answers.KINDS`), (R,) each."""
    before: Ints
    """(R,), the row of the original's answer; `NOWHERE` where that was not asked."""

    def __getattr__(self, name: str) -> Any:
        """Return a column by its name."""
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None

    @cached_property
    def has_before(self) -> Bools:
        """Return (R,), whether the original was asked too."""
        return np.asarray(self.before != NOWHERE)

    def column_is(self, effect: str = "", *families: str) -> Bools:
        """Return (R,), whether the column has the effect and is of one of the families, where they are given."""
        found = [
            (not effect or one.effect == effect) and (not families or one.family in families) for one in self.columns
        ]
        return np.asarray(np.array(found, np.bool_)[self.column])

    def read_as(self, *readings: Reading) -> Bools:
        """Return (R,), whether the answer was read in one of these ways."""
        return np.asarray(np.isin(self.reading, [READINGS.index(one) for one in readings]))

    @cached_property
    def noise(self) -> float:
        """Return the largest change of a margin between an original and its reruns (nats); 0.0 without reruns.

        To another answer it went through zero: from 0.3 to -0.1 are 0.4.
        """
        rerun = np.flatnonzero(self.column_is("", NULL) & self.has_before)
        first, second = self.margin[self.before[rerun]], self.margin[rerun]
        is_same = self.said[self.before[rerun]] == self.said[rerun]
        change = np.where(is_same, np.abs(first - second), first + second)
        change = change[~np.isnan(change)]
        return float(max(change.max(initial=0.0), 0.0))

    @cached_property
    def near_tie(self) -> Bools:
        """Return (R,), whether the answer won by no more than the noise, a tie included; never where it has no margin."""
        return np.asarray(self.margin <= self.noise)

    @cached_property
    def pair_is_near_tie(self) -> Bools:
        """Return (R,), whether the answer or that to its original is a near-tie."""
        return self.near_tie | (self.near_tie[self.before] & self.has_before)

    @cached_property
    def moved(self) -> Bools:
        """Return (R,), whether the answer moved though it must stay: another one, unless both are right.

        Not from a tie, which is no answer, and not where a score is no number.
        """
        void = self.read_as("tie", "non-finite")[self.before] | self.read_as("non-finite")
        both_right = self.correct.astype(np.bool_) & self.correct[self.before].astype(np.bool_)
        none = self.read_as(*NO_ANSWER)
        other = np.where(
            none | none[self.before], none != none[self.before], self.said != self.said[self.before]
        ) | self.read_as("tie")
        own = self.column_is("label-preserving") & (self.column > 0) & self.has_before
        return np.asarray(own & other & ~void & ~both_right)

    @cached_property
    def cause(self) -> Any:
        """Return (R,), why the answer flipped: 1 + its place in `CAUSES`; 0 where it did not."""
        old, new = self.place[self.before], self.place
        unread, cut = self.read_as("unreadable"), self.truncated.astype(np.bool_)
        is_known, same = (old != NOWHERE) & (new != NOWHERE), self.same.astype(np.bool_)
        coinciding = self._coinciding[self.item]
        tests: list[tuple[Bools, Cause]] = [
            (unread | unread[self.before], "unreadable"),
            (cut | cut[self.before], "truncated"),
            (self.pair_is_near_tie, "near_tie"),
            (~is_known, "content"),
            ((old != new) & same, "symbol"),
            (old != new, "content"),
            (~same, "position"),
            (coinciding > 0, "position"),
            (coinciding < 0, "symbol"),
        ]
        codes = np.select(
            [test for test, _ in tests],
            [np.int8(1 + CAUSES.index(name)) for _, name in tests],
            np.int8(1 + CAUSES.index("position_or_symbol")),
        )
        return np.where(self.moved, codes, 0).astype(np.int8)

    @cached_property
    def is_listed(self) -> Bools:
        """Return (R,), whether a list holds both answers, so that position, symbol and content can be told."""
        return np.asarray(
            self.has_before & (self.place != NOWHERE) & (self.place[self.before] != NOWHERE) & (self.content != NOWHERE)
        )

    @cached_property
    def _coinciding(self) -> Ints:
        """Return of each item by how many more variants its place was followed than its symbol, where the two differ."""
        position = self.place[self.before]
        telling = self.is_listed & self.column_is("label-preserving") & (self.symbol != position)
        to_place = telling & (self.place == position)
        to_symbol = telling & (self.place != position) & ((self.symbol == NOWHERE) | (self.symbol == self.place))
        num = int(self.item.max(initial=-1)) + 1
        return np.bincount(self.item[to_place], minlength=num) - np.bincount(self.item[to_symbol], minlength=num)

    def followed(self) -> Any:
        """Return (R, 3), whether position, symbol, or one of the two where they coincide was followed; `BLANK` where neither.

        None where no answer tells.
        """
        if not self.is_listed.any():
            return None
        position, symbol, content = self.place[self.before], self.symbol, self.content
        of_position = self.is_listed & (position != symbol) & (position != content)
        of_symbol = self.is_listed & (symbol != NOWHERE) & (symbol != position) & (symbol != content)
        of_either = self.is_listed & (position == symbol) & (symbol != content)
        parts = [
            np.where(applies, self.place == where, np.int8(BLANK))
            for applies, where in ((of_position, position), (of_symbol, symbol), (of_either, position))
        ]
        return np.stack(parts, axis=1)

    def followings(self, suite: str) -> list[Following]:
        """Count, family by family, what is chosen where place, symbol and content part; families without such are left out."""
        position = self.place[self.before]
        parted = (position != self.content) | ((self.symbol != NOWHERE) & (self.symbol != position))
        telling = np.flatnonzero(self.is_listed & self.column_is("label-preserving") & parted)
        found = self.followed()
        if found is None:
            return []
        families = [*dict.fromkeys(one.family for one in self.columns)]
        numbers = np.array([families.index(one.family) for one in self.columns])[self.column[telling]]
        order = numbers[np.sort(np.unique(numbers, return_index=True)[1])]
        return [_following(suite, families[number], self, telling[numbers == number], found) for number in order]

    @cached_property
    def is_failure(self) -> Bools:
        """Return (R,), whether another answer is declared and not given although the original is answered right."""
        right = self.correct.astype(np.bool_)
        own = self.column_is("label-altering") & ~self.read_as("non-finite")
        return np.asarray(own & self.has_before & right[self.before] & ~right)

    @cached_property
    def kind(self) -> Any:
        """Return (R,), the place among `KINDS` of each flip; `NOWHERE` of what is none, or is a rerun."""
        right = self.correct.astype(np.bool_)
        kinds = np.where(right[self.before], 0, np.where(right, 2, 1)).astype(np.int8)
        return np.where(self.moved & ~self.column_is("", ORIGINAL, NULL), kinds, NOWHERE).astype(np.int8)

    @cached_property
    def sureness(self) -> Floats:
        """Return (R,), the confidence of the less sure of the two answers; 0 where one is not known."""
        known = np.nan_to_num(self.confidence)
        return np.asarray(np.minimum(known, known[self.before]))

    @property
    def flips(self) -> Ints:
        """Return the rows of the flips, worst first."""
        rows = np.flatnonzero(self.kind != NOWHERE)
        order = np.lexsort((rows, -self.sureness[rows], self.pair_is_near_tie[rows], self.kind[rows]))
        return np.asarray(rows[order])

    @property
    def failures(self) -> Ints:
        """Return the rows of the contrast failures, the surest answers first and near-ties last."""
        rows = np.flatnonzero(self.is_failure)
        return np.asarray(rows[np.lexsort((rows, -self.sureness[rows], self.pair_is_near_tie[rows]))])


def _following(suite: str, family: str, rows: Rows, own: Ints, followed: Ints) -> Following:
    content = int((rows.place[own] == rows.content[own]).sum())
    place, symbol, either = (int(num) for num in (followed[own] == 1).sum(axis=0))
    other = len(own) - content - place - symbol - either
    chance = sum((1 / rows.shown[own].astype(np.float64)).tolist()) / len(own)
    return Following(suite, family, len(own), place, symbol, either, content, other, chance)
