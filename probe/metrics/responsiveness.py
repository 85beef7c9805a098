"""Invariance and responsiveness of the same items: answers stay under rephrasing, and change where the right answer does.

                          contrast set right    not
    stayed under variants     robust            constant      a constant answerer is all here
    moved                     attentive         erratic

Items that have variants and a contrast set; `stayed` is by answer, right or wrong, under all of the variants or under
more than half of them; the contrast set is right if the original and every edit are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from probe.metrics.base import item_metric
from probe.metrics.cells import Bools, Cells, Floats
from probe.metrics.flips import flipped

Rule = Literal["all", "most"]


ENOUGH = 0.5
"""Share of a suite's items with a contrast below which the suite is said to be without the guard against constant answers."""
FEWEST = 5
"""Originals of which it is said that all have one answer."""


@dataclass(frozen=True, slots=True)
class Quadrants:
    """A suite's items by whether they stayed and whether they moved where they must."""

    suite: str
    stayed_under: Rule
    """All of an item's variants, or more than half of them."""
    num_items: int
    robust: int
    """Stayed, and the contrast set is right."""
    constant: int
    """Stayed, and the contrast set is not right."""
    attentive: int
    """Did not stay, but the contrast set is right."""
    erratic: int
    """Neither."""
    robust_share: float
    constant_share: float
    attentive_share: float
    erratic_share: float


def quadrants(suite: str, cells: Cells, *, rule: Rule) -> Quadrants | None:
    """Return the table of a suite; None where no item has both variants and a contrast set."""
    counted, stayed, moved = _parts(cells, rule)
    total = int(counted.sum())
    if total == 0:
        return None
    masks = (stayed & moved, stayed & ~moved, ~stayed & moved, ~stayed & ~moved)
    counts = [int((counted & mask).sum()) for mask in masks]
    return Quadrants(suite, rule, total, *counts, *(count / total for count in counts))


def unguarded(suite: str, cells: Cells) -> str:
    """Count the items without a contrast; return nothing where most items have one."""
    have = int(cells.label_altering().asked[:, 1:].any(axis=1).sum())
    total = len(cells.items)
    if total == 0 or have >= ENOUGH * total:
        return ""
    made = (
        f"contrasts could be made for {have} of {total} items only"
        if have
        else f"no contrast could be made for any of {total} items"
    )
    rest = (
        "an answer that never changes looks robust on the others"
        if have
        else "an answer that never changes looks robust here"
    )
    return f"{suite}: {made}; {rest}. Write contrasts into the suite: docs/how-to/own-prompt.md"


def constant_answer(suite: str, cells: Cells, answers: Sequence[str], targets: Sequence[str]) -> str:
    """Say that all original prompts got one answer; return nothing where they did not, or where that is right."""
    if len(answers) < FEWEST or len(set(answers)) > 1 or len(set(targets)) < 2:
        return ""
    right = 100 * float(cells.correct[:, 0].mean())
    return (
        f"{suite}: all {len(answers)} answers on the original prompts are {answers[0]!r}, {right:.1f} % of them right; "
        "that answers stay under variants says nothing here"
    )


def _parts(cells: Cells, rule: Rule) -> tuple[Bools, Bools, Bools]:
    """Return (N,) each: whether an item counts, whether its answer stayed, whether its contrast set is right."""
    same, edits = cells.label_preserving(), cells.label_altering()
    num_flips, num_asked = flipped(same).sum(axis=1), same.comparable.sum(axis=1)
    stayed = num_flips == 0 if rule == "all" else 2 * num_flips < num_asked
    is_set = edits.asked[:, 1:].any(axis=1)
    return (num_asked > 0) & is_set, stayed, is_set & ~(edits.correct == 0).any(axis=1)


@item_metric(
    title="Stays and moves",
    direction="higher",
    formula="(1/items with both) sum_n [yhat(n,i) = yhat(n,0) for all i] [Y[n,0] = Y[n,e] = 1 for every edit e]",
    source="Gardner et al. 2020, arXiv 2004.02709, joined with Ribeiro et al. 2020, CheckList, arXiv 2005.04118",
    kind="extreme",
    needs="both",
    measures="level",
    interval="wilson",
)
def robust_and_responsive(cells: Cells) -> Floats:
    """Share of items whose answer stays under all variants and is right on the whole contrast set."""
    counted, stayed, moved = _parts(cells, "all")
    return np.where(counted, stayed & moved, np.nan)
