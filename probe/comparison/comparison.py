"""What a comparison of runs holds: the figures that `probe compare --json` prints and every report of it reads.

Covered: the values. Not covered: how they are computed (`runs`, `rankings`, `changes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probe.metrics import ALL
from probe.record.plain import key, to_plain

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of the runs."""

    label: str
    """The name of its model, with a number where several runs are of one model."""
    id: str
    folder: str
    created: str
    command: str


@dataclass(frozen=True, slots=True)
class Difference:
    """How far run `b` is from run `a` in one metric of one family; b minus a."""

    suite: str
    family: str
    metric: str
    a: str
    b: str
    value_a: float
    value_b: float
    difference: float
    ci_low: float
    ci_high: float
    standard_error: float
    minimum_detectable: float
    p_value: float
    num_items: int
    num_variants: int
    direction: str
    floor_a: float | None
    """What the metric shows in run `a` although nothing was changed; None where that is not known."""
    floor_b: float | None
    net_a: float | None
    """Value minus floor, of metrics that measure change."""
    net_b: float | None
    p_adjusted: float = 1.0
    significant: bool = False


@dataclass(frozen=True, slots=True)
class McNemar:
    """An exact McNemar test of two runs' accuracy on the original prompts."""

    suite: str
    family: str
    test: str
    a: str
    b: str
    statistic: float
    p_value: float
    num_items: int
    num_discordant: int
    minimum_detectable: float | None
    reason: str
    """Why there is no least detectable effect."""
    p_adjusted: float = 1.0
    significant: bool = False


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well the rankings of models under each variant of a suite agree."""

    suite: str
    num_items: int
    num_variants: int
    minimum_detectable: float | None
    minimum_detectable_reason: str
    num_models: int
    kendalls_w: float | None
    kendalls_w_ci_low: float | None
    kendalls_w_ci_high: float | None
    mean_tau: float | None
    mean_tau_ci_low: float | None
    mean_tau_ci_high: float | None
    reason: str
    """Why it is not defined."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """How often the order of two models turns round from variant to variant."""

    suite: str
    num_items: int
    num_variants: int
    minimum_detectable: float | None
    minimum_detectable_reason: str
    a: str
    b: str
    reversal: float | None
    reversal_ci_low: float | None
    reversal_ci_high: float | None
    reversal_of_original: float | None
    reversal_of_original_ci_low: float | None
    reversal_of_original_ci_high: float | None
    reason: str
    """Why it is not defined."""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the manifest that is not the same in both runs."""

    kind: str
    """What it decides: `tokens`, `prompts`, `model`, `versions` or `other`; in this order of weight."""
    entry: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class MovedItem:
    """An item that is newly broken or newly fixed, with one prompt that shows it."""

    suite: str
    item: str
    direction: str
    """`broken` or `fixed`."""
    newly_wrong: int
    newly_right: int
    num_prompts: int
    as_written: bool
    """Whether the example is the original prompt."""
    family: str
    perturbation: str
    sample: int
    text_a: str
    text_b: str
    target_a: str
    target_b: str
    prediction_a: str
    prediction_b: str
    choices_a: tuple[str, ...]
    choices_b: tuple[str, ...]
    probabilities_a: tuple[float, ...]
    probabilities_b: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RunPair:
    """The first run against another one."""

    a: str
    b: str
    changes: tuple[Change, ...]
    num_broken: int
    num_fixed: int
    items: tuple[MovedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """Two runs or more, compared item by item."""

    schema_version: int = SCHEMA_VERSION
    runs: tuple[ComparedRun, ...] = ()
    suites: tuple[str, ...] = field(default=(), metadata=key("suite"))
    weight: str = "families"
    """What weighs equally in rates over all families, of every run alike."""
    differences: tuple[Difference, ...] = ()
    tests: tuple[McNemar, ...] = ()
    rankings: tuple[Ranking, ...] = ()
    reversals: tuple[Reversal, ...] = ()
    verdict: str = ""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """Of each run alone, by label."""
    pairs: tuple[RunPair, ...] = ()

    @property
    def whole(self) -> str:
        """Return the name under which the figures of all suites together stand."""
        return ALL if len(self.suites) > 1 else next(iter(self.suites), "")

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as a JSON object."""
        value: dict[str, Any] = to_plain(self)
        return value
