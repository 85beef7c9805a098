"""The table of a suite: every metric of every family, with its interval and its noise floor.

    family      cells                                        metrics
    original    the original prompts                         accuracy, unreadable_rate
    typos, ...  original and the family's samples            mean, worst, best, spread, flips, pss, ...
    all         original and all of these families' samples  the same; the null family is not among them
    null        original and the same prompts asked again    the same: the noise floor of the others
    contrast    original and the label-altering edits        contrast_consistency, contrast_accuracy, unreadable_rate

The noise floor of a row is what the metric shows although nothing was changed: see `probe.metrics.floors`. There is none for
contrast rows, for the null rows themselves, and where there is no null family.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from probe.metrics.accuracy import compared
from probe.metrics.base import Metric, Needs, Rate, Ratio, Table, Weighted, metrics
from probe.metrics.cells import NULL, ORIGINAL, Bools, Cells, Floats, Ints
from probe.metrics.floors import Floor, floors
from probe.metrics.statistics.intervals import LEVEL, RESAMPLES, Statistic, bootstrap, jackknife
from probe.metrics.statistics.metric_interval import (
    Resampled,
    contributions,
    interval_of,
    is_left_out,
    other_suites,
)
from probe.seeds import rng_for

ALL = "all"

HALF = 0.5
"""Of the variance of a figure: beyond it, the samples that all items share decide how wide its interval is."""
FEW_SAMPLES = 8
"""Samples of a family from which on their interval is no longer wide for want of them."""

Key = tuple[str, str | Table]
"""Of what is resampled: a family, and a metric's name or the function that gives a table of variants."""

