"""A repair as one HTML file: whether it helped, against what it was compared, how it was trained and what changed inside.

    repair.json, judgement.json --> Repair (`probe.repair.record`) --> views (here) --> page/repair.html.j2 --> report.html

A page is made of what is there: of a training that was not judged, of one seed, of free text without salient tokens.

Covered: the values that the templates show; jinja2 escapes them. Not covered: any figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from probe.metrics import ALL, ORIGINAL
from probe.repair.curves import Curves
from probe.repair.judgement import (
    REPAIR,
    SECTIONS,
    UNREPAIRED,
    ArmResult,
    Figure,
    Judgement,
    SalienceChange,
    Section,
    Target,
)
from probe.repair.record import Repair, read_repair
from reports import repair_words, words
from reports.charts.before_after import BeforeAfter, before_after
from reports.charts.curves import LineChart, line_chart
from reports.charts.salience import Shade, shades
from reports.template import render, save

PAGE = "report.html"
"""In the adapter's folder."""
CONTRAST = "contrast"
OVER_VARIANTS: tuple[Section, ...] = ("trained", "held-out-formats", "held-out-families")
Column = tuple[Section, str, str]
"""Section, family, metric."""
ASIDE: tuple[Column, ...] = (
    ("contrast", CONTRAST, "contrast_consistency"),
    ("clean", ORIGINAL, "accuracy"),
)
TABLES = ("flip_rate", "spread", "accuracy_worst")
TILES: tuple[Column, ...] = (
    ("held-out-formats", ALL, "flip_rate"),
    ("held-out-families", ALL, "flip_rate"),
    ("held-out-formats", ALL, "accuracy_worst"),
    *reversed(ASIDE),
)
LOOKS: tuple[tuple[str, str, bool], ...] = (
    ("worst", "Accuracy under the worst formulation", True),
    ("mean", "Mean accuracy over formulations", True),
    ("clean", "Accuracy as written", True),
    ("flip_rate", "Flip rate", True),
    ("alignment", "Alignment", False),
    ("uniformity", "Uniformity", False),
)
"""Fields of a look that are drawn: field, title, whether it is a share."""
LAYERS = {
    "alignment": "Alignment: distance of formulations of one item",
    "uniformity": "Uniformity: 0 where all items lie in one place",
    "relative_distance": "Relative distance: 1 where other items are as near",
}


