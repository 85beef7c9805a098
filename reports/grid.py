"""Rows as a table that can be read at any width: no cell but prose is ever cut or broken, and prose wraps at words.

    all fits         name    family  summary          prose has room   name    family  summary
                     a-name  typos   Short.                            a-name  typos   What it does, which
                                                                                       takes two lines.
    it has none      name    family                   no prose         suite      items  variants
                     a-name  typos                                     sentiment  220    1108
                         strength 0.1
                         What it does.                                 suite      format  typos
                                                                       sentiment  20      20

Covered: where each column goes. Not covered: which columns there are.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from reports.escape import visible_line

GAP = "  "
INDENT = "    "
NOTHING = "-"
"""What stands in a cell that has nothing to say."""

LONG = 32
"""A column whose cells are words and longer than that is prose; it is given no less room beside the others."""

Cells = Mapping[str, str]


def grid(rows: Sequence[Mapping[str, Any]], *, width: int) -> str:
    """Return rows as a table of a width; what does not fit beside the other columns goes under them."""
    if not rows:
        return ""
    shown = [{visible_line(head): visible_line(str(cell)) for head, cell in row.items()} for row in rows]
    heads = list(shown[0])
    widths = {head: max(map(cell_len, [head, *(row[head] for row in shown)])) for head in heads}
    if _total(widths.values()) <= width:
        return _lined(shown, widths)
    prose = [head for head in heads[1:] if _is_prose([row[head] for row in shown])]
    fixed = {head: widths[head] for head in heads if head not in prose}
    is_named = len({row[heads[0]] for row in shown}) == len(shown)
    if not prose and is_named:
        return "\n\n".join(_lined(shown, block) for block in _blocks(fixed, width))
    if not prose:  # blocks would not say which row is which
        return _stacked(shown, fixed, [], width)
    rooms = _rooms({head: widths[head] for head in prose}, width - _total(fixed.values()) - len(GAP))
    return _lined(shown, fixed | rooms) if rooms else _stacked(shown, fixed, prose, width)


def aligned(rows: Sequence[Cells], heads: Sequence[str], *, left: Collection[str]) -> list[str]:
    """Return a line of heads and a line for each row, whatever their width; columns not in `left` stand to the right."""
    lines = [dict(zip(heads, heads, strict=True)), *({h: visible_line(row.get(h, "")) for h in heads} for row in rows)]
    widths = {head: max(len(line[head]) for line in lines) for head in heads}
    return [
        GAP.join(line[h].ljust(widths[h]) if h in left else line[h].rjust(widths[h]) for h in heads).rstrip()
        for line in lines
    ]


def _is_prose(cells: Sequence[str]) -> bool:
    return any(len(cell) > LONG and " " in cell for cell in cells)


def _total(widths: Iterable[int]) -> int:
    """Return the width of columns of these widths side by side."""
    each = list(widths)
    return sum(each) + len(GAP) * (len(each) - 1)


def _rooms(natural: Mapping[str, int], room: int) -> dict[str, int]:
    """Share room out among columns of prose, by how long each is; none where one would be too narrow."""
    left = room - len(GAP) * (len(natural) - 1)
    whole = sum(natural.values())
    rooms = {head: min(width, max(min(width, LONG), left * width // whole)) for head, width in natural.items()}
    return rooms if sum(rooms.values()) <= left else {}


def _lined(rows: Sequence[Cells], widths: Mapping[str, int]) -> str:
    """Return columns side by side, each cell wrapped at words to its width."""
    return "\n".join(line for row in [dict(zip(widths, widths, strict=True)), *rows] for line in _line(row, widths))


def _line(row: Cells, widths: Mapping[str, int]) -> list[str]:
    cells = [
        [row[head]] if cell_len(row[head]) <= width else wrapped(row[head], width) for head, width in widths.items()
    ]
    tall = max(map(len, cells))
    each = [[(cell[index] if index < len(cell) else "") for cell in cells] for index in range(tall)]
    return [GAP.join(_padded(*one) for one in zip(line, widths.values(), strict=True)).rstrip() for line in each]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def wrapped(text: str, width: int) -> list[str]:
    """Return a text on lines of a width, broken at words only."""
    return textwrap.wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False) or [""]


def indented(text: str, *, width: int) -> list[str]:
    """Return a text as indented lines, wrapped at words."""
    return [INDENT + line for line in wrapped(text, width - len(INDENT))]


def _prefix(widths: Mapping[str, int], width: int) -> dict[str, int]:
    """Return the first columns that fit side by side, at least one."""
    heads = list(widths)
    number = max([1, *(n for n in range(1, len(heads) + 1) if _total(widths[head] for head in heads[:n]) <= width)])
    return {head: widths[head] for head in heads[:number]}


def _blocks(widths: Mapping[str, int], width: int) -> list[dict[str, int]]:
    """Part columns into blocks that fit, each with the first column, which names the rows."""
    first, *others = widths
    blocks: list[dict[str, int]] = []
    while others or not blocks:
        left = width - widths[first] - len(GAP)
        block = _prefix({head: widths[head] for head in others}, left) if others else {}
        blocks.append({first: widths[first]} | block)
        others = [head for head in others if head not in block]
    return blocks


def _stacked(rows: Sequence[Cells], fixed: Mapping[str, int], prose: Sequence[str], width: int) -> str:
    """Return the columns that fit side by side, and under each row the others by name and its prose, indented."""
    beside = _prefix(fixed, width)
    under = [head for head in fixed if head not in beside]
    lines = _lined([], beside).split("\n")
    for row in rows:
        lines += _line(row, beside)
        lines += parted([f"{head} {row[head]}" for head in under if row[head]], width)
        for head in prose:
            label = f"{head}: " if len(prose) > 1 else ""
            lines += indented(label + row[head], width=width) if row[head] not in ("", NOTHING) else []
    return "\n".join(lines)


def parted(pairs: Sequence[str], width: int) -> list[str]:
    """Return a row's cells by name on as few indented lines as hold them, none of them broken."""
    lines: list[str] = []
    for pair in pairs:
        if lines and cell_len(lines[-1] + GAP + pair) <= width:
            lines[-1] += GAP + pair
        else:
            lines.append(INDENT + pair)
    return lines
