"""The flip rate by cause, and how often the place of an option is chosen rather than its content.

The six rates are shares of the same pairs as the flip rate and add up to it exactly; `probe.taxonomy` holds the rules.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from probe.metrics.base import Metric, add, ratio
from probe.metrics.cells import Cells, Floats
from probe.taxonomy import CAUSES, Cause

SUMMARIES: dict[Cause, str] = {
    "unreadable": "Share of pairs that flip because one of the two answers cannot be read.",
    "truncated": "Share of pairs that flip where one of the two answers was cut off at the limit of new tokens.",
    "near_tie": "Share of pairs that flip where one of the two answers won by no more than the measured noise.",
    "position": "Share of pairs that flip because the option at the same place was chosen.",
    "symbol": "Share of pairs that flip because the option with the same symbol was chosen.",
    "content": "Share of pairs that flip to another content for none of the other causes.",
}


def flip_rate_by(cause: Cause) -> Callable[[Cells, Floats], Floats]:
    """Give the metric that counts the flips of one cause; NaN where causes are not known."""
    code = 1 + CAUSES.index(cause)

    def rate(cells: Cells, weights: Floats) -> Floats:
        if cells.cause is None:
            return np.full(len(weights), np.nan)
        flips = (cells.cause[:, 1:] == code).sum(axis=1, dtype=np.float64)
        return ratio(weights @ flips, weights @ cells.asked[:, 1:].sum(axis=1, dtype=np.float64))

    return rate


def position_following(cells: Cells, weights: Floats) -> Floats:
    """Give how often the old place of the clean answer is chosen, among pairs in which that answer stands elsewhere."""
    if cells.place is None:
        return np.full(len(weights), np.nan)
    moved = ~np.isnan(cells.place[:, 1:])
    kept = np.nan_to_num(cells.place[:, 1:]).sum(axis=1)
    return ratio(weights @ kept, weights @ moved.sum(axis=1, dtype=np.float64))


for _cause in CAUSES:
    add(
        Metric(
            f"flip_{_cause}",
            flip_rate_by(_cause),
            "lower",
            0.0,
            1.0,
            summary=SUMMARIES[_cause],
            formula=f"flips of cause {_cause} / number of pairs asked; the six causes add up to flip_rate",
            source="decomposition of the flip rate by cause",
            needs="causes",
        )
    )

add(
    Metric(
        "position_following",
        position_following,
        "lower",
        0.0,
        1.0,
        summary="Share of reordered variants in which the place is chosen and not the content; 1/choices by chance.",
        formula="pairs with place(yhat(n,i)) = place(yhat(n,0)) / pairs in which the option yhat(n,0) stands elsewhere",
        source="Zheng et al. 2024, LLMs Are Not Robust Multiple Choice Selectors, arXiv 2309.03882 (position bias)",
        needs="places",
    )
)
