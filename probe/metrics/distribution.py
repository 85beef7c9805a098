"""How the variants' accuracies lie: median, quartiles, tails, standard deviation.

    q05   q25   median   q75   q95        of the accuracies A_0 ... A_M, the clean one among them
     |-----|======|=======|-----|
              iqr = q75 - q25

Quantiles are interpolated linearly between the order statistics (Hyndman and Fan 1996, type 7), the standard deviation
is the sample's (divisor M, not M + 1), as in "When Punctuation Matters". With fewer than some twenty variants the 5 %
and 95 % quantiles are next to the worst and the best one, and move outward as more are drawn.

Covered: the variants that were run. Not covered: variants that were not (`probe run --budget` estimates those).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from probe.metrics.accuracy import over_variants
from probe.metrics.base import Metric, add, tabled
from probe.metrics.cells import Floats


def quantile(share: float) -> Callable[[Floats], Floats]:
    """Make the quantile of the variants' accuracies below which `share` of them lie."""
    return lambda table: np.asarray(np.quantile(table, share, axis=1))


def iqr(table: Floats) -> Floats:
    """Return the distance between the quartiles of the variants' accuracies."""
    low, high = np.quantile(table, [0.25, 0.75], axis=1)
    return np.asarray(high - low)


def std(table: Floats) -> Floats:
    """Return the sample standard deviation of the variants' accuracies; NaN of a single one."""
    if table.shape[1] < 2:
        return np.full(len(table), np.nan)
    return np.asarray(table.std(axis=1, ddof=1))


_PUNCTUATION = "Seleznyov et al. 2025, When Punctuation Matters, arXiv 2508.11383"
_PROMPTEVAL = "Polo et al. 2024, Efficient multi-prompt evaluation of LLMs, arXiv 2405.17202"


def _add_quantile(name: str, share: float, *, source: str, is_tail: bool = False) -> None:
    over = quantile(share)
    what = "Median" if share == 0.5 else f"{100 * share:g} % quantile"
    add(
        Metric(
            name,
            tabled(over_variants, over),
            "higher",
            0.0,
            1.0,
            summary=f"{what} of the variants' accuracies, the clean one among them.",
            formula=f"Q_{share:g}(A_0, ..., A_M), linear between order statistics",
            source=source,
            kind="extreme" if is_tail else "mean",
            needs="enough",
            measures="level",
            interval="quantile",
            table=over_variants,
            over=over,
        )
    )


_add_quantile("accuracy_median", 0.5, source=_PUNCTUATION)
_add_quantile("accuracy_q05", 0.05, source=_PROMPTEVAL, is_tail=True)
_add_quantile("accuracy_q25", 0.25, source=_PROMPTEVAL)
_add_quantile("accuracy_q75", 0.75, source=_PROMPTEVAL)
_add_quantile("accuracy_q95", 0.95, source=_PROMPTEVAL, is_tail=True)

add(
    Metric(
        "accuracy_std",
        tabled(over_variants, std),
        "lower",
        0.0,
        float(np.sqrt(0.5)),
        summary="Sample standard deviation of the variants' accuracies.",
        formula="sqrt(sum_i (A_i - mean A)^2 / M), i = 0 ... M",
        source=_PUNCTUATION,
        needs="enough",
        interval="std",
        table=over_variants,
        over=std,
    )
)
add(
    Metric(
        "accuracy_iqr",
        tabled(over_variants, iqr),
        "lower",
        0.0,
        1.0,
        summary="Distance between the quartiles of the variants' accuracies.",
        formula="Q_0.75(A) - Q_0.25(A)",
        source=_PUNCTUATION,
        needs="enough",
        interval="iqr",
        table=over_variants,
        over=iqr,
    )
)
