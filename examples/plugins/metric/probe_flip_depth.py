"""A metric in one file: how deep the flips of an item go, and its reference.

pip install examples/plugins/metric
probe run sentiment
"""

import numpy as np

from probe.metrics import Cells, flipped, item_metric
from probe.selftest.reference import Family, reference
from probe.selftest.reference.flips import flips


@item_metric(
    title="Flip depth",
    direction="lower",
    formula="mean over items with a flip of (flips of the item / variants of the item)",
    source="examples/plugins/metric",
)
def flip_depth(cells: Cells) -> np.ndarray:
    """Share of variants that flip, of the items that flip at all; 1 where every rephrasing moves them."""
    num_flips = flipped(cells).sum(axis=1)  # (N,)
    num_asked = cells.asked[:, 1:].sum(axis=1)  # column 0 is the original
    return np.where(num_flips > 0, num_flips / np.maximum(num_asked, 1), np.nan)


@reference("flip_depth")
def slow_flip_depth(family: Family) -> float | None:
    """Return the same in plain loops: `row` holds the answers to one item, the original one first."""

    def depth(row):
        moved = [flips(row[0], answer) for answer in row[1:]]
        return sum(moved) / len(moved) if any(moved) else None

    return family.over_items(depth)
