"""How much a figure would vary with other samples of the families whose samples all items share.

A format is drawn once for all items, so that other formats would move the rate of all of them together: leaving out items alone
cannot show it. A typo is drawn anew for each item: leaving out items already leaves out typos.

    leave out    every sample of the family counts      variance of the figure
    item n       as it did                              by items, and by what items do under single samples
    sample j     m / (m - 1), and j not                 by samples, and the same once more
    both                                                what both have in common: taken off once

variance by samples = max(0, (m - 1) / m sum_j (left out j - mean)^2 - common): the two-way jackknife, whose parts are those of
multiway clustering. Cameron, Gelbach and Miller 2011, Journal of Business & Economic Statistics 29(2), section 2.3; Owen 2007,
The Pigeonhole Bootstrap, Annals of Applied Statistics 1(2). Without the last term, where samples do not differ, the same chance
would count twice. The original column always counts once.

Covered: rates over pairs, PSS, mean accuracy and what is lost of it. Not covered: extremes and medians over variants.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from probe.metrics.base import TwoWay
from probe.metrics.cells import Cells, Floats, Ints
from probe.metrics.statistics.effective import SharedPart

GROUPS = 20
"""Of items that are left out together with a sample: what both have in common needs no more."""

# N = items, G = groups of them, M = columns with the original first, m = samples of a family


def samples_of(cells: Cells, shared: frozenset[str]) -> Iterator[tuple[str, Ints]]:
    """Return the families with shared samples that have two that were asked, and their columns."""
    asked = cells.asked.sum(axis=0) > 0
    for family in sorted(shared):
        columns = [i for i, column in enumerate(cells.columns) if i and column.family == family and asked[i]]
        if len(columns) > 1:
            yield family, np.array(columns)


def shared_parts(two_way: TwoWay, cells: Cells, shared: frozenset[str], *, clusters: Ints) -> tuple[SharedPart, ...]:
    """Return what the samples of each family add to a figure; `clusters` (N,) go together."""
    num_groups = min(GROUPS, int(clusters.max(initial=-1)) + 1)
    group = clusters % max(1, num_groups)
    items = (group != np.arange(-1, num_groups)[:, None]).astype(np.float64)  # all of them, then without each group
    parts = []
    for family, columns in samples_of(cells, shared):
        left_out = np.stack([two_way(cells, items, weights) for weights in _without(cells, columns, len(items))])
        others = np.ones(len(cells.columns), np.bool_)
        others[columns] = False
        alone = _alone(two_way, cells, columns, others)
        part = _part(family, left_out, alone)
        if part is not None:
            parts.append(part)
    return tuple(parts)


def _without(cells: Cells, columns: Ints, num: int) -> Iterator[Floats]:
    """Return the weights (num, M) of the columns as they are, then without each of some."""
    weights = np.ones((num, len(cells.columns)))
    yield weights
    for column in columns:
        changed = weights.copy()
        changed[:, columns] = len(columns) / (len(columns) - 1)
        changed[:, column] = 0
        yield changed


def _alone(two_way: TwoWay, cells: Cells, columns: Ints, others: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    """Return (m + 1,), the figure of these columns alone, then without each of them."""
    ones = np.ones((1, len(cells.items)))
    kept = (np.where(others, 0.0, weights) for weights in _without(cells, columns, 1))
    return np.array([two_way(cells, ones, weights)[0] for weights in kept])


def _part(family: str, left_out: Floats, alone: Floats) -> SharedPart | None:
    """Return the part of a family from the figure with each sample (1 + m) and each group of items (1 + G) left out."""
    m, num_groups = len(left_out) - 1, left_out.shape[1] - 1
    pulls = left_out[1:, 0] - left_out[1:, 0].mean()
    if np.isnan(pulls).any():
        return None
    by_samples = (m - 1) / m * float((pulls**2).sum())
    both = left_out[0, 0] - left_out[:1, 1:] - left_out[1:, :1] + left_out[1:, 1:]
    both = np.nan_to_num(both)
    common = float((both**2).sum()) * (num_groups - 1) * (m - 1) / max(1, num_groups * m)
    own = alone[1:] - alone[1:].mean()
    size = float((own**2).sum())
    if not size > 0:
        return SharedPart(family, m, 0.0, 0.0, float(np.nan_to_num(alone[0])))
    weight = float(np.sqrt((pulls**2).sum() / size))
    return SharedPart(family, m, max(0.0, by_samples - common), weight, float(alone[0]))
