"""The rule of the gate: the outcome of a check, from an interval and a p-value, never from the point alone.

                     0        margin        tolerance
    worsening  ------|----------|---------------|--------->
    pass         [-------x--------]                  all that is compatible lies below the tolerance
    regressed                 [------x------]        all of it lies beyond the margin, adjusted p <= 0.02
    inconclusive    [-----------x----------------]   neither: too few items to say

A figure is failed where its whole interval is beyond a bound, without any baseline.

Covered: the rule and its numbers. Not covered: where the interval and the p-value come from (`against`, `bounds`).
"""

from __future__ import annotations

from dataclasses import dataclass

from probe.errors import UsageError
from probe.gating.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How much worse a figure may become, and how much worse a pass must rule out."""

    margin: float = 0.02
    """The worsening that is accepted: regressed means worse than this beyond chance."""
    tolerance: float = 0.05
    """The worsening that a pass must rule out."""
    strict: bool = False
    """Whether a bound is compared with the figure itself instead of its interval."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.margin < self.tolerance <= 1:
            raise UsageError(
                f"--margin {self.margin:g} and --tolerance {self.tolerance:g}: the margin is from 0 and below the tolerance, "
                "the tolerance is at most 1"
            )


def of_worsening(low: float, high: float, p_adjusted: float, rule: Rule, *, alarm: float) -> Outcome:
    """Return the outcome of a worsening from its interval and its adjusted p-value, which is about the margin."""
    if p_adjusted <= alarm and low > rule.margin:
        return "regressed"
    return "pass" if high <= rule.tolerance else "inconclusive"


def of_bound(value: float, low: float, high: float, bound: float, *, is_most: bool, strict: bool) -> Outcome:
    """Return the outcome of a figure under a bound: an upper one if `is_most`, else a lower one."""
    if strict:
        low = high = value
    good, bad = (low, high) if is_most else (-high, -low)
    limit = bound if is_most else -bound
    return "failed" if good > limit else "pass" if bad <= limit else "inconclusive"
