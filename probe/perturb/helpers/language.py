"""Whether a text is English: for perturbations that add English words or read them.

    Decide whether it is good.        english     most words of grammar are English ones
    Nenne die Hauptstadt.             other       they are another language's, or the letters are
    separate restaurant               unknown     no such word: the rest of the prompt decides

Words of grammar are counted by language. Accents in small letters count half a word. A particle within a name ("Rio de Janeiro")
counts nothing, so that a foreign name in an English text is no foreign text. What nothing is known of is taken for English,
as are prompts of marks and numbers.

Covered: English, and some twenty languages in Latin letters; every other script. Not covered: English in another script, a text
of two languages, of which the one with more words decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import lru_cache, wraps
from random import Random
from typing import Literal

from probe.evolve import T
from probe.perturb.words import table
from probe.prompt.render import PLACEHOLDER
from probe.types import Item, Prompt

Verdict = Literal["english", "other", "unknown"]

ENOUGH = 3000
"""So many characters of a text are read: more words of grammar tell no more."""

FEW = 3
"""Fewer English words than that do not make an English text of one in another script."""

MIXED = 1 / 4
"""Where no word of English grammar stands, so many letters of another script make a text one of it: Hindi with English nouns."""

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
OF_LETTER = 4
"""Tenths of a word that a word of one letter counts: it may be a name of something."""

SHARE = 1.5
"""Tenths of a word for each word of a text that make it one of another language: one of fourteen English words may look so."""

LONGEST_NAME = 4
"""A frequent word of more letters is no name in a text that it opens, as Ali is."""

DOTTED = frozenset({"tr", "az"})
"""Languages whose small i has its own capital."""


def is_english(prompt: Prompt) -> bool:
    """Return whether a prompt's instruction is English; where that says nothing, whether the whole is."""
    verdict = language(prompt.instruction)[0]
    return (verdict if verdict != "unknown" else _whole(prompt)) != "other"


def in_english(function: Callable[..., T | None]) -> Callable[..., T | None]:
    """Return a perturbation, which writes or reads English words, that leaves prompts and items in other languages alone."""

    @wraps(function)
    def apply(asked: Prompt | Item, rng: Random, *strength: float) -> T | None:
        prompt = asked.prompt if isinstance(asked, Item) else asked
        return function(asked, rng, *strength) if is_english(prompt) else None

    return apply


def english_texts(item: Item) -> tuple[bool, ...]:
    """Return whether the instruction is English, and the text of each field; where one says nothing, whether the whole is."""
    return tuple(
        is_english_text(text, item.prompt) for text in (item.prompt.instruction, *(f.text for f in item.prompt.fields))
    )


def is_english_text(text: str, prompt: Prompt) -> bool:
    """Return whether a text of the prompt is English; where it says nothing, whether the whole prompt is."""
    verdict = language(text)[0]
    return (verdict if verdict != "unknown" else _whole(prompt)) != "other"


def has_dotted_i(text: str, prompt: Prompt) -> bool:
    """Return whether a text is Turkish or Azerbaijani, or says nothing in a prompt that is."""
    verdict, name = language(text)
    if verdict == "english":
        return False
    if verdict == "unknown":
        name = language(_joined(prompt))[1]
    return name in DOTTED or any(letter in text for letter in "\u0131\u0130\u011f\u015f\u0259")


def _whole(prompt: Prompt) -> Verdict:
    return language(_joined(prompt))[0]


def _joined(prompt: Prompt) -> str:
    # Without the choices: "war" is a topic of the news, and a German word of grammar.
    return "\n".join([prompt.instruction, *(field.text[:ENOUGH] for field in prompt.fields)])


