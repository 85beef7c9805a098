r"""Machine text: what programs read and what readers copy sign by sign, told from the prose around it.

    Fix this:                prose
    ```python                .
    total = price * 2        |  a block: whole lines, and nothing may be put right before or after it
    ```                      '
    It prints `6` at $x$.    `6` and $x$ are inline: the words beside them are prose

Every perturbation that edits texts, and the rule of validity that checks them, ask here.

Covered: blocks (`blocks`), stretches within lines (`inline`), expressions (`expressions`).
Not covered: numbers, quotations and answers, which `probe.perturb.helpers.protected` adds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from probe.perturb.helpers.machine.blocks import block_spans
from probe.perturb.helpers.machine.expressions import expression_spans
from probe.perturb.helpers.machine.inline import SUSPECT, inline_spans

MAX_LENGTH = 200_000
"""Longer texts are looked at for fences and lines alone."""


class MachineText(NamedTuple):
    """Where the machine text of a text lies, in its order."""

    spans: tuple[slice, ...]
    """All of it, none overlapping another."""
    blocks: tuple[slice, ...]
    """Those that are whole lines, or fences."""


NOTHING = MachineText((), ())

_PLACEHOLDER = re.compile(r"\{[^{}\n]*\}")
"""What stands for a field in a template: text will stand in its place."""

_WORDLESS = re.compile(r"(?=[^\d]{0,80}\d)(?!.*(?<!\w)[^\W\d_]{2,}(?!\w))", re.DOTALL)
"""A text of numbers and signs without a word: a value, a key, a formula of chemistry."""

_LINE_SUSPECT = re.compile(r"[\n\t]|[=(){}\[\];|<>`~$\\/:]")


@lru_cache(maxsize=4096)
def machine_text(text: str) -> MachineText:
    """Return where the machine text lies."""
    is_suspect = SUSPECT.search(text) is not None
    if _WORDLESS.match(text):
        whole = (slice(len(text) - len(text.lstrip()), len(text.rstrip())),)
        return MachineText(whole, whole)
    if not is_suspect and _LINE_SUSPECT.search(text) is None:
        return NOTHING
    blocks = tuple(block_spans(text))
    if not is_suspect or len(text) > MAX_LENGTH:
        return MachineText(_merged((span.start, span.stop) for span in blocks), blocks) if blocks else NOTHING
    found = [(span.start, span.stop) for span in blocks]
    found += inline_spans(text)
    known = _merged(found)
    starts = [span.start for span in known]

    def is_taken(start: int, stop: int) -> bool:
        place = bisect_right(starts, start) - 1
        return place >= 0 and known[place].stop >= stop

    found += expression_spans(text, is_taken)
    if not found:
        return NOTHING
    spans = _joined(text, _merged(found))
    return MachineText(spans, tuple(_whole_lines(text, spans, blocks)))


def _whole_lines(text: str, spans: tuple[slice, ...], blocks: tuple[slice, ...]) -> Iterator[slice]:
    """Return the blocks, and the spans that stand alone on their lines."""
    inner = {(span.start, span.stop) for span in blocks}
    starts = [span.start for span in spans]
    held = {bisect_right(starts, span.start) - 1 for span in blocks}
    for place, span in enumerate(spans):
        line_start = text.rfind("\n", 0, span.start) + 1
        line_stop = text.find("\n", span.stop)
        around = text[line_start : span.start] + text[span.stop : len(text) if line_stop < 0 else line_stop]
        is_alone = not around.strip(" \t>*-\u2022") and _PLACEHOLDER.fullmatch(text, span.start, span.stop) is None
        if place in held or (span.start, span.stop) in inner or is_alone:
            yield span


def _merged(found: Iterable[tuple[int, int]]) -> tuple[slice, ...]:
    merged: list[slice] = []
    for start, stop in sorted(found):
        if merged and start < merged[-1].stop:
            merged[-1] = slice(merged[-1].start, max(stop, merged[-1].stop))
        elif stop > start:
            merged.append(slice(start, stop))
    return tuple(merged)


def _joined(text: str, spans: tuple[slice, ...]) -> tuple[slice, ...]:
    """Return the spans, those as one between which there are only blanks or a mark of code: "x = 1; print(x)"."""
    joined: list[slice] = []
    for span in spans:
        if joined and _BETWEEN.fullmatch(text, joined[-1].stop, span.start):
            joined[-1] = slice(joined[-1].start, span.stop)
        else:
            joined.append(span)
    return tuple(joined)


_BETWEEN = re.compile(r"[ \t]{0,8}[;|&+*/=<>-]?[ \t]{0,8}")


def starts_with_block(text: str) -> bool:
    """Return whether a text opens with a block, so that nothing may be put on its first line."""
    blocks = machine_text(text).blocks
    return bool(blocks) and not text[: blocks[0].start].strip()


def ends_with_block(text: str) -> bool:
    """Return whether a text closes with a block, so that nothing may be put on its last line."""
    blocks = machine_text(text).blocks
    return bool(blocks) and not text[blocks[-1].stop :].strip()


def _is_left_open(text: str) -> bool:
    """Return whether a text closes within a fence."""
    blocks = machine_text(text).blocks
    opening = _FENCE.match(text, blocks[-1].start) if blocks else None
    if opening is None or text[blocks[-1].stop :].strip():
        return False
    lines = text[blocks[-1]].rstrip().split("\n")
    return len(lines) == 1 or not lines[-1].lstrip(" \t>").startswith(opening[1])


_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})")


def put_before(text: str, added: str, space: str = " ") -> str:
    """Return a text with another put before it, with an empty line between where it opens with a block."""
    if not text or not added:
        return text or added
    return added + ("\n\n" if starts_with_block(text) else space) + text


def put_after(text: str, added: str, space: str = " ") -> str:
    """Return a text with another put after it, with an empty line between where it closes with a block.

    What would fall into a fence that nothing closes is put before it.
    """
    if not text or not added:
        return text or added
    if _is_left_open(text):
        return f"{added}\n\n{text}"
    return text + ("\n\n" if ends_with_block(text) else space) + added
