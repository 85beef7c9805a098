"""The results of a run: its answers, and the table of outcomes, flips and check results, each computed once.

    scores --> noise of the margins --> cells, with the cause of each flip --> flips
    variants --> check results, one for each score

Everything after this stage (summary, tables, report) reads these values and computes none of them again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from probe.evaluation.flips import ContrastFailure, Flip, contrast_failures_of, flips_of
from probe.evaluation.stopping import Stop
from probe.evaluation.variants import VariantSet
from probe.metrics import Cells, tabulate
from probe.metrics.cells import Weight
from probe.metrics.noise import margin_noise
from probe.types import Score
from probe.validity import check_results


@dataclass(frozen=True, slots=True, eq=False)
class SuiteResults:
    """The results of one suite."""

    variants: VariantSet
    scores: tuple[Score, ...]
    cells: Cells
    noise: float
    """Of the margins, measured on identical prompts (nats)."""
    flips: tuple[Flip, ...]
    """Worst first."""
    contrast_failures: tuple[ContrastFailure, ...]
    checks: tuple[Mapping[str, str], ...]
    """The outcome of every validity rule, for each of the scores."""
    dropped_checks: tuple[Mapping[str, str], ...]
    """The same for each of the variants that were dropped and saved."""
    posix: Mapping[str, float] = field(default_factory=dict)
    """By item, where it was asked for."""
    stop: Stop | None = None
    """Where the suite stopped, with `Plan.target_ci`."""


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """The results of a run, by suite."""

    suites: Mapping[str, SuiteResults]
    timing: Mapping[str, float] = field(default_factory=dict)

    @property
    def prompts_digest(self) -> str:
        """Return a hash of every prompt that was asked, in order."""
        digest = hashlib.sha256()
        for one in self.suites.values():
            for score in one.scores:
                digest.update(score.variant.text.encode("utf-8", "surrogatepass") + b"\0")
        return digest.hexdigest()


def evaluate(
    variants: VariantSet,
    scores: Sequence[Score],
    *,
    posix: Mapping[str, float] | None = None,
    stop: Stop | None = None,
    weight: Weight = "families",
) -> SuiteResults:
    """Return the results of a suite from its scores; `weight` is that of rates over its families."""
    noise = margin_noise(scores)
    cells = tabulate(scores, posix=posix, noise=noise, weight=weight)
    checks = tuple(check_results(score.variant) for score in scores)
    name = variants.suite.name
    return SuiteResults(
        variants,
        tuple(scores),
        cells,
        noise,
        flips=tuple(flips_of(name, scores, cells, checks, noise=noise)),
        contrast_failures=tuple(contrast_failures_of(name, scores, checks, noise=noise)),
        checks=checks,
        dropped_checks=tuple(map(check_results, variants.failed)),
        posix=posix or {},
        stop=stop,
    )
