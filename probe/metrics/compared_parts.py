"""The parts of a suite's cells on which two runs are compared: the original prompts, each family, all families together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from probe.metrics.accuracy import compared
from probe.metrics.base import Metric, metrics
from probe.metrics.cells import NULL, ORIGINAL, Cells


@dataclass(frozen=True, slots=True)
class Figures:
    """The metrics that are compared, by what they are computed on."""

    original: Sequence[str]
    preserving: Sequence[str]
    """Of a family's label-preserving variants."""
    altering: Sequence[str]
    """Of a family's label-altering variants."""


@dataclass(frozen=True, slots=True)
class Part:
    """A metric on some columns beside the original one."""

    family: str
    metric: Metric
    columns: tuple[int, ...]

    def of(self, cells: Cells) -> Cells:
        """Return the cells of a run that the metric counts."""
        return counted(self.metric, cells.select(self.columns))


def parts(cells: Cells, figures: Figures, *, all_families: str = "") -> Iterator[Part]:
    """Return the compared parts of a suite; `all_families` names the part of all label-preserving families, if wanted."""
    by_family: dict[tuple[str, str], list[int]] = {}
    for index, column in enumerate(cells.columns):
        if index and column.family != NULL and cells.asked[:, index].any():
            by_family.setdefault((column.family, column.effect), []).append(index)
    families = [name for name in cells.families if name != NULL]
    groups: list[tuple[str, Sequence[str], list[int]]] = [(ORIGINAL, figures.original, [])]
    if all_families and len(families) > 1:
        preserving = [i for (_, effect), columns in by_family.items() if effect == "label-preserving" for i in columns]
        groups.append((all_families, figures.preserving, sorted(preserving)))
    for family in families:
        for effect, names in (("label-preserving", figures.preserving), ("label-altering", figures.altering)):
            if columns := by_family.get((family, effect)):
                groups.append((family, names, columns))
    for family, names, columns in groups:
        yield from (Part(family, metrics.get(name), tuple(columns)) for name in names)


def counted(metric: Metric, cells: Cells) -> Cells:
    """Return the cells that a metric counts: of some metrics only variants that were asked on enough items."""
    return compared(cells) if metric.needs == "enough" else cells
