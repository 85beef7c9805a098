"""Typing slips, misread letters and misspellings in a few words of the instruction and the fields.

    keyboard   sentence -> sentemce      swap   sentence -> sentecne      drop   sentence -> sentnce
    double     sentence -> senttence     space  the sentence -> thesentence
    ocr        modern -> modem, rn read as m     misspelling   sentence -> sentance     homoglyph   a Cyrillic e

A share of the words is hit (the strength), by default one in `WORDS_PER_EDIT`, and at least one. A slip
spares first and last letters, words of fewer than `MIN_LENGTH` letters, and makes no other common word out of one.

Covered: Latin script, with accents; in other languages than English only slips that make no word of any language, as look-alikes
and digits do. Not covered: slips in choices, demonstrations and protected words (`probe.perturb.helpers.protected`), other
scripts.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.english import like
from probe.perturb.helpers.language import english_texts, is_english_text
from probe.perturb.helpers.protected import answers, descriptors, open_words
from probe.perturb.helpers.spans import Edit, Word, edited, texts
from probe.perturb.words import table, word_set
from probe.types import Item

WORDS_PER_EDIT = 12
SHARE = 1 / WORDS_PER_EDIT
MIN_LENGTH = 4
MIN_JOINED = 3
"""Words shorter than that are not joined to others: "in correct" would become another word."""

Slip = Callable[[str, int, Random], str | None]
"""A word and the place of a letter in it, neither first nor last, to the word with a slip there; None where none can be."""


def slip(name: str, *, needs: str = "") -> Callable[[Slip], Slip]:
    """Return a decorator that registers a slip: a share of the words, the strength, is hit by it.

    With `needs` only words of that table can be hit; the share is of all words all the same.
    """

    def decorate(make: Slip) -> Slip:
        @item_perturbation(name, family="typos", strength=SHARE)
        @wraps(make)
        def apply(item: Item, rng: Random, strength: float) -> Item | None:
            originals = texts(item)
            where = (tuple(originals), answers(item), descriptors(item))
            places = _long_words(*where)
            wanted = num_edits(len(places), strength)
            in_english = english_texts(item)
            if needs:
                places = tuple(place for place in _listed_words(needs, *where) if in_english[place[0]])
            edits: list[Edit] = []
            for index in rng.sample(range(len(places)), min(len(places), 4 * wanted)):
                which, word = places[index]
                slipped = _slip_once(originals[which][word], rng, make)
                if slipped is not None and (in_english[which] or is_no_word(slipped, originals[which][word])):
                    edits.append((which, word, slipped))
                if len(edits) == wanted:
                    break
            return edited(item, edits)

        return make

    return decorate


def _slip_once(word: str, rng: Random, make: Slip) -> str | None:
    real_words = word_set("typos", "real_words")
    if word.lower() in real_words:
        return None
    slipped = make(word, rng.randrange(1, len(word) - 1), rng)
    return None if slipped is None or slipped.lower() in real_words or slipped == word else slipped


def is_no_word(slipped: str, word: str) -> bool:
    """Return whether a slip makes what is a word in no language: with a digit or sign, of two scripts, or not to be spoken.

    The project's list of real words is of English. Elsewhere a slip easily makes another word: French "poisson" and "poison",
    German "Hase" and "Hose".
    """
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in slipped if letter.isalpha()}
    is_new = any(not letter.isalpha() for letter in slipped) and word.isalpha()
    return is_new or len(scripts) > 1 or bool(_UNSPOKEN.search(slipped) and not _UNSPOKEN.search(word))


_UNSPOKEN = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}|([^\W\d_])\1\1", re.IGNORECASE)
"""Five consonants or three equal letters in a row."""


@slip("typo-keyboard")
def typo_keyboard(word: str, index: int, rng: Random) -> str | None:
    """Replace a letter by its neighbour on the keyboard in a few words."""
    keys = table("typos", "neighbours").get(word[index].lower())
    if keys is None:
        return None
    key = rng.choice(keys)
    return word[:index] + (key.upper() if word[index].isupper() else key) + word[index + 1 :]


@slip("typo-swap")
def typo_swap(word: str, index: int, rng: Random) -> str | None:
    """Swap two adjacent letters in a few words."""
    if word[index] == word[index + 1]:
        return None
    return word[:index] + word[index + 1] + word[index] + word[index + 2 :]


@slip("typo-drop")
def typo_drop(word: str, index: int, rng: Random) -> str | None:
    """Drop a letter in a few words."""
    return word[:index] + word[index + 1 :]


@slip("typo-double")
def typo_double(word: str, index: int, rng: Random) -> str | None:
    """Double a letter in a few words."""
    if word[index] in (word[index - 1], word[index + 1]):
        return None
    return word[: index + 1] + word[index:]


@item_perturbation("typo-space", family="typos", strength=SHARE)
def typo_space(item: Item, rng: Random, strength: float) -> Item | None:
    """Drop the space between two words in a few places."""
    places = [
        (which, slice(left.stop, right.start), "")
        for which, text in enumerate(texts(item))
        for left, right in itertools.pairwise(_words(item, which, text))
        if _can_join(text, left, right) and is_english_text(text, item.prompt)
    ]
    chosen = sorted(rng.sample(range(len(places)), num_edits(len(places), strength))) if places else []
    return edited(item, [places[index] for index in chosen])


@slip("typo-ocr")
def typo_ocr(word: str, index: int, rng: Random) -> str | None:
    """Misread letters in a few words, as a scanner does.

    Covered: letters and groups that look alike in print: rn and m, cl and d, vv and w, l and 1, O and 0, e and c.
    Not covered: numbers, first letters, misreadings that give another common word, other scripts.
    """
    ways = [
        way
        for place, old, new in _misreadings(word)
        if (way := word[:place] + new + word[place + len(old) :]).lower() not in word_set("typos", "ocr_real_words")
    ]
    return rng.choice(ways) if ways else None


@slip("typo-misspelling", needs="misspellings")
def typo_misspelling(word: str, index: int, rng: Random) -> str | None:
    """Misspell a few words as people often do.

    Covered: about 500 words of a list of the project's own; the share is of all words of `MIN_LENGTH` letters or more.
    Not covered: texts that hold none of them, misspellings that are other words, other languages.
    """
    return like(word, rng.choice(table("typos", "misspellings")[word.lower()]))


@slip("typo-homoglyph")
def typo_homoglyph(word: str, index: int, rng: Random) -> str | None:
    """Replace a letter by a Cyrillic or Greek look-alike in a few words.

    Covered: one letter a word, of those with a twin in Cyrillic or Greek (Boucher et al. 2022, "Bad Characters").
    Not covered: letters without a twin, first and last letters, digits.
    """
    twins = table("typos", "homoglyphs")
    places = [place for place in range(1, len(word) - 1) if word[place] in twins]
    if not places:
        return None
    place = rng.choice(places)
    return word[:place] + rng.choice(twins[word[place]]) + word[place + 1 :]


def num_edits(num_places: int, strength: float) -> int:
    """Return how many of the places are hit at a strength: at least one where there are any."""
    return min(num_places, max(1, round(num_places * strength)))


@lru_cache(maxsize=256)
def _long_words(originals: tuple[str, ...], guarded: tuple[str, ...], names: frozenset[str]) -> tuple[Word, ...]:
    """Return the words that may be touched and can bear a slip."""
    return tuple(
        (which, word)
        for which, text in enumerate(originals)
        for word in open_words(text, guarded, names, which == 0)
        if word.stop - word.start >= MIN_LENGTH
    )


@lru_cache(maxsize=256)
def _listed_words(
    key: str, originals: tuple[str, ...], guarded: tuple[str, ...], names: frozenset[str]
) -> tuple[Word, ...]:
    """Return those of them that stand in a table."""
    listed = table("typos", key)
    long_words = _long_words(originals, guarded, names)
    return tuple((which, word) for which, word in long_words if originals[which][word].lower() in listed)


def _words(item: Item, which: int, text: str) -> tuple[slice, ...]:
    return open_words(text, answers(item), descriptors(item), which == 0)


def _can_join(text: str, left: slice, right: slice) -> bool:
    if text[left.stop : right.start] != " ":
        return False
    is_long = left.stop - left.start >= MIN_JOINED and right.stop - right.start >= MIN_JOINED
    return is_long and (text[left] + text[right]).lower() not in word_set("typos", "real_words")


def _misreadings(word: str) -> Iterator[tuple[int, str, str]]:
    """Return the places in a word where letters may be misread: where, what, and as what.

    First letters are spared, and none at the end becomes a digit: "step5" would be read as a number.
    """
    for old, ways in table("typos", "confusions").items():
        place = word.find(old, 1)
        while place >= 0:
            is_end = place + len(old) == len(word)
            for new in ways:
                if not (is_end and new[-1].isdigit()):
                    yield place, old, new
            place = word.find(old, place + 1)
