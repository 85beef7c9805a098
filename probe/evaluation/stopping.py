"""Early stopping: ask items until the flip rate is known well enough, with an interval that still holds.

    looks    50   75   112   169   220      after so many items of a suite of 220, in random order

At each look the interval of the flip rate (all families together) is computed; at the first whose half-width is at most the
target, asking stops. Stopping when an interval happens to be narrow makes it wrong more often than it says. So the looks are
fixed before anything is asked, and each of L looks gets a level of 1 - 0.05 / L: all L intervals hold at once in at least
95 % of runs, hence also the one at which it stops, whatever made it stop (Bonferroni's inequality; an alpha-spending schedule
with equal parts, Lan and DeMets 1983, Biometrika 70(3)). The interval is `clustered_wilson`, which keeps its level for rare
flips on few items.

Covered: suites one by one, the flip rate over all families. Not covered: other metrics are reported at the same level, but
nothing is said about the width they have; the rates of several suites pooled have no such guarantee.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from probe.evaluation.variants import VariantSet
from probe.metrics import Cells, metrics
from probe.metrics.flips import flip_rate
from probe.metrics.rates import rate_of
from probe.metrics.statistics.intervals import LEVEL, clustered_wilson
from probe.seeds import rng_for

FIRST = 50
"""Items before the first look: fewer say too little about how items differ."""
GROWTH = 1.5
LAST = 0.75
"""No look after this share of the items but the one at all of them."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a suite stopped, and its flip rate there."""

    suite: str
    target: float
    num_items: int
    num_available: int
    looks: tuple[int, ...]
    level: float
    """Of the interval at each look; together they hold in 95 %."""
    flip_rate: float | None
    ci_low: float | None
    ci_high: float | None
    reached: bool
    """Whether the half-width is at most the target; if not, the suite has no more items."""


def looks(num_items: int) -> tuple[int, ...]:
    """Return the numbers of items after which the interval is computed."""
    at: list[int] = []
    size = float(FIRST)
    while size < LAST * num_items:
        at.append(round(size))
        size *= GROWTH
    return (*at, num_items)


def level_of(num_looks: int) -> float:
    """Return the level of each interval so that all of them hold at once at the usual level."""
    return 1 - (1 - LEVEL) / num_looks


def blocks(variant_set: VariantSet, *, seed: int) -> Iterator[VariantSet]:
    """Return the variants in blocks of items up to each look, the items in random order."""
    suite = variant_set.suite
    order = rng_for(seed, suite.name, "stopping").sample(suite.items, len(suite.items))
    for start, end in pairwise((0, *looks(len(order)))):
        yield _of_items(variant_set, {item.id for item in order[start:end]})


def joined(whole: VariantSet, parts: Sequence[VariantSet]) -> VariantSet:
    """Return the variants of the blocks that were asked, in the order of the suite."""
    return _of_items(whole, {item.id for part in parts for item in part.suite.items})


def _of_items(whole: VariantSet, ids: set[str]) -> VariantSet:
    items = tuple(item for item in whole.suite.items if item.id in ids)
    variants = tuple(variant for variant in whole.variants if variant.item.id in ids)
    return replace(whole, suite=replace(whole.suite, items=items), variants=variants)


def look(suite: str, cells: Cells, *, target: float, num_available: int) -> Stop:
    """Return the flip rate of a suite's first items, and whether it is known well enough."""
    at = looks(num_available)
    level = level_of(len(at))
    same = cells.label_preserving()
    facts = (suite, target, len(cells.items), num_available, at, level)
    value = metrics.get("flip_rate").value(same)
    if np.isnan(value):
        return Stop(*facts, None, None, None, False)
    low, high = flip_interval(same, level=level)
    return Stop(*facts, value, low, high, (high - low) / 2 <= target)


def flip_interval(same: Cells, *, level: float) -> tuple[float, float]:
    """Return the interval of the flip rate of cells at a level.

    Of several families by what each item adds to the mean of their rates, z_n = sum_f s_f (h_fn - r_f m_fn) / m_f, its
    linearisation (Cochran 1977, Sampling Techniques, section 6.4), scaled to as many pairs as would be as good if they were
    independent, 1 / sum_f s_f^2 / m_f.
    """
    rate = rate_of(same, *flip_rate(same))
    totals = rate.pairs.sum(axis=1)
    used = totals > 0
    hits, pairs, totals, shares = rate.hits[used], rate.pairs[used], totals[used], rate.shares[used]
    worth = 1 / float((shares**2 / totals).sum())
    by_family = worth * shares / totals
    own = hits.sum(axis=1) / totals
    wholes = by_family @ pairs
    parts = by_family @ (hits - own[:, None] * pairs) + float(shares @ own) * wholes
    return clustered_wilson(parts, wholes, level=level)
