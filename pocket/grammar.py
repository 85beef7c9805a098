"""What every grammar builds on: the example, and small tools for putting English together.

Covered: one example of a suite with its contrast edits, its hold-out key, articles, capitals, lists.
Not covered: any suite's own words and sentence shapes; each has a file of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Example:
    """One question of a suite with its right answer, before it is a prompt."""

    fields: tuple[tuple[str, str], ...]
    target: str
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    contrasts: tuple[Example, ...] = ()

    @property
    def key(self) -> str:
        """Return the key under which the example is held out: that of its first field, which carries the content."""
        return key_of(self.fields[0][1])


def key_of(text: str) -> str:
    """Return 16 hex digits that depend on the words of a text alone, not on its case, spaces or punctuation."""
    words = re.findall(r"\w+", text.lower())
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


def pick(rng: Random, words: Sequence[T], *, but: Sequence[T] = ()) -> T:
    """Draw one of the words that is not among those excluded."""
    while True:
        word = words[int(rng.random() * len(words))]
        if word not in but:
            return word


def chance(rng: Random, probability: float) -> bool:
    """Return whether an event of this probability happens."""
    return rng.random() < probability


def maybe(rng: Random, probability: float, words: Sequence[str]) -> str:
    """Return one of the words with this probability, otherwise nothing."""
    return pick(rng, words) if chance(rng, probability) else ""


def upper_first(text: str) -> str:
    """Return the text with a capital first letter."""
    return text[:1].upper() + text[1:]


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text that is written as a list."""
    return tuple(text.split())


def sentence(text: str, *, end: str = ".") -> str:
    """Make a sentence: single spaces, a capital, and a full stop where none is."""
    tidy = upper_first(" ".join(text.split()).replace(" ,", ","))
    return tidy if tidy[-1] in ".!?" else tidy + end


def article(noun: str) -> str:
    """Put the indefinite article before a noun."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun
