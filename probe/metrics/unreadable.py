"""How many answers could not be read: an outcome of its own, neither a wrong answer nor dropped."""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Metric, add, ratio
from probe.metrics.cells import Cells, Floats


def unreadable_rate(cells: Cells, weights: Floats) -> Floats:
    """Return the share of the variants' answers that could not be read; of the clean ones where there is no variant."""
    first = 1 if len(cells.columns) > 1 else 0
    unread = cells.unreadable[:, first:].sum(axis=1, dtype=np.float64)
    return ratio(weights @ unread, weights @ cells.asked[:, first:].sum(axis=1, dtype=np.float64))


add(
    Metric(
        "unreadable_rate",
        unreadable_rate,
        "lower",
        0.0,
        1.0,
        summary="Share of the variants' answers that could not be read (of the clean answers, in the family clean).",
        formula="unreadable answers / answers asked for",
        source="-",
        needs="cells",
        measures="level",
    )
)
