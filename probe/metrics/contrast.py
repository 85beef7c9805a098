"""Accuracy over contrast sets: an item and its minimal edits with another right answer.

A set is an item that was asked under at least one edit; an item without edits is no set of size one, it is left out.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Pairs, item_metric, rate_metric
from probe.metrics.cells import Cells, Floats

GARDNER = "Gardner et al. 2020, Evaluating Models' Local Decision Boundaries via Contrast Sets, arXiv 2004.02709"


@item_metric(
    direction="higher",
    formula="(1/sets) sum over sets of [Y[n,0] = 1 and Y[n,i] = 1 for every edit i asked]",
    source=GARDNER,
    needs="contrasts",
    measures="level",
    interval="wilson",
)
def contrast_consistency(cells: Cells) -> Floats:
    """Share of contrast sets with the original and every edit right."""
    edits = cells.label_altering()
    is_set = edits.asked[:, 1:].any(axis=1)
    return np.where(is_set, ~(edits.correct == 0).any(axis=1), np.nan)


@rate_metric(
    direction="higher",
    formula="sum of Y[n,i] over edits / number of edits asked",
    source=GARDNER,
    needs="contrasts",
    measures="level",
)
def contrast_accuracy(cells: Cells) -> Pairs:
    """Share of the edits, without their originals, answered right."""
    edits = cells.label_altering()
    return edits.correct[:, 1:] == 1, edits.asked[:, 1:]
