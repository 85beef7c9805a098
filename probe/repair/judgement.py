"""What repair is found to be worth: the figures that `judgement.json` in an adapter's folder holds and every report reads.

    Judgement
        arms           the cure, and what it is compared with: no cure, augmentation, F2C's loss, a calibration, a vote
        figures        suite x section x family x metric x arm: before, after, difference with its interval
        targets        what a cure should reach, and whether it does
        statements     what the figures say, in sentences that are made of them
        layers         hidden states before and after
        salience       on which tokens an answer hangs, before and after

Covered: the values. Not covered: how they are computed (`judge`, `figures`, `findings`, `states`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from probe.record.plain import from_plain, to_plain
from probe.repair.curves import Curves

SCHEMA_VERSION = 1

Section = Literal["clean", "contrast", "trained", "held-out-formats", "held-out-families", "held-out-suites"]
SECTIONS: tuple[tuple[Section, str], ...] = (
    ("clean", "as written"),
    ("contrast", "contrast sets"),
    ("trained", "trained families"),
    ("held-out-formats", "formats never trained"),
    ("held-out-families", "families never trained"),
    ("held-out-suites", "suites never trained"),
)
"""What a cure is judged on, with titles, in the order of tables."""

Kind = Literal["none", "training", "calibration", "vote"]
UNREPAIRED = "unrepaired"
AUGMENTATION = "augmentation"
F2C = "f2c"
REPAIR = "repair"
CALIBRATION = "calibration"
VOTE = "vote"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """A way to answer that is compared."""

    name: str
    title: str
    kind: Kind
    summary: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of a training: what it was trained with."""
    chose: str = ""
    """Of a method without training: what it found or chose."""
    reason: str = ""
    """Why it has no figures; empty where it has."""
    training_tokens: tuple[int, ...] = ()
    """Computed in training, for each seed."""
    steps: tuple[int, ...] = ()
    seconds: tuple[float, ...] = ()
    """Of training, for each seed."""
    kept: tuple[int, ...] = ()
    """The step whose weights were kept, for each seed; 0: the validation items chose the model as it was."""
    stopped: tuple[str, ...] = ()
    """Why trainings ended before their time."""
    curves: tuple[Curves, ...] = ()
    """How each training went; empty in judgements of before they were kept."""
    calls: float = 1.0
    """Prompts asked for an answer."""
    tokens: float | None = None
    """Tokens read for an answer; None where they were not counted."""

    @property
    def mean_training_tokens(self) -> float:
        """Return the mean over seeds of what was computed in training; 0 without one."""
        return sum(self.training_tokens) / max(1, len(self.training_tokens))

    @property
    def mean_seconds(self) -> float:
        """Return the mean over seeds of the time of training; 0 without one."""
        return sum(self.seconds) / max(1, len(self.seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One metric of one arm on one part of what is judged. Differences are after less before."""

    suite: str
    section: Section
    family: str
    """A family's name, `original`, or `all` for a section's families together."""
    metric: str
    direction: str
    arm: str
    before: float | None
    """Of the unrepaired model on the same variants."""
    after: float | None
    """Mean over seeds."""
    by_seed: tuple[float | None, ...] = ()
    difference: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    """95 %, paired, over other items and, of trainings, other seeds."""
    over_augmentation: float | None = None
    """The metric less that of augmentation of the same seeds; None of arms that are not trained."""
    over_low: float | None = None
    over_high: float | None = None
    seeds_share: float = 0.0
    """Of the variance of the difference, by seeds."""
    num_items: int = 0
    num_variants: int = 0
    reason: str = ""
    """Why it is not defined."""

    @property
    def margin(self) -> float | None:
        """Return half the width of the interval of the difference."""
        return None if self.ci_low is None or self.ci_high is None else (self.ci_high - self.ci_low) / 2

    @property
    def significant(self) -> bool:
        """Return whether the interval of the difference leaves out 0."""
        return self.ci_low is not None and self.ci_high is not None and not self.ci_low <= 0 <= self.ci_high

    @property
    def is_better(self) -> bool:
        """Return whether the difference is in the direction that is better."""
        return (
            self.difference is not None
            and self.difference != 0
            and (self.difference > 0) == (self.direction == "higher")
        )

    @property
    def after_low(self) -> float | None:
        """Return the lower end of the difference's interval, laid off from the figure before; no share is below 0."""
        return None if self.before is None or self.ci_low is None else max(0.0, self.before + self.ci_low)

    @property
    def after_high(self) -> float | None:
        """Return the upper end of the difference's interval, laid off from the figure before; no share is above 1."""
        return None if self.before is None or self.ci_high is None else min(1.0, self.before + self.ci_high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that a cure should reach on a suite."""

    suite: str
    name: str
    reached: bool | None
    """None: there was nothing to reach, or nothing to see it by."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the figures say, as a sentence."""

    suite: str
    name: str
    holds: bool | None
    """None: the interval leaves it open."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerChange:
    """A figure of the hidden states of one layer, before and after; `probe.metrics.representation`."""

    suite: str
    layer: int
    metric: str
    family: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SalienceChange:
    """The tokens of one prompt that speak for the wrong answer against the right one, before and after."""

    suite: str
    item: str
    family: str
    toward: str
    against: str
    margin_before: float
    """Log-probability (nats) of the one answer less that of the other."""
    margin_after: float
    tokens: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything that is known about a cure."""

    model: str
    adapter: str
    created: str
    suites: tuple[str, ...]
    other_suites: tuple[str, ...]
    seeds: tuple[int, ...]
    families: tuple[str, ...]
    """Trained."""
    held_out: tuple[str, ...]
    arms: tuple[ArmResult, ...]
    figures: tuple[Figure, ...]
    targets: tuple[Target, ...]
    statements: tuple[Statement, ...]
    layers: tuple[LayerChange, ...] = ()
    salience: tuple[SalienceChange, ...] = ()
    seconds: float = 0.0
    schema_version: int = SCHEMA_VERSION

    @property
    def curves(self) -> tuple[Curves, ...]:
        """Return how all trainings went, arm by arm."""
        return tuple(one for arm in self.arms for one in arm.curves)

    def figure(self, suite: str, section: str, family: str, metric: str, arm: str) -> Figure | None:
        """Return one figure; None where there is none."""
        wanted = (suite, section, family, metric, arm)
        return next(
            (one for one in self.figures if (one.suite, one.section, one.family, one.metric, one.arm) == wanted), None
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as `judgement.json` holds it."""
        return dict(to_plain(self))

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Judgement:
        """Return what `judgement.json` holds."""
        return from_plain(cls, raw)
