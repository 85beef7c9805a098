"""The interval of a difference of two runs in one metric, over the items that both were asked.

    items           a  b  b - a      the metric of run b minus that of run a, with each item left out in turn
    s-001           1  0    -1
    s-002           1  1     0       most items add nothing, a few pull up, a few pull down

Student's t with the jackknife's standard error. BCa and the transformed t of a summary's rates are for contributions that are
skewed to one side; of differences, where two models flip on 2 % of 40 items, they hold in less than 0.9, this in more than 0.93
(`tests/comparison/test_compare_intervals.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from probe.metrics.cells import Cells, Floats
from probe.metrics.statistics.clusters import clusters_of
from probe.metrics.statistics.intervals import (
    JACKKNIFED,
    LEVEL,
    RESAMPLES,
    TINY,
    bootstrap,
    jackknife,
    standard_error,
    symmetric,
    wilson,
)


@dataclass(frozen=True, slots=True)
class PairedInterval:
    """A 95 % interval of a difference, in [-1, 1]."""

    low: float
    high: float
    error: float
    """The standard error."""
    is_alike: bool
    """Whether both runs did the same to every item, so that no order of their answers could make a difference."""


def paired_interval(
    function: Callable[[Cells, Floats], Floats], first: Cells, second: Cells, *, num_items: int, seed: int
) -> PairedInterval:
    """Return the interval of the metric of `second` minus that of `first`; `num_items` items count.

    Copies of an item in pooled suites are one.

    Where leaving out each item is too slow or not defined, the error is the bootstrap's; where no item differs, what Wilson
    allows for items that were not seen to.
    """

    def difference(weights: Floats) -> Floats:
        return function(second, weights) - function(first, weights)

    num = len(first.items)
    value = float(difference(np.ones((1, num)))[0])
    cluster = clusters_of(first, np.ones(num, np.bool_))[0]
    num_items = min(num_items, int(cluster.max(initial=-1)) + 1)
    error = math.nan
    if num_items > 1 and num <= JACKKNIFED:
        error = standard_error(jackknife(difference, num_items=num, groups=cluster))
    if math.isnan(error):
        [drawn] = bootstrap([difference], num_items=num, seed=seed, resamples=RESAMPLES)
        error = float(np.nanstd(drawn)) * math.sqrt(num_items / max(1, num_items - 1))
    if error < TINY:
        unseen = wilson(0.0, num_items)[1]
        error = unseen / NormalDist().inv_cdf((1 + LEVEL) / 2)
        return PairedInterval(max(-1.0, value - unseen), min(1.0, value + unseen), error, abs(value) < TINY)
    low, high = symmetric(value, error, num_items=num_items)
    return PairedInterval(max(-1.0, low), min(1.0, high), error, False)
