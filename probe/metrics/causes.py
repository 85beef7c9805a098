"""The flip rate by cause, and how often the position or the symbol of an option is chosen rather than what it says.

The seven rates are shares of the same pairs as the flip rate and add up to it exactly; `probe.metrics.taxonomy` holds the rules.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from probe.metrics.base import Pairs, rate_metric
from probe.metrics.cells import Cells
from probe.metrics.taxonomy import CAUSES, Cause

OF_CAUSES: dict[Cause, tuple[str, str]] = {
    "unreadable": ("unreadable", "because one of the two answers cannot be read"),
    "truncated": ("cut off", "where one of the two answers was cut off at the limit of new tokens"),
    "near_tie": ("near-tie", "where one of the two answers won by no more than the measured noise"),
    "position": ("followed the position", "because the option at the same place was chosen"),
    "symbol": ("followed the symbol", "because the option with the same symbol was chosen"),
    "position_or_symbol": (
        "followed position or symbol",
        "to the option at the same place with the same symbol: which, is not known",
    ),
    "content": ("other content", "to another content for none of the other causes"),
}
"""Title and summary of each rate, in part."""


def _flips_of(code: int, cells: Cells) -> Pairs:
    """Return the flips with a cause, by its code in the cells, among the pairs asked."""
    counted = cells.comparable
    if cells.cause is None:
        return counted[:, :0], counted[:, :0]
    return (cells.cause[:, 1:] == code), counted


def _following(kind: int, cells: Cells) -> Pairs:
    """Return the pairs that follow position, symbol or either, among those that tell."""
    if cells.followed is None:
        return cells.asked[:, :0], cells.asked[:, :0]
    followed = cells.followed[:, 1:, kind]
    return followed == 1, ~np.isnan(followed)


for _code, _cause in enumerate(CAUSES, 1):
    rate_metric(
        name=f"flip_{_cause}",
        title=f"Flips: {OF_CAUSES[_cause][0]}",
        summary=f"Share of pairs that flip {OF_CAUSES[_cause][1]}.",
        direction="lower",
        formula=f"flips of cause {_cause} / number of pairs asked; the seven causes add up to flip_rate",
        source="decomposition of the flip rate by cause",
        needs="causes",
        shared_variants=True,
    )(partial(_flips_of, _code))

_FOLLOWING = (
    (
        "position_following",
        "Share of pairs in which the place is chosen, where it parts from content and symbol; 1/choices by chance.",
        "pairs with place(yhat(n,i)) = place(yhat(n,0)) / pairs in which another option under another symbol stands there",
        "no variant puts the answer and its symbol elsewhere; --perturb order-with-symbols does",
    ),
    (
        "symbol_following",
        "Share of pairs in which the symbol is chosen, where it parts from content and place; 1/choices by chance.",
        "pairs with symbol(yhat(n,i)) = symbol(yhat(n,0)) / pairs in which another option carries it at another place",
        "no variant gives the answer's symbol to an option at another place; --perturb label-shift does",
    ),
    (
        "position_or_symbol_following",
        "Share of pairs in which place and symbol are chosen, where both part from the content; 1/choices by chance.",
        "pairs with place(yhat(n,i)) = place(yhat(n,0)) / pairs in which another option stands there under the same symbol",
        "no variant puts the answer elsewhere and leaves its symbol",
    ),
)
"""By number of the flag in `probe.metrics.taxonomy.followed`: name, summary, formula, why it may not be defined."""

for _kind, (_name, _summary, _formula, _undefined) in enumerate(_FOLLOWING):
    rate_metric(
        name=_name,
        summary=_summary,
        direction="lower",
        formula=_formula,
        source="Zheng et al. 2024, LLMs Are Not Robust Multiple Choice Selectors, arXiv 2309.03882 (position and token bias)",
        needs="positions",
        undefined=_undefined,
    )(partial(_following, _kind))