REASONS: dict[Needs, str] = {
    "original": "no item was asked",
    "cells": "no item was asked",
    "variants": "no variant was asked",
    "enough": "no variant was asked on at least half of the items",
    "contrasts": "no contrast was asked",
    "both": "no item was asked under both variants and contrasts",
    "responses": "no item was asked under a variant",
    "causes": "no variant was asked",
    "positions": "no variant tells the place, the symbol and the content of an answer apart",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of one family of a suite."""

    metric: str
    suite: str
    family: str
    """A family's name, "original" or "all"."""
    value: float | None
    """None where the metric is not defined; `reason` says why."""
    ci_low: float | None
    ci_high: float | None
    num_items: int
    """On which the metric is defined: asked under at least one of the variants (contrasts) that it needs, and seen by it."""
    num_variants: int
    """That the metric counts, the original not among them."""
    direction: Literal["higher", "lower"]
    noise_floor: float | None
    reason: str = ""
    noise_floor_low: float | None = None
    noise_floor_high: float | None = None
    """The ends of the floor's own 95 % interval."""
    net: float | None = None
    """Value minus noise floor, of metrics that measure change; None for others and where there is no floor."""
    net_ci_low: float | None = None
    net_ci_high: float | None = None
    num_pairs: int | None = None
    """(item, variant) pairs that a rate counts; None of figures that count none, and of runs of earlier versions."""
    ci_over: str = ""
    """What else than what was asked the interval is about: other items, and other samples of these families."""
    ci_note: str = ""
    """Why it is as wide as it is, where that is not the number of items."""
    other_suites_low: float | None = None
    other_suites_high: float | None = None
    """The ends of the interval over other suites such as these, of a figure of several suites together."""


def with_net(row: Row) -> Row:
    """Return a row with what is left of its value above the noise floor, and the interval of that.

    The interval is that of a difference of two estimates from the intervals of each (Zou and Donner 2008, Construction of
    confidence intervals about effect measures, section 2: MOVER), as if value and floor were independent:

        low = net - sqrt((value - value_low)^2 + (floor_high - floor)^2), and high likewise
    """
    value, floor = row.value, row.noise_floor
    if value is None or floor is None or metrics.get(row.metric).measures != "change":
        return row
    net = value - floor
    if row.ci_low is None or row.ci_high is None:
        return replace(row, net=net)
    below = (floor if row.noise_floor_low is None else row.noise_floor_low) - floor
    above = (floor if row.noise_floor_high is None else row.noise_floor_high) - floor
    low, high = math.hypot(value - row.ci_low, above), math.hypot(row.ci_high - value, below)
    return replace(row, net=net, net_ci_low=net - low, net_ci_high=net + high)


def measure(
    suite: str,
    cells: Cells,
    *,
    seed: int,
    resamples: int = RESAMPLES,
    shared: frozenset[str] = frozenset(),
    level: float = LEVEL,
    wanted: Callable[[Task], bool] = lambda _: True,
) -> list[Row]:
    """Compute every metric of every family of a suite, or those that are wanted.

    All rows share the same resamples of the items, drawn from `seed` and the suite's name. `shared` are the families whose
    samples are the same for all items and are resampled too; none by default.
    """
    tasks = [task for group in task_groups(cells) for task in group if wanted(task)]
    resampled = _resample(tasks, num_items=len(cells.items), seed=seed, suite=suite, resamples=resamples)
    with_floor = {task.floor_key: task.metric for task in tasks if task.floor_key}
    floor = floors(with_floor, cells, seed=rng_for(seed, "floors", suite).getrandbits(64), level=level)
    tables: dict[Key, Floats] = {}
    return [
        _row(
            suite,
            task,
            _resampled_of(task, resampled, tables, shared),
            floor.get(task.floor_key or ("", 0)),
            level=level,
        )
        for task in tasks
    ]


def _resampled_of(
    task: Task, resampled: dict[Key, Floats], tables: dict[Key, Floats], shared: frozenset[str]
) -> Resampled:
    """Return a task's part of what was resampled, or what contributes to it; `tables` are those with items left out already."""
    metric = task.metric
    if not task.is_defined:
        return Resampled()
    if task.is_left_out:
        without = partial(_left_out, task, tables)
        return Resampled(
            influence=contributions(metric, task.cells, task.value, without, counted=task.counted, shared=shared)
        )
    drawn = resampled.get(task.key)
    return Resampled(drawn if drawn is None or task.table is None else metric.own(drawn))


def _left_out(task: Task, tables: dict[Key, Floats], groups: Ints) -> Floats:
    """Return a task's metric with each group of items left out."""
    statistic, num_items = task.statistic, len(task.cells.items)
    if isinstance(statistic, Ratio | Rate):
        return statistic.left_out(groups)
    if task.table is None:
        return jackknife(statistic, num_items=num_items, groups=groups)
    if task.key not in tables:
        tables[task.key] = jackknife(statistic, num_items=num_items, groups=groups)
    return task.metric.of_statistic(tables[task.key])


def _resample(tasks: Sequence[Task], *, num_items: int, seed: int, suite: str, resamples: int) -> dict[Key, Floats]:
    """Return the statistics of the tasks on the resamples; of slow metrics on the first resamples only."""
    wanted: dict[int, dict[Key, Statistic]] = {}
    for task in tasks:
        if task.is_defined and not task.is_left_out and task.metric.interval not in ("wilson", "exact"):
            statistics = wanted.setdefault(min(task.metric.resamples or resamples, resamples), {})
            statistics.setdefault(task.key, task.statistic)
    samples = rng_for(seed, "bootstrap", suite).getrandbits(64)
    resampled: dict[Key, Floats] = {}
    for num, statistics in wanted.items():
        drawn = bootstrap(list(statistics.values()), num_items=num_items, seed=samples, resamples=num)
        resampled |= zip(statistics, drawn, strict=True)
    return resampled


@dataclass(frozen=True, slots=True)
class Task:
    """A metric to compute for a family on those cells that it counts."""

    metric: Metric
    family: str
    cells: Cells
    statistic: Weighted
    value: float
    table: Floats | None
    """(K,), of which the metric is made, if it is of one."""

    @classmethod
    def of(cls, metric: Metric, family: str, cells: Cells, tables: dict[Table, Floats]) -> Task:
        """Return the task; `tables` are those computed already, as several metrics are made of one."""
        statistic, ones = metric.statistic(cells), np.ones((1, len(cells.items)))
        if metric.table is None:
            return cls(metric, family, cells, statistic, float(statistic(ones)[0]), None)
        if metric.table not in tables:
            tables[metric.table] = statistic(ones)
        table = tables[metric.table]
        return cls(metric, family, cells, statistic, float(metric.of_statistic(table)[0]), metric.own(table)[0])

    @property
    def is_defined(self) -> bool:
        return not math.isnan(self.value)

    @property
    def key(self) -> Key:
        """Name what is resampled: metrics of one table of variants share it."""
        return self.family, self.metric.table or self.metric.name

    @property
    def is_left_out(self) -> bool:
        """Return whether its interval comes from leaving out items: of pooled suites, those of shares too, for their copies."""
        return is_left_out(self.metric) or (self.metric.interval == "wilson" and self.cells.pool is not None)

    @property
    def floor_key(self) -> tuple[str, int] | None:
        """Return the metric and the number of variants, which name its noise floor; None for rows that have no floor."""
        is_preserving = all(column.effect == "label-preserving" for column in self.cells.columns)
        has_floor = self.is_defined and self.family != NULL and is_preserving
        return (self.metric.name, self.cells.num_variants) if has_floor else None

    @property
    def reason(self) -> str:
        """Return why it is not defined: its input is missing, or else the metric's own reason."""
        metric, cells = self.metric, self.cells
        is_there = len(cells.items) > 0 and (metric.needs in ("original", "cells", "both") or len(cells.columns) > 1)
        return metric.undefined if is_there and metric.undefined else REASONS[metric.needs]

    @property
    def counted(self) -> Bools:
        """Return (N,), the items on which the metric is defined."""
        if isinstance(self.statistic, Ratio | Rate):
            return self.statistic.whole > 0
        if self.metric.defined is not None:
            return self.metric.defined(self.cells)
        asked = self.cells.asked
        return np.asarray(asked[:, 1:].any(axis=1) if len(self.cells.columns) > 1 else asked[:, 0])

    @property
    def num_items(self) -> int:
        return int(self.counted.sum())

    @property
    def num_pairs(self) -> int | None:
        """Return how many pairs a rate counts; None of other figures."""
        return int(self.statistic.whole.sum()) if isinstance(self.statistic, Rate) else None


def task_groups(cells: Cells) -> Iterator[list[Task]]:
    """Return the tasks of each family in turn."""
    yield _tasks(ORIGINAL, cells.select([]), {"original", "cells"})
    for family in cells.families:
        same, flips = cells.of(family), cells.label_altering(family)
        has_same = len(same.columns) > 1
        if has_same:
            yield _tasks(family, same, {"cells", "variants", "enough", *_known(same)})
        if len(flips.columns) > 1:
            yield _tasks(family, flips, {"contrasts"} if has_same else {"contrasts", "cells"})
    if len(cells.label_preserving().columns) > 1:
        has_posix = cells.detail is not None and cells.detail.posix is not None
        responses: set[Needs] = {"responses"} if has_posix else set()
        yield _tasks(ALL, cells.label_preserving(), {"cells", "variants", "enough", *_known(cells), *responses})
        if len(cells.label_altering().columns) > 1:
            yield _tasks(ALL, cells.where(lambda column: column.family != NULL), {"both"})


def _known(cells: Cells) -> set[Needs]:
    """Return the needs that these cells meet if causes of flips or positions of answers are known."""
    known: set[Needs] = set() if cells.cause is None else {"causes"}
    return known if cells.followed is None or np.isnan(cells.followed).all() else known | {"positions"}


def _tasks(family: str, cells: Cells, needs: set[Needs]) -> list[Task]:
    """Return the tasks of a family."""
    enough = compared(cells) if "enough" in needs else cells
    tables: dict[Table, Floats] = {}
    return [
        Task.of(metric, family, enough if metric.needs == "enough" else cells, tables)
        for metric in metrics.values()
        if metric.needs in needs
    ]


def _row(suite: str, task: Task, resampled: Resampled, floor: Floor | None, *, level: float) -> Row:
    num_items, num_variants, metric = task.num_items, task.cells.num_variants, task.metric
    counts = (num_items, num_variants, metric.direction)
    if not task.is_defined:
        return Row(
            metric.name, suite, task.family, None, None, None, *counts, None, task.reason, num_pairs=task.num_pairs
        )
    low, high = interval_of(metric, task.value, resampled, num_items=num_items, table=task.table, level=level)
    row = Row(metric.name, suite, task.family, task.value, low, high, *counts, None, num_pairs=task.num_pairs)
    row = replace(row, ci_over=_over(task, resampled), ci_note=_note(resampled))
    suites_low, suites_high = other_suites(metric, task.value, resampled.influence, level=level)
    row = replace(row, other_suites_low=suites_low, other_suites_high=suites_high)
    if floor is None:
        return row
    return with_net(replace(row, noise_floor=floor.value, noise_floor_low=floor.low, noise_floor_high=floor.high))


def _over(task: Task, resampled: Resampled) -> str:
    """Name the population of an interval."""
    if task.metric.interval == "exact":
        return ""
    of = resampled.influence
    items = "other items" if task.cells.pool is None else "other items of these suites"
    families = [] if of is None else [part.family for part in of.shared]
    return f"{items} and other samples of {', '.join(families)}" if families else items


def _note(resampled: Resampled) -> str:
    """Say where an interval rests on few samples that differ."""
    of = resampled.influence
    if of is None or of.by_samples <= HALF:
        return ""
    part = max(of.shared, key=lambda one: one.variance)
    if part.num >= FEW_SAMPLES:
        return ""
    return f"rests on {part.num} samples of {part.family} that differ: more samples narrow it, more items do not"
