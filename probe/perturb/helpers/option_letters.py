"""The letters and words that name listed options, and the nouns of what texts say of options with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

from probe.perturb.words import table
from probe.types import Numbering

LETTERS = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "\u0410\u0411\u0412\u0413\u0414\u0415\u0416\u0417",  # Cyrillic
    "\u0391\u0392\u0393\u0394\u0395\u0396\u0397\u0398",  # Greek
    "\u05d0\u05d1\u05d2\u05d3\u05d4\u05d5\u05d6\u05d7",  # Hebrew
    "\u0915\u0916\u0917\u0918",  # Devanagari
    "\u0623\u0628\u062c\u062f",  # Arabic
    "\u24b6\u24b7\u24b8\u24b9\u24ba\u24bb\u24bc\u24bd",  # circled
    "\u24d0\u24d1\u24d2\u24d3\u24d4\u24d5\u24d6\u24d7",  # circled and small
)
"""Letters that stand for the first option, the second, ..., in several alphabets."""

EVERY: frozenset[Numbering] = frozenset(get_args(Numbering))
DIGITS: frozenset[Numbering] = frozenset({"digit"})
WRITTEN: frozenset[Numbering] = frozenset({"upper", "lower"})
ROMAN = EVERY - DIGITS - WRITTEN
KINDS = {"letter": WRITTEN, "digit": DIGITS}
"""The symbols that are called so."""


@dataclass(frozen=True, slots=True)
class References:
    """What a prompt says of its options."""

    places: bool = False
    """Of some by their place: the first two, none of the above."""
    symbols: bool = False
    """Of some by their symbols: both A and B, option C."""
    numberings: frozenset[Numbering] = EVERY
    """The kinds of symbols that fit what it says."""

    @property
    def fix_order(self) -> bool:
        """Return whether the options have to stay in their order."""
        return self.places or self.symbols

    def fits(self, numbering: Numbering) -> bool:
        """Return whether the options may have symbols of that kind instead of their own."""
        return not self.symbols and numbering in self.numberings


NONE = References()

OPTION = r"(?:options?|answers?|choices?|alternatives?)"
WORD = r"[^\W\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]"
"""A character of a word; Chinese, Japanese and Korean put none between their words and a letter."""


def any_of(rows: Iterable[Sequence[str]]) -> str:
    """Return the pattern of any of the parts in the rows."""
    return "(?:" + "|".join(part for row in rows for part in row) + ")"


def row(key: str, language: str) -> str:
    """Return the pattern of any of the words of a language in a table."""
    return any_of([table("option_references", key)[language]])


@lru_cache(maxsize=1)
def framing() -> frozenset[str]:
    """Return the words that join the letters of options, or say what of them."""
    return frozenset(word for row in table("option_references", "frames").values() for word in row)
