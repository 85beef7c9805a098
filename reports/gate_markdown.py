"""A verdict as Markdown, for the comment on a pull request.

    ### sentence
    model, suites, baseline
    table of what did not pass        suite, check, now, compared with, interval
    three items that moved most       before -> after, and the command that shows them
    <details> the checks that passed

Texts of the model stand in code spans, in which neither marks nor HTML nor @names act. Every list has a cap, so that a
comment stays below the 65,536 characters that GitHub takes.

Covered: GitHub and GitLab flavoured Markdown. Not covered: the figures of the run itself (`reports.markdown`).
"""

from __future__ import annotations

from collections.abc import Sequence

from probe.gating.verdict import WORST_FIRST, GateCheck, GateVerdict, Moved
from reports import words
from reports.escape import markdown_code, markdown_text
from reports.gate_words import (
    HEADS,
    UNQUOTED,
    answers,
    cells,
    most_moved,
    rules,
    sentence,
    variant,
)

MAX_ROWS = 100
"""Checks that one table shows."""
MAX_NOTES = 20
MAX_MOVED = 3
"""Items that are named."""
MAX_NOTE = 300
"""Characters of a note."""
MAX_SUITES = 20
"""Suites that are named."""


def markdown(verdict: GateVerdict) -> str:
    """Return a verdict as Markdown."""
    unpassed = [check for check in verdict.checks if check.outcome != "pass"]
    which = [check for check in unpassed if check.outcome in ("regressed", "failed")] or unpassed
    passed = [check for check in verdict.checks if check.outcome == "pass"]
    parts = [f"### probe: {markdown_text(sentence(verdict))}", _about(verdict)]
    notes = [f"Rule: {rule}" for rule in rules(verdict.checks)]
    notes += [f"Settings: {verdict.settings}"] if verdict.settings else []
    notes += [f"Allowed: {one}" for one in verdict.allowed] + [f"Not judged: {one}" for one in verdict.not_judged]
    notes += [f"Without contrasts: {one}" for one in verdict.unguarded]
    parts += [markdown_text(note[:MAX_NOTE]) for note in notes[:MAX_NOTES]]
    parts += [_table(sorted(unpassed, key=lambda check: WORST_FIRST.index(check.outcome)))] if unpassed else []
    parts += _moved(most_moved(which))
    if passed:
        title = f"{words.counted(len(passed), 'check')} passed"
        parts.append(f"<details><summary>{title}</summary>\n\n{_table(passed)}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, num_texts: int = 1) -> str:
    """Return rows of escaped cells as a table; all columns but the first `num_texts` stand to the right."""
    rule = [":--" if index < num_texts else "--:" for index in range(len(heads))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (heads, rule, *rows))


def named(suites: Sequence[str]) -> str:
    """Return the names of suites, the first ones where there are many."""
    shown = ", ".join(markdown_code(suite) for suite in suites[:MAX_SUITES])
    return shown if len(suites) <= MAX_SUITES else f"{shown} and {len(suites) - MAX_SUITES} more"


def _about(verdict: GateVerdict) -> str:
    suites = named(verdict.suites)
    return f"{markdown_code(verdict.model)} on {suites}, run {markdown_code(verdict.run)}"


def _table(checks: Sequence[GateCheck]) -> str:
    shown = table(["", *map(str.lower, HEADS[1:])], [_row(check) for check in checks[:MAX_ROWS]], num_texts=4)
    left = len(checks) - MAX_ROWS
    return shown if left <= 0 else f"{shown}\n\n... {words.counted(left, 'more check')} in the report"


def _row(check: GateCheck) -> list[str]:
    outcome, *others = cells(check)
    return [markdown_text(cell) for cell in (outcome.lower(), *others)]


def _moved(moved: Sequence[tuple[Moved, str]]) -> list[str]:
    """Return the items that moved most, with both answers, the right answer and the command."""
    if not moved:
        return []
    lines = ["Moved most:", ""]
    for one, kind in moved[:MAX_MOVED]:
        name = f"{markdown_code(one.suite)} {markdown_code(one.item)} {markdown_text(variant(one))}"
        lines.append(f"* {name}: {answers(one, kind=kind, quote=_answer, arrow=' became ')}")
        if one.command:
            lines.append(f"  {markdown_code(one.command, max_chars=400)}")
    if left := len(moved) - MAX_MOVED:
        lines += ["", f"... {words.counted(left, 'more item')} in the JSON file"] if left > 0 else []
    return ["\n".join(lines)]


def _answer(text: str) -> str:
    return markdown_code(text) if text and text not in UNQUOTED else text or "(unreadable)"
