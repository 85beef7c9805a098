"""The terminal page, one screen: verdict, table, three worst flips, where the report lies and what to type next.

Words carry the meaning, colour only helps: without it an edit reads [-removed-]{+added+}. The page fits one screen.
Model output is hostile: control characters are made visible before they reach the terminal.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from probe.diff import excerpt, token_edits
from probe.evaluation.budget import BudgetReport
from probe.record.summary import FlipRow, Summary
from reports.console_tables import fitting, lines_of
from reports.escape import visible_line as visible_line
from reports.grid import grid, wrapped

CONTEXT = 36
"""Unchanged characters shown on either side of an edit."""

SCREEN = {False: 24, True: 40}
"""Rows of a screen of 80 columns, of one suite and of several; a narrower one has more, so that nothing is lost there."""
COLUMNS = 80
FEWEST = 4
"""Rows of a table: its heads, the worst family, how many others there are, all together."""


def page(summary: Summary, *, width: int = 100, color: bool = False, report: str = "") -> str:
    """Return the page of a run as text; families that have no room on one screen are counted."""
    from reports.words import level

    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, no_color=not color, highlight=False, soft_wrap=False
    )
    several = len(summary.suites) > 1
    verdict = Text(visible_line(summary.verdict or "Nothing was measured."), style="bold")
    below = [
        *(
            _footing(summary, width),
            *_unresolved(summary),
            *_contrast_failures(summary),
            *_left_out(summary),
            *_responsiveness(summary),
        ),
        *_budget_lines(summary.budget),
    ]
    worst = (*summary.flips[:3], *summary.contrast_failures)[:3]
    flips = [flip_lines(flip, width=width, num_lines=2 if several else 1) for flip in worst]
    ends = _ends(summary, report, min(3, len(summary.flips)), width)
    fixed = sum(len(one.wrap(console, width)) for one in (verdict, *map(Text, below)))
    fixed += sum(-(-cell_len(line) // width) for line in ends)
    screen = SCREEN[several] * COLUMNS // min(width, COLUMNS)
    room, flips, gap = _room(screen - fixed, [(one, len(one.wrap(console, width))) for one in flips], several)
    console.print(verdict)
    if gap:
        console.print()
    held = level(summary.levels)
    console.print(fitting(console, lines_of(summary, room=room), visible_line, level=held))
    for line in below:
        console.print(Text(line, style="dim" if line == below[0] else ""))
    if flips and gap:
        console.print()
    for flip in flips:
        console.print(flip)
    if several:
        console.print()
    for line in ends:
        console.print(Text(line), overflow="ignore", no_wrap=True, crop=False)
    return _finished(console)


def _room(left: int, flips: Sequence[tuple[Text, int]], several: bool) -> tuple[int, list[Text], bool]:
    """Return the rows that a table has of those that are left, the flips that fit beside it, and whether lines between do.

    Families give way first, down to the worst one, then the lines between the parts, then the third flip and the second.
    """
    for num in range(len(flips), 1, -1):
        rows = sum(size for _, size in flips[:num])
        for gap in (True, False):
            if left - rows - several - 2 * gap >= FEWEST:
                return left - rows - several - 2 * gap, [one for one, _ in flips[:num]], gap
    rows = sum(size for _, size in flips[:1])
    return max(FEWEST, left - rows - several), [one for one, _ in flips[:1]], False


def _ends(summary: Summary, report: str, num_shown: int, width: int) -> list[str]:
    """Return where the report lies and what to type next."""
    lines = []
    if report:
        more = summary.flips_total - num_shown
        line = f"report  {report}"
        longer = line + (f"  ({more:,} more flips)" if more > 0 else "")
        lines.append(longer if cell_len(longer) <= width else line)
    for flip in (*summary.flips, *summary.contrast_failures)[:1]:
        lines.append(f"next    {visible_line(flip.command)}")
    return lines


def _responsiveness(summary: Summary) -> list[str]:
    """Return how many items are invariant under all variants and responsive to contrasts; a constant answer is invariant only."""
    rows = [row for row in summary.responsiveness if row.stayed_under == "all"]
    if not rows:
        return []
    row = rows[-1]
    table = [(f"of {row.num_items} items", "responsive", "not responsive")]
    for head, names in (("invariant", ("robust", "constant")), ("not invariant", ("attentive", "erratic"))):
        one, other = (f"{name} {100 * getattr(row, name + '_share'):.1f} %" for name in names)
        table.append((head, one, other))
    return [f"{head:<16}  {one:>19}  {other:>16}" for head, one, other in table]


def table(rows: Sequence[dict[str, Any]], *, width: int | None = None) -> str:
    """Return rows as an aligned table as wide as the terminal; see `reports.grid`."""
    return grid(rows, width=width or terminal_width())


def prose(text: str, *, width: int | None = None) -> list[str]:
    """Return a text on lines as wide as the terminal, broken at words."""
    return wrapped(visible_line(text), width or terminal_width())


def flip_lines(flip: FlipRow, *, width: int = 100_000, num_lines: int = 1) -> Text:
    """Return a flip as what moved, which is never cut, and the edit that moved it, cut to `num_lines` of a width."""
    from reports.words import moved_how

    item = flip.item if flip.item.startswith(flip.suite) else f"{flip.suite} {flip.item}"
    head = f"{item}  {flip.perturbation}  {moved_how(flip)}: "
    head += f"{_quoted(flip.before_prediction)} -> {_quoted(flip.after_prediction)}"
    if flip.before_target != flip.target:
        head += f", right is {_quoted(flip.target)}"
    if flip.near_tie:
        head += "  (near-tie)"
    context = CONTEXT if num_lines > 1 or width > 200 else max(10, width // 4)
    edit = _cut(edit_text(flip.before, flip.after, context=context), (width - 2) * num_lines - 8 * (num_lines - 1))
    return Text.assemble(Text(visible_line(head), style="bold"), "\n  ", edit)


def _cut(text: Text, length: int) -> Text:
    if text.cell_len <= length:
        return text
    cut = text[: length - 3]
    cut.append("...")
    return cut


def edit_text(before: str, after: str, *, context: int = CONTEXT) -> Text:
    """Return the edit between two texts on one line, with `context` characters of what stayed on each side."""
    marks = {"same": ("{}", ""), "removed": ("[-{}-]", "red"), "added": ("{{+{}+}}", "green")}
    parts = [(*marks[one.kind], one.text) for one in excerpt(token_edits(before, after), context=context)]
    return Text.assemble(*((mark.format(visible_line(text)), style) for mark, style, text in parts))


def _quoted(text: str) -> str:
    return f'"{visible_line(text)[:40]}"' if text else "(unreadable)"


def _footing(summary: Summary, width: int) -> str:
    """Return the number of requests and tokens, on one line where there is room."""
    engine, seconds = summary.engine, f"{summary.timing.get('seconds', 0.0):.1f} s"
    asked = f"{engine.requests:,} requests" + (f", {engine.cached:,} cached" if engine.cached else "")
    tokens, computed = f"{engine.tokens:,}", f"{engine.unique_tokens:,}"
    flips, ties = f"{summary.flips_total:,}", f"{summary.flips_near_tie:,}"
    line = f"{asked}, {tokens} tokens, {computed} computed ({engine.path}), {seconds}"
    line += f"; {ties} of {flips} flips are near-ties" if summary.flips_total else ""
    if len(line) <= width:
        return line
    return f"{asked}, {computed} of {tokens} tokens, {seconds}; {ties} of {flips} flips near-ties"


def _unresolved(summary: Summary) -> list[str]:
    """Return how many flips followed position or symbol, where the run cannot tell which."""
    num = summary.flips_position_or_symbol
    if not num:
        return []
    return [f"{num} followed an option's position or symbol; --perturb order-with-symbols,label-shift tells which"]


def _contrast_failures(summary: Summary) -> list[str]:
    """Return how many label-altering edits are answered wrong although their original is answered right."""
    num, edits = summary.contrast_failures_total, summary.contrast_edits_total
    if not num:
        return []
    return [f"{num:,}{f' of {edits:,}' if edits else ''} contrast edits answered wrong where the original is right"]


def _left_out(summary: Summary) -> list[str]:
    """Return which variants have no part in mean, worst and spread."""
    from reports.words import left_out

    return [line] if (line := left_out(summary.variants)) else []


def _budget_lines(budget: BudgetReport | None) -> list[str]:
    """Return what a budget left out, and the estimated accuracy over all prompts."""
    if not budget:
        return []
    left: dict[str, int] = {}
    for left_out in budget.not_run:
        left[left_out.family] = left.get(left_out.family, 0) + left_out.cells
    shown = ", ".join(f"{family} {num:,}" for family, num in left.items()) or "nothing"
    from reports.words import interval

    lines = [f"budget  {budget.calls:,} of {budget.cells:,} variants asked; not run: {shown}"]
    for row in budget.estimates:
        figures = zip(budget.quantiles, row.values, row.ci_low, row.ci_high, strict=True)
        shown = "  ".join(f"{100 * q:.0f}: {100 * v:.1f} {interval(lo, hi)}" for q, v, lo, hi in figures)
        if row.family == "all":
            lines.append(f"{row.suite}: accuracy estimated over {row.num_prompts} prompts, by percentile, in %")
            lines.append(f"  {shown}")
    return lines


def terminal_width() -> int:
    """Return the width of the terminal, or what $COLUMNS says; 100 where neither says one."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def _finished(console: Console) -> str:
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return "\n".join(line.rstrip() for line in stream.getvalue().rstrip("\n").split("\n"))


def colored(text: Text) -> str:
    """Return one line of marked text for stdout: in colour on a terminal, in plain letters elsewhere."""
    import os
    import sys

    if not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        return text.plain
    console = Console(file=io.StringIO(), width=100_000, force_terminal=True, highlight=False)
    console.print(text)
    return _finished(console)
