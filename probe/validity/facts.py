"""The facts of a text, which a rephrasing must keep: numbers, names, quotations, placeholders, words that turn the meaning.

    'Say "stop" if Ada has no 3 pens, else {word}.'
    numbers 3    names Ada    quotations stop    placeholders {word}    polarity no

Words that turn the meaning the same way are one: "not" and "n't", "false" and "incorrect", "every" and "all".

Covered: counts of each in one text. Not covered: what may be lost and gained (`probe.validity.rules`).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, lru_cache
from typing import NamedTuple

from probe.perturb.words import word_list, word_set

NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,:/]\d+)*|(?<=\w)\d+|\d+(?=\w)")
MISREAD = re.compile(r"(?<=[A-Za-z])\d{1,2}(?=[a-z])")
"""Digits that stand for letters within a word, as in "fol1owing": no number."""

PLACEHOLDER = re.compile(r"\{[^{}\n]*\}")
QUOTATION = re.compile(
    r"""`([^`\n]+)`|"([^"\n]*)"|\u201c([^\u201c\u201d\n]*)\u201d|\u00ab([^\u00ab\u00bb\n]*)\u00bb"""
    r"""|(?<!\w)\u2018([^\u2018\u2019\n]*)\u2019(?!\w)|(?<!\w)'([^'\n]*)'(?!\w)"""
)
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
DIGIT = re.compile(r"\d")
QUOTED = re.compile("[`\"'\u201c\u2018\u00ab]")
"""The opening mark of a quotation."""

OPENS = re.compile(r"(?:^|[.!?:;\n>*#\"'\u201c(\[])\s*$")


@cache
def spelled() -> frozenset[str]:
    """Return the numbers that are words."""
    return word_set("words", "spelled", __package__)


@cache
def polarity() -> dict[str, str]:
    """Return the words that turn the meaning, each with the word that stands for all that turn it the same way."""
    return {word: row.split()[0] for row in word_list("words", "classes", __package__) for word in row.split()}


FLAT = str.maketrans("\u2018\u2019\u00a0", "'' ", "\u200b\u200c\u200d\u2060\ufeff\u00ad")


NOTHING: Counter[str] = Counter()


class Facts(NamedTuple):
    """Counts of the facts of a text."""

    numbers: Counter[str]
    quotations: Counter[str]
    placeholders: Counter[str]
    polarity: Counter[str]
    words: frozenset[str]
    """All words, lower-cased."""


@lru_cache(maxsize=8192)
def facts_of(text: str) -> Facts:
    """Return the facts of a text; invisible characters and the kind of apostrophe do not count."""
    flat = text if text.isascii() else text.translate(FLAT)
    lower = [word.lower() for word in WORD.findall(flat)]
    words = frozenset(lower)
    # most texts have nothing of a kind, and a look for its mark costs a tenth of a search for it
    has_braces = "{" in text
    return Facts(
        numbers=_numbers(flat, lower) if DIGIT.search(flat) or not words.isdisjoint(spelled()) else NOTHING,
        quotations=Counter(map(_inner, QUOTATION.finditer(text))) if QUOTED.search(text) else NOTHING,
        placeholders=Counter(PLACEHOLDER.findall(text)) if has_braces else NOTHING,
        polarity=_turns(lower) if "'" in flat or not words.isdisjoint(polarity()) else NOTHING,
        words=words,
    )


@lru_cache(maxsize=2048)
def names_of(text: str) -> frozenset[str]:
    """Return the capitalised words that do not open a sentence, lower-cased."""
    flat = text if text.isascii() else text.translate(FLAT)
    if flat.islower():
        return frozenset()
    return frozenset(_names(PLACEHOLDER.sub(" ", flat) if "{" in flat else flat))


def _numbers(flat: str, lower: list[str]) -> Counter[str]:
    digits = Counter(match[0].strip("+") for match in NUMBER.finditer(MISREAD.sub("", flat)))
    return digits + Counter(word for word in lower if word in spelled())


def _turns(lower: list[str]) -> Counter[str]:
    """Count the classes of words that turn the meaning; a contracted "not" is a "not"."""
    classes = polarity()
    turns = ("not" if word.endswith("n't") else classes.get(word) for word in lower)
    return Counter(turn for turn in turns if turn)


def _names(flat: str) -> list[str]:
    found = []
    for match in WORD.finditer(flat):
        word = match[0]
        if len(word) > 1 and word[0].isupper() and not OPENS.search(flat[max(0, match.start() - 4) : match.start()]):
            found.append(word.lower())
    return found


def _inner(match: re.Match[str]) -> str:
    """Return the words of a quotation, lower-cased, so that its spacing does not count."""
    return " ".join(next(group for group in match.groups() if group is not None).lower().split())
