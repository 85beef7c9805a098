"""What a training did: its steps, its looks at the validation items, and what came of it.

Covered: the nouns, their records. Not covered: taking steps (`probe.repair.trainer`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from probe.repair.look import Look
from probe.repair.settings import RepairSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """What a step did."""

    step: int
    """From 1."""
    fraction: float
    """Of the training, in (0, 1]."""
    loss: float
    terms: Mapping[str, float]
    """Each loss term, unweighted."""
    learning_rate: float
    norm: float | None
    """Length of the gradient before it was clipped; None where it overflowed in float16 and the step was left out."""
    tokens: int
    """Computed so far, forward; each shared prefix once."""
    separate: int
    """As many would have been computed as separate sequences."""
    seconds: float
    """Since the training began, without interruptions."""

    @property
    def seconds_left(self) -> float:
        """Return the estimated time to the end."""
        return self.seconds * (1 - self.fraction) / self.fraction


Progress = Callable[[StepDone | Look], None]
"""Called with each step and each look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A finished training."""

    folder: Path
    """The adapter's."""
    settings: RepairSettings
    steps: tuple[StepDone, ...]
    looks: tuple[Look, ...]
    """The first is before any step."""
    best: Look
    """The one whose weights the adapter has."""
    stopped: str
    """Why it ended before its time, as a sentence; empty where it did not."""
    warnings: tuple[str, ...]

    @property
    def start(self) -> Look:
        """Return the look before any step."""
        return self.looks[0]

    @property
    def helped(self) -> bool:
        """Return whether the worst formulation of the validation items, or with it as good the mean, became better."""
        return self.best.rank > self.start.rank

    @property
    def tokens(self) -> int:
        """Return the tokens that were trained on."""
        return self.steps[-1].tokens if self.steps else 0

    def to_json(self) -> dict[str, Any]:
        """Return it as the command prints it."""
        return {"adapter": str(self.folder), **self.as_record()}

    def as_record(self) -> dict[str, Any]:
        """Return it as the adapter's `repair.json` holds it."""
        return {
            "settings": self.settings.as_record(),
            "steps": [asdict(one) for one in self.steps],
            "looks": [one.as_record() for one in self.looks],
            "best_step": self.best.step,
            "helped": self.helped,
            "stopped": self.stopped,
            "tokens": self.tokens,
            "tokens_separate": self.steps[-1].separate if self.steps else 0,
            "seconds": round(self.steps[-1].seconds, 1) if self.steps else 0.0,
            "warnings": list(self.warnings),
        }
