"""A metric of each item by itself, in memory that does not grow with the square of their number.

    all items    flip_rate 0.23          by item    0.0  0.5  0.25 ...

It is what the metric gives if that item alone has a weight: variants that too few of all items were asked under stay out, and
families weigh what they weigh among all.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.accuracy import compared, over_variants, variant_table
from probe.metrics.base import Metric, Ratio, ratio
from probe.metrics.cells import Cells, Floats
from probe.metrics.rates import Rate

BLOCK = 512
"""Items that are given a weight at once."""


def by_item(metric: Metric, cells: Cells) -> Floats:
    """Return (N,), the metric of each item; NaN where it is not defined."""
    weighted = metric.prepare(cells)
    if isinstance(weighted, Ratio):
        return ratio(weighted.part, weighted.whole)
    if isinstance(weighted, Rate):
        return weighted.mean(weighted.hits.T, weighted.pairs.T)
    num = len(cells.items)
    enough = compared(cells)
    # An item's row of this table is made of its own answers alone.
    is_own = metric.table is over_variants and metric.over is not None and len(enough.columns) > 1
    found = np.full(num, np.nan)
    for start in range(0, num, BLOCK):
        rows = np.arange(start, min(start + BLOCK, num))
        if is_own:
            table = variant_table(enough.take(rows), np.eye(len(rows)))
            found[rows] = metric.of_statistic(table)
        else:
            weights = np.zeros((len(rows), num))
            weights[np.arange(len(rows)), rows] = 1
            found[rows] = weighted(weights)
    return found
