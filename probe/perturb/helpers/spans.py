"""Spans of an item's texts that may be edited, and the item with a share of them edited.

    text 0, the instruction   Decide whether it rains.
                                                     ^ Place(0, (slice(23, 24),), (("",), ("!",)))
    text 1, the first field   It was "wet" and cold.
                                     ^   ^ Place(1, (slice(7, 8), slice(11, 12)), (("\u201c", "\u201d"),))

A place is one or more spans that change together, and their replacements. An empty span is a gap between two characters.
No place cuts into a protected span (`probe.perturb.helpers.protected`). None touches machine text
(`probe.perturb.helpers.machine`) but with blanks, and none a block of it at all: "!" after 3 + 4 is a factorial, a blank before a
line of Python another program.

Covered: the instruction (all fixed text of a template) and the texts of the fields.
Not covered: choices, demonstrations, descriptors, what the layout puts between them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from random import Random

from probe.evolve import evolve
from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.language import is_english_text
from probe.perturb.helpers.machine.text import MachineText, machine_text
from probe.perturb.helpers.protected import answers, closed_slices
from probe.types import Item

Found = tuple[tuple[slice, ...], tuple[tuple[str, ...], ...]]
"""A place in one text: its spans and their replacements."""

Finder = Callable[[str], Iterable[Found]]

Word = tuple[int, slice]
"""Which text, and where in it."""

Edit = tuple[int, slice, str]
"""Which text, where in it, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class Place:
    """Spans of one text that change together, in the order of the text, and their replacements."""

    which: int
    """0: the instruction; 1, 2, ...: the fields in turn."""
    spots: tuple[slice, ...]
    ways: tuple[tuple[str, ...], ...]


def span_perturbation(
    name: str, *, family: str, strength: float, is_default: bool = True, english: bool = False
) -> Callable[[Finder], Finder]:
    """Return a decorator that registers a finder of places, a share of which (the strength) is edited.

    With `english` places are found in English texts alone.
    """

    def decorate(finder: Finder) -> Finder:
        @item_perturbation(name, family=family, strength=strength, is_default=is_default)
        @wraps(finder)
        def apply(item: Item, rng: Random, strength: float) -> Item | None:
            return changed(item, find_places(item, finder, english=english), rng, strength)

        return finder

    return decorate


def spot(start: int, stop: int, *ways: str) -> Found:
    """Return a place of one span."""
    return (slice(start, stop),), tuple((way,) for way in ways)


def texts(item: Item) -> list[str]:
    """Return the instruction and the texts of the fields."""
    return [item.prompt.instruction, *[field.text for field in item.prompt.fields]]


def find_places(item: Item, finder: Finder, *, quotes: bool = True, english: bool = False) -> list[Place]:
    """Return the places that a finder finds in the texts and that cut into nothing protected.

    Without `quotes`, quotations are not protected. With `english`, texts in other languages have no places.
    """
    guarded = answers(item)
    return [
        place
        for which, text in enumerate(texts(item))
        for place in _places(which, text, finder, guarded, quotes)
        if not english or is_english_text(text, item.prompt)
    ]


@lru_cache(maxsize=2048)
def _places(which: int, text: str, finder: Finder, guarded: tuple[str, ...], quotes: bool) -> tuple[Place, ...]:
    found = list(finder(text))
    if not found:
        return ()
    closed = closed_slices(text, guarded, quotes=quotes)
    starts = [span.start for span in closed]
    open_here = (one for one in found if not any(_cuts(s, closed, starts) for s in one[0]))
    machine = machine_text(text)
    if machine.spans:
        open_here = (one for one in open_here if not _touches(text, one, machine))
    return tuple(Place(which, *one) for one in open_here)


def _touches(text: str, one: Found, machine: MachineText) -> bool:
    """Return whether a place adjoins machine text, and not just with blanks beside a stretch within a line."""
    spots, ways = one
    is_blank = all(not text[s].strip(" ") for s in spots) and not any(new.strip() for way in ways for new in way)
    closed = machine.blocks if is_blank else machine.spans
    return any(span.start <= s.stop and s.start <= span.stop for s in spots for span in closed)


def changed(item: Item, places: Sequence[Place], rng: Random, strength: float) -> Item | None:
    """Return the item with a share of the places edited, at least one; None where there are none."""
    if not places:
        return None
    wanted = min(len(places), max(1, round(len(places) * strength)))
    edits: list[Edit] = []
    for index in rng.sample(range(len(places)), wanted):
        place = places[index]
        way = rng.choice(place.ways)
        edits += [(place.which, stretch, new) for stretch, new in zip(place.spots, way, strict=True)]
    return edited(item, edits)


def edited(item: Item, edits: Sequence[Edit]) -> Item | None:
    """Return the item with the edits made; of two that overlap the first in the text. None where there are none."""
    if not edits:
        return None
    ordered = sorted(edits, key=lambda edit: (edit[0], edit[1].start, edit[1].stop))
    new = [spliced(text, [edit for edit in ordered if edit[0] == which]) for which, text in enumerate(texts(item))]
    return with_texts(item, new)


def with_texts(item: Item, new: Sequence[str]) -> Item:
    """Return the item with other texts, in the order of `texts`."""
    fields = tuple(
        field if field.text == text else evolve(field, text=text)
        for field, text in zip(item.prompt.fields, new[1:], strict=True)
    )
    return evolve(item, prompt=evolve(item.prompt, instruction=new[0], fields=fields))


def spliced(text: str, edits: Sequence[Edit]) -> str:
    """Return a text with its edits made, which are in its order."""
    pieces: list[str] = []
    end = 0
    for _, place, new in edits:
        if place.start >= end:
            pieces += [text[end : place.start], new]
            end = place.stop
    return "".join([*pieces, text[end:]])


def _cuts(place: slice, closed: Sequence[slice], starts: Sequence[int]) -> bool:
    """Return whether a span overlaps a closed one, or an empty span lies within it."""
    index = bisect_right(starts, place.start) - 1
    if index >= 0 and (closed[index].stop > place.start):
        return bool(place.stop > place.start or closed[index].start < place.start)
    return index + 1 < len(closed) and bool(starts[index + 1] < place.stop)
