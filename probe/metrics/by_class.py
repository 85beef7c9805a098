"""Consistency by class: how similar the answers to items with the same right answer are (Errica et al. 2025, arXiv 2406.12334).

The metric `consistency_soft` (`consistency_hard`) of a family is the mean of these over the classes that have two items; a class
that a model mixes up with others hides in that mean.

Covered: each class of each family, with an interval of 200 resamples of the items. Not covered: free text, choices of each item.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from probe.metrics.base import metrics
from probe.metrics.cells import NULL, Cells
from probe.metrics.classes import has_classes
from probe.metrics.errica import RESAMPLES, consistency, hard, soft
from probe.metrics.statistics.intervals import LEVEL, bootstrap, percentile
from probe.seeds import rng_for

DISTRIBUTIONS = {"consistency_soft": soft, "consistency_hard": hard}


@dataclass(frozen=True, slots=True)
class ClassRow:
    """The consistency of one class under the variants of a family."""

    suite: str
    family: str
    """A family's name or "all"."""
    metric: str
    label: str
    """The right answer that makes the class."""
    value: float
    ci_low: float
    ci_high: float
    num_items: int
    """Of the class, asked under a variant."""
    num_variants: int
    direction: str


def consistency_by_class(suite: str, cells: Cells, *, seed: int, level: float = LEVEL) -> list[ClassRow]:
    """Return the consistency of every class that has two items, family by family, the null family not among them."""
    if cells.detail is None or not has_classes(cells.detail):
        return []
    families = {family: cells.of(family) for family in cells.families if family != NULL} | {
        "all": cells.label_preserving()
    }
    drawn = rng_for(seed, "classes", suite).getrandbits(64)
    return [
        row
        for family, one in families.items()
        if len(one.columns) > 1
        for row in _of_family(suite, family, one, seed=drawn, level=level)
    ]


def _of_family(suite: str, family: str, cells: Cells, *, seed: int, level: float) -> Iterator[ClassRow]:
    detail, ones = cells.detail, np.ones((1, len(cells.items)))
    assert detail is not None
    varied = cells.asked[:, 1:].any(axis=1)
    keys = [(name, right) for name in DISTRIBUTIONS for right in range(len(detail.classes))]
    statistics = [consistency(DISTRIBUTIONS[name], only=right)(cells) for name, right in keys]
    resampled = bootstrap(statistics, num_items=len(cells.items), seed=seed, resamples=RESAMPLES)
    for (name, right), statistic, drawn in zip(keys, statistics, resampled, strict=True):
        value = float(statistic(ones)[0])
        if math.isnan(value):
            continue
        low, high = percentile(value, drawn, level=level)
        num_items = int((varied & (detail.target == right)).sum())
        direction = metrics.get(name).direction
        yield ClassRow(
            *(suite, family, name, detail.classes[right], value, max(0.0, low), min(1.0, high)),
            *(num_items, cells.num_variants, direction),
        )
