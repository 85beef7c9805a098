"""A run as Markdown, for the comment on a pull request and the summary of a build.

    ### first sentence of the verdict
    the others; model, suites, what was asked
    table: suite, family, flips with interval, pairs, items, floor, net, share of right answers on average and at worst, spread
    the three worst flips, each with its edit; how many contrast edits fail, with one of them

Texts of the suite and of the model stand in code spans, in which neither marks nor HTML nor @names act.
Covered: one run, from its two JSON objects. Not covered: figures that the run did not compute; net is flips minus floor.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from probe.metrics import Row
from probe.record.run import read_run
from probe.record.summary import FlipRow, Summary
from reports import words
from reports.console import edit_text
from reports.escape import markdown_code, markdown_text
from reports.gate_markdown import named, table

MAX_ROWS = 150
"""Rows of the table of families."""
MAX_WARNINGS = 10
NUM_FLIPS = 3
FIGURES = ("accuracy_mean", "accuracy_worst", "spread")
HEADS = ("suite", "family", "flips", "interval", "pairs", "items", "floor", "net", "right", "worst", "spread")


def markdown_of(run: Path) -> str:
    """Return a run's folder as Markdown.

    Raises:
        UsageError: the folder is no run.
        StoreError: the run is damaged.
    """
    made = read_run(run)
    return markdown(made.summary, made.manifest)


def markdown(read: Summary, manifest: Mapping[str, Any]) -> str:
    """Return a run as Markdown, a pure function of its summary and manifest."""
    first, _, others = (read.verdict or "Nothing was measured.").partition(". ")
    parts = [f"### probe: {markdown_text(first.rstrip('.'))}.", markdown_text(others), _about(read, manifest)]
    rows = _rows(read)
    if rows:
        heads = tuple(words.level(read.levels) if head == "interval" else head for head in HEADS)
        parts.append(table(heads, rows[:MAX_ROWS], num_texts=2))
        parts += (
            [f"In the flips of all families, {words.WEIGHED[read.weight]}."] if read.weight in words.WEIGHED else []
        )
        parts += [markdown_text(f"{line[0].upper()}{line[1:]}.")] if (line := words.left_out(read.variants)) else []
        parts += [f"... {len(rows) - MAX_ROWS} more rows in the report"] if len(rows) > MAX_ROWS else []
    parts += [*_flips(read), *_failures(read)]
    parts += [f"Warning: {markdown_text(warning)}" for warning in read.warnings[:MAX_WARNINGS]]
    return "\n\n".join(part for part in parts if part) + "\n"


def _about(read: Summary, manifest: Mapping[str, Any]) -> str:
    suites = named(read.suites)
    asked = ", ".join(
        f"{key.replace('_', ' ')} {manifest[key]}"
        for key in ("samples", "num_fewshot", "limit", "seed")
        if manifest.get(key)
    )
    requests = read.engine.requests
    counted = f"; {words.counted(requests, 'request')}" if requests else ""
    return f"{markdown_code(read.model)} on {suites}{f' ({markdown_text(asked)})' if asked else ''}{counted}"


def _rows(read: Summary) -> list[list[str]]:
    """Return a row for each suite and family that must not change the answer, each suite's original accuracy first."""
    rows = []
    for suite in dict.fromkeys(row.suite for row in read.metrics):
        original = read.row("accuracy", suite, "original")
        if original is not None:
            rows.append(_cells(suite, "original", None, (original, None, None)))
        for family in dict.fromkeys(row.family for row in read.metrics if row.suite == suite):
            flips = read.row("flip_rate", suite, family)
            if family not in ("original", "contrast", "null") and flips is not None:
                figures = tuple(read.row(name, suite, family) for name in FIGURES)
                rows.append(_cells(suite, words.family_name(family), flips, figures))
        contrast = read.row("contrast_consistency", suite, "contrast")
        if contrast is not None and contrast.value is not None:
            rows.append(_cells(suite, "contrast sets", None, (contrast, None, None)))
    return rows


def _cells(suite: str, family: str, flips: Row | None, figures: tuple[Row | None, ...]) -> list[str]:
    sized = flips or figures[0]
    items = "" if sized is None else f"{sized.num_items:,}"
    cells = [suite, family, "", "", "", items, "", ""]
    if flips is not None:
        floor = "" if flips.noise_floor is None else words.amount(flips.metric, flips.noise_floor)
        pairs = "" if flips.num_pairs is None else f"{flips.num_pairs:,}"
        cells[2:] = [_value(flips), words.bounds(flips), pairs, items, floor, words.net(flips)]
    return [markdown_text(cell) for cell in [*cells, *map(_value, figures)]]


def _value(row: Row | None) -> str:
    return "" if row is None or row.value is None else words.amount(row.metric, row.value)


def _failures(read: Summary) -> list[str]:
    num, edits = read.contrast_failures_total, read.contrast_edits_total
    if not num:
        return []
    of = f" of {words.counted(edits, 'contrast edit')}" if edits else ""
    lines = [f"Contrast failures: {num:,}{of} answered wrong where the original is right.", ""]
    for one in read.contrast_failures[: max(1, NUM_FLIPS - len(read.flips))]:
        lines += [f"* {_flip(one)}", f"  {markdown_code(edit_text(one.before, one.after).plain, max_chars=400)}"]
    return ["\n".join(lines)]


def _flips(read: Summary) -> list[str]:
    if not read.flips:
        return []
    lines = ["Worst flips:", ""]
    for flip in read.flips[:NUM_FLIPS]:
        lines += [f"* {_flip(flip)}", f"  {markdown_code(edit_text(flip.before, flip.after).plain, max_chars=400)}"]
    left = read.flips_total - len(read.flips[:NUM_FLIPS])
    more = f"... {words.counted(left, 'more flip')} in the report, {read.flips_total:,} in all"
    return ["\n".join(lines), *([more] if left > 0 else [])]


def _flip(flip: FlipRow) -> str:
    tie = ", near-tie" if flip.near_tie else ""
    how = markdown_text(f"{flip.perturbation}, {words.moved_how(flip)}")
    head = f"{markdown_code(flip.suite)} {markdown_code(flip.item)} {how}"
    right = f", right is {_answer(flip.target)}" if flip.before_target != flip.target else ""
    if flip.before_prediction == flip.after_prediction:
        return f"{head}{tie}: {_answer(flip.before_prediction)} stayed{right}"
    return f"{head}{tie}: {_answer(flip.before_prediction)} became {_answer(flip.after_prediction)}{right}"


def _answer(text: str) -> str:
    return markdown_code(text) if text else "(unreadable)"
