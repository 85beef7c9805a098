"""What a surface edit must leave unchanged: what `probe.perturb.helpers.protected` protects from typos.

    original                 variant                     kept
    Visit ada@home.org.      VISIT ADA@HOME.ORG.         yes: another case, the same address
    Visit ada@home.org.      Visit ada@hmoe.org.         no: ada@home.org
    if it rains              of it rains                 no: if

Case, whitespace, invisible characters and the kind of quotation marks are themselves surface and do not count.

Covered: answers and their words, numbers, placeholders, quotations, code, tags, addresses, words that turn the meaning.
Not covered: names, which have a rule of their own (`probe.validity.rules` joins both).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from probe.perturb.helpers.protected import answers, closed_spans, guarded_words
from probe.types import Item
from probe.validity.edits import Edit
from probe.validity.facts import FLAT, Facts

SURFACE = frozenset({"typo", "casing", "punctuation", "whitespace"})
"""First parts of the names of perturbations that only edit the surface."""

_MARKS = re.compile(r"[\s\"'\u201c\u201d\u00ab\u00bb]+|[.,:;!?]+$")


@lru_cache(maxsize=1024)
def is_of_surface(perturbation: str) -> bool:
    """Return whether a perturbation, or each part of a composed one, only edits the surface; its name tells."""
    return all(part.partition("-")[0] in SURFACE for part in perturbation.split("+"))


def lost_protected(item: Item, edit: Edit, old: Facts, new: Facts) -> list[str]:
    """Return protected stretches of the original that the variant lacks; the facts are those of the edit."""
    guarded = answers(item)
    gone, words = old.words - new.words, guarded_words(guarded)
    lost = set() if gone.isdisjoint(words) else set(gone & words)
    # a tag may hold blanks, as an answer may, and begin before the stretch that was edited
    before, after = (edit.before, edit.after) if "<" in edit.before + edit.after else edit.where(guarded)
    stood, stands = _spans(before, guarded), _spans(after, guarded)
    if stood != stands:
        lost |= (Counter(stood) - Counter(stands)).keys()
    return sorted(lost)


@lru_cache(maxsize=1024)
def _spans(text: str, guarded: tuple[str, ...]) -> tuple[str, ...]:
    flat = text if text.isascii() else text.translate(FLAT)
    plain = (_MARKS.sub("", span).casefold() for span in closed_spans(flat, guarded))
    return tuple(span for span in plain if span)
