"""What a metric is, and the registry of them.

A metric is a function of the cells and of weights for the items: `(cells, weights (B, N)) -> (B,)`. Weights of one
give the value; the counts of a resample of the items give the value on that resample, so that a whole bootstrap is
one call with matrix products, in which all variants of an item move together. NaN inside means that the metric is not
defined there; outside, in a `Row`, that becomes None with a reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from probe.metrics.cells import Cells, Floats
from probe.registry import Registry

# B = resamples, N = items, M = variants with the clean one first

Needs = Literal["clean", "cells", "variants", "enough", "contrasts"]
"""What a metric is computed on: the clean column; any cells; at least one variant; variants that were asked on enough
items; members of contrast sets."""


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
    measures: Literal["change", "level"] = "change"
    """Whether a model that never changes its answers has the value 0, or whatever value its answers are worth."""
    interval: Literal["percentile", "wilson", "lowest", "highest", "range"] = "percentile"
    """How its 95 % interval is made, see `probe.metrics.intervals`. Wilson: it is a plain share of items, each 0 or 1.
    The last three: it is the lowest, the highest or the range of the variants' accuracies."""

    def value(self, cells: Cells) -> float:
        """Give the metric on all items with the same weight; NaN where it is not defined."""
        return float(self.function(cells, np.ones((1, len(cells.items))))[0])


metrics: Registry[Metric] = Registry("metric")


def add(metric: Metric) -> Metric:
    """Register a metric under its name."""
    return metrics.add(metric.name, metric)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Divide; NaN where there is nothing to be a part of."""
    quotient = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=quotient, where=whole > 0)
    return quotient
