"""A run against its baseline: the same items under the same variants, every figure of every family paired by item.

    family            figures                            more is
    clean             accuracy                           better
    format, typos...  accuracy_mean, spread, flip_rate   better, worse, worse
    contrast          contrast_consistency               better

A figure's worsening has a standard error (cluster bootstrap over items, the same resamples for both runs) and two p-values: that
of whole items changing places between the runs (`swap_test`, exact, one-sided) and that of the score test at the margin
(`probe.gating.statistics`). The larger one counts: a worsening must be no chance and more than the margin. All p-values of a
verdict are adjusted together (Benjamini-Hochberg), those since the first baseline of a chain as well.

Not covered: figures pooled over families or suites; they repeat those checked here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from probe.gating.design import Common
from probe.gating.moved import extremes
from probe.gating.rule import Rule, of_worsening
from probe.gating.statistics import (
    ALARM,
    grain_of,
    interval,
    items_that_pass,
    items_that_show,
    minimum_detectable,
    p_beyond,
)
from probe.gating.verdict import GateCheck
from probe.metrics import Cells, Metric, bootstrap
from probe.metrics.by_item import by_item
from probe.metrics.cells import Floats
from probe.metrics.compared_parts import Figures, parts
from probe.metrics.statistics.intervals import RESAMPLES, Statistic
from probe.metrics.statistics.multiplicity import benjamini_hochberg
from probe.metrics.statistics.paired import SWAPS, swap_test
from probe.seeds import rng_for

SWAPS_PER_CHECK = 5
"""Swaps for each check and each ALARM, at least: enough for the small p-values that many checks need."""
REFINED = 10
"""Times as many swaps where they decide: a p-value of a handful of them would leave the verdict to chance."""
FIGURES = Figures(
    original=("accuracy",),
    preserving=("accuracy_mean", "spread", "flip_rate"),
    altering=("contrast_consistency",),
)


@dataclass(frozen=True, slots=True, eq=False)
class FigurePair:
    """A metric of a family in both runs."""

    suite: str
    family: str
    metric: Metric
    before: Cells
    after: Cells
    since_first: bool = False

    @property
    def sign(self) -> int:
        """Return the sign by which a difference is a worsening."""
        return 1 if self.metric.direction == "lower" else -1


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The change of a figure, before it is evaluated."""

    pair: FigurePair
    value: float
    reference: float
    error: float
    unpaired: float
    """The standard error if the runs were of different items."""
    p_value: float
    per_item: Floats
    """(N,) how much worse each item became; NaN where it does not count."""
    seconds: float = 0.0

    @property
    def worsening(self) -> float:
        """Return how much worse the figure became."""
        return self.pair.sign * (self.value - self.reference)

    @property
    def grain(self) -> float:
        """Return by how much an item changes if it does; 1 of the spread, whose variants are chosen by their results."""
        return 1.0 if self.pair.metric.name == "spread" else grain_of(self.per_item)

    @property
    def num_items(self) -> int:
        """Count the items that the metric counts."""
        return self.pair.after.num_items_asked


def check_all(common: Sequence[Common], rule: Rule, *, resamples: int = RESAMPLES) -> list[tuple[GateCheck, Measured]]:
    """Return a check of every figure of every family of the suites that both runs asked."""
    pairs = [list(pairs_of(suite)) for suite in common]
    swaps = max(SWAPS, round(SWAPS_PER_CHECK * sum(map(len, pairs)) / ALARM))
    measured = [
        one
        for suite, members in zip(common, pairs, strict=True)
        for one in _measure(suite, members, rule, resamples=resamples, swaps=swaps)
    ]
    adjusted = benjamini_hochberg([one.p_value for one in measured])
    return [(_check(one, p, rule, num_checks=len(measured)), one) for one, p in zip(measured, adjusted, strict=True)]


def pairs_of(common: Common) -> Iterator[FigurePair]:
    """Return everything that is compared in a suite."""
    for part in parts(common.after, FIGURES):
        before, after = part.of(common.before), part.of(common.after)
        if not math.isnan(part.metric.value(after)):
            yield FigurePair(common.suite, part.family, part.metric, before, after, common.since_first)


def _measure(
    common: Common, pairs: Sequence[FigurePair], rule: Rule, *, resamples: int, swaps: int
) -> Iterator[Measured]:
    started = perf_counter()
    seed = rng_for(rule.seed, "gate", common.suite).getrandbits(64)
    statistics: list[Statistic] = []
    for pair in pairs:
        statistics += [pair.metric.prepare(pair.before), pair.metric.prepare(pair.after)]
    drawn = bootstrap(statistics, num_items=len(common.after.items), seed=seed, resamples=resamples)
    shared = (perf_counter() - started) / max(1, len(pairs))
    for place, pair in enumerate(pairs):
        started = perf_counter()
        before, after = drawn[2 * place], drawn[2 * place + 1]
        error, unpaired = _error(after - before), math.hypot(_error(before), _error(after))
        value, reference = pair.metric.value(pair.after), pair.metric.value(pair.before)
        one = Measured(pair, value, reference, error, unpaired, 1.0, per_item(pair))
        p_value = _p_value(one, rule, seed=seed, swaps=swaps)
        yield replace(one, p_value=p_value, seconds=shared + perf_counter() - started)


