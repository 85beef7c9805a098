"""The terminal page: verdict, table, three worst flips, where the report lies and what to type next.

Words carry the meaning, colour only helps: without it an edit reads [-removed-]{+added+}. The page fits one screen.
Model output is hostile: control characters are made visible before they reach the terminal.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from probe.edits import Edit, token_edits, visible
from reports.escape import visible_line as visible_line

CONTEXT = 36
"""Unchanged characters shown on either side of an edit."""

FAMILY_COLUMNS = {
    "accuracy_mean": "mean",
    "accuracy_worst": "worst",
    "spread": "spread",
    "flip_rate": "flip rate",
    "pss": "PSS",
}
ORDER = ("family", "variants", "mean", "worst", "spread", "flip rate", "95 % interval", "floor", "net", "PSS")
DROPPED_FIRST = ("PSS", "variants", "null", "spread", "mean", "net", "worst", "floor", "all", "contrast")
"""Columns that a narrow terminal does without, the first one first; the report has them all."""


def page(summary: dict[str, Any], *, width: int = 100, color: bool = False, report: str = "") -> str:
    """Give the page of a run as text."""
    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, no_color=not color, highlight=False, soft_wrap=False
    )
    console.print(Text(summary["verdict"] or "Nothing was measured.", style="bold"))
    console.print()
    console.print(_fitting(console, _several(summary) if len(summary["suite"]) > 1 else _families(summary)))
    console.print(Text(_footing(summary), style="dim"))
    _show_responsiveness(console, summary)
    for line in _budget_lines(summary.get("budget")):
        console.print(Text(line))
    for flip in summary["flips"][:3]:
        console.print()
        console.print(flip_lines(flip))
    if summary["flips_total"] > 3:
        console.print(Text(f"... {summary['flips_total'] - 3} more flips in the report", style="dim"))
    if report:
        console.print()
        console.print(Text(f"report  {report}"), overflow="ignore", no_wrap=True, crop=False)
    if summary["flips"]:
        line = f"next    {visible_line(summary['flips'][0]['command'])}"
        console.print(Text(line), overflow="ignore", no_wrap=True, crop=False)
    return _finished(console)


def _show_responsiveness(console: Console, summary: dict[str, Any]) -> None:
    """Show how many items stayed under all variants and moved where they must: a constant answer does only one."""
    rows = [row for row in summary.get("responsiveness", ()) if row["stayed_under"] == "all"]
    if not rows:
        return
    row = rows[-1]
    grid = Table(box=None, pad_edge=False)
    for head in (f"of {row['num_items']} items", "moved where it must", "did not"):
        grid.add_column(head, justify="right" if grid.columns else "left", no_wrap=True)
    for head, names in (("stayed under all", ("robust", "constant")), ("did not", ("attentive", "erratic"))):
        grid.add_row(head, *(f"{name} {100 * row[name + '_share']:.1f} %" for name in names))
    console.print()
    console.print(grid)


def table(rows: Sequence[dict[str, Any]], *, width: int | None = None) -> str:
    """Give rows as an aligned table; the last column wraps."""
    console = Console(file=io.StringIO(), width=width or _terminal_width(), no_color=True, highlight=False)
    grid = Table(box=None, pad_edge=False, header_style="none")
    heads = list(rows[0]) if rows else []
    for index, head in enumerate(heads):
        grid.add_column(head, no_wrap=index < 2, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(visible_line(str(row[head]))) for head in heads))
    console.print(grid)
    return _finished(console)


def flip_lines(flip: dict[str, Any]) -> Text:
    """Give a flip as two lines: what moved, and the edit that moved it."""
    head = f"{flip['suite']} {flip['item']}  {flip['perturbation']}  {flip['kind']}: "
    head += f"{_quoted(flip['before_prediction'])} -> {_quoted(flip['after_prediction'])}"
    if flip["before_target"] != flip["target"]:
        head += f" (right: {_quoted(flip['before_target'])} -> {_quoted(flip['target'])})"
    if flip["near_tie"]:
        head += "  (near-tie)"
    return Text.assemble((head, "bold"), "\n  ", edit_text(flip["before"], flip["after"]))


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


def _rows(summary: dict[str, Any], suite: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["family"], row["metric"]): row for row in summary["metrics"] if row["suite"] == suite}


def _families(summary: dict[str, Any]) -> list[dict[str, str]]:
    """Give the table of one suite: a row for each family."""
    rows = _rows(summary, summary["suite"][0])
    clean = _figure(rows.get(("clean", "accuracy")))
    lines = [{"family": "as written", "variants": "1", "mean": clean, "worst": clean}]
    for family in dict.fromkeys(family for family, _ in rows if family not in ("clean", "contrast", "null")):
        flip = rows.get((family, "flip_rate"), {})
        line = {"family": "all families" if family == "all" else family, "variants": str(flip.get("num_variants", ""))}
        line |= {head: _figure(rows.get((family, name))) for name, head in FAMILY_COLUMNS.items()}
        floor, net = _floor_and_net(flip)
        lines.append(line | {"95 % interval": _interval(flip), "floor": floor, "net": net})
    return lines


def _several(summary: dict[str, Any]) -> list[dict[str, str]]:
    """Give the table of several suites: a row for each, flip rate by family."""
    measured = {row["family"] for row in summary["metrics"] if row["metric"] == "flip_rate"}
    families = [family for family in dict.fromkeys(row["family"] for row in summary["counts"]) if family in measured]
    head = {"": "", "as written": "accuracy", **dict.fromkeys(families, "flips")}
    lines = [head | {"all": "flips", "floor": "", "net": "", "worst": "accuracy", "spread": "", "contrast": "sets"}]
    for name in [*summary["suite"], "all"]:
        rows = _rows(summary, name)
        line = {"": name, "as written": _figure(rows.get(("clean", "accuracy")))}
        line |= {family: _figure(rows.get((family, "flip_rate"))) for family in families}
        flip = rows.get(("all", "flip_rate"), {})
        line["all"] = _figure(flip or None)
        line["floor"], line["net"] = _floor_and_net(flip)
        line["worst"] = _figure(rows.get(("all", "accuracy_worst")))
        line["spread"] = _figure(rows.get(("all", "spread")))
        lines.append(line | {"contrast": _figure(rows.get(("contrast", "contrast_consistency")))})
    return lines


def _fitting(console: Console, lines: list[dict[str, str]]) -> Table:
    """Give the lines as a table, without the columns that matter least where the terminal is narrow."""
    heads = list(dict.fromkeys(head for line in lines for head in line))
    heads = [head for head in ORDER if head in heads] if "family" in heads else heads
    for dropped in (*DROPPED_FIRST, None):
        grid = Table(box=None, pad_edge=False)
        for index, head in enumerate(heads):
            grid.add_column(head, justify="right" if index else "left", no_wrap=bool(index))
        for line in lines:
            grid.add_row(*(visible_line(line.get(head, "")) for head in heads))
        if grid.__rich_measure__(console, console.options.update(width=1000)).maximum <= console.width:
            break
        heads = [head for head in heads if head != dropped]
    return grid


def _footing(summary: dict[str, Any]) -> str:
    engine, timing = summary["engine"], summary["timing"]
    saved = f"{engine['tokens']:,} tokens, {engine['unique_tokens']:,} computed ({engine['path']})"
    tie = (
        f"; {summary['flips_near_tie']} of {summary['flips_total']} flips are near-ties"
        if summary["flips_total"]
        else ""
    )
    return f"{engine['requests']:,} requests, {saved}, {timing['seconds']:.1f} s{tie}"


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


def _figure(row: dict[str, Any] | None) -> str:
    return "-" if row is None or row["value"] is None else f"{100 * row['value']:.1f} %"


def _interval(row: dict[str, Any]) -> str:
    if row.get("ci_low") is None:
        return ""
    return f"[{100 * row['ci_low']:.1f}, {100 * row['ci_high']:.1f}]"


def _floor_and_net(row: dict[str, Any]) -> tuple[str, str]:
    floor, value = row.get("noise_floor"), row.get("value")
    if floor is None or value is None:
        return "-", "-"
    return f"{100 * floor:.1f} %", f"{100 * (value - floor):.1f} %"


def _terminal_width() -> int:
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
