"""The gate's one value: what was judged, how it came out, and the exit code that this means.

    run + baseline, bounds --> checks --> verdict --> terminal, JSON, Markdown, JUnit, SARIF, exit code

Covered: the nouns. Not covered: how a check is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["pass", "regressed", "inconclusive"]
Kind = Literal["baseline", "bound"]

EXIT_CODES: dict[Outcome, int] = {"pass": 0, "regressed": 1, "inconclusive": 4}


@dataclass(frozen=True, slots=True)
class Moved:
    """An item that moved: what was answered in the baseline (or as written) and what is answered now."""

    suite: str
    item: str
    family: str
    perturbation: str
    draw: int
    before: str
    after: str
    change: float
    """How much worse the item became, in the metric of its check: a share of its variants."""
    command: str
    """What shows its variants again."""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure that was judged."""

    suite: str
    family: str
    metric: str
    kind: Kind
    outcome: Outcome
    direction: str
    value: float | None
    """Of this run."""
    reference: float | None
    """Of the baseline; None for a bound."""
    bound: float | None
    """The bound itself; against a baseline the worsening that is let pass."""
    ci_low: float | None
    ci_high: float | None
    """Of the difference, this run minus the baseline; for a bound of the value."""
    minimum_detectable: float | None
    p_value: float | None
    p_adjusted: float | None
    num_items: int
    num_variants: int
    reason: str = ""
    """Why it came out so, in words."""
    moved: tuple[Moved, ...] = ()
    """The three items that moved most, worst first."""

    @property
    def difference(self) -> float | None:
        """Give this run's value minus the baseline's."""
        return None if self.value is None or self.reference is None else self.value - self.reference


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a run."""

    run: str
    model: str
    suites: tuple[str, ...]
    baseline: str
    """The file, or empty where only bounds were judged."""
    outcome: Outcome
    checks: tuple[Check, ...]
    allowed: tuple[str, ...] = ()
    """Differences of design that would have been refused and were allowed by a flag."""
    not_judged: tuple[str, ...] = ()
    """What has a bound and no figure to judge, in words."""
    changed: tuple[str, ...] = ()
    """What is another one about the model than in the baseline; never refused, it is what a gate is for."""

    def exit_code(self, *, fail_on_inconclusive: bool = False) -> int:
        """Give the exit code: 0 passed, 1 regressed, 4 inconclusive where that is to fail, else 0."""
        code = EXIT_CODES[self.outcome]
        return 0 if code == EXIT_CODES["inconclusive"] and not fail_on_inconclusive else code


def overall(checks: tuple[Check, ...]) -> Outcome:
    """Give the outcome of all checks: regressed if one is, else inconclusive if one is, else pass."""
    outcomes = {check.outcome for check in checks}
    return "regressed" if "regressed" in outcomes else "inconclusive" if "inconclusive" in outcomes else "pass"
