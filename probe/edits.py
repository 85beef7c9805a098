r"""What was edited between two texts, token by token, for people to see.

    before   Say whether it rained.         same "Say whether it "   removed "rained"   added "raimed"   same "."
    after    Say whether it raimed.

The pieces that are the same or removed make the text before, those that are the same or added the text after.

Covered: words, punctuation, whitespace; marks that make whitespace and invisible characters seen.
Not covered: moves (a removal and an addition), edits within a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

EditKind = Literal["same", "removed", "added"]

TOKEN = re.compile(r"\w+|\s+|[^\w\s]")

EXACT_TOKENS = 1000
"""Up to so many tokens that are left between the common start and end, the edit is the one that `difflib` finds."""

WINDOW = 48
"""How far ahead a longer text is searched for the place from which both sides agree again."""

AGREEING = 3
"""How many tokens in a row have to agree there."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of text that stayed, went or came."""

    kind: EditKind
    text: str


def token_edits(before: str, after: str) -> tuple[Edit, ...]:
    """Give what stayed, went and came, in the order of the texts; what went stands before what came in its place."""
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    head = _num_common(old, new)
    tail = _num_common(old[head:][::-1], new[head:][::-1])
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    is_short = max(len(old_middle), len(new_middle)) <= EXACT_TOKENS
    changes = _exact(old_middle, new_middle) if is_short else _walked(old_middle, new_middle)
    same_tail = old[len(old) - tail :]
    return _merged([("same", old[:head]), *changes, ("same", same_tail)])


def visible(text: str) -> str:
    """Give the text with marks for what cannot be seen: line ends, tabs, odd spaces, control and format characters."""
    marked = "".join(map(_mark, text))
    return re.sub(r"^ +| +$| {2,}", lambda match: _SPACE_MARK * len(match[0]), marked, flags=re.MULTILINE)


_SPACE_MARK = "\u00b7"
_MARKS = {
    "\n": "\u21b5\n",
    "\r": "\u240d",
    "\t": "\u21e5\t",
    "\u00a0": "\u237d",
    "\ufffd": "\ufffd",
}


def _mark(character: str) -> str:
    if character in _MARKS:
        return _MARKS[character]
    is_plain = character == " " or unicodedata.category(character) not in ("Cc", "Cf", "Zs", "Zl", "Zp", "Cs")
    return character if is_plain else f"<U+{ord(character):04X}>"


Change = tuple[EditKind, list[str]]


def _num_common(old: list[str], new: list[str]) -> int:
    """Count the tokens at the start in which both agree."""
    for index, (left, right) in enumerate(zip(old, new, strict=False)):
        if left != right:
            return index
    return min(len(old), len(new))


def _exact(old: list[str], new: list[str]) -> Iterator[Change]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "equal":
            yield "same", old[i:i_end]
        else:
            yield "removed", old[i:i_end]
            yield "added", new[j:j_end]


def _walked(old: list[str], new: list[str]) -> Iterator[Change]:
    """Walk both lists side by side; where they part, go to the nearest place from which they agree again.

    Linear in the length for edits that lie scattered; an edit longer than the window ends the walk.

        old   a b c X d e f g        part at X/Y Z, agree again at d e f: X removed, Y Z added
        new   a b c Y Z d e f g
    """
    i = j = 0
    while i < len(old) and j < len(new):
        if old[i] == new[j]:
            yield "same", [old[i]]
            i, j = i + 1, j + 1
            continue
        skip = _next_agreement(old[i : i + WINDOW + AGREEING], new[j : j + WINDOW + AGREEING])
        if skip is None:
            break
        yield "removed", old[i : i + skip[0]]
        yield "added", new[j : j + skip[1]]
        i, j = i + skip[0], j + skip[1]
    yield "removed", old[i:]
    yield "added", new[j:]


def _next_agreement(old: list[str], new: list[str]) -> tuple[int, int] | None:
    """Give how much to skip on either side, as little as possible in all, until the next tokens agree."""
    places: dict[tuple[str, ...], int] = {}
    for j in range(len(new) - AGREEING + 1):
        places.setdefault(tuple(new[j : j + AGREEING]), j)
    found = [
        (i, places[key]) for i in range(len(old) - AGREEING + 1) if (key := tuple(old[i : i + AGREEING])) in places
    ]
    return min(found, key=sum, default=None)


def _merged(changes: list[Change]) -> tuple[Edit, ...]:
    """Give the changes as edits: neighbours of one kind made one, and between two that stayed, what went first."""
    edits: list[Edit] = []
    for is_same, run in groupby((c for c in changes if c[1]), key=lambda change: change[0] == "same"):
        stretch = list(run)
        kinds: tuple[EditKind, ...] = ("same",) if is_same else ("removed", "added")
        for kind in kinds:
            text = "".join("".join(tokens) for name, tokens in stretch if name == kind)
            if text:
                edits.append(Edit(kind, text))
    return tuple(edits)
