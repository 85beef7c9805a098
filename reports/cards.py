"""The worst flips as cards: both prompts with their edit, both answers, and the command that shows them again.

Covered: what a card says. Not covered: which flips there are and which are worst (`probe.evaluation.flips`), how a card looks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from probe.record.summary import FlipRow, Summary
from probe.types import NO_ANSWER
from reports import words
from reports.highlight import Piece, in_short, sides
from reports.search import Searched, as_data, edit_words, own_texts

MAX_FLIPS = 100
"""Flips that the page shows; the rest is counted and said to lie in the run's tables."""

MAX_FAILURES = 30
"""Contrast failures that it shows."""

KINDS = frozenset({"right to wrong", "wrong to right", "wrong to wrong", "should have moved"})
RIGHT_BEFORE = frozenset({"right to wrong", "should have moved"})
RIGHT_AFTER = frozenset({"wrong to right"})
CHANGES = ("right to wrong", "wrong to right", "wrong to another wrong", "unreadable", "tie")
"""What became of an answer, to choose flips by; one without an answer is among the wrong ones as well."""

Shares = tuple[Sequence[str], Sequence[float]]
"""Choices with their probabilities, of which there may be fewer."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One choice's probability before and after."""

    choice: str
    before: float | None
    after: float | None
    is_target: bool


@dataclass(frozen=True, slots=True)
class FlipView:
    """A flip's card."""

    row: FlipRow
    number: int
    id: str
    """Of the element: a link to it still leads to the same flip when the page is made again."""
    suite: int
    family: int
    cause: int
    change: tuple[int, ...]
    """Places in CHANGES."""
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    edit: tuple[Piece, ...]
    """On one line."""
    was_right: bool
    is_right: bool
    bars: tuple[Bar, ...]
    sure_before: float | None
    sure_after: float | None
    """Probabilities of the two answers."""
    command: str


def flip_cards(summary: Summary) -> list[FlipView]:
    """Return a card for each flip that the page shows, in the order of the run."""
    return _cards("flip", summary.flips[:MAX_FLIPS], summary)


def failure_cards(summary: Summary) -> list[FlipView]:
    """Return a card for each contrast failure that the page shows, in the order of the run."""
    return _cards("contrast-failure", summary.contrast_failures[:MAX_FAILURES], summary)


def _cards(kind: str, rows: Sequence[FlipRow], summary: Summary) -> list[FlipView]:
    views: list[FlipView] = []
    taken: set[str] = set()
    causes = list(dict.fromkeys(words.cause_name(row.cause) for row in rows))
    for number, row in enumerate(rows, start=1):
        before, after = sides(row.before, row.after)
        shares = bars(
            (row.before_choices, row.before_probabilities),
            (row.choices, row.after_probabilities),
            (row.target, row.before_target),
        )
        views.append(
            FlipView(
                row=row,
                number=number,
                id=element_id(kind, (row.id,), taken),
                cause=causes.index(words.cause_name(row.cause)),
                change=_changes(row),
                suite=_index(summary.suites, row.suite),
                family=_index(summary.families, row.family),
                before=before,
                after=after,
                edit=in_short(row.before, row.after),
                was_right=_is_right(row.kind, RIGHT_BEFORE, row.before_prediction == row.before_target),
                is_right=_is_right(row.kind, RIGHT_AFTER, row.after_prediction == row.target),
                bars=shares,
                sure_before=next((bar.before for bar in shares if bar.choice == row.before_prediction), None),
                sure_after=next((bar.after for bar in shares if bar.choice == row.after_prediction), None),
                command=row.command,
            )
        )
    return views


def card_data(flips: Sequence[FlipView]) -> dict[str, object]:
    """Return what the page's script searches of each card."""
    own = own_texts([(flip.row.suite, flip.row.item, flip.row.before) for flip in flips])
    return as_data(_searched(flip, text) for flip, text in zip(flips, own, strict=True))


def _searched(flip: FlipView, text: str) -> Searched:
    row = flip.row
    answers = (row.before_prediction, row.after_prediction, row.before_target, row.target)
    named = (words.moved_how(row), words.cause_name(row.cause))
    return Searched(
        id=flip.id,
        name=" ".join((row.id, row.suite, row.item, row.family, row.perturbation)),
        answers=" ".join((*dict.fromkeys(answers), *named)),
        edit=edit_words(row.before, row.after),
        text=text,
    )


def element_id(kind: str, names: Sequence[str], taken: set[str]) -> str:
    """Return an id in letters that need no escape, another one for each card."""
    plain = f"{kind}-" + "-".join(re.sub(r"[^A-Za-z0-9_.-]+", "-", name) for name in names)[:120]
    found, number = plain, 2
    while found in taken:
        found, number = f"{plain}-{number}", number + 1
    taken.add(found)
    return found


def _changes(row: FlipRow) -> tuple[int, ...]:
    """Return what became of the answer, as places in CHANGES."""
    answers = {row.before_prediction, row.after_prediction}
    found = ["wrong to another wrong" if row.kind == "wrong to wrong" else row.kind]
    found += ["unreadable"] * bool(answers & {"", NO_ANSWER["unreadable"]}) + ["tie"] * (NO_ANSWER["tie"] in answers)
    return tuple(CHANGES.index(one) for one in found if one in CHANGES)


def _is_right(kind: str, right: frozenset[str], fallback: bool) -> bool:
    """Tell from a flip's kind, which knows of aliases, whether one of its answers was right."""
    return kind in right if kind in KINDS else fallback


def _index(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else len(names)


def bars(before: Shares, after: Shares, targets: Collection[str]) -> tuple[Bar, ...]:
    """Return each choice's two probabilities; a choice that only one side has lacks the other."""
    (choices, one), (other_choices, other) = before, after
    if not one and not other:
        return ()
    first, second = dict(zip(choices, one, strict=False)), dict(zip(other_choices, other, strict=False))
    return tuple(Bar(c, first.get(c), second.get(c), c in targets) for c in dict.fromkeys([*choices, *other_choices]))
