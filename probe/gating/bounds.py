"""A run against bounds: whether a figure is beyond its bound, within it, or too uncertain to tell.

    max-flip-rate              flip_rate of all families together
    max-spread                 spread of all families together
    min-worst-accuracy         accuracy_worst of all families together
    min-accuracy               original accuracy
    min-contrast-consistency   contrast_consistency

A bound holds for each suite; one of a suite comes before a general one. A bound of a family is about that family instead of all
together. It is compared with the figure's interval as the run recorded it: failed if the whole interval is beyond the bound,
pass if none of it is, else inconclusive; `strict` takes the figure itself.

Covered: figures of the summary. Not covered: computing any.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from time import perf_counter

import numpy as np

from probe.errors import UsageError
from probe.files.limits import MAX_COUNT
from probe.gating.baseline import Blessed
from probe.gating.moved import Answers, extremes, moved_most
from probe.gating.rule import Rule, of_bound
from probe.gating.statistics import LEVEL
from probe.gating.verdict import GateCheck, Moved
from probe.metrics import ALL, ORIGINAL, Cells, Row, metrics
from probe.metrics.by_item import by_item
from probe.metrics.cells import Floats
from probe.metrics.compared_parts import counted
from probe.metrics.statistics.intervals import incomplete_beta
from probe.metrics.statistics.power import minimum_detectable
from probe.record.summary import Summary
from probe.suite.faults import near

METRICS: dict[str, str] = {
    "max-flip-rate": "flip_rate",
    "max-spread": "spread",
    "min-accuracy": "accuracy",
    "min-worst-accuracy": "accuracy_worst",
    "min-contrast-consistency": "contrast_consistency",
}
"""The metric of each bound by its name, which is the flag's too."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure may at most, or must at least, be."""

    name: str
    value: float
    suite: str = ""
    """Empty: every suite that has no bound of its own."""
    family: str = ""
    """Empty: all families together; the original, for what is only defined there."""
    where: str = field(default="", compare=False)
    """`file:line` of the project's file; empty for a flag."""

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 1:
            raise UsageError(f"{self.name} is {self.value:g}; it is a share, from 0 to 1, such as 0.10 for ten percent")

    @property
    def is_most(self) -> bool:
        """Return whether the figure may be no more than this."""
        return self.name.startswith("max-")


def check_bounds(
    summary: Summary, run: Blessed, bounds: Sequence[Bound], rule: Rule, answers: Answers
) -> tuple[list[GateCheck], list[str]]:
    """Return the checks of a summary by bounds, and what has a bound and could not be checked, in words."""
    checks, missing = [], []
    for suite in summary.suites:
        for bound in _of_suite(suite, bounds):
            found = [row for row in summary.metrics if row.suite == suite and _is_meant(bound, row.family, row.metric)]
            evaluated = [check for row in found if (check := _check(row, bound, run, rule, answers)) is not None]
            checks += evaluated
            if not evaluated:
                why = next((row.reason for row in found if row.reason), "the run has no such figure")
                where = f"{suite}{', ' + bound.family if bound.family else ''}"
                missing.append(f"{bound.name} of {where} could not be checked: {why}")
    unknown = {bound.suite: bound for bound in bounds if bound.suite and bound.suite not in summary.suites}
    for name, bound in sorted(unknown.items()):
        guess = f"; {names}" if (names := near(name, summary.suites).rstrip("? ")) else ""
        place = f" in {bound.where}" if bound.where else ""
        missing.append(f"suite {name} has bounds{place} and is not in the run{guess + '?' if guess else ''}")
    return checks, missing


def _of_suite(suite: str, bounds: Sequence[Bound]) -> list[Bound]:
    """Return the bounds that hold for a suite: its own before the general ones."""
    ordered = sorted((bound for bound in bounds if bound.suite in ("", suite)), key=lambda bound: bool(bound.suite))
    return list({(bound.name, bound.family): bound for bound in ordered}.values())


def _is_meant(bound: Bound, family: str, metric: str) -> bool:
    if metric != METRICS[bound.name]:
        return False
    if bound.family:
        return family == bound.family
    if metric == "contrast_consistency":
        return True
    return family == (ORIGINAL if metric == "accuracy" else ALL)


