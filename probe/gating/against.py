"""A run against its baseline: the same items under the same variants, every figure of every family paired by item.

    family            figures                            more is
    clean             accuracy                           better
    format, typos...  accuracy_mean, spread, flip_rate   better, worse, worse
    contrast          contrast_consistency               better

A figure's worsening has a standard error (cluster bootstrap over items, the same resamples for both runs) and two p-values: that
of whole items changing places between the runs (`swap_test`, exact, one-sided) and that of the score test at the margin
(`probe.gating.statistics`). The larger one counts: a worsening must be no chance and more than the margin. All p-values of a
verdict are adjusted together (Benjamini-Hochberg).

Not covered: figures pooled over families or suites; they repeat those checked here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from probe.gating.design import Common
from probe.gating.moved import extremes
from probe.gating.rule import Rule, of_worsening
from probe.gating.statistics import ALARM, interval, minimum_detectable, p_beyond
from probe.gating.verdict import GateCheck
from probe.metrics import Cells, Metric, bootstrap
from probe.metrics.cells import Floats
from probe.metrics.compared_parts import Figures, parts
from probe.metrics.statistics.intervals import RESAMPLES, Statistic
from probe.metrics.statistics.multiplicity import benjamini_hochberg
from probe.metrics.statistics.paired import SWAPS, swap_test
from probe.seeds import rng_for

SWAPS_PER_CHECK = 5
"""Swaps for each check and each ALARM, at least: enough for the small p-values that many checks need."""
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
    p_value: float
    per_item: Floats
    """(N,) how much worse each item became; NaN where it does not count."""

    @property
    def worsening(self) -> float:
        """Return how much worse the figure became."""
        return self.pair.sign * (self.value - self.reference)

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
            yield FigurePair(common.suite, part.family, part.metric, before, after)


def _measure(
    common: Common, pairs: Sequence[FigurePair], rule: Rule, *, resamples: int, swaps: int
) -> Iterator[Measured]:
    seed = rng_for(rule.seed, "gate", common.suite).getrandbits(64)
    statistics: list[Statistic] = []
    for pair in pairs:
        statistics += [pair.metric.prepare(pair.before), pair.metric.prepare(pair.after)]
    drawn = bootstrap(statistics, num_items=len(common.after.items), seed=seed, resamples=resamples)
    for place, pair in enumerate(pairs):
        differences = drawn[2 * place + 1] - drawn[2 * place]
        defined = differences[~np.isnan(differences)]
        error = float(np.std(defined, ddof=1)) if defined.size > 1 else 0.0
        value, reference = pair.metric.value(pair.after), pair.metric.value(pair.before)
        one = Measured(pair, value, reference, error, 1.0, per_item(pair))
        yield replace(one, p_value=_p_value(one, rule, seed=seed, swaps=swaps))


def _p_value(one: Measured, rule: Rule, *, seed: int, swaps: int) -> float:
    """Return the larger of the two p-values, one-sided; 1 where nothing became worse."""
    pair = one.pair
    beyond = p_beyond(one.worsening, rule.margin, one.error, one.num_items)
    if one.worsening <= rule.margin or beyond > ALARM:
        return max(beyond, 0.5) if one.worsening <= 0 else beyond
    swapped = swap_test(pair.metric.function, pair.before, pair.after, seed=seed, swaps=swaps).p_value
    # Swapping all items turns the difference round, so that half of what is as large as observed is as bad.
    return max(beyond, swapped / 2)


def per_item(pair: FigurePair) -> Floats:
    """Return (N,), how much worse each item became in the metric; NaN where it does not count.

    Of the spread: in the difference between the variants that are best and worst now.
    """
    if pair.metric.name == "spread":
        best, worst = extremes(pair.after)
        parts = [one.correct[:, best] - one.correct[:, worst] for one in (pair.before, pair.after)]
        return np.asarray(parts[1] - parts[0])
    each = np.eye(len(pair.after.items))
    before, after = (pair.metric.function(one, each) for one in (pair.before, pair.after))
    return np.asarray(pair.sign * (after - before))


def _check(one: Measured, p_adjusted: float, rule: Rule, *, num_checks: int) -> GateCheck:
    pair, num_items = one.pair, one.num_items
    low, high = interval(one.worsening, one.error, num_items)
    least = minimum_detectable(one.error, num_items, margin=rule.margin, num_checks=num_checks)
    outcome = of_worsening(low, high, p_adjusted, rule, alarm=ALARM)
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
        reason=_reason(one, outcome, high, p_adjusted, least, rule),
    )


def _reason(one: Measured, outcome: str, high: float, p: float, least: float, rule: Rule) -> str:
    by = f"{100 * abs(one.worsening):.1f} points {'worse' if one.worsening > 0 else 'better'}"
    by = "the same" if round(1000 * one.worsening) == 0 else by
    if outcome == "regressed":
        return f"{by}: beyond the margin of {100 * rule.margin:g} (adjusted p {p:.2g})"
    if outcome == "pass":
        return f"{by}: more than {100 * rule.tolerance:g} points worse is ruled out"
    found = f"{one.num_items} items would show {100 * least:.1f} in 4 cases of 5"
    return f"{by}: {100 * high:.1f} points worse is not ruled out; {found}"
