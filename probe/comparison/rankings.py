"""The order of several models under every variant of a suite, as rows with intervals.

    cells of each model  -->  accuracies, models by variants  -->  Kendall's W and tau; for each two models, reversals

The figures are those of `probe.metrics.ranking`; their intervals are percentiles over items, the same resamples for all models.
None of them is tested, so that none has a least detectable effect; each row says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations

import numpy as np

from probe.comparison.comparison import Ranking, Reversal
from probe.metrics import Cells, bootstrap
from probe.metrics.accuracy import compared, over_variants
from probe.metrics.cells import Floats
from probe.metrics.ranking import kendalls_w, mean_tau, reversal, reversal_of_original
from probe.metrics.statistics.intervals import percentile

NOT_TESTED = "described with an interval, not tested; what could be found of two models stands with their differences"
"""Why a ranking has no least detectable effect."""


def rank(
    suite: str, labels: Sequence[str], cells: Sequence[Cells], *, seed: int, resamples: int
) -> tuple[Ranking, list[Reversal]]:
    """Return how well the variants' rankings agree, and for each two models how often their order turns round."""
    chosen = [compared(one.label_preserving()) for one in cells]
    num_items = len(chosen[0].items)
    drawn = np.stack(
        bootstrap([partial(over_variants, one) for one in chosen], num_items=num_items, seed=seed, resamples=resamples),
        axis=1,
    )
    table = np.stack([over_variants(one, np.ones((1, num_items)))[0] for one in chosen])
    facts = (suite, num_items, table.shape[1], None, NOT_TESTED)
    why = "every variant ties all models" if table.shape[1] > 1 else "no variant besides the original"
    w = _with_interval(kendalls_w(table), kendalls_w(drawn))
    tau = _with_interval(mean_tau(table), mean_tau(drawn))
    ranking = Ranking(*facts, len(labels), *w, *tau, reason="" if w[0] is not None else why)
    pairs = []
    for a, b in combinations(range(len(labels)), 2):
        one, other, ones, others = table[a], table[b], drawn[:, a], drawn[:, b]
        between = _with_interval(reversal(one, other), reversal(ones, others))
        of_original = _with_interval(reversal_of_original(one, other), reversal_of_original(ones, others))
        reason = "" if between[0] is not None else why
        pairs.append(Reversal(*facts, labels[a], labels[b], *between, *of_original, reason=reason))
    return ranking, pairs


def _with_interval(value: Floats, resampled: Floats) -> tuple[float | None, float | None, float | None]:
    """Return a value and the ends of its interval; None each where it is not defined."""
    return (None, None, None) if np.isnan(value) else (float(value), *percentile(float(value), resampled))
