"""The terminal page, one screen: verdict, table, three worst flips, where the report lies and what to type next.

Words carry the meaning, colour only helps: without it an edit reads [-removed-]{+added+}. The page fits one screen.
Model output is hostile: control characters are made visible before they reach the terminal.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from probe.edits import Edit, token_edits, visible
from reports.console_tables import fitting, lines_of
from reports.escape import visible_line as visible_line
from reports.grid import grid

CONTEXT = 36
"""Unchanged characters shown on either side of an edit."""

SCREEN = {False: 24, True: 40}
"""Lines of a screen, of one suite and of several."""


def page(summary: dict[str, Any], *, width: int = 100, color: bool = False, report: str = "") -> str:
    """Give the page of a run as text; families that have no room on one screen are counted."""
    from reports.words import level

    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, no_color=not color, highlight=False, soft_wrap=False
    )
    several = len(summary["suite"]) > 1
    verdict = Text(visible_line(summary["verdict"] or "Nothing was measured."), style="bold")
    below = [_footing(summary), *_untold(summary), *_responsiveness(summary), *_budget_lines(summary.get("budget"))]
    flips = [flip_lines(flip, width=width, num_lines=2 if several else 1) for flip in summary["flips"][:3]]
    used = sum(len(one.wrap(console, width)) for one in (verdict, *map(Text, below), *flips))
    lines = lines_of(summary, room=SCREEN[several] - used - (5 if several else 4))
    console.print(verdict)
    console.print()
    held = level(stop["level"] for stop in summary.get("stopping", ()))
    console.print(fitting(console, lines, visible_line, level=held))
    for line in below:
        console.print(Text(line, style="dim" if line == below[0] else ""))
    if flips:
        console.print()
    for flip in flips:
        console.print(flip)
    more = summary["flips_total"] - len(flips)
    if several:
        console.print()
    if report:
        line = f"report  {report}" + (f"  ({more:,} more flips)" if more > 0 else "")
        console.print(Text(line), overflow="ignore", no_wrap=True, crop=False)
    if summary["flips"]:
        line = f"next    {visible_line(summary['flips'][0]['command'])}"
        console.print(Text(line), overflow="ignore", no_wrap=True, crop=False)
    return _finished(console)


def _responsiveness(summary: dict[str, Any]) -> list[str]:
    """Say how many items stayed under all variants and moved where they must: a constant answer does only one."""
    rows = [row for row in summary.get("responsiveness", ()) if row["stayed_under"] == "all"]
    if not rows:
        return []
    row = rows[-1]
    table = [(f"of {row['num_items']} items", "moved where it must", "did not")]
    for head, names in (("stayed under all", ("robust", "constant")), ("did not", ("attentive", "erratic"))):
        one, other = (f"{name} {100 * row[name + '_share']:.1f} %" for name in names)
        table.append((head, one, other))
    return [f"{head:<16}  {one:>19}  {other:>16}" for head, one, other in table]


def table(rows: Sequence[dict[str, Any]], *, width: int | None = None) -> str:
    """Give rows as an aligned table as wide as the terminal; see `reports.grid`."""
    return grid(rows, width=width or terminal_width())


def flip_lines(flip: dict[str, Any], *, width: int = 100_000, num_lines: int = 1) -> Text:
    """Give a flip as two lines: what moved, and the edit that moved it, cut to `num_lines` of a width."""
    head = f"{flip['suite']} {flip['item']}  {flip['perturbation']}  {flip['kind']}: "
    head += f"{_quoted(flip['before_prediction'])} -> {_quoted(flip['after_prediction'])}"
    if flip["before_target"] != flip["target"]:
        head += f" (right: {_quoted(flip['before_target'])} -> {_quoted(flip['target'])})"
    if flip["near_tie"]:
        head += "  (near-tie)"
    context = CONTEXT if num_lines > 1 or width > 200 else max(10, width // 4)
    edit = _cut(
        edit_text(flip["before"], flip["after"], context=context), (width - 2) * num_lines - 8 * (num_lines - 1)
    )
    return Text.assemble(_cut(Text(head, style="bold"), width), "\n  ", edit)


def _cut(text: Text, length: int) -> Text:
    if text.cell_len <= length:
        return text
    cut = text[: length - 3]
    cut.append("...")
    return cut


def edit_text(before: str, after: str, *, context: int | None = CONTEXT) -> Text:
    """Give the edit between two texts on one line; `context` None shows all of what stayed."""
    text = Text()
    edits = token_edits(before, after)
    for index, edit in enumerate(edits):
        if edit.kind == "same":
            text.append(_clipped(edit, context, first=index == 0, last=index == len(edits) - 1))
        elif edit.kind == "removed":
            text.append(f"[-{_shown(edit.text)}-]", style="red")
        else:
            text.append(f"{{+{_shown(edit.text)}+}}", style="green")
    return text


def _shown(text: str) -> str:
    return visible_line(visible(text).replace("\n", ""))


def _clipped(edit: Edit, context: int | None, *, first: bool, last: bool) -> str:
    text = edit.text
    if context is None:
        return visible_line(text.replace("\n", " / "))
    if first and len(text) > context:
        text = "..." + text[-context:]
    elif last and len(text) > context:
        text = text[:context] + "..."
    elif len(text) > 2 * context:
        text = text[:context] + " ... " + text[-context:]
    return visible_line(text.replace("\n", " / "))


def _quoted(text: str) -> str:
    return f'"{visible_line(text)[:40]}"' if text else "(unreadable)"


def _footing(summary: dict[str, Any]) -> str:
    engine, timing = summary["engine"], summary["timing"]
    saved = f"{engine['tokens']:,} tokens, {engine['unique_tokens']:,} computed ({engine['path']})"
    tie = (
        f"; {summary['flips_near_tie']} of {summary['flips_total']} flips are near-ties"
        if summary["flips_total"]
        else ""
    )
    return f"{engine['requests']:,} requests, {saved}, {timing['seconds']:.1f} s{tie}"


def _untold(summary: dict[str, Any]) -> list[str]:
    """Say how many flips followed place or symbol, where the run does not tell which."""
    num = summary.get("flips_position_or_symbol", 0)
    if not num:
        return []
    return [
        f"{num} followed the place or the symbol of an option; --perturb order-with-symbols,label-shift tells which"
    ]


def _budget_lines(budget: dict[str, Any] | None) -> list[str]:
    """Say what a budget left out, and how accuracy is estimated to lie over all prompts."""
    if not budget:
        return []
    left: dict[str, int] = {}
    for row in budget["not_run"]:
        left[row["family"]] = left.get(row["family"], 0) + row["cells"]
    shown = ", ".join(f"{family} {num:,}" for family, num in left.items()) or "nothing"
    lines = [f"budget  {budget['calls']:,} of {budget['cells']:,} variants asked; not run: {shown}"]
    for row in budget["estimates"]:
        figures = zip(budget["quantiles"], row["values"], row["ci_low"], row["ci_high"], strict=True)
        shown = "  ".join(f"{100 * q:.0f}: {100 * v:.1f} [{100 * lo:.1f}, {100 * hi:.1f}]" for q, v, lo, hi in figures)
        if row["family"] == "all":
            lines.append(f"{row['suite']}: accuracy estimated over {row['num_prompts']} prompts, by percentile, in %")
            lines.append(f"  {shown}")
    return lines


def terminal_width() -> int:
    """Give the width of the terminal, or what $COLUMNS says; 100 where neither says one."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def _finished(console: Console) -> str:
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return "\n".join(line.rstrip() for line in stream.getvalue().rstrip("\n").split("\n"))


def colored(text: Text) -> str:
    """Give one line of marked text for stdout: in colour on a terminal, in plain letters elsewhere."""
    import os
    import sys

    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text.plain
    console = Console(file=io.StringIO(), width=100_000, force_terminal=True, highlight=False)
    console.print(text)
    return _finished(console)
