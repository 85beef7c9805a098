"""The figures of a suite before and after a method, paired by item.

    answers before   s-001: positive, format 0 negative, ...      the same variants on both sides: what a method did not answer
    answers after    s-001: positive, format 0 positive, ...      counts in neither

    figure                 on which columns beside the original
    accuracy               none
    accuracy_mean          all whose answer must stay
    spread                 the layouts (family format): a share of items, best layout minus worst
    accuracy_worst         all whose answer must stay
    flip_rate              all whose answer must stay
    contrast_consistency   all whose answer must become another

Intervals of a difference are those of `probe compare` (`metrics.statistics.paired_interval`), over other items; the test lets
whole items change places between before and after (`swap_test`).

Covered: figures, intervals, p-values. Not covered: adjusting these for the number of methods (`bench`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from probe.metrics import ALL, ORIGINAL, Cells, metrics, tabulate
from probe.metrics.cells import NULL, Column, Weight
from probe.metrics.compared_parts import Part
from probe.metrics.rows import REASONS, Task, measure
from probe.metrics.statistics.multiplicity import benjamini_hochberg
from probe.metrics.statistics.paired import SWAPS, swap_test
from probe.metrics.statistics.paired_interval import paired_interval
from probe.mitigate.mitigation import Change
from probe.types import Score

LEVEL = 0.05
FORMAT = "format"
CONTRAST = "contrast"
FIGURES = ("accuracy", "accuracy_mean", "spread", "accuracy_worst", "flip_rate", "contrast_consistency")
"""The figures of the table, in order."""
LOSSES = ("accuracy", "accuracy_mean", "contrast_consistency")
"""Those that a method that is recommended does not lower."""
FEW_ITEMS = "no item was answered both before and after"


@dataclass(frozen=True, slots=True)
class How:
    """How figures are computed."""

    suite: str
    seed: int
    weight: Weight = "families"
    shared: frozenset[str] = frozenset()
    """The families whose samples are the same for all items, over which a figure's own interval is too."""
    most_swaps: int = SWAPS
    """Draws of the test, so that the least p is small enough beside all other tests."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A figure, and whether it could have differed: whether any item was answered otherwise."""

    change: Change
    could_differ: bool = False


def figures_of(scores: Sequence[Score], how: How) -> tuple[Change, ...]:
    """Return the figures of answers alone."""
    cells = tabulate(scores, weight=how.weight)
    own = _intervals(cells, how)
    return tuple(_figure(name, cells, own) for name in FIGURES)


def changes_of(before: Sequence[Score], after: Sequence[Score], how: How) -> tuple[list[Tested], tuple[Change, ...]]:
    """Return the figures of the table before and after, and the flip rates by family; both sides are of the same variants."""
    first, second = (tabulate(scores, weight=how.weight) for scores in (before, after))
    if not first.items:
        return [Tested(_undefined(name, FEW_ITEMS)) for name in FIGURES], ()
    own = [_intervals(cells, how) for cells in (first, second)]
    found = []
    for name in FIGURES:
        one, other = (_figure(name, cells, intervals) for cells, intervals in zip((first, second), own, strict=True))
        part = _part(name, first)
        found.append(_tested(one, other, (part.of(first), part.of(second)), how))
    families = [family for family in first.families if family != NULL and len(first.of(family).columns) > 1]
    by_family = []
    for family in families:
        part = _part("flip_rate", first, family=family)
        one, other = (_row("flip_rate", family, part.of(cells)) for cells in (first, second))
        by_family.append(_tested(one, other, (part.of(first), part.of(second)), replace(how, most_swaps=0)).change)
    return found, tuple(by_family)


def adjusted(groups: Sequence[Sequence[Tested]]) -> list[tuple[Change, ...]]:
    """Return the figures of methods with p-values adjusted over all that could be significant, as `probe compare` does."""
    tried = [one.change.p_value or 0.0 for group in groups for one in group if one.could_differ]
    values = iter(benjamini_hochberg(tried) if tried else ())
    return [tuple(_adjusted(one, values) for one in group) for group in groups]


def _adjusted(one: Tested, values: Iterable[float]) -> Change:
    if one.change.p_value is None:
        return one.change
    p = next(iter(values)) if one.could_differ else 1.0
    return replace(one.change, p_adjusted=p, significant=p <= LEVEL)


def _part(name: str, cells: Cells, *, family: str = "") -> Part:
    """Return the columns of a table on which a figure is computed."""

    def counts(column: Column) -> bool:
        if name == "contrast_consistency":
            return column.effect == "label-altering"
        within = {"spread": FORMAT}.get(name, family) or column.family
        return name != "accuracy" and column.effect == "label-preserving" and column.family == within

    columns = [index for index, one in enumerate(cells.columns) if index and one.family != NULL and counts(one)]
    return Part(family or _family(name), metrics.get(name), tuple(columns))


def _family(name: str) -> str:
    return {"accuracy": ORIGINAL, "spread": FORMAT, "contrast_consistency": CONTRAST}.get(name, ALL)


def _figure(name: str, cells: Cells, own: dict[tuple[str, str], tuple[float, float]]) -> Change:
    part = _part(name, cells)
    row = _row(name, part.family, part.of(cells))
    low, high = own.get((name, part.family), (None, None)) if row.before is not None else (None, None)
    return replace(row, before_low=low, before_high=high)


def _row(name: str, family: str, cells: Cells) -> Change:
    """Return a figure of cells that it counts, as one that stands before."""
    metric = metrics.get(name)
    value = metric.value(cells) if len(cells.columns) > 1 or metric.needs == "original" else math.nan
    if math.isnan(value):
        reason = f"no variant of the family {FORMAT}" if name == "spread" else REASONS[metric.needs]
        return replace(_undefined(name, reason), family=family)
    return Change(
        name, family, metric.direction, value, None, None, None, None, cells.num_items_asked, cells.num_variants
    )


def _undefined(name: str, reason: str) -> Change:
    direction = metrics.get(name).direction
    return Change(name, _family(name), direction, None, None, None, None, None, 0, 0, reason=reason)


def _tested(one: Change, other: Change, cells: tuple[Cells, Cells], how: How) -> Tested:
    """Return two figures, of the cells that they count, as one before and after; with no `most_swaps` without a test."""
    if one.before is None or other.before is None:
        return Tested(replace(one if one.before is None else other, before=None))
    function = metrics.get(one.metric).function
    known = paired_interval(function, *cells, num_items=one.num_items, seed=how.seed)
    made = replace(
        one,
        after=other.before,
        difference=other.before - one.before,
        ci_low=known.low,
        ci_high=known.high,
        after_low=other.before_low,
        after_high=other.before_high,
    )
    if not how.most_swaps:
        return Tested(made)
    p = swap_test(function, *cells, seed=how.seed, swaps=SWAPS, most=how.most_swaps).p_value
    return Tested(replace(made, p_value=p), not known.is_alike)


def _intervals(cells: Cells, how: How) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the own 95 % interval of each figure by metric and family."""
    wanted = {(name, _family(name)) for name in FIGURES}
    if len({column.family for column in cells.label_altering().columns[1:]}) > 1:
        wanted.discard(("contrast_consistency", CONTRAST))  # the figure is of all of them, a row is of one

    def is_wanted(task: Task) -> bool:
        return (task.metric.name, task.family) in wanted

    rows = measure(how.suite, cells, seed=how.seed, shared=how.shared, wanted=is_wanted)
    return {
        (row.metric, row.family): (row.ci_low, row.ci_high)
        for row in rows
        if row.ci_low is not None and row.ci_high is not None
    }
