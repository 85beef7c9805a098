"""How many items and samples an interval of a wanted width needs, from a pilot run or from cautious assumptions.

    half-width = z sqrt((between + within / M) / N)             for these M variants of each item, over other items
               = z sqrt((between + within / M) / N + shared / M)    over other formats and wordings as well

Twenty items without a flip do not say that there are none: the variance is at least what the pilot cannot exclude (`floored`).
`shared` is how far the variants that all items share differ in their own rates: no number of items takes that away, only
draws do. Covered: the flip rate over all families, original accuracy. Not covered: other metrics.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from probe.evaluation.run import Plan
from probe.metrics import NULL, Cells, metrics
from probe.metrics.cells import Floats
from probe.metrics.flips import flipped
from probe.metrics.rates import members_of, shares_of
from probe.metrics.statistics.power import Components, components_of, floored, half_width, items_needed, variants_needed
from probe.record.run import read_run
from probe.types import Suite

ASSUMED_RATE = 0.5
"""Of which a share of independent items has the largest variance."""
ASSUMED_CORRELATION = 0.5
"""Of two variants of an item: above what the shipped suites show for most families."""


@dataclass(frozen=True, slots=True)
class Need:
    """What the interval of one metric of one suite needs."""

    suite: str
    metric: str
    target: float
    rate: float
    correlation: float
    """Of two variants of one item."""
    source: str
    """The pilot, or that it is assumed."""
    samples: int
    items_needed: int
    """With that many samples, for these variants."""
    items_available: int
    half_width: float
    """That all items of the suite give, for these variants."""
    samples_needed: int | None
    """With all items of the suite, for these variants; None where no number is enough."""
    shared_half_width: float | None
    """What other formats and wordings add at these draws, however many items; None where it is not known."""
    shared_samples_needed: int | None
    """Draws at which that is at most the target; None where it is not known."""
    not_in_pilot: tuple[str, ...] = ()
    """Families that the plan has and the pilot did not ask: nothing is known of them."""


def needs(suites: list[Suite], plan: Plan, *, target: float, pilot: Path | None = None) -> list[dict[str, Any]]:
    """Say for each suite what the flip rate and the accuracy need."""
    cells = _pilot_cells(pilot)
    source = f"pilot {pilot}" if pilot is not None else "assumed"
    families = tuple(
        dict.fromkeys(
            one.family for one in plan.perturbations if one.effect == "label-preserving" and one.family != NULL
        )
    )
    rows = []
    for suite in suites:
        num_items = len(suite.items[: plan.limit])
        facts = _Facts(suite.name, target, plan.samples, num_items)
        pilot_cells = cells.get(suite.name)
        flips, shared = _flips(None, plan.shared)
        accuracy, has_flips = Components.assumed(ASSUMED_RATE, 1.0), False
        missing: tuple[str, ...] = ()
        if pilot_cells is not None:
            own = pilot_cells.where(lambda column: column.effect == "label-preserving" and column.family in families)
            flips, shared = _flips(own, plan.shared)
            has_flips = len(own.columns) > 1
            accuracy = floored(components_of(pilot_cells.correct[:, :1]), items=len(pilot_cells.items))
            asked = pilot_cells.label_preserving().families
            missing = tuple(family for family in families if family not in asked)
        row = _need(facts, "flip_rate", flips, shared, len(families), source if has_flips else "assumed")
        rows.append(replace(row, not_in_pilot=missing))
        rows.append(_need(facts, "accuracy", accuracy, None, 0, "assumed" if pilot_cells is None else source))
    return [asdict(row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the needs of a suite's metrics have in common."""

    suite: str
    target: float
    samples: int
    items: int


def _pilot_cells(pilot: Path | None) -> dict[str, Cells]:
    """Read a pilot's outcomes.

    Raises:
        UsageError: there is no such folder, or it is no run.
    """
    if pilot is None:
        return {}
    return read_run(pilot).cells()


def _need(
    facts: _Facts, metric: str, components: Components, shared: float | None, num_families: int, source: str
) -> Need:
    target, samples, items = facts.target, facts.samples, facts.items
    variants = max(1, num_families * samples)
    wanted = variants_needed(components, target=target, items=items) if num_families else None
    of_variants = None if shared is None else Components(0, shared, 0)
    return Need(
        suite=facts.suite,
        metric=metric,
        target=target,
        rate=components.rate,
        correlation=components.correlation,
        source=source,
        samples=samples,
        items_needed=items_needed(components, target=target, variants=variants),
        items_available=items,
        half_width=half_width(components, items=items, variants=variants),
        samples_needed=None if wanted is None else max(1, -(-wanted // num_families)),
        shared_half_width=None if of_variants is None else half_width(of_variants, items=samples, variants=1),
        shared_samples_needed=None if of_variants is None else items_needed(of_variants, target=target, variants=1),
    )


def _flips(cells: Cells | None, shared: frozenset[str]) -> tuple[Components, float | None]:
    """Return the components of the flip rate given the variants, and the variance for one sample of those that are shared."""
    if cells is None or len(cells.columns) < 2:
        return Components.assumed(ASSUMED_RATE, ASSUMED_CORRELATION), None
    table = np.where(cells.comparable, flipped(cells), np.nan)
    families = np.array([column.family for column in cells.columns[1:]])
    components = components_of(_centred(table))
    rate = metrics.get("flip_rate").value(cells)
    names, members = members_of(cells, table.shape[1])
    weights = dict(zip(names, shares_of(cells.asked[:, 1:], members, by_pairs=cells.weight == "pairs"), strict=True))
    added = 0.0
    for family in shared & set(families):
        own = table[:, families == family]
        if own.shape[1] > 1:
            added += float(weights[family]) ** 2 * _between_columns(own)
    found = Components(rate, components.between, components.within)
    return floored(found, items=int(cells.asked[:, 1:].any(axis=1).sum())), added


def _centred(table: Floats) -> Floats:
    """Return the table with every column's mean moved to that of all: for given variants their own rates are no chance."""
    return np.asarray(table - np.nanmean(table, axis=0) + np.nanmean(table))


def _between_columns(table: Floats) -> float:
    """Return the variance of the columns' own rates, without what their finite number of items adds."""
    means = np.nanmean(table, axis=0)
    chance = np.nanvar(table, axis=0) / (~np.isnan(table)).sum(axis=0)
    return max(0.0, float(means.var(ddof=1) - chance.mean()))
