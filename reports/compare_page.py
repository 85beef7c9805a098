"""Two runs or more side by side as one HTML file: what changed, what differs by more than chance, what broke and what was fixed.

    folders --> probe.comparison.changes.compare_folders --> nouns and cards (here) --> page/compare.html.j2 --> compare.html

The first run is the old one; each other is compared with it. Covered: the page. Not covered: any figure on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from probe.comparison.changes import compare_folders
from probe.comparison.comparison import Difference, MovedItem, RunComparison, RunPair
from reports import words
from reports.cards import Bar, bars, element_id
from reports.changes import figures, in_words
from reports.charts.forest import Forest, difference_forest
from reports.filters import PER_PAGE, filters, pages, rules
from reports.highlight import Piece, sides
from reports.manifest import day
from reports.search import Searched, as_data, edit_words, own_texts
from reports.template import render, save

__all__ = ["page", "save", "write_compare_page"]

METRICS = ("accuracy", "accuracy_mean", "flip_rate", "contrast_consistency")
"""What the first table shows; the others stand behind it."""


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
class PairView:
    """The section of the first run against another one."""

    pair: RunPair
    figures: str
    changes: tuple[tuple[str, str], ...]
    """In words, by kind."""
    forests: tuple[tuple[str, Forest], ...]
    table: tuple[Difference, ...]
    nets: tuple[Difference, ...]
    """Those with a noise floor."""
    floors: tuple[Difference, ...]
    """Those of which a floor is printed as more than zero."""
    everything: tuple[Difference, ...]


def write_compare_page(runs: Sequence[Path], out: Path) -> None:
    """Write the page that compares runs to `out`, whole or not at all.

    Raises:
        UsageError: there is one run only, one is no run, or they did not ask the same.
        StoreError: a run is damaged, or the page cannot be written.
    """
    save(page(compare_folders(runs)), out)


def page(found: RunComparison) -> str:
    """Return the page of a comparison as one HTML document."""
    families = _families(found)
    cards = _numbered([_card(row, pair, found.suites, families) for pair in found.pairs for row in pair.items])
    shown = tuple(words.family_name(name) for name in families)
    names = {"direction": ("newly broken", "newly fixed"), "family": shown, "suite": found.suites}
    return render(
        "compare.html.j2",
        rules=rules(names, len(cards)),
        words=words,
        found=found,
        day=day,
        sections=[_section(pair, found, families) for pair in found.pairs],
        cards=cards,
        filters=filters(names, cards),
        pages=pages(len(cards)),
        per_page=PER_PAGE,
        data=as_data(_searched(cards, [row for pair in found.pairs for row in pair.items])),
    )


def _families(found: RunComparison) -> tuple[str, ...]:
    items = [row.family for pair in found.pairs for row in pair.items]
    named = [*(row.family for row in found.differences), *items]
    return tuple(name for name in dict.fromkeys(named) if name not in ("all", ""))


def _section(pair: RunPair, found: RunComparison, families: Sequence[str]) -> PairView:
    rows = tuple(row for row in found.differences if (row.a, row.b) == (pair.a, pair.b))
    of_whole = tuple(row for row in rows if row.suite == found.whole)
    forests = []
    for metric in METRICS[1:3]:
        ends = [(row.family, row.difference, row.ci_low, row.ci_high) for row in of_whole if row.metric == metric]
        if plot := difference_forest(ends, families=families):
            forests.append((metric, plot))
    nets = tuple(row for row in of_whole if row.net_a is not None and row.net_b is not None)
    return PairView(
        pair=pair,
        figures=figures(of_whole),
        changes=tuple(in_words(pair.changes)),
        forests=tuple(forests),
        table=tuple(row for row in of_whole if row.metric in METRICS),
        nets=nets,
        floors=tuple(row for row in nets if {words.percent(row.floor_a), words.percent(row.floor_b)} != {"0.0 %"}),
        everything=rows,
    )


def _card(row: MovedItem, pair: RunPair, suites: Sequence[str], families: Sequence[str]) -> Card:
    broken = row.direction == "broken"
    before, after = sides(row.text_a, row.text_b)
    both = (
        Side(pair.a, before, row.prediction_a, row.target_a, broken),
        Side(pair.b, after, row.prediction_b, row.target_b, not broken),
    )
    moved = f"{words.counted(row.newly_wrong, 'prompt')} newly wrong, {row.newly_right:,} newly right"
    return Card(
        id="",
        number=0,
        title=row.suite,
        item=row.item,
        word="newly broken" if broken else "newly fixed",
        is_worse=broken,
        direction=0 if broken else 1,
        family=families.index(row.family) if row.family in families else len(families),
        suite=suites.index(row.suite) if row.suite in suites else len(suites),
        where="original prompt" if row.as_written else f"{row.family}: {row.perturbation}, sample {row.sample}",
        moved=f"{moved}, of {row.num_prompts:,}",
        same_text=row.text_a == row.text_b,
        sides=both,
        bars=bars(
            (row.choices_a, row.probabilities_a),
            (row.choices_b, row.probabilities_b),
            (row.target_a, row.target_b),
        ),
    )


def _searched(cards: Sequence[Card], rows: Sequence[MovedItem]) -> Iterator[Searched]:
    own = own_texts([(row.suite, row.item, row.text_a) for row in rows])
    for card, row, text in zip(cards, rows, own, strict=True):
        answers = dict.fromkeys((row.prediction_a, row.prediction_b, row.target_a, row.target_b))
        name = f"{card.title} {card.item} {card.where}"
        yield Searched(card.id, name, " ".join((*answers, card.word)), edit_words(row.text_a, row.text_b), text)


def _numbered(cards: Sequence[Card]) -> list[Card]:
    """Return cards their numbers, and ids that stay the same where other items come or go: run, suite, item and prompt."""
    taken: set[str] = set()
    return [
        replace(card, number=k, id=element_id("item", (card.sides[1].label, card.title, card.item, card.where), taken))
        for k, card in enumerate(cards, start=1)
    ]