@lru_cache(maxsize=8192)
def language(text: str) -> tuple[Verdict, str]:
    """Return whether a text is English, and the language of which it has most words; empty where it has none."""
    text = text.lower() if text.isupper() else text
    text = _QUOTED.sub(" ", read) if (read := PLACEHOLDER.sub(" ", text[:ENOUGH])) else ""
    text = text if _WORD.search(text) else read
    words = [word.replace("\u2019", "'") for word in _WORD.findall(_PARTICLE.sub(_without_name, text))]
    counts: Counter[str] = Counter()
    for word in words:
        for name in _languages().get(word.lower(), ("fr",) if _ELIDED.match(word) else ()):
            counts[name] += _weight(word, name)
    if text.rstrip().endswith("?") and words and len(words[0]) <= LONGEST_NAME and words[0].istitle():
        counts.update(dict.fromkeys(_languages().get(words[0].lower(), ()), 5))  # it asks: no name
    if any(mark in text for mark in "\u00bf\u00a1"):
        counts["es"] += 10
    english = counts.pop("en", 0)
    best = max(counts, key=lambda one: counts[one], default="")
    if _has_script(text, 1 / 2) and english < 10 * FEW or not english and _has_script(text, MIXED):
        return "other", ""
    foreign = counts[best] + sum(map(_accent, words))
    if foreign >= max(10, SHARE * len(words)) and foreign > english:
        return "other", best
    return ("english", "en") if english else ("unknown", "")


_ELIDED = re.compile(r"(?:[LlNnCcSsJj]|[Qq]u|[Dd]ell|[Aa]ll|[Nn]ell|[Ss]ull|[Uu]n|[Qq]uest)'[^\W\d_A-Z]{2}")
"""A French or Italian word that has lost its vowel before another word."""


def _weight(word: str, name: str) -> int:
    """Return the tenths of a word that a word of a language counts: a capital may make a name of it, as of Ali."""
    if len(word) == 1:
        return OF_LETTER
    return 10 if word.islower() or name == "en" or len(word) > LONGEST_NAME else 5


def _accent(word: str) -> int:
    """Return the tenths of a word that accents of a small word count; those of English loans ("caf\u00e9") are few and common."""
    if word.isascii() or not word.islower() or not _is_latin(word):
        return 0
    return 10 if any(ord(letter) > 255 for letter in word) else 5


_QUOTED = re.compile(r"\"[^\"\n]*\"|\u201c[^\u201c\u201d\n]*\u201d|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)")
_PARTICLE = re.compile(
    r"(?<!\w)[A-Z\u00c0-\u00de]\w+(?:[ -](?:de|da|do|dos|das|di|du|del|della|der|den|van|von|la|le|el|al|y|e|ten|ter|zu)"
    r"(?: (?:la|las|los|der|den))?)?(?= [A-Z\u00c0-\u00de])"
)
"""A word with a capital before another, and a particle between them: parts of a name."""


def _without_name(match: re.Match[str]) -> str:
    """Return nothing of a part of a name; what opens a sentence is none where it is a frequent word: "Bewerte den Text"."""
    word = re.split("[ -]", match[0])[0].lower()
    is_word = match.start() == 0 and len(word) > LONGEST_NAME and "en" not in _languages().get(word, ("en",))
    return match[0] if is_word else " "


@lru_cache(maxsize=1)
def _languages() -> dict[str, tuple[str, ...]]:
    """Return the languages of each frequent word."""
    found: dict[str, list[str]] = {}
    for name, row in table("languages", "words").items():
        for word in row:
            found.setdefault(word, []).append(name)
    return {word: tuple(names) for word, names in found.items()}


def _is_latin(word: str) -> bool:
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in word if letter.isalpha())


_SIGN = re.compile(r"(?<![^\W\d_])[\u0391-\u03c9](?![^\W\d_])")
"""A Greek letter of its own, as of a formula."""


def _has_script(text: str, share: float) -> bool:
    """Return whether more than a share of a text's letters are of other scripts than Latin."""
    if text.isascii():
        return False
    letters = [letter for letter in _SIGN.sub("", text) if letter.isalpha()]
    latin = sum(letter.isascii() or unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return len(letters) - latin > share * len(letters)
