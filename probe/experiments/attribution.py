"""The result of a designed experiment: which part of the prompt moves the answers.

Covered: what `probe attribute --json` prints and `attribution.json` holds. Not covered: how it is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from probe.files.shape import Form
from probe.metrics.attribution import Component, Effect, SpreadShare
from probe.models.base import EngineUsage
from probe.record.plain import from_plain, to_plain

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class FactorRow:
    """A factor's other level in a block, on how many items it changes the prompt, and what it does."""

    factor: str
    block: int
    level: str
    num_items_changed: int
    accuracy_change: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class DesignRun:
    """A run of the design: the factors at their other level, and the accuracy."""

    block: int
    run: int
    changed: tuple[str, ...]
    accuracy: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A factor that does not apply, and why."""

    factor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """All figures of an experiment."""

    schema_version: int = SCHEMA_VERSION
    run: str = ""
    """The experiment's folder."""
    suite: str = ""
    model: str = ""
    verdict: str = ""
    num_items: int = 0
    num_runs: int = 0
    num_blocks: int = 0
    num_evaluations: int = 0
    factors: tuple[FactorRow, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    spread: tuple[SpreadShare, ...] = ()
    components: tuple[Component, ...] = ()
    effects: tuple[Effect, ...] = ()
    runs: tuple[DesignRun, ...] = ()
    engine: EngineUsage = field(default_factory=EngineUsage)
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the attribution as a JSON object."""
        value: dict[str, Any] = to_plain(self)
        return value


ATTRIBUTION = Form(
    Attribution,
    needed=frozenset(("suite", "model", "verdict", "num_items", "factors", "spread", "effects", "runs", "engine")),
    shares=frozenset(("accuracy",)),
    versions=(SCHEMA_VERSION,),
)


def read_attribution(raw: Mapping[str, Any]) -> Attribution:
    """Return the attribution that a JSON object holds; of its spread the rows of the outcome "correct" only."""
    read = from_plain(Attribution, raw)
    return replace(read, spread=tuple(row for row in read.spread if row.outcome == "correct"))
