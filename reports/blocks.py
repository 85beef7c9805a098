"""The parts of a run's summary that stand beside its figures, and what an experiment on the same model adds, as frozen nouns.

Covered: blame, the table of outcomes, confidence against sensitivity, tests, stopping, budget, attribution.
Not covered: figures, variants, flips and counts (`reports.rows`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reports.reading import each, mapping, one, rows


@dataclass(frozen=True, slots=True)
class Blame:
    """A family's part of all flips."""

    family: str
    flips: int | None
    pairs: int | None
    share: float | None


@dataclass(frozen=True, slots=True)
class Tried:
    """A variant of the table of outcomes, most sensitive first."""

    family: str
    perturbation: str
    draw: int | None
    effect: str
    asked: int | None
    moved: int | None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item of the table of outcomes: a letter for each variant."""

    item: str
    asked: int | None
    moved: int | None
    clean: str
    cells: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A suite's most sensitive items under its most sensitive variants."""

    suite: str
    num_items: int | None
    num_variants: int | None
    variants: tuple[Tried, ...] = ()
    items: tuple[ItemRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """An item (or, of many, how many items) by confidence as written and share of variants that moved its answer."""

    item: str
    confidence: float | None
    flip_rate: float | None
    num_items: int | None


@dataclass(frozen=True, slots=True)
class Points:
    """A suite's items by confidence and sensitivity."""

    suite: str
    num_items: int | None
    is_binned: bool
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class TestRow:
    """Whether what a family shows is more than chance."""

    __test__ = False

    suite: str
    family: str
    test: str
    statistic: float | None
    p_value: float | None
    p_adjusted: float | None
    significant: bool
    num_items: int | None
    minimum_detectable: float | None
    reason: str
    """Why there is no least detectable effect."""
    variant: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a suite stopped because its flip rate was known well enough."""

    suite: str
    target: float | None
    num_items: int | None
    num_available: int | None
    level: float | None
    flip_rate: float | None
    ci_low: float | None
    ci_high: float | None
    reached: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """How accuracy is estimated to lie over all prompts, at the budget's quantiles."""

    suite: str
    family: str
    num_prompts: int | None
    num_items: int | None
    cells: int | None
    calls: int | None
    mean: float | None
    values: tuple[float | None, ...]
    ci_low: tuple[float | None, ...]
    ci_high: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class NotRun:
    """Variants of items that the budget left out."""

    suite: str
    family: str
    cells: int | None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a budget paid for."""

    budget: int | None
    calls: int | None
    cells: int | None
    estimator: str
    quantiles: tuple[float | None, ...]
    not_run: tuple[NotRun, ...] = ()
    estimates: tuple[Estimate, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """A factor's part of the spread of one outcome."""

    outcome: str
    name: str
    share: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a designed experiment found: which part of the prompt moves the answers."""

    suite: str
    model: str
    verdict: str
    num_items: int | None
    num_runs: int | None
    num_evaluations: int | None
    spread: tuple[Share, ...] = ()


def read_outcomes(raw: Mapping[str, Any]) -> tuple[Outcomes, ...]:
    """Return the tables of outcomes of a summary."""
    return tuple(
        replace(one(Outcomes, row), variants=each(Tried, row, "variants"), items=each(ItemRow, row, "items"))
        for row in rows(raw, "outcomes")
    )


def read_points(raw: Mapping[str, Any]) -> tuple[Points, ...]:
    """Return the items by confidence and sensitivity of a summary."""
    return tuple(replace(one(Points, row), points=each(Point, row, "points")) for row in rows(raw, "sensitivity"))


def read_budget(raw: Mapping[str, Any]) -> Budget | None:
    """Return what a summary says of its budget; None where there was none."""
    found = mapping(raw, "budget")
    if not found:
        return None
    return replace(
        one(Budget, found), not_run=each(NotRun, found, "not_run"), estimates=each(Estimate, found, "estimates")
    )


def read_attribution(raw: Mapping[str, Any]) -> Attribution:
    """Return the attribution that an experiment's JSON object holds; its outcome "correct" only."""
    spread = tuple(row for row in each(Share, raw, "spread") if row.outcome == "correct")
    return replace(one(Attribution, raw), spread=spread)
