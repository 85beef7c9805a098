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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from probe.perturb.helpers.machine.lines import MAX_LINE, PROSE, STRONG, WEAK, is_prose, kind_of, without_comment
from probe.perturb.words import word_set

_QUOTED = r"[ \t]*(?:>[ \t]?)*"
_FENCE = re.compile(r"(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_BULLET = re.compile(r"[ \t]*(?:[-*+\u2022]|\d+[.)]|[a-z][.)])[ \t]+\S")
_OPENS = (":", "{", "(", "[", ",", "\\", "=", "=>", "->")
_TARGET = re.compile(r"[\w./%-]+:(?: |$)")
_TRIPLE = re.compile(r"\"\"\"|'''")

_KEY = re.compile(
    r"(?P<indent>[ \t]*)(?:- +)*(?P<key>[A-Za-z_][\w./-]*|\"[^\"\n]+\"|'[^'\n]+'):(?:[ \t]+(?P<value>\S.*)|[ \t]*)$"
)
_ENTRY = re.compile(r"(?P<indent>[ \t]*)- +\S")
_SCALAR = re.compile(
    r"(?:[-+]?[\d.]\S*|true|false|null|yes|no|on|off|~|[\"'].*[\"']|\[.*\]|\{.*\}|[|>][-+]?|[&*!]\S+|\S*(?:[/_]|\w\.\w)\S*)(?:\s+#.*)?$"
)
_CELLS = re.compile(r"(?<=[^\s.!?:;,]) {2,}(?=\S)")
_RULE = re.compile(r"[ \t]*(?=.*(?:--|==))[|+:=\-\s]{3,}$")
_BOX = re.compile("[\u2500-\u257f]|^[ \t]*\\+[-=]{2,}")
_SPARSE_COMMA = re.compile(r",(?=\S)(?!\d{3}(?!\d))")


@dataclass(slots=True)
class Lines:
    """The lines of a text, where each starts, and which are known to be machine text."""

    rows: list[str]
    starts: list[int]
    taken: list[bool]
    spans: list[slice]
    """Blocks that start or end within a line: fences."""

    def is_blank(self, place: int) -> bool:
        return not self.rows[place].strip()

    def take(self, first: int, last: int) -> None:
        for place in range(first, last + 1):
            self.taken[place] = True

    def end(self, place: int) -> int:
        return self.starts[place] + len(self.rows[place])


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
        for find in (_piped, _tabbed, _separated, _aligned, _yaml, _indented):
            find(lines)
    elif _is_row_alone(rows[0]):
        lines.take(0, 0)
    for place in range(len(rows) - 1):
        if rows[place + 1].startswith("\t") and _TARGET.match(rows[place]):
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


# tables -----------------------------------------------------------------------------------------------------------------------


def _rows_alike(lines: Lines, count: Callable[[str], int], least: int = 1) -> None:
    """Take the lines that stand in a row, two or more, with as many cells each."""
    first = 0
    while first < len(lines.rows):
        num = 0 if lines.taken[first] or len(lines.rows[first]) > MAX_LINE else count(lines.rows[first])
        last = first
        while num >= least and last + 1 < len(lines.rows) and count(lines.rows[last + 1]) == num:
            last += 1
        if last > first:
            lines.take(first, last)
        first = last + 1


def _piped(lines: Lines) -> None:
    for place, row in enumerate(lines.rows):
        if "|" in row and (row.strip().startswith("|") and row.count("|") > 1):
            lines.take(place, place)
        elif "--" in row and "|" in row and _RULE.match(row):
            lines.take(max(0, place - 1), place)
        elif (not row.isascii() or "+-" in row or "+=" in row) and _BOX.search(row):
            lines.take(place, place)
    _rows_alike(lines, lambda row: row.count("|"))


def _tabbed(lines: Lines) -> None:
    for place, row in enumerate(lines.rows):
        if _num_tabs(row) > 1:
            lines.take(place, place)
    _rows_alike(lines, _num_tabs)


def _num_tabs(row: str) -> int:
    """Return how many tabs part the cells of a row; 0 where they stand between the words of a sentence."""
    inner = row.strip()
    return 0 if "\t" not in inner or is_prose(" ".join(inner.split())) else inner.count("\t")


def _separated(lines: Lines) -> None:
    _rows_alike(lines, partial(_num_separated, mark=","))
    _rows_alike(lines, partial(_num_separated, mark=";"))
    for place, row in enumerate(lines.rows):
        if "," in row and _is_row_alone(row):
            lines.take(place, place)


def _num_separated(row: str, *, mark: str) -> int:
    """Return how many marks part the short cells of a row; 0 where it reads as a sentence."""
    count = row.count(mark)
    if count == 0 or row.rstrip()[-1:] in ".?!:" or _BULLET.match(row):
        return 0
    cells = [cell.strip() for cell in row.split(mark)]
    is_tight = mark + " " not in row
    if not is_tight and count < 2:
        return 0
    return 0 if is_prose(row) or any(len(cell.split()) > 4 for cell in cells) or not all(cells[:1]) else count


