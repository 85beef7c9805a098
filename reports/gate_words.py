"""A gate's verdict in words: the sentences that every report of it shares.

    Regressed: 2 of 24 checks, 1 inconclusive.
    Flip rate under format: 42.6 %, 30.1 % in the baseline: 12.5 points more [9.0, 16.0], 2.0 let pass.
    Worst accuracy over all families: 51.0 % [47.1, 54.9], at least 60.0 % asked.

Covered: plain text. Not covered: markup, escaping, what is decided.
"""

from __future__ import annotations

from collections.abc import Sequence

from probe.gate.verdict import Check, Moved, Outcome, Verdict
from reports import words

OUTCOMES: dict[Outcome, str] = {"pass": "Passed", "regressed": "Regressed", "inconclusive": "Inconclusive"}
WORST_FIRST: tuple[Outcome, ...] = ("regressed", "inconclusive", "pass")
FAMILIES = {"clean": "as written", "all": "over all families"}


def sentence(verdict: Verdict) -> str:
    """Say in a sentence how a verdict came out, and of how many checks."""
    num = {outcome: sum(check.outcome == outcome for check in verdict.checks) for outcome in OUTCOMES}
    checks = words.counted(len(verdict.checks), "check")
    against = f" against {verdict.baseline}" if verdict.baseline else ""
    if verdict.outcome == "pass":
        return f"Passed: {checks}{against}."
    if verdict.outcome == "inconclusive":
        return (
            f"Inconclusive: too little was seen to decide {num['inconclusive']} of {checks}{against}; none regressed."
        )
    open_ = f", {num['inconclusive']} inconclusive" if num["inconclusive"] else ""
    return f"Regressed: {num['regressed']} of {checks}{against}{open_}."


def title(check: Check) -> str:
    """Name what a check is about: a metric and a family."""
    name, family = words.metric_name(check.metric), FAMILIES.get(check.family) or f"under {check.family}"
    return name if name.endswith(family) else f"{name} {family}"


def says(check: Check) -> str:
    """Say what a check found: figure, what it is held against, interval, what could have been found."""
    if check.value is None:
        return f"{title(check)}: not defined{': ' + check.reason if check.reason else ''}."
    found = f"{title(check)}: {words.amount(check.metric, check.value)}"
    found += _against_bound(check) if check.kind == "bound" else _against_baseline(check)
    if check.minimum_detectable is not None:
        found += f", detectable {_size(check.metric, check.minimum_detectable)}"
    return f"{found}. {words.sentence(check.reason)}" if check.reason else found + "."


def moved(one: Moved) -> str:
    """Say which item moved, from which answer to which."""
    return f"{one.item} {variant(one)}: {_answer(one.before)} -> {_answer(one.after)}"


def variant(one: Moved) -> str:
    """Name the variant under which an item moved."""
    return "as written" if one.family == "clean" else f"{one.perturbation} {one.draw}"


def worst_outcome(checks: Sequence[Check]) -> Outcome:
    """Give the worst outcome among checks."""
    found = {check.outcome for check in checks}
    return next((outcome for outcome in WORST_FIRST if outcome in found), "pass")


def most_moved(checks: Sequence[Check]) -> list[Moved]:
    """Give the items that moved in some checks, those that became worst first, each variant once."""
    first: dict[tuple[str, str, str, int], Moved] = {}
    for one in sorted((one for check in checks for one in check.moved), key=lambda one: -one.change):
        first.setdefault((one.suite, one.item, one.perturbation, one.draw), one)
    return list(first.values())


def by_case(checks: Sequence[Check]) -> dict[tuple[str, str], list[Check]]:
    """Give the checks of each suite and family, in the order of the verdict."""
    cases: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        cases.setdefault((check.suite, check.family), []).append(check)
    return cases


def bounds(check: Check) -> str:
    """Give a check's interval: of the difference against a baseline, else of the value; empty where there is none."""
    if check.ci_low is None or check.ci_high is None:
        return ""
    if words.is_share(check.metric):
        return words.interval(check.ci_low, check.ci_high)
    return f"[{check.ci_low:.3f}, {check.ci_high:.3f}]"


def limit(check: Check) -> str:
    """Say what a check is held against: a bound, or a baseline and what is let pass."""
    if check.kind == "bound":
        if check.bound is None:
            return ""
        return f"at {'least' if check.direction == 'higher' else 'most'} {words.amount(check.metric, check.bound)}"
    was = "not defined" if check.reference is None else words.amount(check.metric, check.reference)
    let = f", {_size(check.metric, check.bound)} let pass" if check.bound else ""
    return f"{was} in the baseline{let}"


def _against_bound(check: Check) -> str:
    interval = bounds(check)
    asked = limit(check)
    return f"{' ' + interval if interval else ''}{f', {asked} asked' if asked else ''}"


def _against_baseline(check: Check) -> str:
    difference = check.difference
    if difference is None:
        return f", {limit(check)}"
    interval = bounds(check)
    change = f"{_size(check.metric, abs(difference))} {'more' if difference >= 0 else 'less'}"
    return f", {limit(check)}: {change}{' ' + interval if interval else ''}"


def _size(metric: str, value: float) -> str:
    return f"{words.points(value)} points" if words.is_share(metric) else f"{value:.3f}"


def _answer(text: str) -> str:
    return f'"{text}"' if text else "(unreadable)"
