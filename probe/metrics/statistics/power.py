"""Power of a run: the smallest difference it detects, and the size that an interval of some width needs.

A rate over pairs varies between items (some are fragile) and within them (of two variants, one moves the answer):

    variance of the rate over N items with M variants each = (between + within / M) / N

so that more variants of the same items help only until `between` is all that is left. Covered: normal approximation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from probe.metrics.base import ratio
from probe.metrics.cells import Floats
from probe.metrics.statistics.intervals import wilson

LEVEL = 0.95
POWER = 0.80


@dataclass(frozen=True, slots=True)
class Components:
    """How a rate varies: its variance between items and, for one variant, within them."""

    rate: float
    between: float
    within: float

    @property
    def correlation(self) -> float:
        """Return the correlation of two variants of one item; 0.0 where nothing varies."""
        total = self.between + self.within
        return self.between / total if total else 0.0

    @classmethod
    def assumed(cls, rate: float, correlation: float) -> Components:
        """Return those of outcomes that are 0 or 1, with that rate and that correlation within items."""
        variance = rate * (1 - rate)
        return cls(rate, correlation * variance, (1 - correlation) * variance)


def minimum_detectable(standard_error: float, *, level: float = LEVEL, power: float = POWER) -> float:
    """Return the least true difference that a two-sided test at 1 - `level` finds with probability `power`.

    (z_{1-a/2} + z_power) times the standard error; Bloom 1995, Evaluation Review 19(5).
    """
    return (_z(level) + NormalDist().inv_cdf(power)) * standard_error


def components_of(outcome: Floats) -> Components:
    """Estimate components from outcomes (N, M), NaN where not asked, by one-way analysis of variance.

    Searle, Casella and McCulloch 1992, Variance Components, section 3.6: between = (MSB - MSW) / m0, at least 0, for items
    with unequal numbers of variants. Where no item has two variants, all variance counts as between items.

    Raises:
        ValueError: nothing was asked.
    """
    asked = ~np.isnan(outcome)
    outcome, asked = outcome[asked.any(axis=1)], asked[asked.any(axis=1)]
    m = asked.sum(axis=1, dtype=np.float64)
    total, num_items = float(m.sum()), len(m)
    if num_items == 0:
        raise ValueError("nothing was asked")
    sums = np.nansum(outcome, axis=1)
    rate = float(sums.sum() / total)
    means = ratio(sums, m)
    if total == num_items or num_items == 1:
        return Components(rate, float(np.nanvar(outcome)), 0.0)
    within = float((np.nansum(outcome**2, axis=1) - m * means**2).sum()) / (total - num_items)
    effective = (total - float((m**2).sum()) / total) / (num_items - 1)
    between = (float((m * (means - rate) ** 2).sum()) / (num_items - 1) - within) / effective
    return Components(rate, max(0.0, between), max(0.0, within))


def half_width(components: Components, *, items: int, variants: int, level: float = LEVEL) -> float:
    """Return the expected half-width of an interval for numbers of items and of variants each."""
    return _z(level) * math.sqrt((components.between + components.within / variants) / items)


def items_needed(components: Components, *, target: float, variants: int, level: float = LEVEL) -> int:
    """Return the least number of items with which the half-width is at most `target`."""
    variance = components.between + components.within / variants
    return max(1, math.ceil(variance * (_z(level) / target) ** 2 - 1e-9))


def variants_needed(components: Components, *, target: float, items: int, level: float = LEVEL) -> int | None:
    """Return the least number of variants an item with which `items` items suffice; None where no number does."""
    room = items * (target / _z(level)) ** 2 - components.between
    if room <= 0:
        return None
    return max(1, math.ceil(components.within / room - 1e-9))


def floored(components: Components, *, items: int, level: float = LEVEL) -> Components:
    """Return components whose variance is at least the most that `items` items without any variation cannot exclude.

    Where nothing moved in n items, a share of u of all items may move all the same, u being the upper end of Wilson's interval
    of 0 of n; its variance is u (1 - u), all of it between items, the worst that it can be for an interval.
    """
    unseen = wilson(0.0, items, level=level)[1]
    missing = unseen * (1 - unseen) - components.between - components.within
    return Components(components.rate, components.between + max(0.0, missing), components.within)


def _z(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)
