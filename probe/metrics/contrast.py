"""Does the answer move where it must? Over contrast sets: an item and its minimal edits with another right answer.

A set is an item that was asked under at least one edit; an item without edits is no set of size one, it is left out.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Metric, add, ratio
from probe.metrics.cells import Cells, Floats


def contrast_consistency(cells: Cells, weights: Floats) -> Floats:
    """Return the share of contrast sets in which the original and every edit asked are right."""
    edits = cells.flips()
    is_set = edits.asked[:, 1:].any(axis=1)
    all_right = is_set & ~(edits.correct == 0).any(axis=1)
    return ratio(weights @ all_right.astype(np.float64), weights @ is_set.astype(np.float64))


def contrast_accuracy(cells: Cells, weights: Floats) -> Floats:
    """Return the share of edits, without their originals, that are answered right."""
    edits = cells.flips()
    right = np.nansum(edits.correct[:, 1:], axis=1)
    return ratio(weights @ right, weights @ edits.asked[:, 1:].sum(axis=1, dtype=np.float64))


_GARDNER = "Gardner et al. 2020, Evaluating Models' Local Decision Boundaries via Contrast Sets, arXiv 2004.02709"

add(
    Metric(
        "contrast_consistency",
        contrast_consistency,
        "higher",
        0.0,
        1.0,
        summary="Share of contrast sets with the original and every edit right.",
        formula="(1/sets) sum over sets of [Y[n,0] = 1 and Y[n,i] = 1 for every edit i asked]",
        source=_GARDNER,
        needs="contrasts",
        measures="level",
        interval="wilson",
    )
)
add(
    Metric(
        "contrast_accuracy",
        contrast_accuracy,
        "higher",
        0.0,
        1.0,
        summary="Share of the edits, without their originals, answered right.",
        formula="sum of Y[n,i] over edits / number of edits asked",
        source=_GARDNER,
        needs="contrasts",
        measures="level",
    )
)
