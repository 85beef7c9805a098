"""How large a loss a suite can see: what a pass rules out, and what is called regressed.

Both are of a run in which nothing but the noise of the machine moves, hence the least that later runs can hope for. The noise is
that of the reruns: the share of answers whose correctness another batch changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from probe.gating.against import FIGURES
from probe.gating.rule import Rule
from probe.gating.statistics import least_items, minimum_detectable, ruled_out
from probe.metrics.cells import NULL, Cells
from probe.metrics.compared_parts import parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """The losses that a suite of some size shows, as shares."""

    suite: str
    num_items: int
    ruled_out: float
    """The loss that a pass rules out."""
    detectable: float
    """The loss that is called regressed in four cases of five, if it moves all variants of an item."""
    detectable_spread: float
    """The same of mean accuracy, if it moves one variant of an item; paired by item, parts of items are seen sooner."""
    items_needed: int | None
    """Items whose pass rules out the tolerance; None if these do, or no number does."""


def visible(cells: dict[str, Cells], rule: Rule) -> Iterator[Visible]:
    """Yield what each suite of a run can see; `cells` by suite, reruns among their columns."""
    counts = {suite: sum(1 for _ in parts(one, FIGURES)) for suite, one in cells.items()}
    num_checks = sum(counts.values())
    for suite, one in cells.items():
        num, moved = len(one.items), _moved(one)
        error = math.sqrt(moved / num)
        least, spread = (
            minimum_detectable(error, num, margin=rule.margin, num_checks=num_checks, grain=grain)
            for grain in (1.0, 1 / (1 + _largest_family(one)))
        )
        yield Visible(
            suite=suite,
            num_items=num,
            ruled_out=ruled_out(num, error),
            detectable=least,
            detectable_spread=spread,
            items_needed=_needed(num, moved, rule.tolerance),
        )


def _needed(num_items: int, moved: float, tolerance: float) -> int | None:
    """Return how many items rule out the tolerance; None if these do, or no number does."""

    def is_enough(num: int) -> bool:
        return ruled_out(num, math.sqrt(moved / num)) <= tolerance

    return None if is_enough(num_items) else least_items(is_enough, num_items)


def _moved(cells: Cells) -> float:
    """Return the share of answers that became right or wrong when asked again; 0 where none was."""
    again = [i for i, column in enumerate(cells.columns) if column.family == NULL]
    if not again:
        return 0.0
    asked = ~np.isnan(cells.correct[:, again]) & ~np.isnan(cells.correct[:, :1])
    return float((cells.correct[:, again] != cells.correct[:, :1])[asked].mean()) if asked.any() else 0.0


def _largest_family(cells: Cells) -> int:
    families = [column.family for column in cells.columns[1:] if column.effect == "label-preserving"]
    return max((families.count(name) for name in families if name != NULL), default=0)
