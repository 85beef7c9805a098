"""What a training did: its steps, its looks at the validation items, and what came of it.

Loads no heavy library, so that a report can read it.

Covered: the nouns, their records. Not covered: taking steps (`probe.repair.trainer`), looking (`probe.repair.look`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from probe.record.plain import from_plain
from probe.repair.settings import RepairSettings

COLLAPSED = 0.2
"""Share of the uniformity at the start, which is negative, above which the states lie in one place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The figures of one look; accuracies in [0, 1]."""

    step: int
    tokens: int
    """Trained on so far."""
    worst: float
    """Accuracy under the worst formulation."""
    worst_of: str
    """Which that is."""
    mean: float
    """Mean accuracy over formulations."""
    clean: float
    """As written."""
    flip_rate: float
    """Share of answers that differ from the one to the original."""
    alignment: float
    """Mean squared distance of a rephrasing's state from the original's, on the unit sphere."""
    uniformity: float | None
    """Log mean exp(-2 d^2) over pairs of items; 0: all in one place. None: all states are the same point or there is no pair."""
    num_items: int
    num_variants: int

    @property
    def rank(self) -> tuple[float, float, float]:
        """Return what checkpoints are compared by: the worst formulation, then the mean, then as written."""
        return (round(self.worst, 9), round(self.mean, 9), round(self.clean, 9))

    def has_collapsed(self, start: Look) -> bool:
        """Return whether states of different items have come to lie in one place since the start.

        methods.md, section 6: alignment falls while uniformity goes to 0.
        """
        if self.uniformity is None or start.uniformity is None:
            return self.uniformity is None and start.uniformity is not None
        return self.alignment <= start.alignment and self.uniformity > COLLAPSED * start.uniformity

    def as_record(self) -> dict[str, Any]:
        """Return the look as JSON holds it."""
        return asdict(self)


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

    @classmethod
    def of_record(cls, record: Mapping[str, Any], folder: Path) -> Trained | None:
        """Return what `as_record` gave; None where no look is in it."""
        looks = tuple(from_plain(Look, one) for one in record.get("looks", ()))
        best = next((one for one in looks if one.step == record.get("best_step")), None)
        if best is None:
            return None
        return cls(
            folder=folder,
            settings=RepairSettings.of_record(record.get("settings", {})),
            steps=tuple(from_plain(StepDone, one) for one in record.get("steps", ())),
            looks=looks,
            best=best,
            stopped=str(record.get("stopped", "")),
            warnings=tuple(map(str, record.get("warnings", ()))),
        )

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
