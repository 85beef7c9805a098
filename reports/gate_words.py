"""A gate's verdict in words: the sentences that every report of it shares.

    Regressed: 2 of 24 checks regressed, 1 is inconclusive. 2 figures are worse than in the baseline, beyond chance and beyond the
    margin.
    Flip rate under format: 42.6 %, 30.1 % in the baseline, margin 2.0 points: 12.5 points more (9.0–16.0).
    Worst accuracy over all families: 51.0 % (47.1–54.9), at least 60.0 % required.
    s-17 typo-drop 2: "positive" -> "negative", right is "positive", 50 points worse

Covered: plain text. Not covered: markup, escaping, what is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from probe.gating.verdict import WORST_FIRST, GateCheck, GateVerdict, Moved, Outcome
from reports import words

OUTCOMES: dict[Outcome, str] = {
    "pass": "Passed",
    "regressed": "Regressed",
    "failed": "Failed",
    "inconclusive": "Inconclusive",
    "none": "Not judged",
}
HOW = ("baseline", "first", "bound", "strict")
"""What a check is judged by: a baseline, the first of its chain, a bound and the figure's interval, a bound and the figure."""
WHY: dict[tuple[Outcome, str], tuple[str, str]] = {
    ("regressed", "baseline"): (
        "{} figure is worse than in the baseline, beyond chance and beyond the margin.",
        "{} figures are worse than in the baseline, beyond chance and beyond the margin.",
    ),
    ("regressed", "first"): (
        "{} figure is worse than in the first baseline of the chain, beyond chance and beyond the margin.",
        "{} figures are worse than in the first baseline of the chain, beyond chance and beyond the margin.",
    ),
    ("failed", "bound"): (
        "{} figure is beyond its bound, and so is its whole interval.",
        "{} figures are beyond their bounds, and so are their whole intervals.",
    ),
    ("failed", "strict"): (
        "{} figure is beyond its bound; the figure itself was checked, not its interval.",
        "{} figures are beyond their bounds; the figures themselves were checked, not their intervals.",
    ),
    ("inconclusive", "baseline"): (
        "{} figure is perhaps worse than in the baseline: there are too few items to tell.",
        "{} figures are perhaps worse than in the baseline: there are too few items to tell.",
    ),
    ("inconclusive", "first"): (
        "{} figure is perhaps worse than in the first baseline of the chain: there are too few items to tell.",
        "{} figures are perhaps worse than in the first baseline of the chain: there are too few items to tell.",
    ),
    ("inconclusive", "bound"): (
        "{} bound lies within the interval of its figure: there are too few items to decide.",
        "{} bounds lie within the intervals of their figures: there are too few items to decide.",
    ),
    ("pass", "baseline"): (
        "No figure is worse than in the baseline by more than the tolerance: that is ruled out.",
        "No figure is worse than in the baseline by more than the tolerance: that is ruled out.",
    ),
    ("pass", "bound"): (
        "The bound holds for the figure's whole interval.",
        "All {} bounds hold for their figures' whole intervals.",
    ),
    ("pass", "strict"): (
        "The bound holds; the figure itself was checked, not its interval.",
        "All {} bounds hold; the figures themselves were checked, not their intervals.",
    ),
}
"""The reason of a verdict, by outcome and way of judging: for one check, and for several."""
UNQUOTED = ("(another wrong answer)", "(unreadable)")
"""Placeholders for answers without a text."""
HEADS = ("Verdict", "Suite", "Family", "Figure", "This run", "Compared with", "95 % interval", "Detectable")
"""Columns of a table of checks."""
FAMILIES = {"original": "on the original prompts", "all": "over all families"}


def sentence(verdict: GateVerdict) -> str:
    """Say how a verdict came out, of how many checks, and why."""
    return f"{_counted(verdict)} {why(verdict)}".rstrip()


def why(verdict: GateVerdict) -> str:
    """Say why a verdict came out so, a sentence for each way in which a check was judged; and what was not judged."""
    sentences = []
    for outcome in dict.fromkeys((verdict.outcome, "failed")):
        ways = [_how(check) for check in verdict.checks if check.outcome == outcome]
        for how in HOW:
            num = ways.count(how)
            if num and (outcome, how) in WHY:
                sentences.append(WHY[outcome, how][num > 1].format(num))
    if verdict.outcome == "inconclusive":
        sentences += [_advice(verdict.items_needed)]
    sentences += ["Not every bound could be checked."] if verdict.not_judged else []
    return " ".join(sentences)


