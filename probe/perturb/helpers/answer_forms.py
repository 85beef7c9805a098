"""Whether other words for the answers keep the form that an instruction asks for.

    Answer in lower case.             positive  ->  favourable      POSITIVE does not fit
    Answer with exactly one word.     positive  ->  good            "does not follow", 1 and A do not
    Answer with a number.             positive  ->  1               good does not
    Copy the label as written.        no other word and no other case

Covered: case, one word, a letter, a number, words as they stand, so many words or letters; English, and case and one word in some
twenty languages. Not covered: demands on the whole answer ("rhyme with cat").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from probe.perturb.words import table

Fit = Callable[[str, str], bool]
"""Of a new word and the one that it stands for: whether it fits."""

FORMS: dict[str, Fit] = {
    "verbatim": lambda new, old: new == old,
    "lower": lambda new, old: new == new.lower(),
    "upper": lambda new, old: new == new.upper(),
    "title": lambda new, old: new[:1] == new[:1].upper() and new[1:] == old[1:],
    "word": lambda new, old: (
        len(new.split()) <= len(old.split()) and (new.isalpha() or not old.isalpha()) and _is_word(new, old)
    ),
    "letter": lambda new, old: len(new) == 1 and new.isalpha(),
    "number": lambda new, old: new.isdigit(),
    "words": lambda new, old: len(new.split()) == len(old.split()),
    "letters": lambda new, old: len(new) == len(old),
}
"""What each form lets stand."""


NEGATED = {"no_capitals": "lower", "no_small": "upper"}
"""What is asked for where a form is ruled out."""

OF_CASE = ("verbatim", "lower", "upper", "title")
"""The forms that another case of the same word may not keep."""


def keeps_form(instruction: str, words: Sequence[tuple[str, str]], forms: Sequence[str] = tuple(FORMS)) -> bool:
    """Return whether pairs of an old word and a new one keep the form that the instruction asks for."""
    asked = [form for form in _asked_forms(instruction) if form in forms]
    return all(new == old or FORMS[form](new, old) for form in asked for old, new in words)


@lru_cache(maxsize=1024)
def _asked_forms(instruction: str) -> tuple[str, ...]:
    """Return the forms that an instruction asks for."""
    asked = set()
    for key, form in NEGATED.items():
        instruction, count = _pattern(key).subn(" ", instruction)
        asked |= {form} if count else set()
    return tuple(form for form in FORMS if form in asked or _pattern(form).search(instruction))


@lru_cache(maxsize=16)
def _pattern(form: str) -> re.Pattern[str]:
    parts = "|".join(part for row in table("answer_forms", form).values() for part in row)
    # Chinese and Japanese put nothing between words.
    word = r"[^\W\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]"
    return re.compile(rf"(?<!{word})(?:{parts})(?!{word})", re.IGNORECASE)


def _is_word(new: str, old: str) -> bool:
    """Return whether a new word is one where the old one is: a letter on its own is none."""
    return len(new) > 1 or len(old) == 1
