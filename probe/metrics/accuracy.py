"""How many answers are right: as written, and over the variants at their mean, worst and best.

The clean prompt counts as one of the variants in mean, worst and best, as in "When Punctuation Matters" and
FormatSpread.

Not every variant is asked on every item (a synonym needs its word), and the items it was asked on may be easier than
the rest: its raw accuracy is then not comparable with the clean one. So:

* a variant takes part if it was asked on at least half of the items (`compared`);
* its accuracy on all items is estimated by post-stratification on the clean outcome (`variant_table`): what it would
  score if the items that it was not asked on reacted as those that clean answers alike. On a variant asked everywhere
  this is exactly its accuracy; a variant that changes nothing gets exactly the clean accuracy, whatever items it was
  asked on.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import Metric, add, ratio, tabled
from probe.metrics.cells import Cells, Floats

ENOUGH = 0.5
"""The share of items that a variant must have been asked on to be compared with others."""


def compared(cells: Cells) -> Cells:
    """Return the clean column and the variants that were asked on enough items."""
    num_asked = cells.asked.sum(axis=0)
    enough = (num_asked > 0) & (num_asked >= ENOUGH * len(cells.items))
    return cells if enough[1:].all() else cells.select(np.flatnonzero(enough[1:]) + 1)


def variant_table(cells: Cells, weights: Floats) -> Floats:
    """Return (B, M), the accuracy of each column over all items, the clean column first.

    Post-stratification (Cochran, Sampling Techniques, section 5A.9) on the clean outcome c:
    A_i = share(c=1) P(Y_i=1 | c=1, asked) + share(c=0) P(Y_i=1 | c=0, asked). A stratum of which no item was asked
    keeps the clean outcome.
    """
    correct, asked = np.nan_to_num(cells.correct), cells.asked
    table = ratio(weights @ correct, weights.sum(axis=1, keepdims=True))
    partial = np.flatnonzero(~asked.all(axis=0))
    if partial.size == 0:
        return table
    clean = correct[:, :1]
    total = weights.sum(axis=1, keepdims=True)
    estimate = np.zeros((len(weights), partial.size))
    for stratum, outcome in ((clean, 1.0), (1 - clean, 0.0)):
        right = ratio(weights @ (stratum * correct[:, partial]), weights @ (stratum * asked[:, partial]))
        estimate += ratio(weights @ stratum, total) * np.where(np.isnan(right), outcome, right)
    table[:, partial] = estimate
    return table


def accuracy(cells: Cells, weights: Floats) -> Floats:
    """Return the share of items answered right as written."""
    return ratio(weights @ cells.correct[:, 0], weights.sum(axis=1))


def mean(table: Floats) -> Floats:
    """Return the mean of the variants' accuracies."""
    return np.asarray(table.mean(axis=1))


def worst(table: Floats) -> Floats:
    """Return the accuracy of the worst variant."""
    return np.asarray(table.min(axis=1))


def best(table: Floats) -> Floats:
    """Return the accuracy of the best variant."""
    return np.asarray(table.max(axis=1))


def over_variants(cells: Cells, weights: Floats) -> Floats:
    """Return (B, M) of the variants to compare; one column of NaN where there is none besides the clean one."""
    chosen = compared(cells)
    if len(chosen.columns) < 2:
        return np.full((len(weights), 1), np.nan)
    return variant_table(chosen, weights)


_MIZRAHI = "Mizrahi et al. 2024, State of What Art? A Call for Multi-Prompt LLM Evaluation, arXiv 2401.00595"

add(
    Metric(
        "accuracy",
        accuracy,
        "higher",
        0.0,
        1.0,
        summary="Share of items answered right as written.",
        formula="A_0 = (1/N) sum_n Y[n,0]",
        source="-",
        needs="clean",
        measures="level",
        interval="wilson",
    )
)
add(
    Metric(
        "accuracy_mean",
        tabled(over_variants, mean),
        "higher",
        0.0,
        1.0,
        summary="Mean accuracy over the variants, the clean one among them.",
        formula="(1/M) sum_i A_i",
        source=_MIZRAHI,
        needs="enough",
        measures="level",
        table=over_variants,
        over=mean,
    )
)
add(
    Metric(
        "accuracy_worst",
        tabled(over_variants, worst),
        "higher",
        0.0,
        1.0,
        summary="Accuracy of the worst variant, the clean one among them; falls as more variants are drawn.",
        formula="min_i A_i",
        source="Zhu et al. 2023, PromptBench, arXiv 2306.04528",
        kind="extreme",
        needs="enough",
        measures="level",
        interval="lowest",
        table=over_variants,
        over=worst,
    )
)
add(
    Metric(
        "accuracy_best",
        tabled(over_variants, best),
        "higher",
        0.0,
        1.0,
        summary="Accuracy of the best variant, the clean one among them; rises as more variants are drawn.",
        formula="MaxP = max_i A_i",
        source=_MIZRAHI,
        kind="extreme",
        needs="enough",
        measures="level",
        interval="highest",
        table=over_variants,
        over=best,
    )
)
