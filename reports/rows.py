"""A run's two JSON objects as frozen nouns: what the reports read.

Read with tolerance: an unknown key is left alone, an absent or null one is empty, a number that is none is None. A
report is made from runs of other versions too, and a page with a gap says more than no page.

Covered: `summary.json` and the parts of `manifest.json` that commands are made of.
Not covered: opening the files (`probe.record.store`), the rest of the manifest, which is shown as it lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reports.blocks import (
    Blame,
    Budget,
    Outcomes,
    Points,
    Stop,
    TestRow,
    read_budget,
    read_outcomes,
    read_points,
)
from reports.reading import count, each, mapping, number, one, rows, text, texts


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: of a suite (or "all"), under a family (or "clean", "all"); shares of one, not percent."""

    metric: str
    suite: str
    family: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    num_items: int | None
    num_variants: int | None
    direction: str
    noise_floor: float | None
    reason: str
    noise_floor_low: float | None = None
    noise_floor_high: float | None = None
    net: float | None = None
    """What is left above the noise floor, of figures that say how much answers change."""
    net_ci_low: float | None = None
    net_ci_high: float | None = None


@dataclass(frozen=True, slots=True)
class VariantRow:
    """The accuracy of one draw of one perturbation over a suite."""

    suite: str
    family: str
    perturbation: str
    draw: int | None
    accuracy: float | None
    ci_low: float | None
    ci_high: float | None
    num_items: int | None
    balanced_accuracy: float | None = None
    balanced_accuracy_low: float | None = None
    balanced_accuracy_high: float | None = None
    macro_f1: float | None = None
    macro_f1_low: float | None = None
    macro_f1_high: float | None = None
    mcc: float | None = None
    mcc_low: float | None = None
    mcc_high: float | None = None


@dataclass(frozen=True, slots=True)
class Responsiveness:
    """A suite's items by whether their answer stayed where it must and moved where it must."""

    suite: str
    stayed_under: str
    """All of an item's variants, or most."""
    num_items: int | None
    robust: int | None
    constant: int | None
    attentive: int | None
    erratic: int | None
    robust_share: float | None
    constant_share: float | None
    attentive_share: float | None
    erratic_share: float | None


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a variant keeps (or changes) the meaning as it declares, as one check found."""

    name: str
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class FlipRow:
    """An answer that moved, or that should have and did not."""

    id: str
    """The same in every run with the same draws: suite/item/perturbation/draw."""
    suite: str
    item: str
    family: str
    perturbation: str
    draw: int | None
    effect: str
    kind: str
    near_tie: bool
    cause: str
    """Why it moved; empty for an answer that should have moved and did not."""
    target: str
    before_target: str
    before: str
    after: str
    before_prediction: str
    after_prediction: str
    choices: tuple[str, ...]
    """Of the variant, in the order of `after_probabilities`."""
    before_choices: tuple[str, ...]
    before_probabilities: tuple[float | None, ...]
    after_probabilities: tuple[float | None, ...]
    command: str
    """Shows the variant again."""
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Validity:
    """How many variants a rule of validity dropped, how many asked ones it doubted, and on how many people overruled it."""

    suite: str
    perturbation: str
    rule: str
    dropped: int | None
    doubted: int | None
    accepted: int | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """What became of a family's draws on a suite, in (item, draw) pairs."""

    suite: str
    family: str
    fates: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Summary:
    """All of `summary.json`."""

    run: str
    suites: tuple[str, ...]
    model: str
    verdict: str
    metrics: tuple[Metric, ...]
    responsiveness: tuple[Responsiveness, ...]
    variants: tuple[VariantRow, ...]
    flips: tuple[FlipRow, ...]
    flips_total: int
    counts: tuple[Count, ...]
    blame: tuple[Blame, ...]
    outcomes: tuple[Outcomes, ...]
    sensitivity: tuple[Points, ...]
    tests: tuple[TestRow, ...]
    stopping: tuple[Stop, ...]
    budget: Budget | None
    validity: tuple[Validity, ...]
    timing: dict[str, float | None]
    engine: dict[str, Any]
    warnings: tuple[str, ...]

    @property
    def families(self) -> tuple[str, ...]:
        """Return every family that occurs, in the order in which it first does, without "clean" and "all"."""
        named = [row.family for rows in (self.metrics, self.variants, self.flips, self.counts) for row in rows]
        return tuple(name for name in dict.fromkeys(named) if name not in ("clean", "all", ""))

    @property
    def levels(self) -> tuple[float | None, ...]:
        """Return the level of the intervals of each suite that stopped early."""
        return tuple(stop.level for stop in self.stopping)

    def figure(self, metric: str, suite: str, family: str) -> Metric | None:
        """Return the row of one figure, or None where the run has none."""
        wanted = (metric, suite, family)
        return next((row for row in self.metrics if (row.metric, row.suite, row.family) == wanted), None)


def read_summary(raw: Mapping[str, Any]) -> Summary:
    """Return the summary that a JSON object holds."""
    flips = tuple(_flip(row) for row in rows(raw, "flips"))
    suites = raw.get("suite")
    return Summary(
        run=text(raw, "run"),
        suites=(suites,) if isinstance(suites, str) else texts(raw, "suite"),
        model=text(raw, "model"),
        verdict=text(raw, "verdict"),
        metrics=each(Metric, raw, "metrics"),
        responsiveness=each(Responsiveness, raw, "responsiveness"),
        variants=each(VariantRow, raw, "variants"),
        flips=flips,
        flips_total=max(count(raw, "flips_total") or 0, len(flips)),
        counts=tuple(_counted(row) for row in rows(raw, "counts")),
        blame=each(Blame, raw, "blame"),
        outcomes=read_outcomes(raw),
        sensitivity=read_points(raw),
        tests=each(TestRow, raw, "tests"),
        stopping=each(Stop, raw, "stopping"),
        budget=read_budget(raw),
        validity=each(Validity, raw, "validity"),
        timing={key: number(mapping(raw, "timing"), key) for key in mapping(raw, "timing")},
        engine=dict(mapping(raw, "engine")),
        warnings=texts(raw, "warnings"),
    )


def _flip(row: Mapping[str, Any]) -> FlipRow:
    read = one(FlipRow, {key: value for key, value in row.items() if key != "checks"})
    name = f"{read.suite}/{read.item}/{read.perturbation}/{0 if read.draw is None else read.draw}"
    return replace(
        read,
        id=read.id or name,
        before_target=read.before_target or read.target,
        before_choices=read.before_choices or read.choices,
        checks=_checks(row.get("checks")),
    )


def _checks(value: object) -> tuple[Check, ...]:
    """Return checks that are written as rules with their outcomes, as rows or as sentences."""
    if isinstance(value, Mapping):
        return tuple(Check(str(name), str(outcome), "") for name, outcome in value.items())
    found = value if isinstance(value, list) else []
    return tuple(one(Check, row) if isinstance(row, Mapping) else Check(str(row), "", "") for row in found)


def _counted(row: Mapping[str, Any]) -> Count:
    fates = {key: count(row, key) for key in ("asked", "unchanged", "duplicate", "not_applicable")}
    others = {key: count(row, key) for key in row if key not in ("suite", "family") and count(row, key) is not None}
    return Count(text(row, "suite"), text(row, "family"), fates | others)
