"""Other casing of the same words.

    lower    decide whether marta   upper    DECIDE WHETHER MARTA   title   Decide Whether Marta
    first    decide whether Marta   random   DecIde whetHer MaRta

Names change their case with the rest: that is what is asked. Liang et al. 2022, "Holistic Evaluation of Language Models";
Giskard's transformations (upper, lower, title).

Covered: the instruction and the fields, in all of these texts or in some, one choice a draw; names too.
Not covered: choices, demonstrations, descriptors (format-casing), answers, quotations, placeholders, code, symbols of
options, texts in Turkish or Azerbaijani (whose i has a capital of its own), and words whose case says something: acronyms (US and
us), Roman numerals, units, March and march. A text in which a free answer stands is left whole, for the answer in its own case
would stand out among the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.english import is_recased
from probe.perturb.helpers.language import has_dotted_i
from probe.perturb.helpers.protected import answers, closed_slices, mentions, outside
from probe.perturb.helpers.spans import Edit, Word, edited, texts
from probe.perturb.words import word_set
from probe.types import Item

WORD = re.compile(r"(?<![\w/\\@#'\u2019])[^\W\d_]+(?:['\u2019][^\W\d_]+)*(?![\w/\\@]|\.\w)")

CONSTANTS = frozenset({"True", "False", "None"})
LISTED = frozenset({"or", "and", "to", "through"})
"""Words after which, as in "a or b", a letter is a symbol and no article."""

_OPENS = re.compile(r"(?:\A|(?<=[.!?]\s)|(?<=\n))(?=[^\W\d_])")
_NEXT = re.compile(r" ([^\W\d_]{2,})")

Case = Callable[[str], str]


@item_perturbation("casing-lower", family="casing", strength=1.0)
def casing_lower(item: Item, rng: Random, strength: float) -> Item | None:
    """Write the instruction, the fields, or all of them in lower case."""
    return _recased(item, rng, strength, str.lower)


@item_perturbation("casing-upper", family="casing", strength=1.0)
def casing_upper(item: Item, rng: Random, strength: float) -> Item | None:
    """Write the instruction, the fields, or all of them in upper case."""
    return _recased(item, rng, strength, str.upper)


@item_perturbation("casing-title", family="casing", strength=1.0)
def casing_title(item: Item, rng: Random, strength: float) -> Item | None:
    """Write the instruction, the fields, or all of them in title case."""
    return _recased(item, rng, strength, lambda word: word[:1].upper() + word[1:].lower())


@item_perturbation("casing-first", family="casing", strength=0.5)
def casing_first(item: Item, rng: Random, strength: float) -> Item | None:
    """Swap the case of the first letter of sentences.

    Covered: letters that open a text, a line or a sentence, of the instruction and the fields; names too.
    Not covered: answers, quotations, acronyms and other words whose case says something.
    """
    return _cased(item, _words(item, _first_words), rng, strength, lambda word: word[:1].swapcase() + word[1:])


@item_perturbation("casing-random", family="casing", strength=0.1)
def casing_random(item: Item, rng: Random, strength: float) -> Item | None:
    """Swap the case of random letters.

    Covered: a share of the letters (the strength) of the words of the instruction and the fields; names too.
    Not covered: answers, quotations, placeholders, symbols of options, acronyms and single letters.
    """
    return _cased(item, _words(item, _letters), rng, strength, str.swapcase)


def _recased(item: Item, rng: Random, strength: float, case: Case) -> Item | None:
    """Write the words of all texts, or of some, in another case."""
    guarded = () if item.prompt.choices else answers(item)
    open_texts = [
        (which, open_here) for which, text, open_here in _open_texts(item) if open_here and not mentions(text, guarded)
    ]
    if not open_texts:
        return None
    chosen = rng.sample(open_texts, rng.randint(1, len(open_texts)))
    words = [(which, word) for which, open_here in sorted(chosen) for word in open_here]
    return _cased(item, words, rng, strength, case)


def _cased(item: Item, words: list[Word], rng: Random, strength: float, case: Case) -> Item | None:
    """Put a share of the stretches into another case, where that loses nothing."""
    if not words:
        return None
    originals = texts(item)
    edits: list[Edit] = []
    wanted = min(len(words), max(1, round(len(words) * strength)))
    for which, place in words if wanted == len(words) else rng.sample(words, wanted):
        old = originals[which][place]
        new = case(old)
        if new != old and is_recased(old, new) and not _is_lost(old, new):
            edits.append((which, place, new))
    return edited(item, edits)


def _is_lost(old: str, new: str) -> bool:
    """Return whether a name becomes another word: March and march."""
    return new.islower() and old[:1].isupper() and new in word_set("casing", "telling")


def _open_texts(item: Item) -> list[tuple[int, str, tuple[slice, ...]]]:
    guarded = answers(item)
    return [(which, text, _open_words(text, guarded)) for which, text in _cased_texts(item)]


def _words(item: Item, find: Callable[[str, tuple[str, ...]], tuple[slice, ...]]) -> list[Word]:
    guarded = answers(item)
    return [(which, place) for which, text in _cased_texts(item) for place in find(text, guarded)]


def _cased_texts(item: Item) -> list[tuple[int, str]]:
    """Return the texts whose letters have one capital each: not those in Turkish, whose i becomes a dotted capital."""
    return [(which, text) for which, text in enumerate(texts(item)) if not has_dotted_i(text, item.prompt)]


@lru_cache(maxsize=256)
def _first_words(text: str, guarded: tuple[str, ...]) -> tuple[slice, ...]:
    """Return where the words lie whose case may change and that open a text, a line or a sentence."""
    opening = {match.start() for match in _OPENS.finditer(text)}
    return tuple(word for word in _open_words(text, guarded) if word.start in opening)


@lru_cache(maxsize=256)
def _letters(text: str, guarded: tuple[str, ...]) -> tuple[slice, ...]:
    """Return where the letters lie whose case may change."""
    words = [word for word in _open_words(text, guarded) if word.stop - word.start > 1]
    places = [place for word in words for place in range(word.start, word.stop) if text[place].isalpha()]
    return tuple(slice(place, place + 1) for place in places)


@lru_cache(maxsize=2048)
def _open_words(text: str, guarded: tuple[str, ...]) -> tuple[slice, ...]:
    """Return where the words lie whose case may change."""
    words = outside(WORD.finditer(text), closed_slices(text, guarded))
    return tuple(slice(*match.span()) for match in words if not _is_telling(text, match))


def _is_telling(text: str, match: re.Match[str]) -> bool:
    """Return whether the case of a word says something: a symbol, an acronym, a unit, a name like McCoy."""
    word, start = match[0], match.start()
    if len(word) == 1:
        following = _NEXT.match(text, match.end())
        return word not in "Aa" or following is None or following[1].lower() in LISTED
    is_unit = len(word) <= 3 and text[max(0, start - 1) : start] == " " and text[max(0, start - 2)].isdigit()
    return (
        is_unit
        or not word.replace("'", "").replace("\u2019", "").isalpha()
        or any(map(str.isupper, word[1:]))
        or "\u0130" in word
        or "\u0131" in word
        or word in word_set("casing", "roman")
        or word in CONSTANTS
        or word.lower() == "us"
    )
