"""How far apart the best and the worst variant are.

It can only grow as more variants are drawn, and is biased upward on few items (the extremes of noise): never compare
spreads over different numbers of variants. Which variants take part, and what a variant scores that was not asked on
every item: see `probe.metrics.accuracy`.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.accuracy import over_variants
from probe.metrics.base import Metric, add, tabled
from probe.metrics.cells import Floats


def spread(table: Floats) -> Floats:
    """Return the difference between the best and the worst variant's accuracy."""
    return np.asarray(table.max(axis=1) - table.min(axis=1))


add(
    Metric(
        "spread",
        tabled(over_variants, spread),
        "lower",
        0.0,
        1.0,
        summary="Best minus worst variant's accuracy; rises as more variants are drawn.",
        formula="max_i A_i - min_i A_i",
        source="Sclar et al. 2023, Quantifying Language Models' Sensitivity to Spurious Features, arXiv 2310.11324",
        kind="extreme",
        needs="enough",
        interval="range",
        table=over_variants,
        over=spread,
    )
)
