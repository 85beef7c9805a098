"""What a metric is: one decorated function, and the registry of them.

    @item_metric       cells --> (N,) score of each item           weighted mean over items; NaN: not defined on an item
    @rate_metric       cells --> hits and counted pairs, (N, K)    hits / counted pairs; of several families, their mean
    @variant_metric    (B, M) accuracies of variants --> (B,)      a function of the table of accuracies, or of another one
    @weighted_metric   cells --> (weights (B, N) --> (B,))         anything else

The first line of the docstring is the summary that users read. What a decorator takes is what `Metric` holds; whatever is
not said has the default there. Weights of one give the value; the counts of a resample of the items give the value on that
resample, so that a whole bootstrap is one call with matrix products, in which all variants of an item move together. NaN
means that the metric is not defined; in a `Row` that becomes None with a reason.

Metrics of other commands than `probe run` are functions of something else than cells: `@command_metric` documents them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Required, TypedDict, TypeVar, Unpack

import numpy as np

from probe.files.docstrings import doc_of
from probe.metrics.cells import Bools, Cells, Floats, Ints
from probe.metrics.packed import packed
from probe.metrics.rates import Rate as Rate
from probe.metrics.rates import rate_of, summed, two_way_rate
from probe.metrics.rates import ratio as ratio
from probe.registry import Registry

# B = resamples, N = items, M = variants with the original first, K = variants without it

F = TypeVar("F", bound=Callable[..., Any])

Needs = Literal["original", "cells", "variants", "enough", "contrasts", "both", "responses", "causes", "positions"]
"""What a metric is computed on: the original column; any cells; at least one variant; variants that were asked on enough
items; members of contrast sets; variants and members of contrast sets; scored responses (POSIX); variants
whose flips have known causes, or whose answers stand at known positions."""

Interval = Literal[
    "percentile", "student", "wilson", "lowest", "highest", "range", "quantile", "iqr", "std", "sat", "cps", "exact"
]
"""How a 95 % interval is made, see `probe.metrics.statistics.intervals`. Wilson: a plain share of items, each 0 or 1.
Student: the difference of two rates, which items pull either way. Exact: the value follows from the design, not from a sample.
Those from "lowest" on: functions of the variants' accuracies."""

