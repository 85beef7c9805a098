"""Accuracy, balanced accuracy, macro-F1 and Matthews' correlation of each variant, with intervals.

    format-layout 3   accuracy .81 [.75, .86]   balanced accuracy .79   macro-F1 .80   Matthews' correlation .62

All on the items that the variant was asked on. Accuracy has Wilson's interval; the other three have the percentile interval of
400 resamples of the items (Wilson's where no resample differs), and are None where the items do not share their choices or have
one right answer.

Covered: every variant that was asked, the original first. Not covered: their differences.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from probe.metrics.accuracy import compared, variant_table
from probe.metrics.base import metrics
from probe.metrics.cells import Cells, Floats
from probe.metrics.classes import MEASURES, RESAMPLES, counted, has_classes
from probe.metrics.detail import Detail
from probe.metrics.statistics.intervals import bootstrap, wilson
from probe.metrics.statistics.metric_interval import Resampled, interval_of
from probe.seeds import rng_for

Figure = tuple[float, float, float] | tuple[None, None, None]
"""A value with the ends of its interval."""
CHUNK_CELLS = 2**23
"""Of a table of confusions that is held at once."""


@dataclass(frozen=True, slots=True)
class VariantRow:
    """One variant on the items that it was asked on."""

    suite: str
    family: str
    perturbation: str
    sample: int
    accuracy: float
    ci_low: float
    ci_high: float
    num_items: int
    original_accuracy: float
    """On the same items."""
    balanced_accuracy: float | None
    balanced_accuracy_low: float | None
    balanced_accuracy_high: float | None
    macro_f1: float | None
    macro_f1_low: float | None
    macro_f1_high: float | None
    mcc: float | None
    mcc_low: float | None
    mcc_high: float | None
    effect: str = "label-preserving"
    estimate: float | None = None
    """Accuracy over all items, as figures over variants take it: `probe.metrics.accuracy.variant_table`. On a variant asked
    everywhere it is the accuracy."""
    is_compared: bool = True
    """Whether it was asked on enough items to have a part in figures over variants, such as worst accuracy and spread."""


def variant_rows(suite: str, cells: Cells, *, seed: int) -> list[VariantRow]:
    """Return a row for each variant that was asked, the original first."""
    rows = []
    estimates = variant_table(cells, np.ones((1, len(cells.items))))[0]
    enough = set(compared(cells).columns)
    by_class = _by_class(suite, cells, seed=seed)
    columns = zip(cells.columns, cells.asked.T, cells.correct.T, by_class, estimates, strict=True)
    for column, asked, correct, (balanced, f1, mcc), estimate in columns:
        num_items = int(asked.sum())
        if num_items == 0:
            continue
        accuracy = float(correct[asked].mean())
        low, high = wilson(accuracy, num_items)
        original_accuracy = float(cells.correct[asked, 0].mean())
        place = (suite, column.family, column.perturbation, column.sample)
        row = VariantRow(*place, accuracy, low, high, num_items, original_accuracy, *balanced, *f1, *mcc)
        rows.append(replace(row, effect=column.effect, estimate=float(estimate), is_compared=column in enough))
    return rows


def _by_class(suite: str, cells: Cells, *, seed: int) -> Iterator[Sequence[Figure]]:
    """Return for each column the figures of `MEASURES`."""
    num_columns, num_items, detail = len(cells.columns), len(cells.items), cells.detail
    if detail is None or not has_classes(detail) or not num_items:
        yield from ([(None, None, None)] * len(MEASURES) for _ in range(num_columns))
        return
    drawn = rng_for(seed, "variants by class", suite).getrandbits(64)
    step = max(1, CHUNK_CELLS // (RESAMPLES * len(detail.classes) * (len(detail.classes) + 1)))
    for start in range(0, num_columns, step):
        table = partial(_measured, detail.select(list(range(num_columns)[start : start + step])))
        values = table(np.ones((1, num_items)))[0]
        (resampled,) = bootstrap([table], num_items=num_items, seed=drawn, resamples=RESAMPLES)
        sizes = cells.asked[:, start : start + step].sum(axis=0)
        for column, (row, size) in enumerate(zip(values, sizes, strict=True)):
            yield [
                _figure(measure.__name__, float(value), resampled[:, column, at], int(size))
                for at, (measure, value) in enumerate(zip(MEASURES, row, strict=True))
            ]


def _measured(detail: Detail, weights: Floats) -> Floats:
    """Return (B, M, 3), each measure of each column."""
    table = counted(detail, weights)
    return np.stack([measure(table) for measure in MEASURES], axis=-1)


def _figure(name: str, value: float, drawn: Floats, num_items: int) -> Figure:
    if math.isnan(value):
        return None, None, None
    return value, *interval_of(metrics.get(name), value, Resampled(drawn), num_items=num_items)
