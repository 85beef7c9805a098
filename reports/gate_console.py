"""A verdict in the terminal: what it is in a sentence, then the checks, the worst first, then the items that moved most.

Words carry the meaning: there is no colour. What a model answered is hostile; control characters are made visible. On a narrow
terminal the columns that matter least are left out; `--json` has them all.
"""

from __future__ import annotations

from collections.abc import Sequence

from probe.gate.verdict import Check, Moved, Outcome, Verdict
from reports.console import visible_line

SAID: dict[Outcome, str] = {"pass": "pass", "regressed": "REGRESSED", "inconclusive": "inconclusive"}
RANK: dict[Outcome, int] = {"regressed": 0, "inconclusive": 1, "pass": 2}
HEADS = ("verdict", "suite", "family", "figure", "now", "before", "bound", "95 %", "detectable", "p", "items")
DROPPED_FIRST = ("p", "items", "detectable", "bound", "before", "95 %")
"""What a narrow terminal does without, the first one first."""
SHOWN_PASSES = 6
"""Checks that pass shown beside others; if all pass, twice as many."""
SHOWN_REASONS = 3


def page(verdict: Verdict, *, width: int = 100) -> str:
    """Give the page of a verdict as text."""
    ordered = sorted(verdict.checks, key=lambda check: RANK[check.outcome])
    shown, hidden = _shown(ordered)
    lines = [*_wrapped(sentence(verdict), width), ""]
    lines += _table([_row(check) for check in shown], width)
    if hidden:
        lines.append(f"... {hidden} more that pass; --json has them all")
    for check in _explained(ordered):
        lines += ["", *_wrapped(f"{_place(check)} {check.metric}: {check.reason}", width)]
        lines += [line for moved in check.moved for line in _moved(moved, width)]
    notes = [f"changed  {one}" for one in verdict.changed]
    notes += [f"allowed  {one}" for one in verdict.allowed]
    notes += [f"note     {one}" for one in verdict.not_judged]
    lines += ["", *(line for text in notes for line in _wrapped(text, width))] if notes else []
    return "\n".join(lines)


def sentence(verdict: Verdict) -> str:
    """Say the verdict in a sentence or two."""
    counts = {outcome: sum(check.outcome == outcome for check in verdict.checks) for outcome in RANK}
    against = f" against {verdict.baseline}" if verdict.baseline else ""
    whole = f"{verdict.model}, {', '.join(verdict.suites)}{against}"
    parts = [
        f"{num} {name}"
        for name, num in (
            ("regressed", counts["regressed"]),
            ("inconclusive", counts["inconclusive"]),
            ("pass", counts["pass"]),
        )
        if num
    ]
    why = {
        "pass": "No figure is worse than it may be.",
        "regressed": "At least one figure is worse, by more than chance and more than is let pass.",
        "inconclusive": "Nothing is surely worse, but there are too few items to rule it out.",
    }
    return (
        f"{SAID[verdict.outcome]}: {whole}. {why[verdict.outcome]} Of {len(verdict.checks)} checks: {', '.join(parts)}."
    )


def _shown(ordered: Sequence[Check]) -> tuple[list[Check], int]:
    failing = [check for check in ordered if check.outcome != "pass"]
    passing = [check for check in ordered if check.outcome == "pass"]
    room = SHOWN_PASSES if failing else 2 * SHOWN_PASSES
    return [*failing, *passing[:room]], max(0, len(passing) - room)


def _explained(ordered: Sequence[Check]) -> list[Check]:
    """Give the checks to explain: the regressed ones, the largest change first, else the least sure one."""
    regressed = [check for check in ordered if check.outcome == "regressed"]
    if regressed:
        return sorted(regressed, key=lambda check: -_beyond(check))[:SHOWN_REASONS]
    unsure = [check for check in ordered if check.outcome == "inconclusive"]
    return sorted(unsure, key=lambda check: -_beyond(check))[:1]


def _beyond(check: Check) -> float:
    """Give how far a figure is from its reference, or from its bound, in the bad direction."""
    sign, against = 1 if check.direction == "lower" else -1, check.bound if check.kind == "bound" else check.reference
    return 0.0 if check.value is None or against is None else sign * (check.value - against)


def _row(check: Check) -> dict[str, str]:
    return {
        "verdict": SAID[check.outcome],
        "suite": check.suite,
        "family": check.family,
        "figure": check.metric,
        "now": _percent(check.value),
        "before": _percent(check.reference),
        "bound": _bound(check),
        "95 %": _interval(check),
        "detectable": _percent(check.minimum_detectable),
        "p": "-" if check.p_adjusted is None else f"{check.p_adjusted:.2g}",
        "items": str(check.num_items),
    }


def _bound(check: Check) -> str:
    if check.bound is None:
        return "-"
    if check.kind == "baseline":
        return f"{'+' if check.direction == 'lower' else '-'}{100 * check.bound:.1f}"
    return f"{'<=' if check.direction == 'lower' else '>='} {100 * check.bound:.1f} %"


def _interval(check: Check) -> str:
    if check.ci_low is None or check.ci_high is None:
        return "-"
    sign = "+" if check.kind == "baseline" else ""
    return f"[{100 * check.ci_low:{sign}.1f}, {100 * check.ci_high:{sign}.1f}]"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _place(check: Check) -> str:
    return f"{check.suite} {check.family}"


def _moved(moved: Moved, width: int) -> list[str]:
    variant = f" {moved.perturbation} {moved.draw}" if moved.family != "clean" else " as written"
    what = f'{moved.item}{variant}: "{moved.before}" -> "{moved.after}", {100 * moved.change:.0f} points worse'
    # The command is one line however narrow the terminal, to be copied whole.
    return [*_wrapped(what, width, indent="  "), f"    {visible_line(moved.command)}"]


def _table(rows: Sequence[dict[str, str]], width: int) -> list[str]:
    heads = [head for head in HEADS if head in ("verdict", "suite", "family", "figure", "now") or _says(head, rows)]
    for dropped in (*DROPPED_FIRST, None):
        widths = {head: max(len(head), *(len(visible_line(row[head])) for row in rows)) for head in heads}
        if sum(widths.values()) + 2 * (len(heads) - 1) <= width or dropped is None:
            break
        heads = [head for head in heads if head != dropped]
    text = ("verdict", "suite", "family", "figure")
    lines = [{head: head for head in heads}, *rows]
    return [
        "  ".join(
            visible_line(line[head]).ljust(widths[head]) if head in text else line[head].rjust(widths[head])
            for head in heads
        ).rstrip()
        for line in lines
    ]


def _says(head: str, rows: Sequence[dict[str, str]]) -> bool:
    return any(row[head] != "-" for row in rows)


def _wrapped(text: str, width: int, *, indent: str = "") -> list[str]:
    import textwrap

    return textwrap.wrap(
        visible_line(text), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    ) or [""]
