"""Accuracy that a constant answerer cannot raise: balanced accuracy, macro-F1 and Matthews' correlation.

                 answered
                 yes  no  neither         balanced accuracy   mean over classes of the share answered right
    right  yes    40   8     2            macro-F1            mean over classes of 2 hits / (so answered + so meant)
           no      5  45     0            MCC                 correlation of the two, 0 for chance, 1 for all right

Each of them for the original, and over the variants at the mean, the worst and the spread, where the items share their
choices. An answer that is none of the choices is wrong and a column of its own. A class that no item has takes no part.

A variant that was not asked of all items is completed as its accuracy is (`probe.metrics.accuracy`), within the items
of the same right class and the same original answer. Intervals are of 400 resamples.

Covered: suites whose items all have the same choices, up to MAX_CLASSES. Not covered: free text, choices of each item.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from probe.metrics.accuracy import compared, mean, worst
from probe.metrics.base import Prepare, Weighted, ratio, undefined, variant_metric, weighted_metric
from probe.metrics.cells import Bools, Cells, Floats
from probe.metrics.detail import Detail
from probe.metrics.distribution import spread

MAX_CLASSES = 24
"""More shared choices than this are names, not classes."""

RESAMPLES = 400
UNDEFINED = f"the items do not share their choices (or have more than {MAX_CLASSES}), or all have the same right answer"


def confusion(cells: Cells, weights: Floats) -> Floats:
    """Return (B, M, C, C+1): how many items of each right class got which answer; the last answer is none of the classes.

    Raises:
        ValueError: the items have no shared classes.
    """
    detail, whole = cells.detail, cells.asked.all(axis=0)
    if detail is None:
        raise ValueError(UNDEFINED)
    table = counted(detail, weights)
    if whole.all():
        return table
    one_hot = _one_hot(detail)[:, ~whole]
    for right, answered in np.ndindex(table.shape[2:]):
        stratum = np.flatnonzero((detail.target == right) & (detail.answer[:, 0] == answered))
        if stratum.size:
            lost = _completed(cells.asked[stratum][:, ~whole], one_hot[stratum], weights[:, stratum])
            lost[..., answered] += _unseen(cells.asked[stratum][:, ~whole], weights[:, stratum])
            table[:, ~whole, right] += lost
    return table


def counted(detail: Detail, weights: Floats) -> Floats:
    """Return (B, M, C, C+1) as `confusion` does, of those items alone that each variant was asked of.

    Raises:
        ValueError: the items have no shared classes.
    """
    if not has_classes(detail):
        raise ValueError(UNDEFINED)
    one_hot = _one_hot(detail)
    num_columns, num_answers = one_hot.shape[1:]
    table = np.zeros((len(weights), num_columns, num_answers - 1, num_answers))
    for right in range(num_answers - 1):
        rows = np.flatnonzero(detail.target == right)
        counts = weights[:, rows] @ one_hot[rows].reshape(len(rows), num_columns * num_answers)
        table[:, :, right] = counts.reshape(len(weights), num_columns, num_answers)
    return table


def _one_hot(detail: Detail) -> Floats:
    """Return (N, M, C+1): a one at the answer of each cell, none where it was not asked."""
    answers = np.arange(len(detail.classes) + 1)
    return np.asarray(detail.answer[:, :, None] == answers, dtype=np.float64)


def _completed(asked: Bools, one_hot: Floats, weights: Floats) -> Floats:
    """Return (B, m, C+1), what the items of a stratum that a variant was not asked of add, in the shares of those it was."""
    seen = weights @ one_hot.reshape(len(one_hot), one_hot[0].size)
    seen = seen.reshape(len(weights), *one_hot.shape[1:])
    missing = weights @ (~asked).astype(np.float64)
    shares = ratio(seen, (weights @ asked.astype(np.float64))[:, :, None])
    return np.nan_to_num(shares) * missing[:, :, None]


def _unseen(asked: Bools, weights: Floats) -> Floats:
    """Return (B, m), the weight of a stratum of which a variant was asked nothing: it keeps its original answers."""
    is_seen = weights @ asked.astype(np.float64) > 0
    return np.where(is_seen, 0.0, weights @ (~asked).astype(np.float64))


def balanced_accuracy(table: Floats) -> Floats:
    """Return (B, M) from confusions (B, M, C, C+1). Brodersen et al. 2010."""
    hits, meant, _ = _margins(table)
    return _mean_over_classes(ratio(hits, meant), meant > 0)


def macro_f1(table: Floats) -> Floats:
    """Return (B, M), the unweighted mean of the classes' F1."""
    hits, meant, answered = _margins(table)
    return _mean_over_classes(ratio(2 * hits, meant + answered), meant > 0)


