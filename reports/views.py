"""A run's nouns as the sections of its page: for each suite its figures, its charts and the tables behind them.

    Summary, manifest  -->  SuiteView of "all", SuiteView of each suite  -->  templates

Covered: which figure stands where, and how much of it. Not covered: the figures, and any arithmetic on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from probe.experiments.attribution import Attribution
from probe.metrics import Row, VariantRow, metrics
from probe.metrics.family_tests import TestRow
from probe.record.outcomes import OutcomeTable, SensitivityPoints
from probe.record.summary import Summary
from reports import words
from reports.charts.axis import NUM_MARKS
from reports.charts.bars import Bars, shares, taxonomy
from reports.charts.dot_plot import DotPlot, by_family, dot_plot
from reports.charts.forest import Forest, forest
from reports.charts.heat_map import CardKey, Heat, heat
from reports.charts.scatter import Scatter, scatter
from reports.limits import Limits, cut, limits
from reports.manifest import Manifest, manifest_suites

HEADLINES = ("accuracy", "accuracy_worst", "spread", "flip_rate", "pss", "contrast_consistency")
SENSITIVITY = ("accuracy_mean", "accuracy_worst", "spread", "flip_rate", "pss")
MOVES = ("any_flip_rate", "flip_right_to_wrong", "flip_wrong_to_right", "flip_wrong_to_wrong", "unreadable_rate")
CONTRASTS = ("contrast_consistency", "contrast_accuracy")

MAX_SUITES = 12
"""Suites that are shown in full; the others stand in the table of all suites. What each shows: `reports.limits`."""


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """A row of a suite's tables: a family with its figures by metric."""

    family: str
    mark: int | None
    num_variants: int | None
    figures: dict[str, Row]


@dataclass(frozen=True, slots=True)
class Charts:
    """A suite's charts; None where the run lacks what they show."""

    forest: Forest | None
    dots: DotPlot | None
    heat: Heat | None
    taxonomy: Bars | None
    scatter: Scatter | None
    shares: Bars | None


@dataclass(frozen=True, slots=True)
class SuiteView:
    """A suite's section."""

    name: str
    num_items: int | None
    headline: dict[str, Row]
    families: tuple[FamilyRow, ...]
    rows: tuple[Row, ...]
    listed: tuple[Row, ...]
    """Those that stand in the table of all figures."""
    charts: Charts
    variants: tuple[VariantRow, ...]
    num_variants: int
    outcomes: OutcomeTable | None
    points: SensitivityPoints | None
    num_points: int
    """Rows of the table behind the points."""
    tests: tuple[TestRow, ...]
    attribution: Attribution | None


@dataclass(frozen=True, slots=True)
class Term:
    """What a metric is, for the glossary."""

    label: str
    summary: str
    formula: str
    source: str


@dataclass(frozen=True, slots=True)
class Read:
    """All that a page is made of."""

    summary: Summary
    manifest: Manifest
    attributions: Mapping[str, Attribution] = field(default_factory=dict)
    cards: Mapping[CardKey, str] = field(default_factory=dict)
    """The ids of the flips and contrast failures that the page shows."""


def suite_views(read: Read) -> list[SuiteView]:
    """Return each suite's section, in the order of the run."""
    summary = read.summary
    named = [*summary.suites, *(row.suite for row in summary.metrics), *(row.suite for row in summary.variants)]
    named += [row.suite for row in summary.counts]
    names = [name for name in dict.fromkeys(named) if name != "all"]
    share = limits(min(len(names), MAX_SUITES))
    return [suite_view(name, read, share) for name in names]


def suite_view(name: str, read: Read, share: Limits) -> SuiteView:
    """Return a suite's section with its share of the page, or with `all` that of all suites together."""
    summary = read.summary
    rows = tuple(row for row in summary.metrics if row.suite == name)
    variants = tuple(row for row in summary.variants if row.suite == name)
    original = tuple(row for row in variants if row.family == "original")
    shown = original + tuple(row for members in by_family(variants).values() for row in members)
    place, outcomes = next(
        ((k, cut(one, share.cells)) for k, one in enumerate(summary.outcomes) if one.suite == name), (0, None)
    )
    points = next((one for one in summary.sensitivity if one.suite == name), None)
    families = _families(rows, summary)
    attribution = read.attributions.get(name)
    of = {row.family: row.figures for row in families}
    drawn_heat = heat(outcomes, families=summary.families, cards=read.cards, id=f"map-{place}") if outcomes else None
    return SuiteView(
        name=name,
        num_items=_num_items(name, rows, read.manifest),
        headline={metric: row for metric in HEADLINES if (row := _headline(metric, rows))},
        families=families,
        rows=rows,
        listed=rows[: share.figures],
        charts=Charts(
            forest=forest([row for row in rows if row.metric == "flip_rate"], families=summary.families),
            dots=dot_plot(variants, families=summary.families, most=share.marks),
            heat=drawn_heat,
            taxonomy=taxonomy(of),
            scatter=scatter(points, height=drawn_heat.height if drawn_heat else 0.0) if points else None,
            shares=shares(attribution) if attribution else None,
        ),
        variants=shown[: share.marks + 1],
        num_variants=len(shown),
        outcomes=outcomes,
        points=points,
        num_points=share.points,
        tests=tuple(row for row in summary.tests if row.suite == name),
        attribution=attribution,
    )


def terms(summary: Summary) -> list[Term]:
    """Return what the run's metrics are, in the order of the registry."""
    present = {row.metric for row in summary.metrics}
    chosen = [metric for metric in metrics.values() if metric.name in present]
    return [Term(words.metric_name(m.name), m.summary, m.formula, "" if m.source == "-" else m.source) for m in chosen]


def _families(rows: Sequence[Row], summary: Summary) -> tuple[FamilyRow, ...]:
    """Return the families of a suite: the original, each by flip rate with the highest first, all together."""
    flips = {row.family: row for row in rows if row.metric == "flip_rate"}
    named = [
        family for family in dict.fromkeys(row.family for row in rows) if family not in ("original", "all", "null")
    ]
    order = sorted(named, key=lambda family: (family not in flips, *words.worst_first(flips.get(family))))
    found = {row.family for row in rows}
    order = [*({"original"} & found), *order, *({"all"} & found), *({"null"} & found)]
    return tuple(_family(family, rows, summary) for family in order)


def _family(family: str, rows: Sequence[Row], summary: Summary) -> FamilyRow:
    mark = summary.families.index(family) % NUM_MARKS if family in summary.families else None
    figures = {row.metric: row for row in rows if row.family == family}
    if family == "original" and "accuracy" in figures:
        figures.setdefault("accuracy_mean", figures["accuracy"])
    # of what its rate counts: other figures of all families have contrasts among them
    counted = [figures["flip_rate"]] if "flip_rate" in figures else list(figures.values())
    counts = [row.num_variants for row in counted if row.num_variants is not None and family != "original"]
    return FamilyRow(family, mark, max(counts, default=None), figures)


def _headline(metric: str, rows: Sequence[Row]) -> Row | None:
    figures = {row.family: row for row in rows if row.metric == metric}
    return next((figures[family] for family in ("all", "original", "contrast") if family in figures), None)


def _num_items(name: str, rows: Sequence[Row], manifest: Manifest) -> int | None:
    for suite in manifest_suites(manifest):
        if suite.get("name") == name and isinstance(suite.get("num_items"), int):
            return int(suite["num_items"])
    return max((row.num_items for row in rows if row.num_items is not None), default=None)
