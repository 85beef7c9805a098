"""A dot plot of one figure before and after each method, or of each family before and after a repair.

    batch-calibration  |     ●--------o :       o = before, on the answers that the method has; ● = after
                       |   |-----|      :       its 95 % interval beneath
    template-vote      |  ●-----------o :       : = before, on all answers
                       0     10    20   30 %

Covered: positions in percent of the width and in pixels. Not covered: markup.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Protocol

from reports.charts.axis import BOTTOM, HEAD, ROW, Tick, at, short, span, ticks
from reports.words import change as change_words
from reports.words import change_bounds, interval, percent

NAME_LENGTH = 19


class Change(Protocol):
    """A figure before and after, as the bench (`probe.mitigate.mitigation`) and the judgement of a repair have it."""

    @property
    def before(self) -> float | None: ...
    @property
    def after(self) -> float | None: ...
    @property
    def after_low(self) -> float | None: ...
    @property
    def after_high(self) -> float | None: ...
    @property
    def difference(self) -> float | None: ...
    @property
    def ci_low(self) -> float | None: ...
    @property
    def ci_high(self) -> float | None: ...
    @property
    def is_better(self) -> bool: ...
    @property
    def significant(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Move:
    """A method's row."""

    label: str
    y: float
    before: float
    after: float
    low: float | None
    high: float | None
    tone: str
    """`good` or `bad` where it changed by more than chance, else empty."""
    title: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """One figure under all methods."""

    height: float
    bottom: float
    reference: float | None
    moves: tuple[Move, ...]
    ticks: tuple[Tick, ...]
    description: str


def before_after(
    rows: Sequence[tuple[str, Change]], reference: float | None = None, *, strong: Container[str] = ()
) -> BeforeAfter | None:
    """Lay out a figure before and after methods, by name, in the order given; None where it is not defined.

    The names in `strong` are set in bold.
    """
    known = [
        (name, change, before, after)
        for name, change in rows
        if (before := change.before) is not None and (after := change.after) is not None
    ]
    if not known:
        return None
    ends = [end for _, one, *both in known for end in (*both, one.after_low, one.after_high) if end is not None]
    low, high = span(ends if reference is None else [*ends, reference])
    moves = [
        Move(
            label=short(name, length=NAME_LENGTH),
            y=HEAD + ROW * (k + 0.5),
            before=at(before, low, high),
            after=at(after, low, high),
            low=None if one.after_low is None else at(one.after_low, low, high),
            high=None if one.after_high is None else at(one.after_high, low, high),
            tone=tone(one),
            title=said(name, one),
            is_strong=name in strong,
        )
        for k, (name, one, before, after) in enumerate(known)
    ]
    bottom = HEAD + ROW * len(moves) + HEAD
    place = None if reference is None else at(reference, low, high)
    return BeforeAfter(
        bottom + BOTTOM, bottom, place, tuple(moves), ticks(low, high), ". ".join(one.title for one in moves[:4]) + "."
    )


def tone(change: Change) -> str:
    """Return the style sheet's class of a change: none where it may be chance."""
    return ("good" if change.is_better else "bad") if change.significant else ""


def said(name: str, change: Change) -> str:
    """Return a change in words."""
    after = f"{percent(change.after)} {interval(change.after_low, change.after_high)}".rstrip()
    moved = f"{change_words(change.difference)} points {change_bounds(change.ci_low, change.ci_high)}"
    return f"{name}: {percent(change.before)} before, {after} after, {moved}"
