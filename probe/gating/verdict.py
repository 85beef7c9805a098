"""The verdict of the gate: its checks, their outcomes, and the exit code.

    run + baseline, bounds --> checks --> verdict --> terminal, JSON, Markdown, JUnit, SARIF, exit code

Covered: the values, and the verdict as JSON. Not covered: how an outcome is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from probe.record.plain import to_plain

SCHEMA_VERSION = 2
"""Raised when a key changes its name or meaning; 1 had `draw` for `sample`."""

Outcome = Literal["pass", "regressed", "inconclusive", "none"]
"""`none`: nothing was checked. Only reports of runs without bounds have it; the gate exits with 5 instead."""
CheckKind = Literal["baseline", "bound"]

EXIT_CODES: dict[Outcome, int] = {"pass": 0, "regressed": 1, "inconclusive": 4, "none": 5}


@dataclass(frozen=True, slots=True)
class Moved:
    """An item that worsens a figure: its answer, the right answer, and the answer before."""

    suite: str
    item: str
    family: str
    perturbation: str
    sample: int
    before: str
    """What was answered in the baseline; of a bound on flips the original answer; empty where nothing was compared."""
    after: str
    """What is answered now."""
    change: float
    """How much worse than in the baseline the item is, a share of its variants; of a bound how much speaks against it."""
    command: str
    """What shows its variants again."""
    right: str = ""
    """The right answer of the variant."""
    as_written: str = ""
    """What is answered now to the original item, where the figure is about flips; else empty."""


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One figure, evaluated against a baseline or a bound."""

    suite: str
    family: str
    metric: str
    kind: CheckKind
    outcome: Outcome
    direction: str
    value: float | None
    """Of this run."""
    reference: float | None
    """Of the baseline; None for a bound."""
    bound: float | None
    """The bound itself; against a baseline the margin."""
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
    strict: bool = False
    """Whether a bound was compared with the figure itself instead of its interval."""

    @property
    def difference(self) -> float | None:
        """Return this run's value minus the baseline's."""
        return None if self.value is None or self.reference is None else self.value - self.reference


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The outcome of all checks of a run."""

    run: str
    model: str
    suites: tuple[str, ...]
    baseline: str
    """The file, or empty where only bounds were checked."""
    outcome: Outcome
    checks: tuple[GateCheck, ...]
    allowed: tuple[str, ...] = ()
    """Differences of design that would have been refused and were allowed by a flag."""
    not_judged: tuple[str, ...] = ()
    """What has a bound and no figure to check, in words."""
    changed: tuple[str, ...] = ()
    """What is another one about the model than in the baseline; never refused, it is what a gate is for."""
    unguarded: tuple[str, ...] = ()
    """Of which suites no contrasts could be made, so that nothing shows whether answers change where they must."""
    settings: str = ""
    """The project's file that bounds, margin or baseline were read from; empty where there is none."""

    def exit_code(self, *, fail_on_inconclusive: bool = False) -> int:
        """Return the exit code: 0 passed, 1 regressed, 4 inconclusive where that is to fail, else 0; 5 nothing checked."""
        code = EXIT_CODES[self.outcome]
        return 0 if code == EXIT_CODES["inconclusive"] and not fail_on_inconclusive else code

    def to_json(self, *, fail_on_inconclusive: bool = False) -> dict[str, Any]:
        """Return the verdict as a JSON object, with the exit code that it means; keys in docs/how-to/gate.md."""
        checks = [to_plain(check) | {"difference": check.difference} for check in self.checks]
        code = self.exit_code(fail_on_inconclusive=fail_on_inconclusive)
        head = {"schema_version": SCHEMA_VERSION, "exit_code": code}
        value: dict[str, Any] = head | to_plain(self) | {"checks": checks}
        return value


def overall(checks: tuple[GateCheck, ...]) -> Outcome:
    """Return the outcome of all checks: regressed if one is, else inconclusive if one is, else pass."""
    outcomes = {check.outcome for check in checks}
    return "regressed" if "regressed" in outcomes else "inconclusive" if "inconclusive" in outcomes else "pass"
