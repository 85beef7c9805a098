"""What other items and other variants would have shown, where one draw of a variant is shared by all items.

A format is drawn once for all items, so that other formats would move the rate of all of them together: resampling items
alone cannot show it. A typo is drawn anew for each item: resampling items already resamples typos.

    resample of the items     how often each row counts       multinomial(N of N)
    resample of the variants  how often each shared column    multinomial(M-1 of M) x M/(M-1), in each family apart

Both at once, independently: Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1(2). M-1 draws instead of M make
the variance of a mean of few variants right: Rao and Wu 1988, JASA 83. The clean column always counts once. With M variants the
interval has the tails of a normal distribution where it ought to have those of Student's with M-1 degrees of freedom: of fewer
than eight it is still too narrow.

Covered: rates over pairs, PSS, mean accuracy. Not covered: extremes and medians over variants.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from probe.metrics.accuracy import variant_table
from probe.metrics.base import ratio
from probe.metrics.cells import Bools, Cells, Floats
from probe.metrics.flips import flipped

# B = resamples, N = items, M = variants with the clean one first

TwoWay = Callable[[Cells, Floats, Floats], Floats]
"""Cells, item weights (B, N), column weights (B, M) to (B,)."""


def is_sampled(cells: Cells, shared: frozenset[str]) -> bool:
    """Return whether some family with shared draws has two variants, so that there is something to resample."""
    families = [column.family for column in cells.columns[1:]]
    return any(families.count(family) > 1 for family in shared)


def statistic(name: str, cells: Cells, shared: frozenset[str], *, seed: int) -> Callable[[Floats], Floats]:
    """Return a metric as a function of item weights (B, N) that draws the weights of the shared columns with them."""
    rng = np.random.default_rng(seed)
    return lambda weights: TWO_WAY[name](cells, weights, draw(rng, cells, shared, num=len(weights)))


def draw(rng: np.random.Generator, cells: Cells, shared: frozenset[str], *, num: int) -> Floats:
    """Return (num, M): how much each column counts in each resample."""
    weights = np.ones((num, len(cells.columns)))
    for family in sorted(shared):
        mine = [i for i, column in enumerate(cells.columns) if i and column.family == family]
        if len(mine) > 1:
            counts = rng.multinomial(len(mine) - 1, np.full(len(mine), 1 / len(mine)), num)
            weights[:, mine] = counts * (len(mine) / (len(mine) - 1))
    return weights


def _rate(pairs: Callable[[Cells], Bools], cells: Cells, items: Floats, variants: Floats) -> Floats:
    part = ((items @ pairs(cells).astype(np.float64)) * variants[:, 1:]).sum(axis=1)
    return ratio(part, ((items @ cells.asked[:, 1:].astype(np.float64)) * variants[:, 1:]).sum(axis=1))


def _pss(cells: Cells, items: Floats, variants: Floats) -> Floats:
    """Weigh each pair of two different columns by the product of their weights; a column never disagrees with itself."""
    right, asked = np.nan_to_num(cells.correct).T, cells.asked.astype(np.float64).T
    k, m = variants @ right, variants @ asked
    pairs = (m * m - (variants * variants) @ asked) / 2
    score = np.divide(k * (m - k), pairs, out=np.zeros_like(k), where=pairs > 0)
    return ratio((items * score).sum(axis=1), (items * (pairs > 0)).sum(axis=1))


def _accuracy_mean(cells: Cells, items: Floats, variants: Floats) -> Floats:
    return ratio((variant_table(cells, items) * variants).sum(axis=1), variants.sum(axis=1))


def _right_to_wrong(cells: Cells) -> Bools:
    return np.asarray(flipped(cells) & (cells.correct[:, :1] == 1))


def _wrong_to_right(cells: Cells) -> Bools:
    return np.asarray(flipped(cells) & (cells.correct[:, 1:] == 1))


def _wrong_to_wrong(cells: Cells) -> Bools:
    return np.asarray(flipped(cells) & (cells.correct[:, :1] == 0) & (cells.correct[:, 1:] == 0))


def _unreadable(cells: Cells) -> Bools:
    return cells.unreadable[:, 1:]


TWO_WAY: dict[str, TwoWay] = {
    "flip_rate": partial(_rate, flipped),
    "flip_right_to_wrong": partial(_rate, _right_to_wrong),
    "flip_wrong_to_right": partial(_rate, _wrong_to_right),
    "flip_wrong_to_wrong": partial(_rate, _wrong_to_wrong),
    "unreadable_rate": partial(_rate, _unreadable),
    "pss": _pss,
    "accuracy_mean": _accuracy_mean,
}
"""By the metric's name."""
