"""The rates over all families of a run of an earlier version, computed again from its answers as today's are.

    recorded: pairs weigh equally  -->  families weigh equally, with another interval; every other figure as recorded

Covered: runs that do not say what weighed. Not covered: runs that do; those were asked for what they have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from probe.errors import UsageError
from probe.evaluation.run import Plan
from probe.metrics import ALL, Row, measure
from probe.metrics.rows import Task
from probe.metrics.statistics.intervals import LEVEL
from probe.perturb import select
from probe.record.run import Run
from probe.record.summary import Summary

METRIC = "flip_rate"


def reweighed(run: Run) -> Summary:
    """Return a run's summary with its flip rates over all families, suite by suite, as a run of today has them.

    Raises:
        StoreError: a table is missing or damaged.
    """
    if run.summary.weight == run.weight:
        return run.summary
    again = {(row.suite, row.metric, row.family): row for row in _rates(run)}
    rows = tuple(again.get((row.suite, row.metric, row.family), row) for row in run.summary.metrics)
    return replace(run.summary, metrics=rows, weight=run.weight)


def _rates(run: Run) -> Iterator[Row]:
    shared = _shared(run)
    seed, levels = int(run.manifest.get("seed", 0)), {stop.suite: stop.level for stop in run.summary.stopping}
    for suite, cells in run.cells().items():
        yield from measure(suite, cells, seed=seed, shared=shared, level=levels.get(suite, LEVEL), wanted=_is_headline)


def _is_headline(task: Task) -> bool:
    return task.family == ALL and task.metric.name == METRIC


def _shared(run: Run) -> frozenset[str]:
    """Return the families whose samples all items share, as far as this version knows their perturbations."""
    known = []
    for name in run.manifest.get("perturb", ()):
        try:
            known += select([str(name)])
        except UsageError:
            continue
    return Plan(tuple(known), resamples_variants=run.manifest.get("resample") == "items-and-variants").shared
