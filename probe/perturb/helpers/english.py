"""Small English: a word in the casing of another, articles, whole words in a text, the forms of verbs that open instructions.

    decide   deciding   decided          an apple, a kettle
    choose   choosing   chosen           HEAVIER -> LIGHTER, Heavier -> Lighter

Covered: the verbs of `words/grammar.toml`. Not covered: other verbs; a sentence that opens with one is not taken for a command.
"""

from __future__ import annotations

import re
from functools import lru_cache

from probe.perturb.words import table, word_set

VOWEL_SOUND = re.compile(r"(?!one\b|once\b|use|uni[^nm]|eu)[aeiou]|hour|honest|heir", re.IGNORECASE)
"""How words begin that take "an"."""

_SINGULAR = ("ss", "us", "is", "ics", "'s")
"""How nouns end in s that are no plurals: glass, status, diagnosis, statistics."""

_ARTICLE = re.compile(r"(?<![\w'-])(an?) $", re.IGNORECASE)


def like(model: str, word: str) -> str:
    """Return a word in the casing of another."""
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def is_recased(old: str, new: str) -> bool:
    """Return whether one text is the other in another case, and no letter is lost: not the SS of a sharp s.

    A word with a dotted capital I or a small one without a dot is Turkish, whose other i has another capital than ours.
    """
    is_turkish = "\u0130" in old or "\u0131" in old
    return new == old or not is_turkish and len(new) == len(old) and new.swapcase().lower() == old.lower()


def with_article(before: str, word: str) -> str:
    """Return the text before a word; an indefinite article at its end agrees with the word."""
    match = _ARTICLE.search(before[-4:])
    if match is None:
        return before
    return before[: -len(match[0])] + match[1][0] + ("n " if VOWEL_SOUND.match(word) else " ")


@lru_cache(maxsize=4096)
def whole_words(texts: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of any of the texts as whole words, in any casing, the longest first."""
    longest_first = sorted(dict.fromkeys(texts), key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)" if pattern else r"(?!)", re.IGNORECASE)


def is_plural(noun: str) -> bool:
    """Return whether a noun is a plural: points, people, diagnoses, but not diagnosis, news, bus, glass."""
    bare = noun.lower()
    if bare in word_set("grammar", "plurals"):
        return True
    return bare.endswith("s") and not bare.endswith(_SINGULAR) and bare not in word_set("grammar", "singulars")


def words_of(text: str) -> set[str]:
    """Return the words and numbers of a text, lower-cased."""
    return set(re.findall(r"\w+", text.lower()))


@lru_cache(maxsize=1)
def verbs() -> frozenset[str]:
    """Return the verbs that instructions open with."""
    names = word_set("grammar", "regular_verbs") | word_set("grammar", "nouns_too")
    return names | table("grammar", "irregular_verbs").keys()


def is_verb(word: str, following: str) -> bool:
    """Return whether a word that opens a clause is a verb there, by the word that follows it."""
    bare = word.lower()
    is_noun_too = bare in word_set("grammar", "nouns_too")
    return bare in verbs() and (not is_noun_too or following.lower() in word_set("grammar", "telling"))


def ing(verb: str) -> str:
    """Return the -ing form."""
    irregular = table("grammar", "irregular_verbs").get(verb)
    if irregular:
        return irregular[0]
    return (verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else verb) + "ing"


def participle(verb: str) -> str:
    """Return the past participle."""
    irregular = table("grammar", "irregular_verbs").get(verb)
    if irregular:
        return irregular[1]
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "ed"
