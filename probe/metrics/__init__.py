"""How fragile a model is, in numbers with intervals: cells of outcomes in, rows out.

Importing this package registers the metrics, in the order in which they are shown.
"""

from probe.metrics import (  # noqa: F401, I001 - registers them in this order
    accuracy,
    distribution,
    spread,
    drop,
    saturation,
    worst_case,
    classes,
    flips,
    causes,
    agreement,
    pss,
    errica,
    confidence,
    unreadable,
    contrast,
    responsiveness,
    posix,
)
from probe.metrics.base import Metric, metrics
from probe.metrics.cells import CLEAN, NULL, Cells, Column, stack, tabulate
from probe.metrics.intervals import bootstrap, wilson
from probe.metrics.rows import ALL, Row, measure
from probe.metrics.by_variant import VariantRow, variant_rows

__all__ = [
    "ALL",
    "CLEAN",
    "NULL",
    "Cells",
    "Column",
    "Metric",
    "Row",
    "VariantRow",
    "bootstrap",
    "measure",
    "metrics",
    "stack",
    "tabulate",
    "variant_rows",
    "wilson",
]