def _error(resampled: Floats) -> float:
    """Return the standard error from (B,) resampled values, NaN where a resample has none."""
    defined = resampled[~np.isnan(resampled)]
    return float(np.std(defined, ddof=1)) if defined.size > 1 else 0.0


def _p_value(one: Measured, rule: Rule, *, seed: int, swaps: int) -> float:
    """Return the larger of the two p-values, one-sided; 1 where nothing became worse."""
    pair = one.pair
    beyond = p_beyond(one.worsening, rule.margin, one.error, one.num_items, grain=one.grain)
    if one.worsening <= rule.margin or beyond > ALARM:
        return max(beyond, 0.5) if one.worsening <= 0 else beyond
    swapped = beyond
    for most in (swaps, REFINED * swaps):
        # Swapping all items turns the difference round, so that half of what is as large as observed is as bad.
        swapped = swap_test(pair.metric.function, pair.before, pair.after, seed=seed, swaps=most).p_value / 2
        if not 0.5 / swaps < swapped <= ALARM:
            break
    return max(beyond, swapped)


def per_item(pair: FigurePair) -> Floats:
    """Return (N,), how much worse each item became in the metric; NaN where it does not count.

    Of the spread: in the difference between the variants that are best and worst now.
    """
    if pair.metric.name == "spread":
        best, worst = extremes(pair.after)
        parts = [one.correct[:, best] - one.correct[:, worst] for one in (pair.before, pair.after)]
        return np.asarray(parts[1] - parts[0])
    before, after = (by_item(pair.metric, one) for one in (pair.before, pair.after))
    return np.asarray(pair.sign * (after - before))


def _check(one: Measured, p_adjusted: float, rule: Rule, *, num_checks: int) -> GateCheck:
    pair, num_items = one.pair, one.num_items
    low, high = interval(one.worsening, one.error, num_items, grain=one.grain)
    least, in_parts, unpaired = (
        minimum_detectable(error, num_items, margin=rule.margin, num_checks=num_checks, grain=grain)
        for error, grain in ((one.error, 1.0), (one.error, one.grain), (one.unpaired, 1.0))
    )
    outcome = of_worsening(low, high, p_adjusted, rule, alarm=ALARM)
    needed = _needed(one, rule, num_checks=num_checks) if outcome == "inconclusive" else None
    ends = (low, high) if pair.sign > 0 else (-high, -low)
    return GateCheck(
        suite=pair.suite,
        family=pair.family,
        metric=pair.metric.name,
        kind="baseline",
        outcome=outcome,
        direction=pair.metric.direction,
        value=one.value,
        reference=one.reference,
        bound=rule.margin,
        ci_low=ends[0],
        ci_high=ends[1],
        minimum_detectable=least,
        p_value=one.p_value,
        p_adjusted=p_adjusted,
        num_items=num_items,
        num_variants=pair.after.num_variants,
        reason=_reason(one, outcome, (low, high), p_adjusted, needed, rule),
        tolerance=rule.tolerance,
        since_first=pair.since_first,
        items_needed=needed,
        detectable_in_parts=in_parts,
        unpaired_detectable=unpaired,
        seconds=one.seconds,
    )


def _needed(one: Measured, rule: Rule, *, num_checks: int) -> int | None:
    """Return how many items like these would decide the check, one way or the other; None where no number would."""
    worsening, error, num = one.worsening, one.error, one.num_items
    enough = [
        items_that_pass(worsening, error, num, tolerance=rule.tolerance),
        items_that_show(worsening, error, num, margin=rule.margin, num_checks=num_checks, grain=one.grain),
    ]
    return min((max(found, num + 1) for found in enough if found is not None), default=None)


def _reason(one: Measured, outcome: str, ends: tuple[float, float], p: float, needed: int | None, rule: Rule) -> str:
    by = _points(one.worsening)
    by = "the same" if round(1000 * one.worsening) == 0 else by
    if outcome == "regressed":
        return f"{by}: beyond the margin of {100 * rule.margin:g} (adjusted p {p:.2g})"
    if outcome == "pass":
        return f"{by}: more than {100 * rule.tolerance:g} points worse is ruled out"
    advice = f"; some {needed} items like these would decide" if needed else ""
    if ends[0] > rule.margin:
        doubt = f"chance is not ruled out among all checks (adjusted p {p:.2g}, above {ALARM:g})"
        return f"{by}: beyond the margin of {100 * rule.margin:g}, but {doubt}{advice}"
    return f"{by}: {one.num_items} items do not rule out {_points(ends[0])} to {_points(ends[1])}{advice}"


def _points(worsening: float) -> str:
    return f"{100 * abs(worsening):.1f} points {'worse' if worsening > 0 else 'better'}"
