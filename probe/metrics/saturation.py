"""Saturation and the combined performance score, with MaxP (`accuracy_best`) and AvgP (`accuracy_mean`) of one paper.

MaxP --------+---         Sat = 1 - gap      1: no template is better than the average
             | gap        CPS = Sat * MaxP   high only if the best is good and the others are near it
AvgP --------+---
"""

from __future__ import annotations

import numpy as np

from probe.metrics.accuracy import MIZRAHI, over_variants
from probe.metrics.base import variant_metric
from probe.metrics.cells import Floats


@variant_metric(
    over_variants,
    title="Saturation",
    direction="higher",
    formula="1 - (MaxP - AvgP)",
    source=MIZRAHI,
    kind="extreme",
    interval="sat",
)
def sat(table: Floats) -> Floats:
    """Saturation: one minus the distance of the best variant from the mean; 1 where all are equal."""
    return np.asarray(1 - (table.max(axis=1) - table.mean(axis=1)))


@variant_metric(
    over_variants,
    title="Combined performance score",
    direction="higher",
    formula="Sat * MaxP",
    source=MIZRAHI,
    measures="level",
    interval="cps",
)
def cps(table: Floats) -> Floats:
    """Combined performance score: saturation times best accuracy."""
    return np.asarray(sat(table) * table.max(axis=1))
