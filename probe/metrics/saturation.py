"""MaxP, AvgP, saturation and the combined performance score: the four of "State of What Art?".

MaxP is `accuracy_best` and AvgP `accuracy_mean`, given once more under the names that the paper's tables have.

    MaxP --------+---         Sat = 1 - gap      1: no template is better than the average
                 | gap        CPS = Sat * MaxP   high only if the best is good and the others are near it
    AvgP --------+---
"""

from __future__ import annotations

import numpy as np

from probe.metrics.accuracy import best, mean, over_variants
from probe.metrics.base import Metric, add, tabled
from probe.metrics.cells import Floats


def sat(table: Floats) -> Floats:
    """Return one minus the distance of the best variant from the mean."""
    return np.asarray(1 - (table.max(axis=1) - table.mean(axis=1)))


def cps(table: Floats) -> Floats:
    """Return saturation times best accuracy."""
    return np.asarray(sat(table) * table.max(axis=1))


_MIZRAHI = "Mizrahi et al. 2024, State of What Art? A Call for Multi-Prompt LLM Evaluation, arXiv 2401.00595"

add(
    Metric(
        "maxp",
        tabled(over_variants, best),
        "higher",
        0.0,
        1.0,
        summary="The same as accuracy_best, by its name in State of What Art.",
        formula="MaxP = max_i A_i",
        source=_MIZRAHI,
        kind="extreme",
        needs="enough",
        measures="level",
        interval="highest",
        table=over_variants,
        over=best,
    )
)
add(
    Metric(
        "avgp",
        tabled(over_variants, mean),
        "higher",
        0.0,
        1.0,
        summary="The same as accuracy_mean, by its name in State of What Art.",
        formula="AvgP = mean_i A_i",
        source=_MIZRAHI,
        needs="enough",
        measures="level",
        table=over_variants,
        over=mean,
    )
)
add(
    Metric(
        "sat",
        tabled(over_variants, sat),
        "higher",
        0.0,
        1.0,
        summary="Saturation: one minus the distance of the best variant from the mean; 1 where all are equal.",
        formula="1 - (MaxP - AvgP)",
        source=_MIZRAHI,
        kind="extreme",
        needs="enough",
        interval="sat",
        table=over_variants,
        over=sat,
    )
)
add(
    Metric(
        "cps",
        tabled(over_variants, cps),
        "higher",
        0.0,
        1.0,
        summary="Combined performance score: saturation times best accuracy.",
        formula="Sat * MaxP",
        source=_MIZRAHI,
        needs="enough",
        measures="level",
        interval="cps",
        table=over_variants,
        over=cps,
    )
)
