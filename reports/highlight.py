"""Original and variant side by side: the edit between them, cut to a length that a person reads.

    before   Review: A [-joy-] from start to end. ... Sentiment:
    after    Review: A [+oyj+] from start to end. ... Sentiment:
                       edit                       gap: unchanged text that is left out, with its length

Covered: pieces of text with their kind. Not covered: finding the edit (`probe.diff`), markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from probe.diff import excerpt, token_edits, visible

KEEP = 240
"""Characters of unchanged text that stay on each side of an edit."""

HEAD, TAIL = 600, 2400
"""Characters at the start and the end of a prompt that stay where it is too long even so: the question ends it."""

SHORT = {"context": 44, "longest": 60, "limit": 170}
"""Characters of an edit on one line: beside it, of one change, in all."""

Kind = Literal["same", "removed", "added", "gap"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a prompt; of a gap, `text` says how much is left out."""

    kind: Kind
    text: str

    @property
    def is_mark(self) -> bool:
        """Return whether it has no letter or digit, so that a line through it would leave nothing to read."""
        return not any(map(str.isalnum, self.text))


def sides(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return the original with what was removed marked, and the variant with what was added marked."""
    edits = [Piece(edit.kind, edit.text) for edit in token_edits(before, after)]
    return _side(edits, "removed"), _side(edits, "added")


def in_short(before: str, after: str) -> tuple[Piece, ...]:
    """Return the edit on one line, with some words of the prompt on each side of it."""
    return tuple(Piece(e.kind, e.text) for e in excerpt(token_edits(before, after), **SHORT))


def _side(edits: Sequence[Piece], kind: Kind) -> tuple[Piece, ...]:
    pieces = _joined(edit for edit in edits if edit.kind in ("same", kind))
    shown = [part for piece in pieces for part in _elided(piece)]
    return tuple(replace(p, text=visible(p.text)) if p.kind == kind else p for p in _clipped(shown))


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    return [Piece(kind, "".join(p.text for p in group)) for kind, group in groupby(pieces, key=lambda p: p.kind)]


def _elided(piece: Piece) -> list[Piece]:
    """Leave out the middle of a long unchanged stretch."""
    left_out = len(piece.text) - 2 * KEEP
    if piece.kind != "same" or left_out < KEEP:
        return [piece]
    return [Piece("same", piece.text[:KEEP]), _gap(left_out), Piece("same", piece.text[-KEEP:])]


def _clipped(pieces: Sequence[Piece]) -> list[Piece]:
    """Leave out the middle of what is still too long."""
    total = sum(len(piece.text) for piece in pieces)
    if total <= HEAD + TAIL:
        return list(pieces)
    return [*_slice(pieces, 0, HEAD), _gap(total - HEAD - TAIL), *_slice(pieces, total - TAIL, total)]


def _slice(pieces: Sequence[Piece], start: int, end: int) -> list[Piece]:
    cut: list[Piece] = []
    position = 0
    for piece in pieces:
        text = piece.text[max(0, start - position) : max(0, end - position)]
        if text:
            cut.append(piece if piece.kind == "gap" else replace(piece, text=text))
        position += len(piece.text)
    return cut


def _gap(length: int) -> Piece:
    return Piece("gap", f"\u2026 {length:,} characters left out \u2026")