def _is_row_alone(row: str) -> bool:
    """Return whether a line by itself is a row of values: no blank follows its commas, or it has tabs."""
    if len(row) > MAX_LINE:
        return False
    if _num_tabs(row) > 1 or (row.strip().startswith("|") and row.rstrip().endswith("|") and row.count("|") > 2):
        return True
    return (
        len(_SPARSE_COMMA.findall(row)) > 1
        and ", " not in row
        and row.count(" ") <= 2 * row.count(",")
        and not is_prose(row)
    )


def _aligned(lines: Lines) -> None:
    counts = [_num_aligned(row) for row in lines.rows]
    for place, (one, two) in enumerate(zip(counts, counts[1:], strict=False)):
        if one and two and abs(one - two) <= 1:  # a row may begin with its number, which has no heading
            lines.take(place, place + 1)


def _num_aligned(row: str) -> int:
    """Return how many gaps of blanks part the short cells of a row."""
    if "  " not in row.strip() or len(row) > MAX_LINE or is_prose(" ".join(row.split())):
        return 0
    parts = _CELLS.split(row.strip())
    return len(parts) - 1 if all(len(part.split()) <= 5 for part in parts) else 0


# YAML -------------------------------------------------------------------------------------------------------------------------


def _yaml(lines: Lines) -> None:
    first = 0
    while first < len(lines.rows):
        last = _last_candidate(lines, first)
        if last < first:
            first += 1
            continue
        if _is_yaml(lines.rows[first : last + 1]):
            lines.take(first, last)
        first = last + 1


def _last_candidate(lines: Lines, first: int) -> int:
    """Return the last of the lines from `first` on that may be one document of YAML; one before it where it is none."""
    place, last, floor = first, first - 1, -1
    while place < len(lines.rows):
        row = lines.rows[place]
        indent = len(row) - len(row.lstrip())
        if row.strip() and floor >= 0 and indent > floor:
            last, place = place, place + 1
            continue
        if not row.strip():
            if floor < 0 or place + 1 >= len(lines.rows) or not lines.rows[place + 1].startswith("  "):
                break
            place += 1
            continue
        floor = -1
        key = _KEY.match(row) if len(row) <= MAX_LINE else None
        is_one = key is not None or _ENTRY.match(row) or row.strip() in ("---", "...") or row.lstrip().startswith("#")
        if not is_one or (row.lstrip().startswith("#") and place == first):
            break
        if key is not None and (key["value"] or "")[:1] in ("|", ">"):
            floor = indent
        last, place = place, place + 1
    return last


def _is_yaml(rows: Sequence[str]) -> bool:
    keys = [match for row in rows if (match := _KEY.match(row))]
    if not keys:
        return False
    if rows[0].strip() == "---" and len(keys) > 1:
        return True
    plain = [
        key
        for key in keys
        if (key["key"][0].islower() or key["key"][0] in "_\"'") and key["key"] not in word_set("machine", "speakers")
    ]
    if len(keys) == 1 == len(rows):
        return (
            bool(plain) and _SCALAR.match(keys[0]["value"] or "") is not None and keys[0]["key"].lower() not in _LABELS
        )
    if any(_nests(one, two) for one, two in zip(rows, rows[1:], strict=False)):
        return True
    told = [key for key in plain if not is_prose(key["value"] or "") and len((key["value"] or "").split()) <= 4]
    return len(plain) == len(keys) and len(told) >= 2 and 2 * len(told) >= len(keys)


_LABELS = frozenset(
    {"answer", "label", "score", "rating", "date", "time", "price", "total", "page", "step", "hint", "note", "ps"}
)
"""Names before a single value that a letter or a form has as well."""


def _nests(one: str, two: str) -> bool:
    """Return whether a key stands alone, and a key that lies deeper follows."""
    outer, inner = _KEY.match(one), _KEY.match(two)
    if outer is None or inner is None or outer["value"]:
        return False
    return len(inner["indent"]) > len(outer["indent"]) or (two.lstrip().startswith("- ") and outer["key"][0].islower())


# indented code ----------------------------------------------------------------------------------------------------------------


def _indented(lines: Lines) -> None:
    place, is_after_list = 0, False
    while place < len(lines.rows):
        row = lines.rows[place]
        starts_block = row.startswith(("    ", "\t")) and (place == 0 or lines.is_blank(place - 1))
        if not starts_block or not row.strip() or lines.taken[place]:
            if row.strip():
                is_after_list = bool(_BULLET.match(row)) or (is_after_list and row.startswith((" ", "\t")))
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
    if any(_BULLET.match(row) for row in rows):
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
        last = _last_of_program(lines, kinds, place)
        lines.take(first, last)
        place = last + 1


def _last_of_program(lines: Lines, kinds: Sequence[int], first: int) -> int:
    last, in_string, has_output = first, _toggles(lines.rows[first], False), _has_output(lines.rows[first])
    for place in range(first + 1, len(lines.rows)):
        row = lines.rows[place]
        if in_string:
            in_string = _toggles(row, in_string)
        elif lines.is_blank(place):
            has_output = False
            continue
        elif not (_continues(lines, kinds, last, place) or (has_output and (row[:1] in "+- \\" or not is_prose(row)))):
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
    return kinds[place] == WEAK and row.startswith(("  ", "\t")) and is_inner


def _toggles(row: str, in_string: bool) -> bool:
    return in_string != (len(_TRIPLE.findall(row)) % 2 == 1)


def _has_output(row: str) -> bool:
    return row.lstrip().startswith((">>>", "$ ", "In [", "@@ "))
