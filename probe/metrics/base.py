"""What a metric is, and the registry of them.

A metric is a function of the cells and of weights for the items: `(cells, weights (B, N)) -> (B,)`. Weights of one
give the value; the counts of a resample of the items give the value on that resample, so that a whole bootstrap is
one call with matrix products, in which all variants of an item move together. NaN inside means that the metric is not
defined there; outside, in a `Row`, that becomes None with a reason.

There are three ways to say it, of which a metric has one:

    function    cells, weights --> value
    prepare     cells --> (weights --> value)         what does not depend on the weights is computed once
    over        table (B, M) of variants --> value    metrics of one table (accuracies, macro-F1s) share its resamples
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from probe.metrics.cells import Bools, Cells, Floats
from probe.registry import Registry

# B = resamples, N = items, M = variants with the clean one first

Needs = Literal["clean", "cells", "variants", "enough", "contrasts", "both", "responses", "causes", "places"]
"""What a metric is computed on: the clean column; any cells; at least one variant; variants that were asked on enough
items; members of contrast sets; variants and members of contrast sets; scored responses (POSIX); variants
whose flips have known causes, whose answers stand at known places."""

Weighted = Callable[[Floats], Floats]
"""Item weights (B, N) to (B,)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A registered way to sum up the cells in one number."""

    name: str
    function: Callable[[Cells, Floats], Floats]
    direction: Literal["higher", "lower"]
    """What is better."""
    low: float
    high: float
    summary: str
    formula: str
    source: str
    kind: Literal["mean", "extreme"] = "mean"
    """Whether its expectation stays as more variants are drawn, or it can only move one way."""
    needs: Needs = "variants"
    measures: Literal["change", "level", "relation"] = "change"
    """Whether a model that never changes its answers has a fixed value (0 of a flip rate, 1 of an agreement), or
    whatever value its answers are worth, or the metric says how two things go together, which has no noise floor."""
    interval: Literal[
        "percentile", "student", "wilson", "lowest", "highest", "range", "quantile", "iqr", "std", "sat", "cps", "exact"
    ] = "percentile"
    """How its 95 % interval is made, see `probe.metrics.intervals`. Wilson: it is a plain share of items, each 0 or 1.
    Student: it is the difference of two rates, so that items pull it either way.
    Exact: it follows from the design, no sample is in it. The others: it is made of the variants' accuracies."""
    prepare: Callable[[Cells], Weighted] | None = None
    """Gives the function of the weights alone."""
    table: Callable[[Cells, Floats], Floats] | None = None
    """Gives (B, M), of which the metric is made."""
    share: tuple[int, int] | None = None
    """Which part of how many equal ones of the table's columns is this metric's own; None: all of it."""
    over: Callable[[Floats], Floats] | None = None
    """Makes the metric of its part of the table: (B, M) to (B,)."""
    resamples: int | None = None
    """How many resamples its interval is made of at most, where it is slow to compute; None: as many as all."""
    defined: Callable[[Cells], Bools] | None = None
    """Gives (N,), the items on which it is defined; None: all that were asked under one of the variants it needs."""
    undefined: str = ""
    """Why it is not defined where what it needs is there."""
    is_share: bool = True
    """Whether it is read in percent."""

    def own(self, table: Floats) -> Floats:
        """Return this metric's part of its table."""
        return part_of(table, self.share)

    def value(self, cells: Cells) -> float:
        """Return the metric on all items with the same weight; NaN where it is not defined."""
        return float(self.function(cells, np.ones((1, len(cells.items))))[0])


metrics: Registry[Metric] = Registry("metric", see="probe list metrics")


def add(metric: Metric) -> Metric:
    """Register a metric under its name."""
    return metrics.add(metric.name, metric)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Divide; NaN where there is nothing to be a part of."""
    quotient = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=quotient, where=whole > 0)
    return quotient


def item_mean(score: Callable[[Cells], Floats]) -> Callable[[Cells], Weighted]:
    """Make a mean over items of a score for each (N,), items with NaN left out."""

    def prepare(cells: Cells) -> Weighted:
        scores = score(cells)
        defined = (~np.isnan(scores)).astype(np.float64)
        filled = np.nan_to_num(scores)
        return lambda weights: ratio(weights @ filled, weights @ defined)

    return prepare


def where_known(score: Callable[[Cells], Floats]) -> Callable[[Cells], Bools]:
    """Make the function that tells of which items (N,) a score is known."""
    return lambda cells: ~np.isnan(score(cells))


def prepared(prepare: Callable[[Cells], Weighted]) -> Callable[[Cells, Floats], Floats]:
    """Make the function of cells and weights of one that prepares first."""
    return lambda cells, weights: prepare(cells)(weights)


def tabled(
    table: Callable[[Cells, Floats], Floats], over: Callable[[Floats], Floats], *, share: tuple[int, int] | None = None
) -> Callable[[Cells, Floats], Floats]:
    """Make the function of cells and weights of one that is made of a table, or of a share of its columns."""

    def function(cells: Cells, weights: Floats) -> Floats:
        return over(part_of(table(cells, weights), share))

    return function


def part_of(table: Floats, share: tuple[int, int] | None) -> Floats:
    """Return one of several equal parts of a table's columns; all of it where there is no share."""
    if share is None:
        return table
    index, num = share
    size = table.shape[1] // num
    return table[:, index * size : (index + 1) * size]
