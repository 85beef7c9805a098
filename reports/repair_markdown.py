"""A repair as Markdown, for the comment on a pull request and the summary of a build.

Covered: the verdict, targets, what the figures say, the main table. Not covered: everything else, which the page has.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.repair.judgement import ArmResult, Figure, Judgement
from probe.repair.record import Repair
from reports import repair_words, words
from reports.escape import markdown_code, markdown_text
from reports.gate_markdown import table
from reports.repair_page import suite_view

LEGEND = (
    "In %: the unrepaired model's figure to the arm's, with the change in points and its 95 % interval, paired by item, over "
    "other items and other seeds; bold where the interval leaves out 0."
)


def markdown(found: Repair) -> str:
    """Return a repair as Markdown."""
    parts = [f"### Repair: {markdown_code(found.name)}"]
    parts += [markdown_text(text) for text in repair_words.verdicts(found)]
    judged = found.judgement
    for suite in () if judged is None else judged.suites:
        parts += _suite(judged, suite) if judged is not None else ()
    parts += [] if judged is None else [LEGEND]
    parts += [f"Warning: {markdown_text(text)}" for text in found.trained.warnings]
    return "\n\n".join(part for part in parts if part) + "\n"


def _suite(judged: Judgement, suite: str) -> Iterator[str]:
    view = suite_view(judged, suite)
    yield f"#### {markdown_code(suite)}"
    yield "\n".join(f"* {repair_words.MARKS[one.reached]}: {markdown_text(one.text)}" for one in view.targets)
    yield "\n".join(f"* {markdown_text(text)}" for text in (*view.terms, *view.others))
    for one in view.tables[:1]:
        heads = ["arm", *(markdown_text(head) for head in one.heads), "prompts", "training tokens"]
        rows = [[markdown_text(row.arm.title), *map(_cell, row.cells), *_cost(row.arm)] for row in one.rows]
        yield table(heads, rows)


def _cell(one: Figure | None) -> str:
    if one is None or one.after is None:
        return ""
    if one.difference is None:
        return words.percent(one.after)
    text = f"{words.percent(one.before)} to {words.percent(one.after)}"
    moved = markdown_text(f"{words.change(one.difference)} {words.change_bounds(one.ci_low, one.ci_high)}")
    return f"**{text}** ({moved})" if one.significant else f"{text} ({moved})"


def _cost(arm: ArmResult) -> list[str]:
    return [f"{arm.calls:.3g}", f"{arm.mean_training_tokens:,.0f}" if arm.training_tokens else ""]
