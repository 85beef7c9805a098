"""Bootstrap over items and variants, for families whose samples are shared by all items.

A format is drawn once for all items, so that other formats would move the rate of all of them together: resampling items
alone cannot show it. A typo is drawn anew for each item: resampling items already resamples typos.

    resample of the items     how often each row counts       multinomial(N of N)
    resample of the variants  how often each shared column    multinomial(M-1 of M) x M/(M-1), in each family apart

Both at once, independently: Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1(2). M-1 draws instead of M make
the variance of a mean of few variants right: Rao and Wu 1988, JASA 83. The original column always counts once. With M
variants the interval has the tails of a normal distribution where it ought to have those of Student's with M-1 degrees
of freedom: of fewer than eight it is still too narrow.

Covered: rates over pairs, PSS, mean accuracy. Not covered: extremes and medians over variants.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import TwoWay, Weighted
from probe.metrics.cells import Cells, Floats

# B = resamples, N = items, M = variants with the original first


def is_sampled(cells: Cells, shared: frozenset[str]) -> bool:
    """Return whether some family with shared samples has two variants, so that there is something to resample."""
    families = [column.family for column in cells.columns[1:]]
    return any(families.count(family) > 1 for family in shared)


def statistic(two_way: TwoWay, cells: Cells, shared: frozenset[str], *, seed: int) -> Weighted:
    """Return a metric as a function of item weights (B, N) that draws the weights of the shared columns with them."""
    rng = np.random.default_rng(seed)
    return lambda weights: two_way(cells, weights, sample(rng, cells, shared, num=len(weights)))


def sample(rng: np.random.Generator, cells: Cells, shared: frozenset[str], *, num: int) -> Floats:
    """Return (num, M): how much each column counts in each resample."""
    weights = np.ones((num, len(cells.columns)))
    for family in sorted(shared):
        columns = [i for i, column in enumerate(cells.columns) if i and column.family == family]
        if len(columns) > 1:
            counts = rng.multinomial(len(columns) - 1, np.full(len(columns), 1 / len(columns)), num)
            weights[:, columns] = counts * (len(columns) / (len(columns) - 1))
    return weights
