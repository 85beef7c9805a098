"""How the variants' accuracies lie: median, quartiles, tails, standard deviation, best minus worst.

    q05   q25   median   q75   q95        of the accuracies A_0 ... A_M, the original among them
     |-----|======|=======|-----|
              iqr = q75 - q25

Quantiles are interpolated linearly between the order statistics (Hyndman and Fan 1996, type 7), the standard deviation
is the sample's (divisor M, not M + 1), as in "When Punctuation Matters". With fewer than some twenty variants the 5 %
and 95 % quantiles are next to the worst and the best one, and move outward as more are drawn.

The spread can only grow as more variants are drawn, and is biased upward on few items (the extremes of noise): never
compare spreads over different numbers of variants.

Covered: the variants that were run. Not covered: variants that were not (`probe run --budget` estimates those).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from probe.metrics.accuracy import over_variants
from probe.metrics.base import variant_metric
from probe.metrics.cells import Floats

PUNCTUATION = "Seleznyov et al. 2025, When Punctuation Matters, arXiv 2508.11383"
_PROMPTEVAL = "Polo et al. 2024, Efficient multi-prompt evaluation of LLMs, arXiv 2405.17202"


def quantile(share: float) -> Callable[[Floats], Floats]:
    """Return the function that gives the quantile of the variants' accuracies below which `share` of them lie."""
    return lambda table: np.asarray(np.quantile(table, share, axis=1))


for _name, _share, _what in (
    ("accuracy_median", 0.5, "Median"),
    ("accuracy_q05", 0.05, "5 % quantile"),
    ("accuracy_q25", 0.25, "25 % quantile"),
    ("accuracy_q75", 0.75, "75 % quantile"),
    ("accuracy_q95", 0.95, "95 % quantile"),
):
    variant_metric(
        over_variants,
        name=_name,
        title="Median accuracy" if _share == 0.5 else f"Accuracy, {_what}",
        summary=f"{_what} of the variants' accuracies, the original among them.",
        direction="higher",
        formula=f"Q_{_share:g}(A_0, ..., A_M), linear between order statistics",
        source=PUNCTUATION if _share == 0.5 else _PROMPTEVAL,
        kind="extreme" if _share in (0.05, 0.95) else "mean",
        measures="level",
        interval="quantile",
    )(quantile(_share))


@variant_metric(
    over_variants,
    name="accuracy_std",
    title="Accuracy, standard deviation",
    direction="lower",
    range=(0.0, float(np.sqrt(0.5))),
    formula="sqrt(sum_i (A_i - mean A)^2 / M), i = 0 ... M",
    source=PUNCTUATION,
    interval="std",
)
def std(table: Floats) -> Floats:
    """Sample standard deviation of the variants' accuracies."""
    if table.shape[1] < 2:
        return np.full(len(table), np.nan)
    return np.asarray(table.std(axis=1, ddof=1))


@variant_metric(
    over_variants,
    name="accuracy_iqr",
    title="Accuracy, interquartile range",
    direction="lower",
    formula="Q_0.75(A) - Q_0.25(A)",
    source=PUNCTUATION,
    interval="iqr",
)
def iqr(table: Floats) -> Floats:
    """Distance between the quartiles of the variants' accuracies."""
    low, high = np.quantile(table, [0.25, 0.75], axis=1)
    return np.asarray(high - low)


@variant_metric(
    over_variants,
    direction="lower",
    formula="max_i A_i - min_i A_i",
    source="Sclar et al. 2023, Quantifying Language Models' Sensitivity to Spurious Features, arXiv 2310.11324",
    kind="extreme",
    interval="range",
)
def spread(table: Floats) -> Floats:
    """Best minus worst variant's accuracy; rises as more variants are drawn."""
    return np.asarray(table.max(axis=1) - table.min(axis=1))
