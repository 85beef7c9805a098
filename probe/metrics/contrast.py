"""Accuracy over contrast sets: an item and its minimal edits with another right answer.

A set is an item that was asked under at least one edit; an item without edits is no set of size one, it is left out.

The published figure also counts the members whose answer is the original's. They are items of their own, called ORIGINAL+MEMBER
(`probe.sources.contrast_sets`), and cannot flip. Edits that rules made are no part of a published set.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Pairs, item_metric, rate_metric
from probe.metrics.cells import Bools, Cells, Floats

GARDNER = "Gardner et al. 2020, Evaluating Models' Local Decision Boundaries via Contrast Sets, arXiv 2004.02709"

CONTRAST_SET = "contrast-set"
"""The perturbation that asks the members of a suite's own sets."""


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


@item_metric(
    title="Contrast consistency (Gardner et al.)",
    direction="higher",
    formula="(1/sets) sum over whole sets of [every member right]: the original, its edits, and members with the same answer",
    source=GARDNER + ", section 2",
    needs="contrasts",
    measures="level",
    interval="wilson",
    undefined="no contrast set of the suite's own was asked",
)
def contrast_consistency_gardner(cells: Cells) -> Floats:
    """Share of whole contrast sets right, members with the original's answer included, as published."""
    edits = cells.where(lambda column: column.effect == "label-altering" and column.perturbation == CONTRAST_SET)
    is_right = (edits.correct[:, 0] == 1) & ~(edits.correct == 0).any(axis=1)
    is_set: Bools = np.asarray(edits.asked[:, 1:].any(axis=1))
    # Suites that are pooled may share a name.
    suites = [0] * len(cells.items) if cells.pool is None else cells.pool.suite.tolist()
    place = {key: index for index, key in enumerate(zip(suites, cells.items, strict=True))}
    leads = [place.get((suite, name.rpartition("+")[0])) for suite, name in zip(suites, cells.items, strict=True)]
    for index, lead in enumerate(leads):
        if lead is not None:
            is_right[lead] &= is_right[index]
            is_set[lead] = True
    is_lead = np.array([lead is None for lead in leads], dtype=np.bool_)
    return np.where(is_set & is_lead, is_right, np.nan)
