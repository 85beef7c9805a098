"""How many answers are right: to the originals, and over the variants at their mean, worst and best.

The original prompt counts as one of the variants in mean, worst and best, as in "When Punctuation Matters" and
FormatSpread.

Not every variant is asked on every item (a synonym needs its word), and the items it was asked on may be easier than
the rest: its raw accuracy is then not comparable with the original. So:

* a variant takes part if it was asked on at least half of the items (`compared`);
* its accuracy on all items is estimated by post-stratification on the original outcome (`variant_table`): what it would
  score if the items that it was not asked on reacted as those that original answers alike. On a variant asked everywhere
  this is exactly its accuracy; a variant that changes nothing gets exactly the original accuracy, whatever items it was
  asked on.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import item_metric, ratio, variant_metric
from probe.metrics.cells import Cells, Floats

ENOUGH = 0.5
"""The share of items that a variant must have been asked on to be compared with others."""
MIZRAHI = "Mizrahi et al. 2024, State of What Art? A Call for Multi-Prompt LLM Evaluation, arXiv 2401.00595"


def compared(cells: Cells) -> Cells:
    """Return the original column and the variants that were asked on enough items."""
    num_asked = cells.asked.sum(axis=0)
    enough = (num_asked > 0) & (num_asked >= ENOUGH * len(cells.items))
    return cells if enough[1:].all() else cells.select(np.flatnonzero(enough[1:]) + 1)


def variant_table(cells: Cells, weights: Floats) -> Floats:
    """Return (B, M), the accuracy of each column over all items, the original column first.

    Post-stratification (Cochran, Sampling Techniques, section 5A.9) on the original outcome c:
    A_i = share(c=1) P(Y_i=1 | c=1, asked) + share(c=0) P(Y_i=1 | c=0, asked). A stratum of which no item was asked
    keeps the original outcome.
    """
    correct, asked = np.nan_to_num(cells.correct), cells.asked
    table = ratio(weights @ correct, weights.sum(axis=1, keepdims=True))
    partial = np.flatnonzero(~asked.all(axis=0))
    if partial.size == 0:
        return table
    original = correct[:, :1]
    total = weights.sum(axis=1, keepdims=True)
    estimate = np.zeros((len(weights), partial.size))
    for stratum, outcome in ((original, 1.0), (1 - original, 0.0)):
        right = ratio(weights @ (stratum * correct[:, partial]), weights @ (stratum * asked[:, partial]))
        estimate += ratio(weights @ stratum, total) * np.where(np.isnan(right), outcome, right)
    table[:, partial] = estimate
    return table


def over_variants(cells: Cells, weights: Floats) -> Floats:
    """Return (B, M) of the variants to compare; one column of NaN where there is none besides the original."""
    enough = compared(cells)
    if len(enough.columns) < 2:
        return np.full((len(weights), 1), np.nan)
    return variant_table(enough, weights)


@item_metric(
    title="Original accuracy",
    direction="higher",
    formula="A_0 = (1/N) sum_n Y[n,0]",
    needs="original",
    measures="level",
    interval="wilson",
)
def accuracy(cells: Cells) -> Floats:
    """Share of original prompts answered right."""
    return cells.correct[:, 0]


def _mean_two_way(cells: Cells, items: Floats, variants: Floats) -> Floats:
    return ratio((variant_table(cells, items) * variants).sum(axis=1), variants.sum(axis=1))


@variant_metric(
    over_variants,
    name="accuracy_mean",
    title="Mean accuracy",
    also=("AvgP",),
    direction="higher",
    formula="AvgP = (1/M) sum_i A_i",
    source=MIZRAHI,
    measures="level",
    pooled=True,
    two_way=_mean_two_way,
)
def mean(table: Floats) -> Floats:
    """Mean accuracy over the variants, the original among them."""
    return np.asarray(table.mean(axis=1))


@variant_metric(
    over_variants,
    name="accuracy_worst",
    title="Worst accuracy",
    direction="higher",
    formula="min_i A_i",
    source="Zhu et al. 2023, PromptBench, arXiv 2306.04528",
    kind="extreme",
    measures="level",
    interval="lowest",
)
def worst(table: Floats) -> Floats:
    """Accuracy of the worst variant, the original among them; falls as more variants are drawn."""
    return np.asarray(table.min(axis=1))


@variant_metric(
    over_variants,
    name="accuracy_best",
    title="Best accuracy",
    also=("MaxP",),
    direction="higher",
    formula="MaxP = max_i A_i",
    source=MIZRAHI,
    kind="extreme",
    measures="level",
    interval="highest",
)
def best(table: Floats) -> Floats:
    """Accuracy of the best variant, the original among them; rises as more variants are drawn."""
    return np.asarray(table.max(axis=1))
