"""The summary of a run: the figures that `--json` prints, `summary.json` holds and every report reads.

    results --> probe.record.summarise --> Summary --> JSON --> Summary --> console, page, Markdown, gate, history

Covered: what a summary holds, and reading one. Not covered: how it is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from probe.evaluation.budget import BudgetReport
from probe.evaluation.stopping import Stop
from probe.metrics import Row, VariantRow
from probe.metrics.by_class import ClassRow
from probe.metrics.family_tests import TestRow
from probe.metrics.responsiveness import Quadrants
from probe.metrics.statistics.intervals import LEVEL
from probe.metrics.taxonomy import Following
from probe.models.base import EngineUsage
from probe.record.outcomes import FlipShare, OutcomeTable, SensitivityPoints, in_todays_letters
from probe.record.plain import from_plain, key, to_plain
from probe.registry import unknown_name

SCHEMA_VERSION = 4
"""Raised when a key changes its name or meaning."""
FLIPS_ALONE = 3
"""The version since which `flips` and `flips_total` hold no contrast failures."""

FLIPS_BY_KIND = 4
"""The version since which the letters of `outcomes` tell what a flip was from and to."""


@dataclass(frozen=True, slots=True)
class FlipRow:
    """A flip, or a contrast failure: an answer that should have moved and did not."""

    id: str
    """The same in every run with the same draws: suite/item/perturbation/draw."""
    suite: str
    item: str
    family: str
    perturbation: str
    sample: int
    effect: str
    kind: str
    near_tie: bool
    cause: str | None
    """Why it moved; None for a contrast failure."""
    target: str
    before_target: str
    before: str
    after: str
    before_prediction: str
    after_prediction: str
    choices: tuple[str, ...]
    """Of the variant, in the order of `after_probabilities`."""
    before_choices: tuple[str, ...]
    before_probabilities: tuple[float, ...]
    after_probabilities: tuple[float, ...]
    checks: Mapping[str, str]
    """The outcome of each validity rule."""
    command: str
    """Shows the variant again."""


@dataclass(frozen=True, slots=True)
class CountRow:
    """What became of a family's samples on a suite, in (item, draw) pairs."""

    suite: str
    family: str
    asked: int = 0
    unchanged: int = 0
    duplicate: int = 0
    not_applicable: int = 0
    invalid: int = 0


@dataclass(frozen=True, slots=True)
class ValidityRow:
    """How many variants a validity rule dropped, how many it doubts, and how many a person accepted against it."""

    suite: str
    perturbation: str
    rule: str
    dropped: int = 0
    doubted: int = 0
    accepted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All figures of a run."""

    schema_version: int = SCHEMA_VERSION
    run: str = ""
    """The run's folder."""
    suites: tuple[str, ...] = field(default=(), metadata=key("suite"))
    model: str = ""
    verdict: str = ""
    metrics: tuple[Row, ...] = ()
    flip_shares: tuple[FlipShare, ...] = field(default=(), metadata=key("flip_share"))
    responsiveness: tuple[Quadrants, ...] = ()
    classes: tuple[ClassRow, ...] = ()
    variants: tuple[VariantRow, ...] = ()
    outcomes: tuple[OutcomeTable, ...] = ()
    sensitivity: tuple[SensitivityPoints, ...] = ()
    tests: tuple[TestRow, ...] = ()
    flips: tuple[FlipRow, ...] = ()
    """The worst ones."""
    flips_total: int = 0
    """Label-preserving variants whose answer differs from the original's."""
    flips_near_tie: int = 0
    contrast_failures: tuple[FlipRow, ...] = ()
    """Label-altering edits that are answered wrong although the original is answered right, the surest first."""
    contrast_failures_total: int = 0
    contrast_edits_total: int = 0
    """Label-altering edits that were asked."""
    flips_position_or_symbol: int = 0
    places: tuple[Following, ...] = ()
    counts: tuple[CountRow, ...] = ()
    validity: tuple[ValidityRow, ...] = ()
    level: float = LEVEL
    """Of the intervals of all suites together."""
    resample: str = ""
    weight: str = "pairs"
    """What weighs equally in rates over all families. Runs of earlier versions do not say: there it was each pair."""
    stopping: tuple[Stop, ...] = ()
    budget: BudgetReport | None = None
    timing: Mapping[str, float] = field(default_factory=dict)
    engine: EngineUsage = field(default_factory=EngineUsage)
    warnings: tuple[str, ...] = ()

    @property
    def families(self) -> tuple[str, ...]:
        """Return every family that occurs, in order of first occurrence, without "original" and "all"."""
        named = [row.family for rows in (self.metrics, self.variants, self.flips, self.counts) for row in rows]
        return tuple(name for name in dict.fromkeys(named) if name not in ("original", "all", ""))

    @property
    def levels(self) -> tuple[float, ...]:
        """Return the level of the intervals of each suite that stopped early."""
        return tuple(stop.level for stop in self.stopping)

    def row(self, metric: str, suite: str, family: str) -> Row | None:
        """Return the row of one figure; None where the run has none."""
        wanted = (metric, suite, family)
        return next((row for row in self.metrics if (row.metric, row.suite, row.family) == wanted), None)

    def figure(self, metric: str, *, family: str = "all", suite: str = "") -> float | None:
        """Return the value of a figure, None where it is not defined; `suite` may be left out where there is one.

        Raises:
            UsageError: the run has no such figure; the message names the near ones.
        """
        suite = suite or (self.suites[0] if len(self.suites) == 1 else "all")
        found = self.row(metric, suite, family)
        if found is None:
            known = sorted({f"{row.metric} {row.family} {row.suite}" for row in self.metrics})
            raise unknown_name("figure", f"{metric} {family} {suite}", known)
        return found.value

    def to_json(self) -> dict[str, Any]:
        """Return the summary as a JSON object."""
        value: dict[str, Any] = to_plain(self)
        return value


def read_summary(raw: Mapping[str, Any]) -> Summary:
    """Return the summary that a JSON object holds, of this or an earlier version."""
    read = from_plain(Summary, raw)
    flips = tuple(map(_completed, read.flips))
    failures = tuple(map(_completed, read.contrast_failures))
    if read.schema_version < FLIPS_ALONE:
        failures, flips = _parted(flips)
        moved = sum(share.flips for share in read.flip_shares)
        total = max(moved, len(flips)) if read.flip_shares else max(read.flips_total - len(failures), len(flips))
        lost = max(read.flips_total - total, len(failures))
        read = replace(read, flips_total=total, contrast_failures_total=lost)
    if read.schema_version < FLIPS_BY_KIND:
        read = replace(read, outcomes=tuple(map(in_todays_letters, read.outcomes)))
    return replace(read, flips=flips, contrast_failures=failures, flips_total=max(read.flips_total, len(flips)))


def _parted(flips: tuple[FlipRow, ...]) -> tuple[tuple[FlipRow, ...], tuple[FlipRow, ...]]:
    """Return the contrast failures among what an earlier version counted as flips, and the flips."""
    failures = tuple(one for one in flips if one.effect == "label-altering")
    return failures, tuple(one for one in flips if one.effect != "label-altering")


def _completed(flip: FlipRow) -> FlipRow:
    """Return a flip with what earlier versions did not write."""
    return replace(
        flip,
        id=flip.id or f"{flip.suite}/{flip.item}/{flip.perturbation}/{flip.sample}",
        before_target=flip.before_target or flip.target,
        before_choices=flip.before_choices or flip.choices,
    )
