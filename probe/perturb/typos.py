"""Typing slips, misread letters and misspellings in a few words of the instruction and the fields.

    keyboard   sentence -> sentemce      swap   sentence -> sentecne      drop   sentence -> sentnce
    double     sentence -> senttence     space  the sentence -> thesentence
    ocr        modern -> modem, rn read as m     misspelling   sentence -> sentance     homoglyph   a Cyrillic e

A share of the words is hit (the strength), about one in `WORDS_PER_EDIT` unless told otherwise, and at least one. A slip
spares first and last letters, words of fewer than `MIN_LENGTH` letters, and makes no other common word out of one.

Covered: Latin script, with accents. Not covered: slips in choices, demonstrations and protected words
(`probe.perturb.helpers.protected`), other scripts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.protected import answers, descriptors, open_words
from probe.perturb.helpers.spans import Edit, Word, edited, texts
from probe.perturb.words.lookalikes import HOMOGLYPHS, OCR_REAL_WORDS, misreadings
from probe.perturb.words.misspellings import MISSPELLINGS
from probe.types import Item

WORDS_PER_EDIT = 12
SHARE = 1 / WORDS_PER_EDIT
MIN_LENGTH = 4
MIN_JOINED = 3
"""Words shorter than that are not joined to others: "in correct" would become another word."""

NEIGHBOURS = {
    **dict(a="qwsz", b="vghn", c="xdfv", d="serfcx", e="wsdr", f="drtgvc", g="ftyhbv", h="gyujnb", i="ujko"),
    **dict(j="huikmn", k="jiolm", l="kop", m="njk", n="bhjm", o="iklp", p="ol", q="wa", r="edft", s="awedxz"),
    **dict(t="rfgy", u="yhji", v="cfgb", w="qase", x="zsdc", y="tghu", z="asx"),
}
"""The keys around each key on a QWERTY keyboard."""

_REAL_WORDS = (
    "able about angle angel area bead bear beard beat best bets bread break breed bred bride bridge cast coast cost "
    "casual causal clam calm clan clean cloth clothe cold could cord crowd dairy diary dead deal desert dessert "
    "diner dinner does dose drive driver ever every fair far fare farm fast feast feel fell felt fiend file fill "
    "film find fine firm fond food for form fort four from gold good grad grand great greed hard heard heat hear "
    "hers hoping hopping lair liar lest least lead lean lien line live lose loose loss made mad male mail marital "
    "martial meal mean meat mind mine more moral mortal most mound move nigh night now own pace peace pain paint "
    "part party past paste plan plane plain planet point pole pool poor pose post pot quiet quite race ran rain "
    "read real reed sale salt scar scare sea seat seed send sent set shore short shot side sign silver sing sliver "
    "slow son song soon sore sort spot star start stair state stare steam stem step stop store sun tail tale ten "
    "then than their there these though through thorough tired tried trail trial tree three united untied unite "
    "untie used user waist waste want was wear were when where which while who whole whose wide wind wine wing with "
    "word work world worse your"
)
REAL_WORDS = frozenset(_REAL_WORDS.split())
"""Common words that are one slip away from other common words."""

Slip = Callable[[str, int, Random], str | None]
"""A word and the place of a letter in it, neither first nor last, to the word with a slip there; None where none can be."""


@item_perturbation("typo-keyboard", family="typos", strength=SHARE)
def typo_keyboard(item: Item, rng: Random, strength: float) -> Item | None:
    """Hit the key beside the right one in a few words."""
    return _slipped(item, rng, _keyboard, strength)


@item_perturbation("typo-swap", family="typos", strength=SHARE)
def typo_swap(item: Item, rng: Random, strength: float) -> Item | None:
    """Swap two letters in a few words."""
    return _slipped(item, rng, _swap, strength)


@item_perturbation("typo-drop", family="typos", strength=SHARE)
def typo_drop(item: Item, rng: Random, strength: float) -> Item | None:
    """Leave out a letter in a few words."""
    return _slipped(item, rng, _drop, strength)


@item_perturbation("typo-double", family="typos", strength=SHARE)
def typo_double(item: Item, rng: Random, strength: float) -> Item | None:
    """Type a letter twice in a few words."""
    return _slipped(item, rng, _double, strength)


@item_perturbation("typo-space", family="typos", strength=SHARE)
def typo_space(item: Item, rng: Random, strength: float) -> Item | None:
    """Leave out the space between two words in a few places."""
    places = [
        (which, slice(left.stop, right.start), "")
        for which, text in enumerate(texts(item))
        for left, right in itertools.pairwise(_words(item, which, text))
        if _can_join(text, left, right)
    ]
    chosen = sorted(rng.sample(range(len(places)), num_edits(len(places), strength))) if places else []
    return edited(item, [places[index] for index in chosen])


@item_perturbation("typo-ocr", family="typos", strength=SHARE)
def typo_ocr(item: Item, rng: Random, strength: float) -> Item | None:
    """Misread letters in a few words, as programs do that read scanned pages.

    Covered: letters and groups that look alike in print: rn and m, cl and d, vv and w, l and 1, O and 0, e and c.
    Not covered: numbers, first letters, misreadings that give another common word, other scripts.
    """
    return _slipped(item, rng, _misread, strength)


@item_perturbation("typo-misspelling", family="typos", strength=SHARE)
def typo_misspelling(item: Item, rng: Random, strength: float) -> Item | None:
    """Misspell a few words as people often do.

    Covered: about 500 words of a list of the project's own; the share is of all words of `MIN_LENGTH` letters or more.
    Not covered: texts that hold none of them, misspellings that are other words, other languages.
    """
    return _slipped(item, rng, _misspell, strength, find=_misspellable)


@item_perturbation("typo-homoglyph", family="typos", strength=SHARE)
def typo_homoglyph(item: Item, rng: Random, strength: float) -> Item | None:
    """Write Cyrillic or Greek letters that look the same in a few words.

    Covered: one letter a word, of those with a twin in Cyrillic or Greek (Boucher et al. 2022, "Bad Characters").
    Not covered: letters without a twin, first and last letters, digits.
    """
    return _slipped(item, rng, _homoglyph, strength)


def _slipped(
    item: Item, rng: Random, slip: Slip, strength: float, *, find: Callable[..., tuple[Word, ...]] | None = None
) -> Item | None:
    """Make the slip in words that can bear it, which are all or those that are to be found; a share of all of them."""
    originals = texts(item)
    where = (tuple(originals), answers(item), descriptors(item))
    places = _long_words(*where)
    wanted = num_edits(len(places), strength)
    if find is not None:
        places = find(*where)
    edits: list[Edit] = []
    for index in rng.sample(range(len(places)), min(len(places), 4 * wanted)):
        which, word = places[index]
        slipped = _slip_once(originals[which][word], rng, slip)
        if slipped is not None:
            edits.append((which, word, slipped))
        if len(edits) == wanted:
            break
    return edited(item, edits)


def _slip_once(word: str, rng: Random, slip: Slip) -> str | None:
    if word.lower() in REAL_WORDS:
        return None
    slipped = slip(word, rng.randrange(1, len(word) - 1), rng)
    return None if slipped is None or slipped.lower() in REAL_WORDS or slipped == word else slipped


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
def _misspellable(originals: tuple[str, ...], guarded: tuple[str, ...], names: frozenset[str]) -> tuple[Word, ...]:
    """Return those of them that people often misspell."""
    long_words = _long_words(originals, guarded, names)
    return tuple((which, word) for which, word in long_words if originals[which][word].lower() in MISSPELLINGS)


def _words(item: Item, which: int, text: str) -> tuple[slice, ...]:
    return open_words(text, answers(item), descriptors(item), which == 0)


def _can_join(text: str, left: slice, right: slice) -> bool:
    if text[left.stop : right.start] != " ":
        return False
    is_long = left.stop - left.start >= MIN_JOINED and right.stop - right.start >= MIN_JOINED
    return is_long and (text[left] + text[right]).lower() not in REAL_WORDS


def _keyboard(word: str, index: int, rng: Random) -> str | None:
    keys = NEIGHBOURS.get(word[index].lower())
    if keys is None:
        return None
    key = rng.choice(keys)
    return word[:index] + (key.upper() if word[index].isupper() else key) + word[index + 1 :]


def _swap(word: str, index: int, rng: Random) -> str | None:
    if word[index] == word[index + 1]:
        return None
    return word[:index] + word[index + 1] + word[index] + word[index + 2 :]


def _drop(word: str, index: int, rng: Random) -> str | None:
    return word[:index] + word[index + 1 :]


def _double(word: str, index: int, rng: Random) -> str | None:
    if word[index] in (word[index - 1], word[index + 1]):
        return None
    return word[: index + 1] + word[index:]


def _misread(word: str, index: int, rng: Random) -> str | None:
    """Put what looks alike in the place of a letter or group, where that gives no common word."""
    ways = [
        way
        for place, old, new in misreadings(word)
        if (way := word[:place] + new + word[place + len(old) :]).lower() not in OCR_REAL_WORDS
    ]
    return rng.choice(ways) if ways else None


def _misspell(word: str, index: int, rng: Random) -> str | None:
    new = rng.choice(MISSPELLINGS[word.lower()])
    if word.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if word[0].isupper() else new


def _homoglyph(word: str, index: int, rng: Random) -> str | None:
    places = [place for place in range(1, len(word) - 1) if word[place] in HOMOGLYPHS]
    if not places:
        return None
    place = rng.choice(places)
    return word[:place] + rng.choice(HOMOGLYPHS[word[place]]) + word[place + 1 :]