def _check(row: Row, bound: Bound, run: Blessed, rule: Rule, answers: Answers) -> GateCheck | None:
    """Return the check of a figure; None where it is not defined or has no interval."""
    started = perf_counter()
    value, low, high = row.value, row.ci_low, row.ci_high
    if value is None or low is None or high is None:
        return None
    outcome = of_bound(value, low, high, bound.value, is_most=bound.is_most, strict=rule.strict)
    is_close = outcome == "pass" and not rule.strict and not is_excluded(row, bound)
    outcome = "inconclusive" if is_close else outcome
    is_open = outcome == "inconclusive"
    needed = _needed(value, low, high, bound.value, row.num_items) if is_open and not is_close else None
    error = (high - low) / (2 * NormalDist().inv_cdf((1 + LEVEL) / 2))
    return GateCheck(
        suite=row.suite,
        family=row.family,
        metric=row.metric,
        kind="bound",
        outcome=outcome,
        direction=row.direction,
        value=value,
        reference=None,
        bound=bound.value,
        ci_low=low,
        ci_high=high,
        minimum_detectable=minimum_detectable(error),
        p_value=None,
        p_adjusted=None,
        num_items=row.num_items,
        num_variants=row.num_variants,
        reason=_close(bound, row.num_items) if is_close else _reason(outcome, bound, row.num_items, needed, rule),
        moved=_moved(row, run, answers),
        strict=rule.strict,
        items_needed=needed,
        seconds=perf_counter() - started,
    )


def is_excluded(row: Row, bound: Bound) -> bool:
    """Return whether a bound is as unlikely as a pass asks: of a share of items by the exact binomial tail, 2.5 % at most.

    Wilson's interval, whose ends move in steps, misses on one side in up to 5 %. Clopper and Pearson 1934, Biometrika 26(4). The
    intervals of other figures stand for themselves.
    """
    if metrics.get(row.metric).interval != "wilson" or row.value is None:
        return True
    num, at = row.num_items, round(row.value * row.num_items)
    if bound.is_most:
        at = num - at  # as many as do not show it, under at least 1 - bound
    share = 1 - bound.value if bound.is_most else bound.value
    tail = incomplete_beta(share, at, num - at + 1) if at else 1.0
    return tail <= (1 - LEVEL) / 2


def _needed(value: float, low: float, high: float, bound: float, num_items: int) -> int | None:
    """Return how many items like these put the bound outside of the interval, whose width falls with their square root.

    None where that is more than any suite has: the figure lies on the bound, or a hair beside it.
    """
    half = high - value if bound > value else value - low
    widths = math.inf if value == bound else half / abs(bound - value)
    return math.ceil(num_items * widths**2) if widths < math.sqrt(MAX_COUNT / max(num_items, 1)) else None


def _reason(outcome: str, bound: Bound, num_items: int, needed: int | None, rule: Rule) -> str:
    limit, beyond = _percent(bound.value), "above" if bound.is_most else "below"
    if outcome == "inconclusive":
        advice = f"; some {needed} items like these would decide" if needed else ""
        return f"{limit} lies within the interval: {num_items} items are too few to say{advice}"
    if rule.strict:
        return (
            f"the figure itself is {'' if outcome == 'failed' else 'not '}{beyond} {limit}; its interval was not used"
        )
    return f"{'the whole' if outcome == 'failed' else 'none of the'} interval lies {beyond} {limit}"


def _close(bound: Bound, num_items: int) -> str:
    return f"{_percent(bound.value)} lies just outside the interval; {num_items} items do not exclude it (exact binomial test)"


def _moved(row: Row, run: Blessed, answers: Answers) -> tuple[Moved, ...]:
    one = run.suites[row.suite]
    cells = _cells_of(one.cells, row.family, row.metric)
    names = tuple(one.names[key] for key in cells.items)
    bad = _badness(cells, row.metric)
    return moved_most(row.suite, names, cells, cells, bad, answers, flips=row.metric == "flip_rate")


def _cells_of(cells: Cells, family: str, metric: str) -> Cells:
    if metric == "accuracy":
        return cells.select([])
    if metric == "contrast_consistency":
        return cells.label_altering(family)
    chosen = cells.label_preserving() if family == ALL else cells.of(family)
    return counted(metrics.get(metric), chosen)


def _badness(cells: Cells, metric: str) -> Floats:
    """Return (N,), how much each item worsens the figure; NaN where it does not count."""
    if metric in ("spread", "accuracy_worst"):
        best, worst = extremes(cells)
        top = cells.correct[:, best] if metric == "spread" else np.ones(len(cells.items))
        return np.asarray(top - cells.correct[:, worst])
    # of an item, a share of its variants, whatever weighs equally in the figure itself
    each = by_item(metrics.get(metric), replace(cells, weight="pairs"))
    return np.asarray(each if metrics.get(metric).direction == "lower" else 1 - each)


def _percent(value: float) -> str:
    return f"{100 * value:g} %"
