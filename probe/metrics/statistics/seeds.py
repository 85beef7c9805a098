"""The interval of a difference that a training makes, over other items and over other seeds of the training.

    seed        0     1     2       each item is answered by every training, and every training answers all items:
    item n     -1     0    -1       neither is nested in the other
    item m      0     0     0

    d_s       = metric after training s, less the metric before (or of another training of the same seed)
    value     = mean of d_s
    by items  = jackknife of the value, each item left out of all trainings at once
    by seeds  = variance of d_s / S, less what items x seeds have in common, which the first part holds already
    variance  = by items + max(0, by seeds)

the two-way jackknife of `two_way`, with trainings in place of shared samples: Cameron, Gelbach and Miller 2011, "Robust Inference
With Multiway Clustering", Journal of Business & Economic Statistics 29(2), section 2.3; Owen 2007, "The Pigeonhole Bootstrap",
Annals of Applied Statistics 1(2). Student's t with the degrees of freedom of the sum (Satterthwaite 1946, "An Approximate
Distribution of Estimates of Variance Components", Biometrics Bulletin 2(6)): of three trainings that differ much more than
their items do, two.

Covered: differences of any metric in [-1, 1]. Not covered: other suites; one training alone, whose interval is over items only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from probe.metrics.cells import Cells, Floats
from probe.metrics.statistics.intervals import LEVEL, TINY, jackknife, student, wilson

# S seeds, N items


@dataclass(frozen=True, slots=True)
class SeededInterval:
    """A mean difference over seeds with its 95 % interval, in [-1, 1]."""

    value: float
    low: float
    high: float
    by_seed: tuple[float, ...]
    """(S,), the difference of each training."""
    share_of_seeds: float
    """Of the variance, by seeds; 0 of one training."""


def seeded_interval(
    function: Callable[[Cells, Floats], Floats], before: Sequence[Cells], after: Sequence[Cells]
) -> SeededInterval:
    """Return the interval of the metric of `after` less that of `before`: (S,) each, the same items in the same order."""
    items = before[0].items
    if any(cells.items != items for cells in (*before, *after)):
        raise ValueError("the two sides are answers to other items, or in another order")
    pairs = list(zip(before, after, strict=True))
    whole = np.ones((1, len(items)))
    by_seed = np.array([float((function(b, whole) - function(a, whole))[0]) for a, b in pairs])
    left_out = np.stack([_left_out(function, a, b) for a, b in pairs])
    value = float(by_seed.mean())
    low, high, share = interval_of(by_seed, left_out)
    return SeededInterval(value, low, high, tuple(by_seed.tolist()), share)


def interval_of(by_seed: Floats, left_out: Floats) -> tuple[float, float, float]:
    """Return low, high and the share of variance by seeds, from differences (S,) and the same without each item (S, N).

    Where a figure is not defined without some item, nothing is known: the interval is [-1, 1].
    """
    value, (num_seeds, num_items) = float(by_seed.mean()), left_out.shape
    if np.isnan(left_out).any() or num_items < 2:
        return -1.0, 1.0, 0.0
    of_items = (num_items - 1) / num_items * _squares(left_out.mean(axis=0))
    of_seeds = _by_seeds(by_seed, left_out) if num_seeds > 1 else 0.0
    variance = of_items + of_seeds
    if variance < TINY**2:
        unseen = wilson(0.0, num_items)[1]
        return max(-1.0, value - unseen), min(1.0, value + unseen), 0.0
    degrees = variance**2 / (of_items**2 / (num_items - 1) + of_seeds**2 / max(num_seeds - 1, 1))
    half = student(NormalDist().inv_cdf((1 + LEVEL) / 2), round(degrees, 1)) * math.sqrt(variance)
    return max(-1.0, value - half), min(1.0, value + half), of_seeds / variance


def _left_out(function: Callable[[Cells, Floats], Floats], before: Cells, after: Cells) -> Floats:
    """Return the difference (N,) with each item left out in turn."""
    return jackknife(lambda weights: function(after, weights) - function(before, weights), num_items=len(before.items))


def _by_seeds(by_seed: Floats, left_out: Floats) -> float:
    """Return what other seeds vary beyond what other items explain; not below 0."""
    num_seeds, num_items = left_out.shape
    without = (by_seed.sum() - by_seed) / (num_seeds - 1)  # (S,)
    without_both = (left_out.sum(axis=0) - left_out) / (num_seeds - 1)  # (S, N)
    both = by_seed.mean() - without[:, None] - left_out.mean(axis=0) + without_both
    common = float((both**2).sum()) * (num_seeds - 1) * (num_items - 1) / (num_seeds * num_items)
    return float(max(0.0, (num_seeds - 1) / num_seeds * _squares(without) - common))


def _squares(values: Floats) -> float:
    return float(((values - values.mean()) ** 2).sum())
