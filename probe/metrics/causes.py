"""The flip rate by cause, and how often the place or the symbol of an option is chosen rather than what it says.

The seven rates are shares of the same pairs as the flip rate and add up to it exactly; `probe.metrics.taxonomy` holds the rules.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from probe.metrics.base import Metric, add, ratio
from probe.metrics.cells import Bools, Cells, Floats
from probe.metrics.taxonomy import CAUSES, Cause

SUMMARIES: dict[Cause, str] = {
    "unreadable": "Share of pairs that flip because one of the two answers cannot be read.",
    "truncated": "Share of pairs that flip where one of the two answers was cut off at the limit of new tokens.",
    "near_tie": "Share of pairs that flip where one of the two answers won by no more than the measured noise.",
    "position": "Share of pairs that flip because the option at the same place was chosen.",
    "symbol": "Share of pairs that flip because the option with the same symbol was chosen.",
    "position_or_symbol": "Share of pairs that flip to the option at the same place with the same symbol: which, is not known.",
    "content": "Share of pairs that flip to another content for none of the other causes.",
}


def flip_rate_by(cause: Cause) -> Callable[[Cells, Floats], Floats]:
    """Return the metric that counts the flips of one cause; NaN where causes are not known."""
    code = 1 + CAUSES.index(cause)

    def rate(cells: Cells, weights: Floats) -> Floats:
        if cells.cause is None:
            return np.full(len(weights), np.nan)
        flips = (cells.cause[:, 1:] == code).sum(axis=1, dtype=np.float64)
        return ratio(weights @ flips, weights @ cells.asked[:, 1:].sum(axis=1, dtype=np.float64))

    return rate


def following(kind: int) -> Callable[[Cells, Floats], Floats]:
    """Return the metric of flag number `kind` of `probe.metrics.taxonomy.followed`: the share of applicable pairs."""

    def rate(cells: Cells, weights: Floats) -> Floats:
        if cells.followed is None:
            return np.full(len(weights), np.nan)
        told = cells.followed[:, 1:, kind]
        kept = np.nan_to_num(told).sum(axis=1)
        return ratio(weights @ kept, weights @ (~np.isnan(told)).sum(axis=1, dtype=np.float64))

    return rate


def applies(kind: int) -> Callable[[Cells], Bools]:
    """Return the function that tells in which items (N,) there is such a pair."""

    def items(cells: Cells) -> Bools:
        if cells.followed is None:
            return np.zeros(len(cells.items), np.bool_)
        return np.asarray((~np.isnan(cells.followed[:, 1:, kind])).any(axis=1))

    return items


for _cause in CAUSES:
    add(
        Metric(
            f"flip_{_cause}",
            flip_rate_by(_cause),
            "lower",
            0.0,
            1.0,
            summary=SUMMARIES[_cause],
            formula=f"flips of cause {_cause} / number of pairs asked; the seven causes add up to flip_rate",
            source="decomposition of the flip rate by cause",
            needs="causes",
        )
    )

_ZHENG = "Zheng et al. 2024, LLMs Are Not Robust Multiple Choice Selectors, arXiv 2309.03882 (position and token bias)"
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

for _kind, (_name, _summary, _formula, _undefined) in enumerate(_FOLLOWING):
    add(
        Metric(
            _name,
            following(_kind),
            "lower",
            0.0,
            1.0,
            summary=_summary,
            formula=_formula,
            source=_ZHENG,
            needs="places",
            defined=applies(_kind),
            undefined=_undefined,
        )
    )
