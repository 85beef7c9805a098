"""A run that nobody judged, as a verdict of which no check passes and none fails: for formats that are made of verdicts.

A CI system that collects JUnit files then has the figures of a run without a bound or a baseline too: as skipped, so that no
build breaks and none is green for it.

Covered: the figures that a gate judges. Not covered: judging.
"""

from __future__ import annotations

from probe.gating.verdict import GateCheck, GateVerdict
from probe.metrics import Row
from probe.record.summary import Summary

JUDGED = ("accuracy", "accuracy_worst", "spread", "flip_rate", "contrast_consistency")
REASON = "not judged: no bound was set"


def not_evaluated(summary: Summary) -> GateVerdict:
    """Return a verdict that holds a run's figures and no judgement."""
    rows = [row for row in summary.metrics if row.metric in JUDGED and row.value is not None]
    return GateVerdict(
        run=summary.run,
        model=summary.model,
        suites=summary.suites,
        baseline="",
        outcome="none",
        checks=tuple(_check(row) for row in rows if row.family != "null"),
    )


def _check(row: Row) -> GateCheck:
    return GateCheck(
        suite=row.suite,
        family=row.family,
        metric=row.metric,
        kind="bound",
        outcome="none",
        direction=row.direction,
        value=row.value,
        reference=None,
        bound=None,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        minimum_detectable=None,
        p_value=None,
        p_adjusted=None,
        num_items=row.num_items,
        num_variants=row.num_variants,
        reason=REASON,
    )
