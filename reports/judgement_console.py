"""What a cure is worth, in a terminal: targets, the table of arms for each suite, what the figures say.

    sentiment, 3 seeds, never trained on structure: ...

    judged on                         unrepaired  augmentation   repair         ...
    formats never trained: flip rate  28.3        0.8 -27.5±8.2  0.2 -28.1±8.0  ...

A cell is the figure, its difference to the unrepaired model and half the width of that one's 95 % interval.

Covered: rows and lines. Not covered: any figure.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from probe.metrics import ALL, ORIGINAL, metrics
from probe.repair.judgement import SECTIONS, Figure, Judgement
from reports.escape import visible_line
from reports.grid import grid
from reports.words import counted

MARKS = {True: "reached", False: "missed ", None: "open   "}
SHOWN = ("accuracy", "contrast_consistency", "flip_rate", "spread", "accuracy_worst")
"""The metrics of the table; all others are in the JSON file."""


def page(found: Judgement, *, width: int) -> str:
    """Return a judgement as lines of at most `width` columns."""
    lines: list[str] = []
    for suite in found.suites:
        lines += [*_suite(found, suite, width), ""]
    lines += [*_others(found, width), ""] if found.other_suites else []
    for arm in found.arms:
        if arm.chose or arm.reason:
            lines += _wrapped(f"{arm.title}: {arm.reason or arm.chose}", width)
    return "\n".join(lines).rstrip()


def _suite(found: Judgement, suite: str, width: int) -> Iterator[str]:
    held_out = ", ".join(found.held_out) or "no family"
    yield from _wrapped(
        f"{suite}, {counted(len(found.seeds), 'seed')}, never trained on {held_out}: "
        "figures in %, less those of the unrepaired model",
        width,
    )
    yield ""
    rows = []
    for section, title in SECTIONS:
        keys = dict.fromkeys(
            (one.family, one.metric) for one in found.figures if one.suite == suite and one.section == section
        )
        for family, metric in keys:
            if metric in SHOWN and (family in (ALL, ORIGINAL, "contrast") or section == "held-out-families"):
                rows.append(_row(found, suite, section, title, family, metric))
    yield grid(rows, width=width)
    yield ""
    for one in found.targets:
        if one.suite == suite:
            yield from _wrapped(f"{MARKS[one.reached]}  {one.text}", width)
    yield ""
    for said in found.statements:
        if said.suite == suite:
            yield from _wrapped(said.text, width)


def _row(found: Judgement, suite: str, section: str, title: str, family: str, metric: str) -> dict[str, str]:
    shown = title if family in (ALL, ORIGINAL, "contrast") else f"  {family}"
    row = {"judged on": f"{shown}: {metrics.get(metric).title.lower()}"}
    for arm in found.arms:
        is_asked = section != "held-out-suites" or arm.kind in ("none", "training")
        if not arm.reason and is_asked:
            row[arm.title] = _cell(found.figure(suite, section, family, metric, arm.name))
    return row


def _others(found: Judgement, width: int) -> Iterator[str]:
    yield "suites that were not trained"
    yield ""
    rows = []
    for suite in found.other_suites:
        for family, metric in ((ORIGINAL, "accuracy"), (ALL, "flip_rate")):
            if any(one.suite == suite and one.family == family and one.metric == metric for one in found.figures):
                rows.append(_row(found, suite, "held-out-suites", suite, family, metric))
    yield grid(rows, width=width)


def _cell(one: Figure | None) -> str:
    if one is None or one.after is None:
        return "-"
    if one.difference is None or one.margin is None:
        return f"{100 * one.after:.1f}"
    return f"{100 * one.after:.1f} {100 * one.difference:+.1f}±{100 * one.margin:.1f}"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(visible_line(text), width=width, subsequent_indent="  ") or [""]
