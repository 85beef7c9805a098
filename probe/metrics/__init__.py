"""How fragile a model is, in numbers with intervals: cells of outcomes in, rows out.

Importing this package registers the metrics, in the order in which they are shown.
"""

from probe.metrics import (  # noqa: F401, I001 - registers them in this order
    accuracy,
    distribution,
    drop,
    saturation,
    worst_case,
    classes,
    flips,
    causes,
    agreement,
    pss,
    without_original,
    errica,
    confidence,
    unreadable,
    contrast,
    responsiveness,
    posix,
)
from probe.metrics import attribution, explanations, ranking, representation  # noqa: F401 - metrics of other commands
from probe.metrics.base import (
    Metric,
    Pairs,
    Weighted,
    command_metrics,
    item_metric,
    metrics,
    rate_metric,
    variant_metric,
    weighted_metric,
)
from probe.metrics.accuracy import over_variants
from probe.metrics.cells import ORIGINAL, NULL, Cells, Column, stack
from probe.metrics.flips import flipped
from probe.metrics.statistics.intervals import bootstrap, wilson
from probe.metrics.rows import ALL, Row, measure
from probe.metrics.tabulate import tabulate
from probe.metrics.by_variant import VariantRow, variant_rows

__all__ = [
    "ALL",
    "ORIGINAL",
    "NULL",
    "Cells",
    "Column",
    "Metric",
    "Pairs",
    "Row",
    "VariantRow",
    "Weighted",
    "bootstrap",
    "command_metrics",
    "flipped",
    "item_metric",
    "measure",
    "metrics",
    "over_variants",
    "rate_metric",
    "stack",
    "tabulate",
    "variant_metric",
    "variant_rows",
    "weighted_metric",
    "wilson",
]
