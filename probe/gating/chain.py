"""A chain of blessed baselines: each is the last one's successor, and the first one's figures are kept.

    first  <-- blessed after --  second  <-- blessed after --  third
      ^                                                          |
      +------------- kept in the file of each ------------------+

Four losses of two points, each within the margin, are a loss of eight. So a run is judged by the last baseline and by the first.
A chain starts anew where the runs did not ask the same, or where a user says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from probe.errors import NothingToEvaluate, StoreError, UsageError
from probe.gating.against import check_all
from probe.gating.baseline import Blessed, content, read_baseline
from probe.gating.design import Common, common, differences
from probe.gating.rule import Rule
from probe.gating.verdict import GateCheck


def chained(run: Blessed, previous: Path | None) -> tuple[Blessed, str]:
    """Return a run as the successor of a baseline, and why a chain starts anew with it; empty if it goes on.

    `previous` is the baseline's file; without one, or if there is no such file, the run is the first of a chain. A run that
    answered all as the last baseline did takes its place in the chain.
    """
    if previous is None or not previous.is_file():
        return run, ""
    try:
        last = read_baseline(previous)
    except (StoreError, UsageError) as error:
        return run, f"a new chain starts here: {error}"
    if found := differences(last, run, {}):
        return run, f"a new chain starts here: {previous} did not ask the same: {found[0][1]}"
    if content(last) == content(run):
        return replace(run, first=last.first), ""
    return replace(run, first=last.first or last), ""


def since_first(blessed: Blessed, run: Blessed) -> list[Common]:
    """Return what a run and the first baseline of a chain have in common; nothing if there is only one baseline."""
    if blessed.first is None:
        return []
    try:
        return [replace(one, since_first=True) for one in common(blessed.first, run)]
    except NothingToEvaluate:
        return []


def drifted(blessed: Blessed, rule: Rule) -> Sequence[GateCheck]:
    """Return the checks in which a new baseline has regressed from the first of its chain."""
    checks = [check for check, _ in check_all(since_first(blessed, blessed), rule)]
    return [check for check in checks if check.outcome == "regressed"]