def _advice(items: int | None) -> str:
    if items is None:
        return "No number of items like these would decide all of them."
    return f"Some {items} items like these would decide."


def rules(checks: Sequence[GateCheck]) -> list[str]:
    """Return the rules that decided, a sentence each: of baselines with margin and tolerance, of bounds."""
    found = []
    for margin, tolerance in dict.fromkeys((c.bound, c.tolerance) for c in checks if c.kind == "baseline"):
        if margin is not None and tolerance is not None:
            found.append(
                f"REGRESSED if more than {100 * margin:g} points worse (margin) beyond chance; "
                f"pass if {100 * tolerance:g} points worse (tolerance) is ruled out; else inconclusive"
            )
    if any(check.kind == "bound" and not check.strict for check in checks):
        found.append("FAILED if all of the interval is beyond the bound; pass if none of it is; else inconclusive")
    if any(check.kind == "bound" and check.strict for check in checks):
        found.append("FAILED if the figure itself is beyond the bound, else pass (strict)")
    return found


def _how(check: GateCheck) -> str:
    if check.kind == "bound":
        return "strict" if check.strict else "bound"
    return "first" if check.since_first else "baseline"


def _counted(verdict: GateVerdict) -> str:
    num = {outcome: sum(check.outcome == outcome for check in verdict.checks) for outcome in OUTCOMES}
    checks = words.counted(len(verdict.checks), "check")
    against = f" against {verdict.baseline}" if verdict.baseline else ""
    if verdict.outcome == "none":
        return (
            f"Not judged: there is neither a bound nor a baseline for {words.counted(len(verdict.checks), 'figure')}."
        )
    total = f"of {checks}{against}"
    are_open = f", {num['inconclusive']} {'is' if num['inconclusive'] == 1 else 'are'} inconclusive"
    open_ = are_open if num["inconclusive"] else ""
    if verdict.outcome == "pass":
        return f"Passed: {checks}{against}."
    if verdict.outcome == "inconclusive":
        return f"Inconclusive: there are too few items to decide {num['inconclusive']} {total}; none regressed."
    if verdict.outcome == "failed":
        return f"Failed: {num['failed']} {total} failed{open_}."
    broken = f", {num['failed']} failed" if num["failed"] else ""
    return f"Regressed: {num['regressed']} {total} regressed{broken}{open_}."


def title(check: GateCheck) -> str:
    """Return the metric and the family of a check."""
    name, family = words.metric_name(check.metric), FAMILIES.get(check.family) or f"under {check.family}"
    since = ", since the first baseline" if check.since_first else ""
    return (name if check.metric == "accuracy" else f"{name} {family}") + since


def says(check: GateCheck) -> str:
    """Return what a check found: figure, bound or baseline, interval, detectable effect."""
    if check.value is None:
        return f"{title(check)}: not defined{': ' + check.reason if check.reason else ''}."
    found = f"{title(check)}: {words.amount(check.metric, check.value)}"
    found += _against_bound(check) if check.kind == "bound" else _against_baseline(check)
    if check.minimum_detectable is not None:
        found += f", detectable {_size(check.metric, check.minimum_detectable)}"
    return f"{found}. {words.sentence(check.reason)}" if check.reason else found + "."


def moved(one: Moved, *, kind: str) -> str:
    """Return which item moved, and its answers; `kind` is that of its check."""
    return f"{one.item} {variant(one)}: {answers(one, kind=kind)}"


def answers(one: Moved, *, kind: str, quote: Callable[[str], str] | None = None, arrow: str = " -> ") -> str:
    """Return the answer, the answer before if it differs, the right answer, and the size of the worsening."""
    quote = quote or quoted
    now = quote(one.after)
    if one.before and one.before != one.after:
        sentence = f"{quote(one.before)}{arrow}{now}"
    else:
        sentence = f"answered {now}" + (
            f", originally {quote(one.as_written)}" if one.as_written not in ("", one.after) else ""
        )
    sentence += f", right is {quote(one.right)}" if one.right else ""
    if kind == "baseline":
        return f"{sentence}, {100 * one.change:.0f} points worse"
    return f"{sentence}, {100 * one.change:.0f} % of its variants flip" if one.as_written else sentence


