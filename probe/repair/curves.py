"""The course of a training, thinned so that a page can draw it and a judgement keep it for every arm and seed.

    320 steps   -->   60 stretches: mean loss, mean of each term, mean learning rate, last step
    looks       -->   all of them

Covered: values. Not covered: drawing them (`reports.charts.curves`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from probe.repair.history import Look, StepDone, Trained

MOST = 60
"""Stretches of a training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """How a training went. T = stretches of its steps."""

    arm: str
    seed: int
    steps: tuple[int, ...] = ()
    """(T,) the last step of each stretch."""
    loss: tuple[float, ...] = ()
    """(T,) mean of a stretch."""
    terms: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """(T,) each loss term, unweighted; mean of a stretch."""
    learning_rate: tuple[float, ...] = ()
    """(T,) mean of a stretch."""
    looks: tuple[Look, ...] = ()
    """At the validation items."""
    kept: int = 0
    """The step whose weights were kept."""
    stopped: str = ""
    """Why it ended before its time; empty where it did not."""
    num_steps: int = 0


def curves_of(trained: Trained, arm: str) -> Curves:
    """Return the course of a training."""
    parts = _stretches(trained.steps)
    names = dict.fromkeys(name for step in trained.steps for name in step.terms)
    return Curves(
        arm=arm,
        seed=trained.settings.seed,
        steps=tuple(part[-1].step for part in parts),
        loss=tuple(_mean(one.loss for one in part) for part in parts),
        terms={name: tuple(_mean(one.terms.get(name, 0.0) for one in part) for part in parts) for name in names},
        learning_rate=tuple(_mean(one.learning_rate for one in part) for part in parts),
        looks=trained.looks,
        kept=trained.best.step,
        stopped=trained.stopped,
        num_steps=len(trained.steps),
    )


def _stretches(steps: Sequence[StepDone]) -> list[Sequence[StepDone]]:
    """Return steps in at most so many parts of equal length, but for the last one."""
    size = -(-len(steps) // MOST) or 1
    return [steps[start : start + size] for start in range(0, len(steps), size)]


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return float(f"{sum(known) / len(known):.4g}")
