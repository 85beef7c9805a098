r"""Whole lines of machine text: fences, indented code, tables, YAML, programs without a fence.

    What does it print?        prose
                               .
    x = 3                      |  a run of lines grows from those that are machine text by themselves over their neighbours
    # three                    |  that only may be
    print(x)                   '

    Answer with one word.      prose

Covered: fences of ``` and ~~~ (one that is never closed reaches to the end), code indented by four blanks or a tab after an empty
line, rows of tables in Markdown, CSV, TSV or columns, YAML, what `probe.perturb.helpers.machine.lines` knows by its lines.
Not covered: indented prose, the lines of a list and what continues them, a dialogue with a speaker before each line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe.perturb.helpers.machine.lines import (
    BULLET,
    PROSE,
    STRONG,
    WEAK,
    is_prose,
    is_sentence,
    kind_of,
    without_comment,
)
from probe.perturb.helpers.machine.settings import take_yaml
from probe.perturb.helpers.machine.tables import (
    Lines,
    is_row_alone,
    take_aligned,
    take_piped,
    take_separated,
    take_tabbed,
)

_QUOTED = r"[ \t]*(?:>[ \t]?)*"
_FENCE = re.compile(r"(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_OPENS = (":", "{", "(", "[", ",", "\\", "=", "=>", "->")
_HEAD = re.compile(r"\s*(?:async )?(?:for|while|if|elif|else|with|try|except|finally|match|case)\b.*:\s*(?:#.*)?$")
_FOR = re.compile(r"\s*(?:async )?for [\w, ()*]+ in [\w.\[\]()\"'*]+:")
_TAIL = re.compile(r"\s*(?:(?:return|raise|yield|break|continue|pass|else|elif|except|finally|end)\b|[\]})])")
"""What goes on with a program after an empty line, which alone would not be known for one."""
_TARGET = re.compile(r"[\w./%-]+:(?: |$)")
_FRAME = re.compile(r"\s+(?:at|in) \S+.*\d")
_TRIPLE = re.compile(r"\"\"\"|'''")


def block_spans(text: str) -> list[slice]:
    """Return where the blocks lie, in the order of the text."""
    rows = text.split("\n")
    starts = [0]
    for row in rows[:-1]:
        starts.append(starts[-1] + len(row) + 1)
    lines = Lines(rows, starts, [False] * len(rows), [])
    _fences(lines)
    kinds = [PROSE if taken else kind_of(row) for row, taken in zip(rows, lines.taken, strict=True)]
    if len(rows) > 1:
        for find in (take_piped, take_tabbed, take_separated, take_aligned, take_yaml, _indented):
            find(lines)
    elif is_row_alone(rows[0]):
        lines.take(0, 0)
    for place in range(len(rows) - 1):
        if kinds[place] != STRONG and _heads(rows, place):
            kinds[place] = STRONG
    _grow(lines, kinds)
    return _merged(lines)


def _merged(lines: Lines) -> list[slice]:
    """Return the taken lines as blocks; empty lines between two taken ones belong to them."""
    found = list(lines.spans)
    place, count = 0, len(lines.rows)
    while place < count:
        if not lines.taken[place] or lines.is_blank(place):
            place += 1
            continue
        last = place
        while last + 1 < count and lines.taken[last + 1]:
            last += 1
        end = last
        while lines.is_blank(end):
            end -= 1
        found.append(slice(lines.starts[place], lines.end(end)))
        place = last + 1
    return sorted(found, key=lambda span: (span.start, span.stop))


# fences -----------------------------------------------------------------------------------------------------------------------


def _fences(lines: Lines) -> None:
    place = 0
    while place < len(lines.rows):
        opening = _opening(lines.rows[place])
        if opening is None:
            place += 1
            continue
        start, mark = opening
        last, stop = _closing(lines, place + 1, mark)
        lines.spans.append(slice(lines.starts[place] + start, stop))
        is_whole = stop == lines.end(last)
        lines.take(place if not lines.rows[place][:start].strip() else place + 1, last if is_whole else last - 1)
        place = last + 1


def _opening(row: str) -> tuple[int, str] | None:
    """Return where in a line a fence opens, and its mark; it may follow a word, as in "Here it is: ```python"."""
    if "```" not in row and "~~~" not in row:
        return None
    match = _FENCE.search(row)
    if match is None or (row[: match.start()].strip(" \t>") and " " in match["info"].strip()):
        return None
    if match["mark"][0] in row[: match.start()]:
        return None
    return match.start() if row[: match.start()].strip(" \t>") else len(row) - len(row.lstrip()), match["mark"]


def _closing(lines: Lines, first: int, mark: str) -> tuple[int, int]:
    """Return the last line of a fence that is open, and where it ends; the end of the text where nothing closes it."""
    close = re.compile(rf"{_QUOTED}(?P<mark>{mark[0]}{{{len(mark)},}})(?=[ \t]|$)(?!.*{mark[0]})")
    for place in range(first, len(lines.rows)):
        match = close.match(lines.rows[place])
        if match is not None:
            return place, lines.starts[place] + match.end("mark")
    last = len(lines.rows) - 1
    return last, lines.end(last)


# indented code ----------------------------------------------------------------------------------------------------------------


def _indented(lines: Lines) -> None:
    place, is_after_list = 0, False
    while place < len(lines.rows):
        row = lines.rows[place]
        starts_block = row.startswith(("    ", "\t")) and (place == 0 or lines.is_blank(place - 1))
        if not starts_block or not row.strip() or lines.taken[place]:
            if row.strip():
                is_after_list = bool(BULLET.match(row)) or (is_after_list and row.startswith((" ", "\t")))
            place += 1
            continue
        last = place
        for after in range(place + 1, len(lines.rows)):
            if lines.rows[after].strip() and not lines.rows[after].startswith(("    ", "\t")):
                break
            last = after if lines.rows[after].strip() else last
        if not is_after_list and not _reads_as_prose(lines.rows[place : last + 1]):
            lines.take(place, last)
        place = last + 1


def _reads_as_prose(rows: Sequence[str]) -> bool:
    """Return whether indented lines are sentences, a verse, an address or a list, all words and marks of sentences."""
    whole = " ".join(row.strip() for row in rows if row.strip())
    if any(BULLET.match(row) for row in rows):
        return True
    if re.search(r"[=<>{}\[\]|\\_$#^]|\w\(|\(\)|;\s*$|--?\w+\s+-", whole):
        return False
    return whole[:1].isupper() or whole[:1] in "\"'\u201c\u2018(" or not whole.isascii() or is_prose(whole)


# programs ---------------------------------------------------------------------------------------------------------------------


def _grow(lines: Lines, kinds: Sequence[int]) -> None:
    place = 0
    while place < len(lines.rows):
        if kinds[place] != STRONG:
            place += 1
            continue
        first = place
        while first > 0 and not lines.is_blank(first - 1) and (lines.taken[first - 1] or kinds[first - 1] != PROSE):
            first -= 1
        if first > 0 and _FRAME.match(lines.rows[first]) and lines.rows[first - 1].strip()[-1:] not in ("", ":"):
            first -= 1  # what was thrown stands above where
        last = _last_of_program(lines, kinds, place)
        lines.take(first, last)
        place = last + 1


def _heads(rows: Sequence[str], place: int) -> bool:
    """Return whether a line heads those that are indented below it: "for item in items:", or a target of make."""
    row, below = rows[place], rows[place + 1]
    if below.startswith("\t") and _TARGET.match(row):
        return True
    is_deeper = below.strip() != "" and len(below) - len(below.lstrip()) >= len(row) - len(row.lstrip()) + 2
    if not is_deeper or _HEAD.match(row) is None or (is_prose(row) and _FOR.match(row) is None):
        return False
    return not (is_sentence(below) or is_prose(below) or BULLET.match(below))


def _last_of_program(lines: Lines, kinds: Sequence[int], first: int) -> int:
    last, in_string, has_output = first, _toggles(lines.rows[first], False), _has_output(lines.rows[first])
    for place in range(first + 1, len(lines.rows)):
        row = lines.rows[place]
        if in_string:
            in_string = _toggles(row, in_string)
        elif lines.is_blank(place):
            has_output = False
            continue
        elif not (_continues(lines, kinds, last, place) or (has_output and not is_sentence(row))):
            break
        else:
            in_string = _toggles(row, in_string)
        has_output = has_output or _has_output(row)
        last = place
    return last


def _continues(lines: Lines, kinds: Sequence[int], last: int, place: int) -> bool:
    """Return whether a line belongs to the program whose last line is `last`, right before it or across empty lines."""
    row, before = lines.rows[place], lines.rows[last]
    if kinds[place] == STRONG or lines.taken[place]:
        return True
    if row.startswith("\t") and _TARGET.match(before):
        return True
    is_inner = row.startswith((" ", "\t")) and (
        without_comment(before).endswith(_OPENS) or before.startswith((" ", "\t"))
    )
    if place == last + 1:
        return is_inner or kinds[place] == WEAK
    return kinds[place] == WEAK and (_TAIL.match(row) is not None or (row.startswith(("  ", "\t")) and is_inner))


def _toggles(row: str, in_string: bool) -> bool:
    return in_string != (len(_TRIPLE.findall(row)) % 2 == 1)


def _has_output(row: str) -> bool:
    return row.lstrip().startswith((">>>", "$ ", "In [", "@@ "))
