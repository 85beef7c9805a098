"""Two runs or more side by side as one HTML file: what changed, what differs by more than chance, what broke and what was fixed.

    folders --> probe.comparison.changes.compare_folders --> nouns and cards (here) --> page/compare.html.j2 --> compare.html

The first run is the old one; each other is compared with it. Covered: the page. Not covered: any figure on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from probe.comparison.changes import compare_folders
from reports import words
from reports.cards import Bar, element_id
from reports.charts.forest import Forest, difference_forest
from reports.filters import PER_PAGE, filters, pages, rules
from reports.highlight import Piece, sides
from reports.reading import count, each, flag, mapping, numbers, rows, text, texts
from reports.template import render, save

__all__ = ["page", "save", "write_compare_page"]

METRICS = ("accuracy", "accuracy_mean", "flip_rate", "contrast_consistency")
"""What the first table shows; the others stand behind it."""


@dataclass(frozen=True, slots=True)
class Run:
    """One of the runs: what it is called on the page, and which one it is."""

    label: str
    folder: str
    created: str
    command: str


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the manifest that is not the same in both runs."""

    kind: str
    entry: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure in both runs, with the interval of its difference."""

    suite: str
    family: str
    metric: str
    a: str
    b: str
    value_a: float | None
    value_b: float | None
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    minimum_detectable: float | None
    p_adjusted: float | None
    significant: bool
    num_items: int | None
    num_variants: int | None
    direction: str
    floor_a: float | None
    floor_b: float | None
    net_a: float | None
    net_b: float | None


@dataclass(frozen=True, slots=True)
class Side:
    """One run's prompt and answer."""

    label: str
    pieces: tuple[Piece, ...]
    prediction: str
    target: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A newly broken or newly fixed item."""

    id: str
    number: int
    title: str
    item: str
    word: str
    is_worse: bool
    direction: int
    family: int
    suite: int
    where: str
    moved: str
    same_text: bool
    sides: tuple[Side, Side]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """The first run against another."""

    a: str
    b: str
    changes: tuple[Change, ...]
    num_broken: int
    num_fixed: int
    forests: tuple[tuple[str, Forest], ...]
    table: tuple[Difference, ...]
    nets: tuple[Difference, ...]
    """Those with a noise floor to take off."""
    everything: tuple[Difference, ...]


def write_compare_page(runs: Sequence[Path], out: Path) -> None:
    """Write the page that compares runs to `out`, whole or not at all.

    Raises:
        UsageError: there is one run only, one is no run, or they did not ask the same.
        StoreError: a run is damaged, or the page cannot be written.
    """
    save(page(compare_folders(runs)), out)


def page(found: Mapping[str, Any]) -> str:
    """Return the page of a comparison as one HTML document, a pure function of its JSON object."""
    suites, families = _names(found)
    cards = [card for pair in rows(found, "pairs") for card in _cards(pair, suites, families)]
    cards = _numbered(cards)
    shown = tuple(words.family_name(name) for name in families)
    names = {"direction": ("newly broken", "newly fixed"), "family": shown, "suite": suites}
    return render(
        "compare.html.j2",
        rules=rules(names, len(cards)),
        words=words,
        verdict=text(found, "verdict"),
        runs=each(Run, found, "runs"),
        verdicts=mapping(found, "verdicts"),
        suites=suites,
        pairs=[_pair(pair, found, families) for pair in rows(found, "pairs")],
        cards=cards,
        filters=filters(names, cards),
        pages=pages(len(cards)),
        per_page=PER_PAGE,
        data=[{"id": card.id, "text": f"{card.title} {card.item} {card.word} {card.where}"} for card in cards],
        rankings=rows(found, "rankings"),
        reversals=rows(found, "reversals"),
        tests=rows(found, "tests"),
    )


def _names(found: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    items = [item for pair in rows(found, "pairs") for item in rows(pair, "items")]
    named = [text(row, "family") for row in [*rows(found, "differences"), *items]]
    return texts(found, "suite"), tuple(name for name in dict.fromkeys(named) if name not in ("all", ""))


def _pair(pair: Mapping[str, Any], found: Mapping[str, Any], families: Sequence[str]) -> Pair:
    a, b = text(pair, "a"), text(pair, "b")
    mine = [row for row in each(Difference, found, "differences") if (row.a, row.b) == (a, b)]
    suites = texts(found, "suite")
    whole = "all" if len(suites) > 1 else suites[0] if suites else ""
    forests = []
    for metric in METRICS[1:3]:
        drawn = [row for row in mine if row.suite == whole and row.metric == metric]
        ends = [(row.family, row.difference, row.ci_low, row.ci_high) for row in drawn]
        if plot := difference_forest(ends, families=families):
            forests.append((metric, plot))
    return Pair(
        a=a,
        b=b,
        changes=each(Change, pair, "changes"),
        num_broken=count(pair, "num_broken") or 0,
        num_fixed=count(pair, "num_fixed") or 0,
        forests=tuple(forests),
        table=tuple(row for row in mine if row.suite == whole and row.metric in METRICS),
        nets=tuple(row for row in mine if row.suite == whole and row.net_a is not None and row.net_b is not None),
        everything=tuple(mine),
    )


def _cards(pair: Mapping[str, Any], suites: Sequence[str], families: Sequence[str]) -> list[Card]:
    return [_card(row, pair, suites, families) for row in rows(pair, "items")]


def _card(row: Mapping[str, Any], pair: Mapping[str, Any], suites: Sequence[str], families: Sequence[str]) -> Card:
    broken = text(row, "direction") == "broken"
    before, after = sides(text(row, "text_a"), text(row, "text_b"))
    wrong, right, num = (count(row, key) or 0 for key in ("newly_wrong", "newly_right", "num_prompts"))
    both = (
        Side(text(pair, "a"), before, text(row, "prediction_a"), text(row, "target_a"), broken),
        Side(text(pair, "b"), after, text(row, "prediction_b"), text(row, "target_b"), not broken),
    )
    draw = "" if flag(row, "as_written") else f", draw {count(row, 'draw') or 0}"
    name = "as written" if flag(row, "as_written") else f"{text(row, 'family')}: {text(row, 'perturbation')}{draw}"
    return Card(
        id="",
        number=0,
        title=text(row, "suite"),
        item=text(row, "item"),
        word="newly broken" if broken else "newly fixed",
        is_worse=broken,
        direction=0 if broken else 1,
        family=families.index(text(row, "family")) if text(row, "family") in families else len(families),
        suite=suites.index(text(row, "suite")) if text(row, "suite") in suites else len(suites),
        where=name,
        moved=f"{words.counted(wrong, 'prompt')} newly wrong, {right:,} newly right, of {num:,}",
        same_text=text(row, "text_a") == text(row, "text_b"),
        sides=both,
        bars=_bars(row),
    )


def _bars(row: Mapping[str, Any]) -> tuple[Bar, ...]:
    a = dict(zip(texts(row, "choices_a"), numbers(row, "probabilities_a"), strict=False))
    b = dict(zip(texts(row, "choices_b"), numbers(row, "probabilities_b"), strict=False))
    targets = (text(row, "target_a"), text(row, "target_b"))
    if not a and not b:
        return ()
    return tuple(Bar(choice, a.get(choice), b.get(choice), choice in targets) for choice in dict.fromkeys([*a, *b]))


def _numbered(cards: Sequence[Card]) -> list[Card]:
    """Return cards their numbers, and ids that stay the same where other items come or go: run, suite, item and prompt."""
    taken: set[str] = set()
    return [
        replace(card, number=k, id=element_id("item", (card.sides[1].label, card.title, card.item, card.where), taken))
        for k, card in enumerate(cards, start=1)
    ]