def mcc(table: Floats) -> Floats:
    """Return (B, M); 0 where only one answer was given, NaN where only one class is there. Gorodkin 2004, R_K."""
    hits, meant, _ = _margins(table)
    answered = table.sum(axis=-2)
    total = meant.sum(axis=-1)
    covariance = hits.sum(axis=-1) * total - (meant * answered[..., :-1]).sum(axis=-1)
    spread_meant = total**2 - (meant**2).sum(axis=-1)
    spread_answered = total**2 - (answered**2).sum(axis=-1)
    size = np.sqrt(np.maximum(spread_meant, 0) * np.maximum(spread_answered, 0))
    value = np.where(size > 0, ratio(covariance, size), 0.0)
    return np.where(spread_meant > 0, np.clip(value, -1, 1), np.nan)


def _margins(table: Floats) -> tuple[Floats, Floats, Floats]:
    """Return hits, items meant and items answered of each class, (B, M, C) each."""
    return np.einsum("...cc->...c", table[..., :-1]), table.sum(axis=-1), table.sum(axis=-2)[..., :-1]


def _mean_over_classes(values: Floats, is_there: Bools) -> Floats:
    total = np.where(is_there, np.nan_to_num(values), 0.0).sum(axis=-1)
    return ratio(total, is_there.sum(axis=-1).astype(np.float64))


MEASURES = (balanced_accuracy, macro_f1, mcc)


def has_classes(detail: Detail | None) -> bool:
    """Return whether the items share choices few enough to be classes."""
    return detail is not None and 0 < len(detail.classes) <= MAX_CLASSES


Measure = Callable[[Floats], Floats]


def of_the_original(measure: Measure) -> Prepare:
    """Return the metric that is a measure of the original column."""

    def prepare(cells: Cells) -> Weighted:
        original = cells.select([])
        if not has_classes(cells.detail):
            return undefined
        return lambda weights: np.asarray(measure(confusion(original, weights))[:, 0])

    return prepare


def over_columns(cells: Cells, weights: Floats) -> Floats:
    """Return (B, 3M): each measure of each variant to compare; NaN where there is none or there are no classes."""
    enough = compared(cells)
    if len(enough.columns) < 2 or not has_classes(cells.detail):
        return np.full((len(weights), len(MEASURES)), np.nan)
    table = confusion(enough, weights)
    return np.concatenate([measure(table) for measure in MEASURES], axis=1)


def _register(measure: Measure, label: str, *, low: float = 0.0, **facts: str) -> None:
    """Register a measure of the original prompts, and its mean, worst and spread over the variants."""
    name, title, part = measure.__name__, facts.pop("title", label), (MEASURES.index(measure), len(MEASURES))

    def declared(suffix: str, summary: str, others: dict[str, Any]) -> dict[str, Any]:
        names = (
            {"name": f"{name}_{suffix}", "title": f"{title}, {suffix}"} if suffix else {"name": name, "title": title}
        )
        common = {"direction": "higher", "range": (low, 1.0), "measures": "level", "resamples": RESAMPLES}
        common |= {"undefined": UNDEFINED, "is_share": low == 0.0, "summary": summary}
        return {**common, **facts, **names, **others}

    lower, extreme = label.lower(), {"kind": "extreme"}
    of_original = declared("", f"{label} of the original prompts.", {"needs": "original"})
    of_mean = declared(
        "mean", f"Mean {lower} over the variants, the original among them.", {"formula": f"mean_i of {name}"}
    )
    of_worst = declared(
        "worst",
        f"{label} of the worst variant; falls as more variants are drawn.",
        extreme | {"formula": f"min_i of {name}", "interval": "lowest"},
    )
    of_spread = declared(
        "spread",
        f"Best minus worst variant's {lower}; rises as more variants are drawn.",
        extreme
        | {"formula": f"max_i - min_i of {name}", "interval": "range", "direction": "lower"}
        | {"range": (0.0, 1.0 - low), "measures": "change"},
    )
    weighted_metric(**of_original)(of_the_original(measure))
    variant_metric(over_columns, part=part, **of_mean)(mean)
    variant_metric(over_columns, part=part, **of_worst)(worst)
    variant_metric(over_columns, part=part, **of_spread)(spread)


_register(
    balanced_accuracy,
    "Balanced accuracy",
    formula="(1/C) sum_c hits_c / meant_c",
    source="Brodersen et al. 2010, The balanced accuracy and its posterior distribution, ICPR",
)
_register(
    macro_f1,
    "Macro-F1",
    formula="(1/C) sum_c 2 hits_c / (meant_c + answered_c)",
    source="Opitz and Burst 2019, Macro F1 and Macro F1, arXiv 1911.03347 (their averaged F1)",
)
_register(
    mcc,
    "Matthews correlation",
    low=-1.0,
    title="MCC",
    formula="(N hits - sum_c meant_c answered_c) / sqrt((N^2 - sum meant_c^2) (N^2 - sum answered_c^2))",
    source="Gorodkin 2004, Comparing two K-category assignments by a K-category correlation coefficient",
)
