"""The attribution of a run's spread to parts of the prompt, as far as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from probe.record.plain import from_plain


@dataclass(frozen=True, slots=True)
class Share:
    """A factor's share of the spread of one outcome."""

    outcome: str
    name: str
    share: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class Attribution:
    """The result of a designed experiment: which part of the prompt moves the answers."""

    suite: str
    model: str
    verdict: str
    num_items: int | None
    num_runs: int | None
    num_evaluations: int | None
    spread: tuple[Share, ...] = ()


def read_attribution(raw: Mapping[str, Any]) -> Attribution:
    """Return the attribution that an experiment's JSON object holds; of its outcomes "correct" only."""
    read = from_plain(Attribution, raw)
    return replace(read, spread=tuple(row for row in read.spread if row.outcome == "correct"))
