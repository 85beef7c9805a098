"""What a surface edit must leave unchanged: what `probe.perturb.helpers.protected` protects from typos.

    original                 variant                     kept
    Visit ada@home.org.      VISIT ADA@HOME.ORG.         yes: another case, the same address
    Visit ada@home.org.      Visit ada@hmoe.org.         no: ada@home.org
    if it rains              of it rains                 no: if

Case, whitespace, invisible characters and the kind of quotation marks are themselves surface and do not count.

Machine text (`probe.perturb.helpers.machine`) is held sign by sign, whatever the perturbation: a blank or a letter more makes
another program of it.

Covered: machine text, answers and their words, numbers, placeholders, quotations, words that turn the meaning.
Not covered: names, which have a rule of their own (`probe.validity.rules` joins both).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from probe.perturb.helpers.machine.text import machine_text
from probe.perturb.helpers.protected import answers, closed_spans, guarded_words
from probe.types import Item
from probe.validity.edits import Edit
from probe.validity.facts import FLAT, Facts, polarity, spelled

SURFACE = frozenset({"typo", "casing", "punctuation", "whitespace"})
"""First parts of the names of perturbations that only edit the surface."""

MOST_SHOWN = 60
"""Characters of lost machine text that a check shows."""

_ADDRESS = re.compile(r"[\w.+-]*[@#][\w.-]+")
"""A mail address, a handle, a hashtag: the same in another case."""

_MARKS = re.compile(r"[\s\"'\u201c\u201d\u00ab\u00bb]+|[.,:;!?]+$")


@lru_cache(maxsize=1024)
def is_of_surface(perturbation: str) -> bool:
    """Return whether a perturbation, or each part of a composed one, only edits the surface; its name tells."""
    return all(part.partition("-")[0] in SURFACE for part in perturbation.split("+"))


def keeps_all_facts(edit: Edit, guarded: tuple[str, ...]) -> bool:
    """Return whether an edit is of plain words, and those that a rule looks for stand as they stood: no rule finds anything.

    Most typos are such edits, and this takes a quarter of the time that the rules take.
    """
    telling = _telling(guarded)
    if telling is None or _PLAIN.fullmatch(edit.old) is None or _PLAIN.fullmatch(edit.new) is None:
        return False
    stood, stands = (
        [word for word in _PLAIN_WORD.findall(text) if word in telling or not word.islower()]
        for text in (edit.old, edit.new)
    )
    # a tag may begin before the stretch that was edited
    return stood == stands and "<" not in edit.before and "<" not in edit.after


_PLAIN = re.compile(r"[A-Za-z .,;:!?\n-]*")
"""No digit, no mark that encloses, no apostrophe, no mark of an address."""

_PLAIN_WORD = re.compile(r"[A-Za-z]+")


@lru_cache(maxsize=1024)
def _telling(guarded: tuple[str, ...]) -> frozenset[str] | None:
    """Return the words that a rule looks for, in small letters; None where an answer is of several words or signs."""
    if not all(one.isascii() and one.isalnum() for one in guarded):
        return None
    return frozenset(map(str.lower, guarded)) | guarded_words(guarded) | spelled() | polarity().keys()


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


def lost_machine_text(before: Sequence[str], after: str) -> list[str]:
    """Return the machine text of the parts of a prompt that the variant's text does not hold as it stood."""
    told = after.replace("\r\n", "\n")
    lost: list[str] = []
    for part in before:
        machine = machine_text(part)
        if not machine.spans:
            continue
        pieces = dict.fromkeys(part[span] for span in machine.spans)
        whole = "\n".join(before).replace("\r\n", "\n")
        lost += [piece for piece in pieces if not _stands(piece.replace("\r\n", "\n"), whole, told)]
        lines = Counter(line for span in machine.blocks for line in _lines(part, span))
        lost += (lines - Counter(told.split("\n"))).keys()
    return [_short(piece) for piece in dict.fromkeys(lost)]


def _stands(piece: str, before: str, after: str) -> bool:
    """Return whether a piece stands in a text as often as before, and no factorial was made of it."""
    if _ADDRESS.fullmatch(piece):
        before, after, piece = before.casefold(), after.casefold(), piece.casefold()
    return after.count(piece) >= before.count(piece) and after.count(piece + "!") <= before.count(piece + "!")


def _lines(text: str, span: slice) -> list[str]:
    """Return the lines of a block, whole."""
    start = text.rfind("\n", 0, span.start) + 1
    stop = text.find("\n", span.stop)
    return text[start : len(text) if stop < 0 else stop].replace("\r\n", "\n").rstrip("\r").split("\n")


def _short(piece: str) -> str:
    line = piece.strip().split("\n")[0]
    return line if len(line) <= MOST_SHOWN else line[: MOST_SHOWN - 3] + "..."


@lru_cache(maxsize=1024)
def _spans(text: str, guarded: tuple[str, ...]) -> tuple[str, ...]:
    flat = text if text.isascii() else text.translate(FLAT)
    plain = (_MARKS.sub("", span).casefold() for span in closed_spans(flat, guarded, machine=False))
    return tuple(span for span in plain if span)
