"""The order of several models under every variant of a suite, as rows with intervals.

    cells of each model  -->  accuracies, models by variants  -->  Kendall's W and tau; for each two models, reversals

The figures are those of `probe.metrics.ranking`; their intervals are percentiles over items, the same resamples for all models.
None of them is tested, so that none has a least detectable effect; each row says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from probe.metrics import Cells, bootstrap
from probe.metrics.accuracy import compared, over_variants
from probe.metrics.cells import Floats
from probe.metrics.intervals import percentile
from probe.metrics.ranking import kendalls_w, mean_tau, reversal, reversal_of_clean

NOT_TESTED = "described with an interval, not tested; what could be found of two models stands with their differences"
"""Why a ranking has no least detectable effect."""


def rank(
    suite: str, labels: Sequence[str], cells: Sequence[Cells], *, seed: int, resamples: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return how well the variants' rankings agree, and a row for each two models: how often their order turns round."""
    chosen = [compared(one.same()) for one in cells]
    num_items = len(chosen[0].items)
    drawn = np.stack(
        bootstrap([partial(over_variants, one) for one in chosen], num_items=num_items, seed=seed, resamples=resamples),
        axis=1,
    )
    table = np.stack([over_variants(one, np.ones((1, num_items)))[0] for one in chosen])
    facts = {"suite": suite, "num_items": num_items, "num_variants": table.shape[1]}
    facts |= {"minimum_detectable": None, "minimum_detectable_reason": NOT_TESTED}
    why = "every variant ties all models" if table.shape[1] > 1 else "no variant besides the clean one"
    agreement = {
        **_with_interval("kendalls_w", kendalls_w(table), kendalls_w(drawn)),
        **_with_interval("mean_tau", mean_tau(table), mean_tau(drawn)),
    }
    ranking = facts | {"num_models": len(labels)} | agreement
    pairs = []
    for a, b in combinations(range(len(labels)), 2):
        one, other, ones, others = table[a], table[b], drawn[:, a], drawn[:, b]
        rates = {
            **_with_interval("reversal", reversal(one, other), reversal(ones, others)),
            **_with_interval("reversal_of_clean", reversal_of_clean(one, other), reversal_of_clean(ones, others)),
        }
        reason = "" if rates["reversal"] is not None else why
        pairs.append(facts | {"a": labels[a], "b": labels[b]} | rates | {"reason": reason})
    return ranking | {"reason": "" if ranking["kendalls_w"] is not None else why}, pairs


def _with_interval(name: str, value: Floats, resampled: Floats) -> dict[str, float | None]:
    if np.isnan(value):
        return {name: None, f"{name}_ci_low": None, f"{name}_ci_high": None}
    low, high = percentile(float(value), resampled)
    return {name: float(value), f"{name}_ci_low": low, f"{name}_ci_high": high}
