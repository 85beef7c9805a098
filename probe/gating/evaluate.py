"""A run, a baseline and bounds to one verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from probe.errors import NothingToEvaluate, UsageError
from probe.gating.against import check_all
from probe.gating.baseline import Blessed, blessed_of, read_baseline
from probe.gating.bounds import Bound, check_bounds
from probe.gating.chain import since_first
from probe.gating.design import Common, changes_of_model, common, differences, refuse
from probe.gating.moved import Answers, moved_most, read_answers
from probe.gating.names import check_names
from probe.gating.rule import Rule
from probe.gating.verdict import GateCheck, GateVerdict, overall
from probe.metrics import ALL
from probe.metrics.responsiveness import unguarded
from probe.record.design import Difference
from probe.record.reweigh import METRIC as RECOMPUTED
from probe.record.reweigh import reweighed
from probe.record.run import Run, read_run


def evaluate(
    run: Path,
    *,
    baseline: Path | None = None,
    bounds: Sequence[Bound] = (),
    rule: Rule | None = None,
    allowed: frozenset[str] = frozenset(),
    settings: str = "",
) -> GateVerdict:
    """Evaluate a run's folder against a baseline file, bounds, or both; `allowed` holds kinds of `probe.gating.design`.

    `settings` is the project's file from which settings were read, to be named on the verdict.

    Raises:
        UsageError: there is neither a baseline nor a bound, a file is of another kind, or a bound names what does not exist.
        StoreError: the run or the baseline is damaged.
        NotComparable: they did not ask the same, and it was not allowed.
        NothingToEvaluate: nothing is common to both, or no figure has a bound.
    """
    if baseline is None and not bounds:
        raise UsageError(
            "neither a baseline nor a bound was given",
            hint="--baseline FILE (made by `probe bless RUN`), or a bound such as --max-flip-rate 0.10",
        )
    rule = rule or Rule()
    made = read_run(run)
    current, answers = blessed_of(made), read_answers(made)
    checks: list[GateCheck] = []
    design: list[tuple[Difference, str]] = []
    missing: list[str] = []
    changed: list[str] = []
    blessed = None if baseline is None else read_baseline(baseline)
    paths = {str(one["name"]): str(one["path"]) for one in made.manifest["suites"]}
    known = [*current.suites, *(blessed.suites if blessed else ())]
    asked = {family for one in current.suites.values() for family in one.cells.families}
    check_names(bounds, asked=sorted(asked), known=known, paths=paths)
    if blessed is not None:
        design = differences(blessed, current, paths)
        both = common(blessed, current)
        refuse(design, allowed, run=str(run), baseline=blessed.source)
        changed = changes_of_model(blessed, current)
        checks += _against([*both, *since_first(blessed, current)], rule, answers)
    if bounds:
        summary = reweighed(made)
        more, missing = check_bounds(summary, current, bounds, rule, answers)
        checks += more if summary is made.summary else map(_recomputed, more)
    if not checks:
        raise NothingToEvaluate(f"{run}: no figure could be checked: {'; '.join(missing)}")
    return GateVerdict(
        run=str(run),
        model=made.model,
        suites=made.summary.suites,
        baseline="" if baseline is None else str(baseline),
        outcome=overall(tuple(checks)),
        checks=tuple(checks),
        allowed=tuple(text for _, text in design),
        not_judged=tuple(missing),
        unguarded=_unguarded(made, current),
        changed=tuple(changed),
        settings=settings,
    )


def _unguarded(run: Run, current: Blessed) -> tuple[str, ...]:
    """Name the suites of a run for which no contrasts could be made."""
    is_asked = any(name.startswith("contrast") for name in run.manifest["perturb"]) and not run.manifest.get("budget")
    said = [unguarded(name, one.cells) for name, one in current.suites.items()] if is_asked else []
    return tuple(text for text in said if text)


def _recomputed(check: GateCheck) -> GateCheck:
    """Say that the rate over all families is not the one that a run of an earlier version recorded."""
    if (check.family, check.metric) != (ALL, RECOMPUTED):
        return check
    note = "computed again from the run's answers: families weigh equally, where the run weighed pairs"
    return replace(check, reason=f"{check.reason}; {note}")


def _against(both: Sequence[Common], rule: Rule, answers: Answers) -> list[GateCheck]:
    names = {(one.suite, one.since_first): one.names for one in both}
    checks = []
    for check, one in check_all(both, rule):
        pair, flips = one.pair, check.metric == "flip_rate"
        known = names[check.suite, check.since_first]
        moved = moved_most(check.suite, known, pair.before, pair.after, one.per_item, answers, flips=flips)
        checks.append(replace(check, moved=moved))
    return checks
