"""A verdict in the terminal: what it is in a sentence, then the checks, the worst first, then the items that moved most.

    wide      a table; the p-value and the number of items where there is room
    narrow    shorter names, then no column of the baseline's figures; then each check as a few lines of its own

Figure, bound, interval and detectable effect are always there, and none is broken over two lines.
Words carry the meaning: there is no colour. What a model answered is hostile; control characters are made visible.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from probe.gating.verdict import WORST_FIRST, GateCheck, GateVerdict, Moved, Outcome
from reports.escape import visible_line
from reports.gate_words import answers, rules, variant, why
from reports.grid import aligned
from reports.words import percent

OUTCOME_WORDS: dict[Outcome, str] = {
    "pass": "pass",
    "regressed": "REGRESSED",
    "failed": "FAILED",
    "inconclusive": "inconclusive",
    "none": "not judged",
}
RANK: dict[Outcome, int] = {outcome: place for place, outcome in enumerate(WORST_FIRST)}
HEADS = ("verdict", "suite", "family", "figure", "now", "before", "limit", "95 %", "detects", "p", "items")
TEXTS = ("verdict", "suite", "family", "figure")
SINCE = " (first)"
"""After a figure that is compared with the first baseline of a chain."""
SHORTER = {"contrast_consistency": "consistency"}
"""Figures of which a shorter name says as much beside their family."""
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
    lines += _table([_row(check) for check in shown], width)
    if hidden:
        lines.append(f"... {hidden} more passed; --json has them all")
    explained, left = _explained(ordered)
    for check in explained:
        since = SINCE if check.since_first else ""
        lines += ["", *_wrapped(f"{_place(check)} {check.metric}{since}: {check.reason}", width)]
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
        "family": check.family,
        "figure": check.metric + (SINCE if check.since_first else ""),
        "now": percent(check.value, missing="-"),
        "before": percent(check.reference, missing="-"),
        "limit": _limit(check),
        "95 %": _interval(check),
        "detects": percent(check.minimum_detectable, missing="-"),
        "p": "-" if check.p_adjusted is None else f"{check.p_adjusted:.2g}",
        "items": str(check.num_items),
    }


def _limit(check: GateCheck) -> str:
    """Return a bound, or of a baseline margin and tolerance, signed as the difference is."""
    if check.bound is None:
        return "-"
    if check.kind == "baseline":
        sign = "+" if check.direction == "lower" else "-"
        ends = [check.bound] if check.tolerance is None else [check.bound, check.tolerance]
        return "/".join(f"{sign}{100 * end:g}" for end in ends)
    return f"{'<=' if check.direction == 'lower' else '>='} {100 * check.bound:.1f} %"


def _interval(check: GateCheck) -> str:
    if check.ci_low is None or check.ci_high is None:
        return "-"
    sign = "+" if check.kind == "baseline" else ""
    return f"[{100 * check.ci_low:{sign}.1f}, {100 * check.ci_high:{sign}.1f}]"


def _place(check: GateCheck) -> str:
    return f"{check.suite} {check.family}"


def _moved(moved: Moved, kind: str, width: int) -> list[str]:
    what = f"{moved.item} {variant(moved)}: {answers(moved, kind=kind)}"
    # The command is one line however narrow the terminal, to be copied whole.
    return [*_wrapped(what, width, indent="  "), f"    {visible_line(moved.command)}"]


def _table(rows: Sequence[dict[str, str]], width: int) -> list[str]:
    """Return the checks as a table, or where it has no room as some lines each."""
    heads = [head for head in HEADS if head in (*TEXTS, "now") or _says(head, rows)]
    without_p = [head for head in heads if head not in ("p", "items")]
    without_before = [head for head in without_p if head != "before"]
    shorter = [row | {"figure": _shorter(row["figure"])} for row in rows]
    for columns, shown in ((heads, rows), (without_p, rows), (without_p, shorter), (without_before, shorter)):
        lines = aligned(shown, columns, left=TEXTS)
        if max(map(len, lines)) <= width:
            return lines
    return [line for row in rows for line in _stacked(row, width)]


def _shorter(figure: str) -> str:
    name = figure.removesuffix(SINCE)
    return SHORTER.get(name, name) + figure[len(name) :]


def _stacked(row: dict[str, str], width: int) -> list[str]:
    """Return a check as a line that names it and lines of its figures."""
    words = {"now": "{} now", "before": "{} before", "limit": "limit {}", "95 %": "95 % {}", "detects": "detects {}"}
    parts = [text.format(row[head]) for head, text in words.items() if row[head] != "-" or head == "now"]
    unbroken = ", ".join(visible_line(one).replace(" ", BLANK) for one in parts)
    name = _wrapped(" ".join(row[head] for head in TEXTS), width)
    return [name[0], *(f"  {line}" for line in name[1:]), *_filled(unbroken, width, indent="  ")]


def _says(head: str, rows: Sequence[dict[str, str]]) -> bool:
    return any(row[head] != "-" for row in rows)


def _wrapped(text: str, width: int, *, indent: str = "") -> list[str]:
    return _filled(UNBROKEN.sub(BLANK, visible_line(text)), width, indent=indent)


def _filled(text: str, width: int, *, indent: str) -> list[str]:
    """Break text at its blanks, none at BLANK."""
    lines = textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace(BLANK, " ") for line in lines] or [""]
