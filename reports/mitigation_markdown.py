"""What the bench found as Markdown, for the comment on a pull request and the summary of a build.

Covered: advice, the table, what has no figures. Not covered: diffs of proposed files, which the page and their folder hold.
"""

from __future__ import annotations

from probe.mitigate.mitigation import JUDGED, Change, MethodResult, Mitigation, Price, SuiteMitigation
from reports import words
from reports.escape import markdown_code, markdown_text
from reports.gate_markdown import table


def markdown(found: Mitigation) -> str:
    """Return the results of a bench as Markdown."""
    parts = []
    for one in found.suites:
        parts += [f"### Cures without training: {markdown_code(one.suite)}", markdown_text(one.advice), _table(one)]
        parts += [
            f"{markdown_code(method.method)}: {markdown_text(method.reason)}"
            for method in one.methods
            if method.status != JUDGED
        ]
    parts.append(f"{markdown_code(found.model)}, answers of {markdown_code(found.of_run)}. " + LEGEND)
    parts += [f"Warning: {markdown_text(text)}" for text in found.warnings]
    return "\n\n".join(part for part in parts if part) + "\n"


LEGEND = (
    "Before to after in %, with the change in points and its 95 % interval, paired by item; bold where it is significant beside "
    "all others. Calls and tokens are for each answer."
)


def _table(one: SuiteMitigation) -> str:
    if not one.judged:
        return ""
    heads = ["method", *(words.metric_name(change.metric).lower() for change in one.figures), "calls", "tokens"]
    before = [words.percent(change.before, missing="") for change in one.figures]
    rows = [["as asked", *before, *_cost(one.price)], *(_row(method) for method in one.judged)]
    return table(heads, rows)


def _row(method: MethodResult) -> list[str]:
    return [markdown_code(method.method, in_table=True), *map(_cell, method.changes), *_cost(method.price or Price())]


def _cell(one: Change) -> str:
    if one.after is None:
        return ""
    text = f"{words.percent(one.before)} to {words.percent(one.after)}"
    moved = f"{words.change(one.difference)} {words.change_bounds(one.ci_low, one.ci_high)}"
    return markdown_text(f"{text} ({moved})") if not one.significant else f"**{text}** ({markdown_text(moved)})"


def _cost(price: Price) -> list[str]:
    return [f"{price.calls:.3g}", "" if price.tokens is None else f"{price.tokens:,.0f}"]