Weighted = Callable[[Floats], Floats]
"""Item weights (B, N) to (B,)."""
Prepare = Callable[[Cells], Weighted]
Score = Callable[[Cells], Floats]
"""Cells to a score of each item (N,)."""
Table = Callable[[Cells, Floats], Floats]
"""Cells and item weights (B, N) to a table (B, M) of variants."""
TwoWay = Callable[[Cells, Floats, Floats], Floats]
"""Cells, item weights (B, N) and column weights (B, M) to (B,)."""
Pairs = tuple[Bools, Bools]
"""Which pairs of item and column are hits, and which count, (N, K) each."""
PairsOf = Callable[[Cells], Pairs]
Over = Callable[[Floats], Floats]
"""Table (B, M) to (B,)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A registered way to sum up the cells in one number."""

    name: str
    title: str
    """The name on a page."""
    summary: str
    direction: Literal["higher", "lower"]
    """What is better."""
    low: float
    high: float
    formula: str
    prepare: Prepare
    """Return the metric of cells as a function of item weights; what does not depend on them is computed once."""
    source: str = "-"
    also: tuple[str, ...] = ()
    """Other names that papers have for it; in lower case they are aliases of the name."""
    kind: Literal["mean", "extreme"] = "mean"
    """Whether its expectation stays as more variants are drawn, or it can only move one way."""
    needs: Needs = "variants"
    measures: Literal["change", "level", "relation"] = "change"
    """Whether a model that never changes its answers has a fixed value (0 of a flip rate, 1 of an agreement), or
    whatever value its answers are worth, or the metric says how two things go together, which has no noise floor."""
    interval: Interval = "percentile"
    table: Table | None = None
    """Return the table of which the metric is made; metrics of one table share its resamples."""
    part: tuple[int, int] = (0, 1)
    """Which of how many equal parts of the table's columns is this metric's own."""
    over: Over | None = None
    """Return the metric (B,) of its part of the table (B, M)."""
    resamples: int | None = None
    """The most resamples that its interval is made of, where it is slow to compute; None: as many as all."""
    defined: Callable[[Cells], Bools] | None = None
    """Return (N,), the items on which it is defined; None: all that were asked under one of the variants it needs."""
    undefined: str = ""
    """Why it is not defined where what it needs is there."""
    is_share: bool = True
    """Whether it is read in percent."""
    is_continuous: bool = False
    """Whether an item's score moves with probabilities, by as much as these; otherwise with answers, which move or do not."""
    is_rate: bool = False
    """Whether it is hits over pairs, over several families weighed as `probe.metrics.rates` says; made by `rate_metric`."""
    pooled: bool = False
    """Whether a run of several suites has it for all together, as rates over items; a spread is not: a draw is another
    format in another suite."""
    two_way: TwoWay | None = None
    """Return it with weights for the variants too, where other samples count (`probe.metrics.statistics.two_way`)."""

    def function(self, cells: Cells, weights: Floats) -> Floats:
        """Return the metric (B,) of cells with item weights (B, N)."""
        return self.prepare(cells)(weights)

    def value(self, cells: Cells) -> float:
        """Return the metric on all items with the same weight; NaN where it is not defined."""
        return float(self.function(cells, np.ones((1, len(cells.items))))[0])

    def statistic(self, cells: Cells) -> Weighted:
        """Return what is resampled, as a function of item weights: the metric (B,), or the table of which it is made."""
        return self.prepare(cells) if self.table is None else partial(self.table, cells)

    def own(self, table: Floats) -> Floats:
        """Return this metric's part of its table."""
        return part_of(table, self.part)

    def of_statistic(self, drawn: Floats) -> Floats:
        """Return the metric (B,) of what was resampled."""
        return drawn if self.over is None else self.over(self.own(drawn))


class Declared(TypedDict, total=False):
    """What a decorator takes: fields of `Metric`; name and summary are the function's where they are not given."""

    name: str
    summary: str
    title: str
    direction: Required[Literal["higher", "lower"]]
    range: tuple[float, float]
    formula: Required[str]
    source: str
    also: tuple[str, ...]
    kind: Literal["mean", "extreme"]
    needs: Needs
    measures: Literal["change", "level", "relation"]
    interval: Interval
    resamples: int
    defined: Callable[[Cells], Bools]
    undefined: str
    is_share: bool
    is_continuous: bool
    pooled: bool
    two_way: TwoWay


metrics: Registry[Metric] = Registry("metric", see="probe list metrics", group="probe.metrics")


@packed("whole")
@dataclass(frozen=True, slots=True, eq=False)
class Ratio:
    """A weighted sum over another: scores over items that have one."""

    part: Floats
    """(N,)"""
    whole: Floats
    """(N,), 0 of items on which the metric is not defined."""

    def __call__(self, weights: Floats) -> Floats:
        """Return (B,) for item weights (B, N)."""
        return ratio(weights @ self.part, weights @ self.whole)

    def left_out(self, groups: Ints) -> Floats:
        """Return (G,) with each group of items (N,) left out in turn, which are numbered from 0; -1 is in none."""
        part, whole = (one.sum() - summed(one, groups) for one in (self.part, self.whole))
        return ratio(part, whole)


def item_metric(**declared: Unpack[Declared]) -> Callable[[Score], Score]:
    """Return a decorator for a score of each item (N,), NaN where it has none: the metric is their mean."""

    def decorate(score: Score) -> Score:
        def prepare(cells: Cells) -> Weighted:
            scores = score(cells)
            return Ratio(np.nan_to_num(scores), (~np.isnan(scores)).astype(np.float64))

        _register(score, {"pooled": True, **declared}, prepare=prepare)
        return score

    return decorate


