"""A run's two JSON objects as frozen nouns: what the reports read.

Read with tolerance: an unknown key is left alone, an absent or null one is empty, a number that is none is None. A
report is made from runs of other versions too, and a page with a gap says more than no page.

Covered: `summary.json` and the parts of `manifest.json` that commands are made of.
Not covered: opening the files (`probe.store`), the rest of the manifest, which is shown as it lies.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
class FlipRow:
    """An answer that moved, or that should have and did not."""

    suite: str
    item: str
    family: str
    perturbation: str
    draw: int | None
    effect: str
    kind: str
    near_tie: bool
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


@dataclass(frozen=True, slots=True)
class Count:
    """What became of a family's draws on a suite, in (item, draw) pairs."""

    suite: str
    family: str
    asked: int | None
    unchanged: int | None
    duplicate: int | None
    not_applicable: int | None


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
    timing: dict[str, float | None]
    engine: dict[str, Any]
    warnings: tuple[str, ...]

    @property
    def families(self) -> tuple[str, ...]:
        """Give every family that occurs, in the order in which it first does, without "clean" and "all"."""
        named = [row.family for rows in (self.metrics, self.variants, self.flips, self.counts) for row in rows]
        return tuple(name for name in dict.fromkeys(named) if name not in ("clean", "all", ""))

    def figure(self, metric: str, suite: str, family: str) -> Metric | None:
        """Give the row of one figure, or None where the run has none."""
        wanted = (metric, suite, family)
        return next((row for row in self.metrics if (row.metric, row.suite, row.family) == wanted), None)


def read_summary(raw: Mapping[str, Any]) -> Summary:
    """Give the summary that a JSON object holds."""
    flips = tuple(_flip(row) for row in _rows(raw, "flips"))
    suites = raw.get("suite")
    return Summary(
        run=_text(raw, "run"),
        suites=(suites,) if isinstance(suites, str) else _texts(raw, "suite"),
        model=_text(raw, "model"),
        verdict=_text(raw, "verdict"),
        metrics=tuple(_metric(row) for row in _rows(raw, "metrics")),
        responsiveness=tuple(_responsiveness(row) for row in _rows(raw, "responsiveness")),
        variants=tuple(_variant(row) for row in _rows(raw, "variants")),
        flips=flips,
        flips_total=max(_count(raw, "flips_total") or 0, len(flips)),
        counts=tuple(_counted(row) for row in _rows(raw, "counts")),
        timing={key: _number(_object(raw, "timing"), key) for key in _object(raw, "timing")},
        engine=dict(_object(raw, "engine")),
        warnings=_texts(raw, "warnings"),
    )


def _metric(row: Mapping[str, Any]) -> Metric:
    return Metric(
        metric=_text(row, "metric"),
        suite=_text(row, "suite"),
        family=_text(row, "family"),
        value=_number(row, "value"),
        ci_low=_number(row, "ci_low"),
        ci_high=_number(row, "ci_high"),
        num_items=_count(row, "num_items"),
        num_variants=_count(row, "num_variants"),
        direction=_text(row, "direction"),
        noise_floor=_number(row, "noise_floor"),
        reason=_text(row, "reason"),
        noise_floor_low=_number(row, "noise_floor_low"),
        noise_floor_high=_number(row, "noise_floor_high"),
    )


def _responsiveness(row: Mapping[str, Any]) -> Responsiveness:
    return Responsiveness(
        suite=_text(row, "suite"),
        stayed_under=_text(row, "stayed_under"),
        num_items=_count(row, "num_items"),
        robust=_count(row, "robust"),
        constant=_count(row, "constant"),
        attentive=_count(row, "attentive"),
        erratic=_count(row, "erratic"),
        robust_share=_number(row, "robust_share"),
        constant_share=_number(row, "constant_share"),
        attentive_share=_number(row, "attentive_share"),
        erratic_share=_number(row, "erratic_share"),
    )


def _variant(row: Mapping[str, Any]) -> VariantRow:
    return VariantRow(
        suite=_text(row, "suite"),
        family=_text(row, "family"),
        perturbation=_text(row, "perturbation"),
        draw=_count(row, "draw"),
        accuracy=_number(row, "accuracy"),
        ci_low=_number(row, "ci_low"),
        ci_high=_number(row, "ci_high"),
        num_items=_count(row, "num_items"),
    )


def _flip(row: Mapping[str, Any]) -> FlipRow:
    choices = _texts(row, "choices")
    return FlipRow(
        suite=_text(row, "suite"),
        item=_text(row, "item"),
        family=_text(row, "family"),
        perturbation=_text(row, "perturbation"),
        draw=_count(row, "draw"),
        effect=_text(row, "effect"),
        kind=_text(row, "kind"),
        near_tie=row.get("near_tie") is True,
        target=_text(row, "target"),
        before_target=_text(row, "before_target") or _text(row, "target"),
        before=_text(row, "before"),
        after=_text(row, "after"),
        before_prediction=_text(row, "before_prediction"),
        after_prediction=_text(row, "after_prediction"),
        choices=choices,
        before_choices=_texts(row, "before_choices") or choices,
        before_probabilities=_numbers(row, "before_probabilities"),
        after_probabilities=_numbers(row, "after_probabilities"),
        command=_text(row, "command"),
    )


def _counted(row: Mapping[str, Any]) -> Count:
    return Count(
        suite=_text(row, "suite"),
        family=_text(row, "family"),
        asked=_count(row, "asked"),
        unchanged=_count(row, "unchanged"),
        duplicate=_count(row, "duplicate"),
        not_applicable=_count(row, "not_applicable"),
    )


def _object(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key)
    return value if isinstance(value, Mapping) else {}


def _list(raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key)
    return value if isinstance(value, list) else []


def _rows(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [row for row in _list(raw, key) if isinstance(row, Mapping)]


def _texts(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(value) for value in _list(raw, key) if value is not None)


def _numbers(raw: Mapping[str, Any], key: str) -> tuple[float | None, ...]:
    return tuple(_finite(value) for value in _list(raw, key))


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return "" if value is None else str(value)


def _number(raw: Mapping[str, Any], key: str) -> float | None:
    return _finite(raw.get(key))


def _count(raw: Mapping[str, Any], key: str) -> int | None:
    value = _finite(raw.get(key))
    return None if value is None else int(value)


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
