"""A verdict in the terminal: what it is in a sentence, then the checks, the worst first, then the items that moved most.

    wide      a table of the figures against a baseline, one of those against bounds; p-values where there is room
    narrow    each check as a few lines of its own

Figure, change or bound, interval and detectable effect are always there, and none is broken over two lines. An interval stands
behind what it is of: the change from the baseline, or the figure.
Words carry the meaning: there is no colour. What a model answered is hostile; control characters are made visible.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from probe.gating.verdict import WORST_FIRST, GateCheck, GateVerdict, Moved, Outcome
from reports import words
from reports.escape import visible_line
from reports.gate_words import answers, limit, rules, title, variant, why
from reports.grid import aligned

OUTCOME_WORDS: dict[Outcome, str] = {
    "pass": "pass",
    "regressed": "REGRESSED",
    "failed": "FAILED",
    "inconclusive": "inconclusive",
    "none": "not judged",
}
RANK: dict[Outcome, int] = {outcome: place for place, outcome in enumerate(WORST_FIRST)}
CHANGE, NOW = "change (95 %)", "now (95 %)"
HEADS = {
    "baseline": ("verdict", "suite", "family", "figure", "before", "now", CHANGE, "detects", "p", "items"),
    "bound": ("verdict", "suite", "family", "figure", NOW, "bound", "detects", "items"),
}
"""The columns of each kind of check."""
UNITS = {
    "baseline": "change and detects in points; detects: the least worsening called REGRESSED in 4 cases of 5",
    "bound": "detects in points: the least distance from the bound that is found in 4 cases of 5",
}
TEXTS = ("verdict", "suite", "family", "figure")
SINCE = " (first)"
"""After a figure that is compared with the first baseline of a chain."""
SHOWN_PASSES = 6
"""Checks that pass shown beside others; if all pass, twice as many."""
SHOWN_REASONS = 3
UNBROKEN = re.compile(
    r"(?<=\d) (?=%)|(?<=,) (?=[-+]?[\d.]+\])|(?<=[<>]=) |(?<=\d) (?=(?:points|figure|bound|check|item)s?\b)"
    r"|(?<=adjusted) (?=p )|(?<=\bp) (?=\d)"
)
"""Blanks within a figure, at which no line ends."""
BLANK = "\0"
"""Stands for such a blank while lines are made; no text that is shown holds one."""


def page(verdict: GateVerdict, *, width: int = 100) -> str:
    """Return the page of a verdict as text."""
    ordered = sorted(verdict.checks, key=lambda check: RANK[check.outcome])
    shown, hidden = _shown(ordered)
    lines = [*_wrapped(sentence(verdict), width), ""]
    lines += [line for rule in rules(verdict.checks) for line in _wrapped(f"rule    {rule}", width)] + [""]
    lines += _tables(shown, width)
    if hidden:
        lines.append(f"... {hidden} more passed; --json has them all")
    explained, left = _explained(ordered)
    for check in explained:
        lines += ["", *_wrapped(f"{title(check)}, {check.suite}: {check.reason}", width)]
        lines += [line for moved in check.moved for line in _moved(moved, check.kind, width)]
    if left:
        lines += ["", *_wrapped(f"... and {left} more {verdict.outcome}; --json has their items too", width)]
    notes = [f"settings {verdict.settings}"] if verdict.settings else []
    notes += [f"changed  {one}" for one in verdict.changed]
    notes += [f"allowed  {one}" for one in verdict.allowed]
    notes += [f"note     {one}" for one in (*verdict.not_judged, *verdict.unguarded)]
    lines += ["", *(line for text in notes for line in _wrapped(text, width))] if notes else []
    return "\n".join(lines)


def sentence(verdict: GateVerdict) -> str:
    """Say the verdict in a few sentences."""
    against = f" against {verdict.baseline}" if verdict.baseline else ""
    counts = {outcome: sum(check.outcome == outcome for check in verdict.checks) for outcome in RANK}
    parts = [f"{num} {'not judged' if name == 'none' else name}" for name, num in counts.items() if num]
    whole = f"{OUTCOME_WORDS[verdict.outcome]}: {verdict.model}, {', '.join(verdict.suites)}{against}."
    return f"{whole} {why(verdict)} Of {len(verdict.checks)} checks: {', '.join(parts)}."


def _shown(ordered: Sequence[GateCheck]) -> tuple[list[GateCheck], int]:
    failing = [check for check in ordered if check.outcome != "pass"]
    passing = [check for check in ordered if check.outcome == "pass"]
    room = SHOWN_PASSES if failing else 2 * SHOWN_PASSES
    return [*failing, *passing[:room]], max(0, len(passing) - room)


def _explained(ordered: Sequence[GateCheck]) -> tuple[list[GateCheck], int]:
    """Return the checks to explain: the worst ones, the largest change first, else the least sure one; and how many are left."""
    regressed = [check for check in ordered if check.outcome in ("regressed", "failed")]
    chosen = regressed or [check for check in ordered if check.outcome == "inconclusive"]
    room = SHOWN_REASONS if regressed else 1
    return sorted(chosen, key=lambda check: -_beyond(check))[:room], max(0, len(chosen) - room)


def _beyond(check: GateCheck) -> float:
    """Return how far a figure is from its reference, or from its bound, in the bad direction."""
    sign, against = 1 if check.direction == "lower" else -1, check.bound if check.kind == "bound" else check.reference
    return 0.0 if check.value is None or against is None else sign * (check.value - against)


def _row(check: GateCheck) -> dict[str, str]:
    return {
        "verdict": OUTCOME_WORDS[check.outcome],
        "suite": check.suite,
        "family": words.family_name(check.family),
        "figure": words.short_name(check.metric) + (SINCE if check.since_first else ""),
        "before": words.percent(check.reference, missing="-"),
        "now": words.percent(check.value, missing="-"),
        CHANGE: "-"
        if check.difference is None
        else f"{words.change(check.difference)} {_change_bounds(check)}".rstrip(),
        NOW: f"{words.percent(check.value, missing='-')} {words.interval(check.ci_low, check.ci_high)}".rstrip(),
        "bound": limit(check) or "-",
        "detects": "-" if check.minimum_detectable is None else words.points(check.minimum_detectable),
        "p": "-" if check.p_adjusted is None else f"{check.p_adjusted:.2g}",
        "items": str(check.num_items),
    }


def _change_bounds(check: GateCheck) -> str:
    return words.change_bounds(check.ci_low, check.ci_high)


def _moved(moved: Moved, kind: str, width: int) -> list[str]:
    what = f"{moved.item} {variant(moved)}: {answers(moved, kind=kind)}"
    # The command is one line however narrow the terminal, to be copied whole.
    return [*_wrapped(what, width, indent="  "), f"    {visible_line(moved.command)}"]


def _tables(checks: Sequence[GateCheck], width: int) -> list[str]:
    """Return the checks of each kind as a table; the kind of the worst check is first."""
    lines: list[str] = []
    for kind in dict.fromkeys(check.kind for check in checks):
        of_kind = [_row(check) for check in checks if check.kind == kind]
        lines += [*([""] if lines else []), *_table(of_kind, HEADS[kind], width), *_wrapped(UNITS[kind], width)]
    return lines


def _table(rows: Sequence[dict[str, str]], heads: Sequence[str], width: int) -> list[str]:
    """Return checks as a table, or where it has no room as some lines each."""
    without_p = [head for head in heads if head not in ("p", "items")]
    for columns in (heads, without_p):
        lines = aligned(rows, columns, left=TEXTS)
        if max(map(len, lines)) <= width:
            return lines
    return [line for row in rows for line in _stacked(row, heads, width)]


def _stacked(row: dict[str, str], heads: Sequence[str], width: int) -> list[str]:
    """Return a check as a line that names it and lines of its figures."""
    said = {
        "before": "{} before",
        "now": "{} now",
        CHANGE: "change {}",
        NOW: "{} now",
        "bound": "{}",
        "detects": "detects {}",
    }
    parts = [text.format(row[head]) for head, text in said.items() if head in heads and row[head] != "-"]
    unbroken = ", ".join(visible_line(one).replace(" ", BLANK) for one in parts)
    name = _wrapped(" ".join(row[head] for head in TEXTS), width)
    return [name[0], *(f"  {line}" for line in name[1:]), *_filled(unbroken, width, indent="  ")]


def _wrapped(text: str, width: int, *, indent: str = "") -> list[str]:
    return _filled(UNBROKEN.sub(BLANK, visible_line(text)), width, indent=indent)


def _filled(text: str, width: int, *, indent: str) -> list[str]:
    """Break text at its blanks, none at BLANK."""
    lines = textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace(BLANK, " ") for line in lines] or [""]
