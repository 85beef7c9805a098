"""How many answers could not be read: an outcome of its own, neither a wrong answer nor dropped."""

from __future__ import annotations

from probe.metrics.base import Pairs, rate_metric
from probe.metrics.cells import Cells


@rate_metric(
    title="Unreadable",
    direction="lower",
    formula="unreadable answers / answers asked for",
    needs="cells",
    measures="level",
    shared_variants=True,
)
def unreadable_rate(cells: Cells) -> Pairs:
    """Share of the variants' answers that could not be read (of the original answers, in the family original)."""
    first = 1 if len(cells.columns) > 1 else 0
    return cells.unreadable[:, first:], cells.asked[:, first:]
