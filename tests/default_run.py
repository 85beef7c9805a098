"""Runs as `probe run` makes them by default, of a model whose truth is known: how often their intervals hold.

    family     columns                                    of each item                        of all items
    format     4 layouts                                  how readily it moves                how much a layout moves (tau)
    typos      4 kinds of slip                            the same, and something of its own
    wording    synonyms, contraction (1 item in 8), ...   the same, and something of its own
    order      1                                          the same, and something of its own
    contrast   1 edit with another answer
    null       4 times the same prompt

An answer moves with logistic(base + offset of the family + item + item in this family + layout). A right answer becomes
wrong; a wrong one becomes right one time in `CHOICES` - 1. Truth: the same figure of many items, each under layouts of its own
(means, which are of other items and other layouts), or of many items under this run's layouts (extremes, which are of these).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

import probe.metrics.rows as rows_module
from probe.metrics import NULL, Cells, Column, measure, metrics
from probe.metrics.accuracy import over_variants

SHARED = frozenset({"format"})
"""The families of a default run all of whose samples are the same for all items; `metrics/test_default_run.py` compares."""
FAMILIES = {
    "format": ("format-layout",) * 4,
    "typos": ("typo-keyboard", "typo-swap", "typo-drop", "typo-double"),
    "wording": ("wording-synonyms", "wording-contraction", "wording-politeness", "wording-filler"),
    "order": ("order-instruction",),
}
OFFSETS = {"format": 0.9, "typos": 0.0, "wording": -0.8, "order": 0.3}
OF_FAMILY = 0.7
"""Standard deviation of what an item has of its own in a family."""
CONTRACTED = 0.125
CHOICES = 3
MANY = 400_000
MEANS = ("flip_rate", "accuracy_mean", "mean_drop", "pdr", "pss", "flip_right_to_wrong", "contrast_accuracy")
SHARES = ("accuracy", "contrast_consistency")
EXTREMES = ("accuracy_worst", "accuracy_best", "spread")


@dataclass(frozen=True)
class Model:
    """A model by its flip rate, how its items differ, how layouts differ, and how often it is right."""

    flips: float
    items: float = 1.5
    layouts: float = 0.5
    right: float = 0.8


def columns():
    """Return the columns of a run."""
    same = [Column(f, name, i, "label-preserving") for f, names in FAMILIES.items() for i, name in enumerate(names)]
    return (
        Column("original", "original", 0, "label-preserving"),
        *same,
        Column("contrast", "contrast-set", 0, "label-altering"),
        *(Column("null", "null", i, "label-preserving") for i in range(4)),
    )


def logistic(x):
    return 1 / (1 + np.exp(-x))


@cache
def base(model):
    """Return the logit at which the families' mean flip rate is the model's, by bisection over quadratures."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    low, high = -40.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        rates = []
        for family, offset in OFFSETS.items():
            width = np.sqrt(model.items**2 + OF_FAMILY**2 + (model.layouts**2 if family == "format" else 0))
            rates.append((logistic(middle + offset + width * nodes) @ weights) / weights.sum())
        low, high = (middle, high) if np.mean(rates) < model.flips else (low, middle)
    return low


def run_of(rng, model, num_items, *, layouts=None, each=False):
    """Return the cells of a run and its layouts' effects, drawn if they are not given, and anew for `each` item if told so."""
    drawn = layouts if isinstance(layouts, np.ndarray) else rng.normal(0, model.layouts, (num_items if each else 1, 4))
    item = rng.normal(0, model.items, (num_items, 1))
    right = rng.random((num_items, 1)) < model.right
    moved, asked = [], []
    for family, names in FAMILIES.items():
        logit = base(model) + OFFSETS[family] + item + rng.normal(0, OF_FAMILY, (num_items, 1))
        logit = logit + drawn if family == "format" else np.repeat(logit, len(names), axis=1)
        moved.append(rng.random(logit.shape) < logistic(logit))
        asked.append(np.ones(logit.shape, bool))
        if family == "wording":
            asked[-1][:, 1] = rng.random(num_items) < CONTRACTED
    moved, asked = np.concatenate(moved, axis=1), np.concatenate(asked, axis=1)
    becomes_right = rng.random(moved.shape) < 1 / (CHOICES - 1)
    correct = np.where(moved, ~right & becomes_right, right)
    prediction = np.where(correct, 0, np.where(moved, 2, 1))
    edited = rng.random((num_items, 1)) < np.where(right, 0.85, 0.4)
    null = np.repeat(right, 4, axis=1)
    correct = np.concatenate([right, correct, edited, null], axis=1).astype(float)
    prediction = np.concatenate([1 - right, prediction, np.where(edited, 10, 11), 1 - null], axis=1).astype(np.int64)
    asked = np.concatenate([np.ones_like(right), asked, np.ones_like(edited), np.ones_like(null)], axis=1)
    correct[~asked], prediction[~asked] = np.nan, -1
    cells = Cells(correct, prediction, np.zeros(correct.shape, bool), columns(), tuple(map(str, range(num_items))))
    return cells, drawn