def variant(one: Moved) -> str:
    """Return the name of the variant under which an item moved."""
    return "original" if one.family == "original" else f"{one.perturbation} {one.sample}"


def worst_outcome(checks: Sequence[GateCheck]) -> Outcome:
    """Return the worst outcome among checks."""
    found = {check.outcome for check in checks}
    return next((outcome for outcome in WORST_FIRST if outcome in found), "pass")


def most_moved(checks: Sequence[GateCheck]) -> list[tuple[Moved, str]]:
    """Return the items that moved in some checks, each with the kind of its check; the worst first, each variant once."""
    first: dict[tuple[str, str, str, int], tuple[Moved, str]] = {}
    for one, kind in sorted(
        ((one, check.kind) for check in checks for one in check.moved), key=lambda pair: -pair[0].change
    ):
        first.setdefault((one.suite, one.item, one.perturbation, one.sample), (one, kind))
    return list(first.values())


def by_case(checks: Sequence[GateCheck]) -> dict[tuple[str, str], list[GateCheck]]:
    """Return the checks of each suite and family, in the order of the verdict."""
    cases: dict[tuple[str, str], list[GateCheck]] = {}
    for check in checks:
        cases.setdefault((check.suite, check.family), []).append(check)
    return cases


def bounds(check: GateCheck) -> str:
    """Return a check's interval: of the difference against a baseline, else of the value; empty where there is none."""
    return words.ends(check.metric, check.ci_low, check.ci_high)


def cells(check: GateCheck) -> tuple[str, ...]:
    """Return the cells of a check under HEADS."""
    return (
        OUTCOMES[check.outcome],
        check.suite,
        FAMILIES.get(check.family, check.family),
        words.metric_name(check.metric) + (", since the first baseline" if check.since_first else ""),
        "not defined" if check.value is None else words.amount(check.metric, check.value),
        limit(check),
        _changed(check) if check.kind == "baseline" else bounds(check),
        "" if check.minimum_detectable is None else _size(check.metric, check.minimum_detectable),
    )


def _changed(check: GateCheck) -> str:
    """Return the change of a figure from the baseline, with its interval and unit."""
    if check.difference is None or not words.is_share(check.metric):
        return bounds(check)
    return (
        f"change {words.change(check.difference)} {words.change_bounds(check.ci_low, check.ci_high)}".rstrip()
        + " points"
    )


def limit(check: GateCheck) -> str:
    """Say what a check is held against: a bound, or a baseline and its margin."""
    if check.kind == "bound":
        if check.bound is None:
            return ""
        return f"at {'least' if check.direction == 'higher' else 'most'} {words.amount(check.metric, check.bound)}"
    was = "not defined" if check.reference is None else words.amount(check.metric, check.reference)
    let = f", margin {_size(check.metric, check.bound)}" if check.bound else ""
    let += f", tolerance {_size(check.metric, check.tolerance)}" if check.tolerance else ""
    return f"{was} in the {'first ' if check.since_first else ''}baseline{let}"


def _against_bound(check: GateCheck) -> str:
    interval = bounds(check)
    asked = limit(check)
    return f"{' ' + interval if interval else ''}{f', {asked} required' if asked else ''}"


def _against_baseline(check: GateCheck) -> str:
    difference = check.difference
    if difference is None:
        return f", {limit(check)}"
    interval = bounds(check)
    change = f"{_size(check.metric, abs(difference))} {'more' if difference >= 0 else 'less'}"
    return f", {limit(check)}: {change}{' ' + interval if interval else ''}"


def _size(metric: str, value: float) -> str:
    return f"{words.points(value)} points" if words.is_share(metric) else f"{value:.3f}"


def quoted(text: str) -> str:
    """Return an answer in quotation marks; what stands for an answer has none."""
    return f'"{text}"' if text and text not in UNQUOTED else text or "(unreadable)"
