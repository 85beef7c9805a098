"""From answers to figures: each metric on each part of what is judged, before and after, and against augmentation.

    section            metrics
    clean              accuracy
    contrast           contrast consistency, contrast accuracy
    all others         flip rate, spread, worst and mean accuracy, of each family and of all of the section together
    held-out suites    accuracy as written, too

Differences are paired by item and have intervals over items and seeds (`probe.metrics.statistics.seeds`). An arm that answers
only some of the variants is compared on those.

Covered: values and intervals. Not covered: what they say (`probe.repair.findings`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from probe.metrics import ALL, ORIGINAL, Cells, metrics, tabulate
from probe.metrics.compared_parts import counted
from probe.metrics.statistics.seeds import seeded_interval
from probe.repair.arms import Answered, paired
from probe.repair.judgement import AUGMENTATION, UNREPAIRED, Figure, Section
from probe.repair.questions import CONTRAST, Questions

OVER_VARIANTS = ("flip_rate", "spread", "accuracy_worst", "accuracy_mean")
OF_CONTRASTS = ("contrast_consistency", "contrast_accuracy")
CLEAN = ("accuracy",)


@dataclass(frozen=True, slots=True)
class Part:
    """A metric on some columns of a suite's table."""

    section: Section
    family: str
    metric: str
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The tables of an arm on one suite: before it, after it, and after augmentation, (S,) each."""

    before: tuple[Cells, ...]
    after: tuple[Cells, ...]
    augmented: tuple[Cells, ...] = ()
    """Empty of arms that are not trained, and of augmentation itself."""


def figures_of(arms: Sequence[Answered], questions: Sequence[Questions]) -> tuple[Figure, ...]:
    """Return all figures, suite by suite, part by part, each arm beside the others."""
    by_name = {one.result.name: one for one in arms}
    found: list[Figure] = []
    for number, asked in enumerate(questions):
        sides = {
            one.result.name: sides_of(one, by_name, number) for one in arms if one.by_seed and one.by_seed[0][number]
        }
        for part in parts_of(sides[UNREPAIRED].before[0], asked):
            found += [figure_of(asked.suite.name, name, part, one) for name, one in sides.items()]
    return tuple(found)


def sides_of(arm: Answered, by_name: Mapping[str, Answered], number: int) -> Sides:
    """Return the tables of an arm on the suite of that number."""
    [given] = by_name[UNREPAIRED].by_seed
    pairs = [paired(given[number], answers[number]) for answers in arm.by_seed]
    before, after = (tuple(tabulate(scores) for scores in side) for side in zip(*pairs, strict=True))
    plain = by_name.get(AUGMENTATION)
    is_compared = plain is not None and arm.result.kind == "training" and arm is not plain
    seeds = plain.by_seed if plain is not None and is_compared else ()
    augmented = tuple(tabulate(answers[number]) for answers in seeds) if len(seeds) == len(after) else ()
    return Sides(before, after, augmented)


def parts_of(cells: Cells, questions: Questions) -> Iterator[Part]:
    """Return the parts that are judged, with their columns in a suite's table."""
    by_section: dict[Section, dict[str, list[int]]] = {}
    for index, column in enumerate(cells.columns[1:], start=1):
        section = questions.section_of(column.family)
        by_section.setdefault(section, {}).setdefault(column.family, []).append(index)
    clean: Section = "held-out-suites" if questions.is_other else "clean"
    yield from (Part(clean, ORIGINAL, name, ()) for name in CLEAN)
    for section, families in by_section.items():
        if section == "contrast":
            yield from (Part(section, CONTRAST, name, tuple(families[CONTRAST])) for name in OF_CONTRASTS)
            continue
        every = tuple(index for columns in families.values() for index in columns)
        for family, columns in {ALL: every, **families}.items():
            yield from (Part(section, family, name, tuple(columns)) for name in OVER_VARIANTS)


def figure_of(suite: str, arm: str, part: Part, sides: Sides) -> Figure:
    """Return one figure with its intervals."""
    metric = metrics.get(part.metric)

    def of(cells: Cells) -> Cells:
        places = {column: index for index, column in enumerate(cells.columns)}
        wanted = [places[one] for one in (sides.before[0].columns[i] for i in part.columns) if one in places]
        return counted(metric, cells.select(wanted))

    before, after = [of(cells) for cells in sides.before], [of(cells) for cells in sides.after]
    values = [metric.value(cells) for cells in after]
    blank = Figure(
        suite=suite,
        section=part.section,
        family=part.family,
        metric=part.metric,
        direction=metric.direction,
        arm=arm,
        before=None,
        after=None,
        num_items=before[0].num_items_asked,
        num_variants=before[0].num_variants,
    )
    start = metric.value(before[0])
    if math.isnan(start) or any(map(math.isnan, values)):
        return replace(blank, reason="nothing was asked that it could be computed from")
    made = replace(blank, before=start, after=sum(values) / len(values), by_seed=tuple(values))
    if arm == UNREPAIRED:
        return made
    known = seeded_interval(metric.function, before, after)
    made = replace(made, difference=known.value, ci_low=known.low, ci_high=known.high, seeds_share=known.share_of_seeds)
    if not sides.augmented:
        return made
    other = seeded_interval(metric.function, [of(cells) for cells in sides.augmented], after)
    return replace(made, over_augmentation=other.value, over_low=other.low, over_high=other.high)
