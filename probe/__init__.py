r"""Measure how far a model's answers move when the same prompt is written differently.

    import probe

    run = probe.run("sentiment", model="pocket", perturb=["format", "typos"], samples=10)
    run.metrics                                       # pandas.DataFrame, one row a metric of a family of a suite
    run.flips()                                       # the answers that moved, with both prompts, worst first
    run.report("report.html")
    probe.gate(run, max_flip_rate=0.10).passed

    probe.load("runs/...")                            # a run that was made before
    probe.compare(run, other)                         # two models on the same variants
    probe.Suite.from_frame(frame, prompt="Review: {text}\nSentiment:", target="label")

In a test suite of your own, see docs/how-to/ci.md:

    @probe.mark.robust(suite="prompts/triage", max_flip_rate=0.10)
    def test_triage_is_robust():
        ...

`import probe` loads nothing heavy; each name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from probe.api.comparing import Comparison
    from probe.api.functions import compare, gate, load, run
    from probe.api.results import Run
    from probe.api.session import NotRobust
    from probe.api.suites import Suite
    from probe.api.verdicts import Verdict
    from probe.errors import (
        ModelError,
        NotComparable,
        NothingToEvaluate,
        ProbeError,
        StoreError,
        SuiteError,
        UsageError,
    )
    from probe.metrics import item_metric, rate_metric, variant_metric, weighted_metric
    from probe.models.base import Model
    from probe.perturb import item_perturbation, perturbation
    from probe.types import Completion, Generation, Item, LogLikelihood, LogProb, Prompt

__all__ = [
    "Comparison",
    "Completion",
    "Generation",
    "Item",
    "LogLikelihood",
    "LogProb",
    "Model",
    "ModelError",
    "NotComparable",
    "NotRobust",
    "NothingToEvaluate",
    "ProbeError",
    "Prompt",
    "Run",
    "StoreError",
    "Suite",
    "SuiteError",
    "UsageError",
    "Verdict",
    "compare",
    "gate",
    "item_metric",
    "item_perturbation",
    "load",
    "mark",
    "perturbation",
    "rate_metric",
    "run",
    "variant_metric",
    "weighted_metric",
]

_PLACES = {
    "probe.api.comparing": ("Comparison",),
    "probe.api.functions": ("compare", "gate", "load", "run"),
    "probe.api.results": ("Run",),
    "probe.api.session": ("NotRobust",),
    "probe.api.suites": ("Suite",),
    "probe.api.verdicts": ("Verdict",),
    "probe.errors": (
        *("ModelError", "NotComparable", "NothingToEvaluate", "ProbeError", "StoreError", "SuiteError", "UsageError"),
    ),
    "probe.metrics": ("item_metric", "rate_metric", "variant_metric", "weighted_metric"),
    "probe.models.base": ("Model",),
    "probe.perturb": ("item_perturbation", "perturbation"),
    "probe.types": ("Completion", "Generation", "Item", "LogLikelihood", "LogProb", "Prompt"),
}
"""The module that each public name is imported from when it is first used."""


class _Marks:
    """Marks for tests; pytest is imported when the first one is made."""

    def robust(self, *, suite: Any, **asked: Any) -> pytest.MarkDecorator:
        """Mark a test that fails where a prompt is not robust; takes what the fixture's `run` and `check` take."""
        import pytest

        made: pytest.MarkDecorator = pytest.mark.probe_robust(suite=suite, **asked)
        return made


mark = _Marks()


def __getattr__(name: str) -> Any:
    for module, names in _PLACES.items():
        if name in names:
            value = getattr(import_module(module), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'probe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
