"""Batch calibration with a strength: the prior is taken out with the power that is best on training items.

    argmax over y of log p(y | x) - g log p(y)        g = 0: as answered; g = 1: batch calibration

Zhou et al. 2023, arXiv 2309.17249, section 3 (BCL, the few-shot form). Deviations: the grid of g is ours, 0 to 2 in steps of .1;
g is chosen under the prompt's own layout and three fresh ones, none of which is judged: under the own one alone, which a model
may know by heart, every strength does as well. Of equally accurate strengths the likelier targets decide, then the nearest to 1.

Covered: as `batch_calibration`. Not covered: as there; suites without training items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probe.experiments.search import variant_of
from probe.metrics.cells import Floats, Ints
from probe.mitigate.base import Bench, NotApplicable, Outcome, method
from probe.mitigate.batch_calibration import log_prior
from probe.mitigate.probabilities import (
    LEAST_A_CLASS,
    Rows,
    facts_of,
    formats_of,
    imbalance,
    in_words,
    offsets_of,
    rows_of,
    shifted,
)
from probe.mitigate.templates import fresh_layouts
from probe.seeds import rng_for
from probe.types import Item, Layout

GRID = np.round(np.arange(0, 2.05, 0.1), 1)
ITEMS = 48
"""Training items asked under each layout, or ten for each class where that is more."""
LAYOUTS = 3
"""Fresh ones, beside the prompt's own."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Training items answered under one layout."""

    logs: Floats
    """(M, C) log-probabilities by class, nats."""
    targets: Ints
    """(M,)"""


@method("batch-calibration-strength", kind="calibration", source="Zhou et al. 2023, arXiv 2309.17249, section 3 (BCL)")
def batch_calibration_strength(bench: Bench) -> Outcome:
    """Divide by a power of the mean probability of each class; the power is chosen on training items."""
    rows = rows_of(bench)
    offsets = offsets_of(rows, lambda own: -log_prior(own))
    strength, right = strength_of(trials(bench, rows))
    after = shifted(rows, {group: strength * offset for group, offset in offsets.items()})
    priors = {group: np.exp(-offset) for group, offset in offsets.items()}
    return Outcome(
        after,
        keeps=True,
        chose=f"strength {strength:.1f}, {right:.2f} right on training items; " + in_words(rows, priors, what="prior"),
        warnings=imbalance(rows, after),
        details={**facts_of(rows, after, priors, called="prior"), "strength": strength, "training accuracy": right},
    )


def strength_of(given: Sequence[Trial]) -> tuple[float, float]:
    """Return the strength that is right most often over trials of equal weight, and how often that is."""
    tried = []
    for strength in GRID:
        right, likely = np.mean([_worth(trial, float(strength)) for trial in given], axis=0)
        tried.append((round(float(right), 12), round(float(likely), 9), -abs(float(strength) - 1), float(strength)))
    best = max(tried)
    return best[-1], best[0]


def _worth(trial: Trial, strength: float) -> tuple[float, float]:
    """Return accuracy and mean log-probability of the targets, calibrated with a strength."""
    values = trial.logs - strength * log_prior(np.exp(trial.logs))
    top = values.max(axis=1, keepdims=True)
    logs = values - top - np.log(np.exp(values - top).sum(axis=1, keepdims=True))
    of_target = logs[np.arange(len(logs)), trial.targets]
    # A tie is right by no rule.
    others = np.where(np.arange(logs.shape[1]) == trial.targets[:, None], -np.inf, logs).max(axis=1)
    return float((of_target > others).mean()), float(np.maximum(of_target, -100.0).mean())


def trials(bench: Bench, rows: Rows) -> list[Trial]:
    """Ask training items under the prompt's own layout and fresh ones.

    Raises:
        NotApplicable: there are too few, or no model.
    """
    num_classes = len(rows.names)
    pool = [item for item in bench.training if len(item.prompt.choices) == num_classes]
    wanted = max(ITEMS, LEAST_A_CLASS * num_classes)
    least = LEAST_A_CLASS * num_classes
    if len(pool) < least:
        raise NotApplicable(f"{len(pool)} training items are too few to choose a strength on: it takes {least}")
    rng = rng_for(bench.plan.seed, bench.suite.name, "batch-calibration-strength")
    items = rng.sample(pool, min(wanted, len(pool)))
    layouts = layouts_tried(bench)
    asked = [variant_of(item, layout, place) for place, layout in enumerate(layouts) for item in items]
    found = rows_of(bench, bench.try_out(asked)).rows
    made = []
    for start in range(0, len(asked), len(items)):
        answered = [row for row in found[start : start + len(items)] if row is not None]
        if answered:
            logs = np.array([row.values for row in answered])
            made.append(Trial(logs, np.array([_place(row.score.variant.item, rows) for row in answered])))
    if not made:
        raise NotApplicable("no answer to a training item has probabilities over its choices")
    return made


def layouts_tried(bench: Bench) -> list[Layout | None]:
    """Return the prompt's own layout (None) and fresh ones; none that is judged."""
    if bench.suite.items[0].prompt.is_template:
        return [None]
    judged = [variant.perturbed.prompt for variant in formats_of(bench).values()]
    try:
        return [None, *fresh_layouts(bench.suite, LAYOUTS, seed=bench.plan.seed, unlike=judged)]
    except NotApplicable:
        return [None]


def _place(item: Item, rows: Rows) -> int:
    """Return the place of an item's target among the names."""
    names = rows.names if rows.by == "class" else item.prompt.choices
    return names.index(item.target)