@contextmanager
def only(names):
    """Leave these metrics alone in the registry: the others have their own tests."""
    kept = {name: metrics.get(name) for name in names}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module.metrics, "values", lambda: kept.values())
        yield


@cache
def truth(model, names):
    """Return the figures of many items, each under layouts of its own."""
    rng = np.random.default_rng([1, round(1e4 * model.flips)])
    found = {}
    with only(names):
        for group in rows_module.task_groups(run_of(rng, model, MANY, each=True)[0]):
            found |= {(task.metric.name, task.family): task.value for task in group}
    return found


@cache
def accuracies(model):
    """Return a grid of layouts' effects, the accuracy under each, and those under other variants, the original first."""
    grid, rng = np.linspace(-4.5, 4.5, 28) * max(model.layouts, 1e-6), np.random.default_rng(2)
    per_layout, others = [], []
    for effects in grid.reshape(-1, 4):
        cells, _ = run_of(rng, model, MANY // 8, layouts=effects)
        table = over_variants(cells.label_preserving(), np.ones((1, len(cells.items))))[0]
        per_layout.append(table[1:5])
        others.append(table[[0, *range(5, len(table))]])
    return grid, np.concatenate(per_layout), np.mean(others, axis=0)


def extremes(model, layouts, family):
    """Return the truth of the figures that are about this run's layouts."""
    grid, accuracy, others = accuracies(model)
    of_layouts = np.interp(layouts.ravel(), grid, accuracy)
    table = np.concatenate([of_layouts, others if family == "all" else others[:1]])
    return {"accuracy_worst": table.min(), "accuracy_best": table.max(), "spread": np.ptp(table)}


def true_value(model, metric, family, layouts):
    """Return the figure that an interval is about, in a run with those layouts."""
    if metric in EXTREMES:
        return extremes(model, layouts, family)[metric]
    return truth(model, (metric,))[metric, family]


def of_families(families):
    """Return what accepts the tasks of these families."""
    return lambda task: task.family in families


def misses(
    model,
    num_items,
    repeats,
    names,
    *,
    seed=3,
    shared=SHARED,
    families=("all", "original", "format", "typos", "contrast"),
):
    """Return, by metric and family, how often the truth lay below and above the interval, and its mean width."""
    found = {}
    true = dict(truth(model, tuple(name for name in names if name not in EXTREMES)))
    with only(names):
        for repeat in range(repeats):
            rng = np.random.default_rng([seed, num_items, repeat])
            cells, layouts = run_of(rng, model, num_items)
            if set(names) & set(EXTREMES):
                for family in ("all", "format"):
                    true |= {(name, family): value for name, value in extremes(model, layouts, family).items()}
            without_null = cells.where(lambda column: column.family != NULL)  # noise floors have tests of their own
            rows = measure("s", without_null, seed=repeat, resamples=400, shared=shared, wanted=of_families(families))
            for row in rows:
                if (row.metric, row.family) in true and row.ci_low is not None and row.ci_high is not None:
                    value = true[row.metric, row.family]
                    counts = (value < row.ci_low - 1e-9, value > row.ci_high + 1e-9, row.ci_high - row.ci_low, 1)
                    found.setdefault((row.metric, row.family), []).append(counts)
    return {key: tuple(np.sum(counts, axis=0)[:3] / len(counts)) for key, counts in found.items()}
