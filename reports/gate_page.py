"""A verdict as the top of a run's page shows it: in words, then every check, then the items that moved most.

Covered: the values that the template `gate.html.j2` shows; jinja2 escapes them. Not covered: what is decided.
"""

from __future__ import annotations

from dataclasses import dataclass

from probe.gating.verdict import WORST_FIRST, GateVerdict, Outcome
from reports import words
from reports.gate_words import HEADS, cells, most_moved, moved, rules, sentence

TONES: dict[Outcome, str] = {"pass": "good", "regressed": "bad", "failed": "bad"}
"""The style sheet's class by outcome; none for the others."""
MAX_ROWS = 200
"""Checks that the table shows."""
MAX_MOVED = 3


@dataclass(frozen=True, slots=True)
class GateView:
    """What the template shows of a verdict."""

    outcome: str
    tone: str
    sentence: str
    """The verdict in words, without its first one."""
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    summary: str
    """What the table is, and how many checks it leaves out."""
    is_open: bool
    """Whether the table is shown without being asked for."""
    moved: tuple[tuple[str, str], ...]
    """Items that moved most, each in words and with the command that shows it."""
    notes: tuple[str, ...]


def gate_view(verdict: GateVerdict) -> GateView:
    """Return what the template shows of a verdict."""
    ordered = sorted(verdict.checks, key=lambda check: WORST_FIRST.index(check.outcome))
    left = len(ordered) - MAX_ROWS
    more = f"; {words.counted(left, 'more check')} in the JSON file" if left > 0 else ""
    explained = [check for check in ordered if check.outcome == verdict.outcome != "pass"]
    outcome, _, rest = sentence(verdict).partition(": ")
    notes = [f"Rule: {rule}" for rule in rules(verdict.checks)]
    notes += [f"Settings: {verdict.settings}"] if verdict.settings else []
    notes += [f"Changed model: {one}" for one in verdict.changed]
    notes += [f"Allowed: {one}" for one in verdict.allowed] + [f"Not judged: {one}" for one in verdict.not_judged]
    notes += [f"Without contrasts: {one}" for one in verdict.unguarded]
    return GateView(
        outcome,
        TONES.get(verdict.outcome, ""),
        rest,
        HEADS,
        tuple(cells(check) for check in ordered[:MAX_ROWS]),
        words.counted(len(verdict.checks), "check") + more,
        verdict.outcome != "pass",
        tuple((f"{one.suite} {moved(one, kind=kind)}", one.command) for one, kind in most_moved(explained)[:MAX_MOVED]),
        tuple(notes),
    )