@dataclass(frozen=True, slots=True)
class Row:
    """An arm's row of a table."""

    arm: ArmResult
    cells: tuple[Figure | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Arms by what they are judged on."""

    metric: str
    heads: tuple[str, ...]
    """What it is judged on, or another figure."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """A family's or another suite's figures of one metric, an arm each."""

    name: str
    section: str
    metric: str
    cells: tuple[Figure | None, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """How much a section was judged on."""

    title: str
    families: tuple[str, ...]
    num_items: int
    num_variants: int


@dataclass(frozen=True, slots=True)
class SuiteView:
    """A suite's section of the page."""

    name: str
    tiles: tuple[tuple[str, str, Figure], ...]
    targets: tuple[Target, ...]
    terms: tuple[str, ...]
    """Whether the terms beside cross-entropy earn their place."""
    others: tuple[str, ...]
    """Against what needs no training."""
    tables: tuple[Table, ...]
    moves: tuple[tuple[str, BeforeAfter], ...]
    held_out: tuple[str, ...]
    families: tuple[FamilyRow, ...]
    asked: tuple[Asked, ...]
    layers: tuple[LineChart, ...]
    layer_rows: tuple[tuple[str, str, int, float | None, float | None], ...]
    salience: tuple[tuple[SalienceChange, tuple[Shade, ...], tuple[Shade, ...]], ...]


@dataclass(frozen=True, slots=True)
class CurvesView:
    """The trainings of an arm."""

    title: str
    trainings: tuple[Curves, ...]
    charts: tuple[LineChart, ...]

    @property
    def labels(self) -> list[str]:
        """Return the names of the lines."""
        return [f"seed {one.seed}" for one in self.trainings]


def write_repair_page(folder: Path) -> Path:
    """Write the page of a repair into its folder, whole or not at all; return its path.

    Raises:
        StoreError: the folder is damaged, or the page cannot be written.
    """
    return save(page(read_repair(folder)), folder / PAGE)


def page(found: Repair) -> str:
    """Return the page of a repair as one HTML document, a pure function of what its folder holds."""
    judged = found.judgement
    return render(
        "repair.html.j2",
        words=words,
        repair_words=repair_words,
        found=found,
        judged=judged,
        verdicts=list(repair_words.verdicts(found)),
        suites=[] if judged is None else [suite_view(judged, name) for name in judged.suites],
        arms=[] if judged is None else _shown(judged),
        other_suites=[] if judged is None else list(_other_suites(judged)),
        curves=list(curves_views(found)),
        looks=LOOKS,
        all_families=ALL,
    )


def suite_view(found: Judgement, suite: str) -> SuiteView:
    """Return what the page shows of a suite that was trained."""
    said = [one for one in found.statements if one.suite == suite and one.name != "helped"]
    titles = dict(SECTIONS)
    tiles = [
        (titles[section] if family == ALL else "", words.metric_name(metric), one)
        for section, family, metric in TILES
        if (one := found.figure(suite, section, family, metric, REPAIR)) is not None and one.after is not None
    ]
    return SuiteView(
        name=suite,
        tiles=tuple(tiles),
        targets=tuple(one for one in found.targets if one.suite == suite),
        terms=tuple(repair_words.of_suite(one.text, suite) for one in said if one.name.startswith("terms-")),
        others=tuple(repair_words.of_suite(one.text, suite) for one in said if not one.name.startswith("terms-")),
        tables=tuple(_tables(found, suite)),
        moves=tuple(_moves(found, suite)),
        held_out=found.held_out,
        families=tuple(_families(found, suite)),
        asked=tuple(_asked(found, suite)),
        layers=tuple(_layers(found, suite)),
        layer_rows=tuple(
            (one.metric, one.family, one.layer, one.before, one.after) for one in found.layers if one.suite == suite
        ),
        salience=tuple((one, *shades(one)) for one in found.salience if one.suite == suite),
    )


def curves_views(found: Repair) -> Iterator[CurvesView]:
    """Return the trainings arm by arm, the cure first."""
    titles = {} if found.judgement is None else {arm.name: arm.title for arm in found.judgement.arms}
    names = dict.fromkeys(one.arm for one in found.curves)
    for name in sorted(names, key=lambda one: one != REPAIR):
        trainings = tuple(one for one in found.curves if one.arm == name)
        yield CurvesView(titles.get(name, name), trainings, tuple(_charts(trainings)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shown(found: Judgement) -> list[ArmResult]:
    return [arm for arm in found.arms if not arm.reason]


def _tables(found: Judgement, suite: str) -> Iterator[Table]:
    """Return a table for each of the metrics, with what has one figure only beside the first one."""
    titles = dict(SECTIONS)
    for metric in TABLES:
        wanted: list[Column] = [(section, ALL, metric) for section in OVER_VARIANTS]
        wanted += ASIDE if metric == TABLES[0] else ()
        known = [one for one in wanted if any(found.figure(suite, *one, arm.name) is not None for arm in _shown(found))]
        rows = [Row(arm, tuple(found.figure(suite, *one, arm.name) for one in known)) for arm in _shown(found)]
        heads = [_capital(titles[section]) if name == metric else words.metric_name(name) for section, _, name in known]
        if known:
            yield Table(metric, tuple(heads), tuple(rows))


def _moves(found: Judgement, suite: str) -> Iterator[tuple[str, BeforeAfter]]:
    """Return a plot of each metric: the cure's families before and after, those never trained first."""
    for metric in TABLES:
        rows = [
            (one.family, one)
            for section in ("held-out-formats", "held-out-families", "trained")
            for one in found.figures
            if (one.suite, one.section, one.metric, one.arm) == (suite, section, metric, REPAIR) and one.family != ALL
        ]
        if (plot := before_after(rows, strong=found.held_out)) is not None:
            yield metric, plot


def _families(found: Judgement, suite: str) -> Iterator[FamilyRow]:
    titles = dict(SECTIONS)
    keys = dict.fromkeys((one.section, one.family, one.metric) for one in found.figures if one.suite == suite)
    for section, family, metric in keys:
        cells = tuple(found.figure(suite, section, family, metric, arm.name) for arm in _shown(found))
        yield FamilyRow(words.family_name(family), titles.get(section, section), metric, cells)


def _other_suites(found: Judgement) -> Iterator[FamilyRow]:
    for suite in found.other_suites:
        for family, metric in ((ORIGINAL, "accuracy"), (ALL, "flip_rate")):
            cells = tuple(
                found.figure(suite, "held-out-suites", family, metric, arm.name)
                for arm in _shown(found)
                if arm.kind in ("none", "training")
            )
            if any(one is not None for one in cells):
                yield FamilyRow(suite, "", metric, cells)


def _asked(found: Judgement, suite: str) -> Iterator[Asked]:
    for section, title in SECTIONS:
        figures = [one for one in found.figures if (one.suite, one.section, one.arm) == (suite, section, UNREPAIRED)]
        if figures:
            families = tuple(dict.fromkeys(one.family for one in figures if one.family not in (ALL, ORIGINAL)))
            most = max(figures, key=lambda one: (one.num_variants, one.num_items))
            yield Asked(title, families, most.num_items, most.num_variants)


def _charts(trainings: Sequence[Curves]) -> Iterator[LineChart]:
    """Return the charts of some trainings, a line for each seed."""

    def chart(
        name: str,
        points: Callable[[Curves], list[tuple[float, float]]],
        *,
        is_share: bool = False,
        from_zero: bool = False,
    ) -> Iterator[LineChart]:
        lines = [(f"seed {one.seed}", points(one)) for one in trainings]
        found = line_chart(name, lines, is_share=is_share, from_zero=from_zero)
        yield from [] if found is None else [found]

    yield from chart("Loss", lambda one: list(zip(one.steps, one.loss, strict=False)), from_zero=True)
    names = dict.fromkeys(name for one in trainings for name in one.terms)
    for name in names if len(names) > 1 else ():
        yield from chart(
            f"Loss term: {name}",
            lambda one, name=name: list(zip(one.steps, one.terms.get(name, ()), strict=False)),  # type: ignore[misc]
            from_zero=True,
        )
    for key, title, is_share in LOOKS:
        yield from chart(
            title,
            lambda one, key=key: [  # type: ignore[misc]
                (look.step, value) for look in one.looks if (value := getattr(look, key)) is not None
            ],
            is_share=is_share,
        )
    yield from chart("Learning rate", lambda one: list(zip(one.steps, one.learning_rate, strict=False)), from_zero=True)


def _layers(found: Judgement, suite: str) -> Iterator[LineChart]:
    """Return a chart of each figure of hidden states: all families together, before and after."""
    rows = [one for one in found.layers if (one.suite, one.family) == (suite, ALL)]
    for metric in dict.fromkeys(one.metric for one in rows):
        of_metric = [one for one in rows if one.metric == metric]
        lines = [
            ("before", [(one.layer, one.before) for one in of_metric if one.before is not None]),
            ("after", [(one.layer, one.after) for one in of_metric if one.after is not None]),
        ]
        chart = line_chart(LAYERS.get(metric, metric.replace("_", " ")), lines, from_zero=True, of="layer")
        if chart is not None:
            yield chart
