"""The verdict of the gate: its checks, their outcomes, and the exit code.

    run + baseline, bounds --> checks --> verdict --> terminal, JSON, Markdown, JUnit, SARIF, exit code

Covered: the values, and the verdict as JSON. Not covered: how an outcome is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from probe.record.plain import to_plain

SCHEMA_VERSION = 3
"""Raised when a key changes its name or meaning; 1 had `draw` for `sample`, 2 called a broken bound `regressed`."""

Outcome = Literal["pass", "regressed", "failed", "inconclusive", "none"]
"""`regressed`: worse than a baseline. `failed`: beyond a bound. `none`: nothing was checked; only reports of runs without
bounds have it, the gate exits with 5 instead."""
CheckKind = Literal["baseline", "bound"]

EXIT_CODES: dict[Outcome, int] = {"pass": 0, "regressed": 1, "failed": 1, "inconclusive": 4, "none": 5}
WORST_FIRST: tuple[Outcome, ...] = ("regressed", "failed", "inconclusive", "none", "pass")


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
    tolerance: float | None = None
    """Against a baseline, the worsening that a pass rules out; None for a bound."""
    since_first: bool = False
    """Whether the baseline is the first of a chain of blessed ones, not the last."""
    items_needed: int | None = None
    """Items that would decide an inconclusive check; None elsewhere, or where no number would."""
    detectable_in_parts: float | None = None
    """What is detectable if items change by as much as they were seen to, not wholly; None for a bound."""
    unpaired_detectable: float | None = None
    """What would be detectable if the two runs were not paired by item; None for a bound."""
    seconds: float = 0.0
    """Time that the check took."""

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

    @property
    def items_needed(self) -> int | None:
        """Return how many items would decide every inconclusive check; None where there is none or no number would."""
        needed = [check.items_needed for check in self.checks if check.outcome == "inconclusive"]
        return max((num for num in needed if num is not None), default=None) if None not in needed else None

    def exit_code(self, *, fail_on_inconclusive: bool = True) -> int:
        """Return the exit code: 0 passed, 1 regressed or failed, 4 inconclusive, 5 nothing checked.

        Inconclusive is 0 without `fail_on_inconclusive`.
        """
        code = EXIT_CODES[self.outcome]
        return 0 if code == EXIT_CODES["inconclusive"] and not fail_on_inconclusive else code

    def to_json(self, *, fail_on_inconclusive: bool = True) -> dict[str, Any]:
        """Return the verdict as a JSON object, with the exit code that it means; keys in docs/how-to/gate.md."""
        checks = [to_plain(check) | {"difference": check.difference} for check in self.checks]
        code = self.exit_code(fail_on_inconclusive=fail_on_inconclusive)
        head = {"schema_version": SCHEMA_VERSION, "exit_code": code, "items_needed": self.items_needed}
        value: dict[str, Any] = head | to_plain(self) | {"checks": checks}
        return value


def overall(checks: tuple[GateCheck, ...]) -> Outcome:
    """Return the worst outcome among checks; pass if there is none."""
    outcomes = {check.outcome for check in checks}
    return next((outcome for outcome in WORST_FIRST if outcome in outcomes), "pass")