def rate_metric(*, shared_variants: bool = False, **declared: Unpack[Declared]) -> Callable[[PairsOf], PairsOf]:
    """Return a decorator for hits and counted pairs: the metric is the share of hits, of several families the mean of theirs.

    With `shared_variants` the columns are the variants, and its interval may be about others too. See `probe.metrics.rates`.
    """

    def decorate(pairs: PairsOf) -> PairsOf:
        def prepare(cells: Cells) -> Weighted:
            return rate_of(cells, *pairs(cells))

        def two_way(cells: Cells, items: Floats, variants: Floats) -> Floats:
            return two_way_rate(cells, *pairs(cells), items, variants)

        defaults = {"pooled": True, "two_way": two_way if shared_variants else None}
        _register(pairs, {**defaults, **declared}, prepare=prepare, is_rate=True)
        return pairs

    return decorate


def variant_metric(
    table: Table, *, part: tuple[int, int] = (0, 1), **declared: Unpack[Declared]
) -> Callable[[Over], Over]:
    """Return a decorator for a function (B, M) to (B,) of a table of those variants that were asked on enough items."""

    def decorate(over: Over) -> Over:
        def prepare(cells: Cells) -> Weighted:
            return lambda weights: over(part_of(table(cells, weights), part))

        _register(over, {"needs": "enough", **declared}, prepare=prepare, table=table, part=part, over=over)
        return over

    return decorate


def weighted_metric(**declared: Unpack[Declared]) -> Callable[[Prepare], Prepare]:
    """Return a decorator for a function that makes of cells the metric as a function of item weights."""

    def decorate(prepare: Prepare) -> Prepare:
        _register(prepare, declared, prepare=prepare)
        return prepare

    return decorate


def _register(function: Callable[..., Any], declared: Mapping[str, Any], **made: Any) -> None:
    """Register a metric under its name and aliases."""
    facts = _described(function, declared)
    low, high = facts.pop("range", (0.0, 1.0))
    facts.setdefault("title", facts["name"].replace("_", " ").capitalize())
    metric = Metric(**facts, **made, low=low, high=high)
    metrics.add(metric.name, metric, also=[name.lower() for name in metric.also])


def _described(function: Callable[..., Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is declared, with the function's name and the first line of its docstring where these are missing."""
    facts = dict(declared)
    facts.setdefault("name", getattr(function, "__name__", ""))
    if "summary" not in facts:
        text = doc_of(function)
        if not text:
            raise ValueError(f"the metric {facts['name']} needs a docstring: its first line is shown to users")
        facts["summary"] = text.splitlines()[0]
    return facts


@dataclass(frozen=True, slots=True)
class CommandMetric:
    """A figure of another command than `probe run`: no function of one run's outcomes."""

    name: str
    command: str
    summary: str
    direction: Literal["higher", "lower", "neither"]
    low: float
    high: float
    formula: str
    source: str


command_metrics: Registry[CommandMetric] = Registry("metric", see="probe list metrics")


def command_metric(
    command: str, *, range: tuple[float, float], direction: Literal["higher", "lower", "neither"], **facts: str
) -> Callable[[F], F]:
    """Return a decorator that documents a function as a figure of a command; `facts` are formula, source and perhaps name."""

    def decorate(function: F) -> F:
        described = _described(function, facts)
        metric = CommandMetric(command=command, direction=direction, low=range[0], high=range[1], **described)
        command_metrics.add(metric.name, metric)
        return function

    return decorate


def part_of(table: Floats, part: tuple[int, int]) -> Floats:
    """Return one of several equal parts of a table's columns."""
    index, num = part
    size = table.shape[1] // num
    return table[:, index * size : (index + 1) * size]


def unknown(cells: Cells) -> Floats:
    """Return the score (N,) of a metric that is defined on no item."""
    return np.full(len(cells.items), np.nan)


def undefined(weights: Floats) -> Floats:
    """Return the metric (B,) that is not defined, for item weights (B, N)."""
    return np.full(len(weights), np.nan)
