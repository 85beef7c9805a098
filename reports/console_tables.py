"""The terminal page's tables: plain cells, as many columns and rows as a terminal takes.

    one suite                       a row for each family
    several suites, few families    a row for each suite, a column for each family
    several suites, many families   a row for each family, a column for each suite

Covered: which cells a table has and which go first where there is no room. Not covered: the rest of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from probe.metrics import Row
from probe.record.summary import Summary
from reports.words import between, percent, points, worst_first

Cell = Mapping[str, str]
Rows = Mapping[tuple[str, str], Row]
"""By family and metric."""
Visible = Callable[[str], str]

MANY_FAMILIES = 5
"""Families from which on they are rows of a table of several suites."""

FEWEST_WITH_ORIGINAL = 4
"""Rows of a table up to which the original gives way."""

FEWEST_ROWS = 1
"""Families that are always shown."""

FAMILY_COLUMNS = {
    "accuracy_mean": "mean",
    "accuracy_worst": "worst",
    "spread": "spread",
    "flip_rate": "flip rate",
    "pss": "PSS",
}
ORDER = ("family", "variants", "mean", "worst", "spread", "flip rate", "interval", "pairs", "floor", "net", "PSS")
DROPPED_FIRST = ("PSS", "variants", "null", "spread", "mean", "net", "worst", "floor", "pairs", "all", "contrast")
"""Columns that a narrow terminal does without, the first one first; the report has them all."""


def lines_of(summary: Summary, *, room: int) -> list[Cell]:
    """Return the lines of a run's table, at most `room` of them where families have to give way."""
    if len(summary.suites) == 1:
        return _families(summary, room)
    if len(_measured(summary)) <= MANY_FAMILIES:
        return _suites(summary)
    return _families_by_suite(summary, room)


def fitting(console: Console, lines: Sequence[Cell], shown: Visible, *, level: str) -> Table:
    """Return the lines as a table, least important columns dropped in a narrow terminal; `level` is of intervals."""
    heads = list(dict.fromkeys(head for line in lines for head in line))
    heads = [head for head in ORDER if head in heads] if "family" in heads else heads
    for dropped in (*(reversed(heads[1:-1]) if "flips" in heads else DROPPED_FIRST), None):
        grid = Table(box=None, pad_edge=False)
        for index, head in enumerate(heads):
            grid.add_column(
                shown(f"{level} interval" if head == "interval" else head),
                justify="right" if index else "left",
                no_wrap=True,
            )
        for line in lines:
            grid.add_row(*(shown(line.get(head, "")) for head in heads))
        if grid.__rich_measure__(console, console.options.update(width=1000)).maximum <= console.width:
            break
        heads = [head for head in heads if head != dropped]
    return grid


def _rows(summary: Summary, suite: str) -> Rows:
    return {(row.family, row.metric): row for row in summary.metrics if row.suite == suite}


def _measured(summary: Summary) -> list[str]:
    """Return the families that have a flip rate, in the order of the run."""
    measured = {row.family for row in summary.metrics if row.metric == "flip_rate"}
    named = dict.fromkeys(row.family for row in summary.counts)
    return [family for family in named if family in measured and family != "null"]


def _families(summary: Summary, room: int) -> list[Cell]:
    """Return the table of one suite: a row for each family, the most sensitive first."""
    rows = _rows(summary, summary.suites[0])
    original = figure(rows.get(("original", "accuracy")))
    named = dict.fromkeys(family for family, _ in rows if family not in ("original", "contrast", "null", "all"))
    families = _ranked(list(named), rows)
    has_original = room > FEWEST_WITH_ORIGINAL  # the verdict says it too
    shown_families = _fitting(families, room - 2 - has_original)
    first: Cell = {"family": "original", "variants": "1", "mean": original, "worst": original}
    lines: list[Cell] = [first] if has_original else []
    for family in [*shown_families, *(["all"] if ("all", "flip_rate") in rows else [])]:
        flip = rows.get((family, "flip_rate"))
        name = "all families" if family == "all" else family
        line = {"family": name, "variants": "" if flip is None else str(flip.num_variants)}
        line |= {head: figure(rows.get((family, metric))) for metric, head in FAMILY_COLUMNS.items()}
        floor, net = floor_and_net(flip)
        lines.append(line | {"interval": _interval(flip), "pairs": num_pairs(flip), "floor": floor, "net": net})
    return _with_rest(lines, "family", "flip rate", families[len(shown_families) :], rows)


def _suites(summary: Summary) -> list[Cell]:
    """Return the table of several suites: a row for each, flip rate by family."""
    families = _measured(summary)
    head = {"": "", "original": "accuracy", **dict.fromkeys(families, "flips")}
    lines: list[Cell] = [
        head | {"all": "flips", "floor": "", "net": "", "worst": "accuracy", "spread": "", "contrast": "sets"}
    ]
    for name in [*summary.suites, "all"]:
        rows = _rows(summary, name)
        line = {"": name, "original": figure(rows.get(("original", "accuracy")))}
        line |= {family: figure(rows.get((family, "flip_rate"))) for family in families}
        flip = rows.get(("all", "flip_rate"))
        line["all"] = figure(flip)
        line["floor"], line["net"] = floor_and_net(flip)
        line["worst"] = figure(rows.get(("all", "accuracy_worst")))
        line["spread"] = figure(rows.get(("all", "spread")))
        lines.append(line | {"contrast": figure(rows.get(("contrast", "contrast_consistency")))})
    pairs = {family: num_pairs(rows.get((family, "flip_rate"))) for family in (*families, "all")}
    return [*lines, {"": "pairs"} | pairs] if any(pairs.values()) else lines


def _families_by_suite(summary: Summary, room: int) -> list[Cell]:
    """Return the table of several suites and many families: a row for each family, flip rate by suite."""
    by_suite = {name: _rows(summary, name) for name in [*summary.suites, "all"]}
    whole = by_suite["all"]

    def line(label: str, family: str, metric: str) -> Cell:
        figures = {name: figure(rows.get((family, metric))) for name, rows in by_suite.items()}
        return {"flips": label} | figures | {"pairs": num_pairs(whole.get((family, metric)))}

    families = _ranked(_measured(summary), whole)
    shown_families = _fitting(families, room - 7)
    lines = [line(family, family, "flip_rate") for family in shown_families]
    lines.append(line("all families", "all", "flip_rate"))
    lines = _with_rest(lines, "flips", "all", families[len(shown_families) :], whole)
    parted = {name: floor_and_net(rows.get(("all", "flip_rate"))) for name, rows in by_suite.items()}
    lines.append({"flips": "noise floor"} | {name: floor for name, (floor, _) in parted.items()})
    lines.append({"flips": "above it"} | {name: net for name, (_, net) in parted.items()})
    lines.append(line("original accuracy", "original", "accuracy"))
    if any(("contrast", "contrast_consistency") in rows for rows in by_suite.values()):
        lines.append(line("contrast sets", "contrast", "contrast_consistency"))
    return lines


def _ranked(families: Sequence[str], rows: Rows) -> list[str]:
    """Return families by flip rate, the highest first; those asked on a few items only come last."""
    flips = {family: row for (family, metric), row in rows.items() if metric == "flip_rate"}
    return sorted(families, key=lambda family: worst_first(flips.get(family)))


def _fitting(families: Sequence[str], room: int) -> Sequence[str]:
    """Return the families that there is room for; one line says how many others there are."""
    return families if len(families) <= room else families[: max(FEWEST_ROWS, room - 1)]


def _with_rest(
    lines: Sequence[Cell],
    head: str,
    column: str,
    rest: Sequence[str],
    rows: Rows,
) -> list[Cell]:
    """Put how many families are not shown, and the highest flip rate among them, before the last line."""
    if not rest:
        return list(lines)
    known = [row for family in rest if (row := rows.get((family, "flip_rate"))) is not None]
    highest = figure(max(known, key=lambda row: row.value or 0.0, default=None))
    return [*lines[:-1], {head: f"{len(rest)} more, up to", column: highest}, lines[-1]]


def figure(row: Row | None) -> str:
    """Return a figure in percent, or a dash."""
    return percent(None if row is None else row.value, missing="-")


def num_pairs(row: Row | None) -> str:
    """Return how many pairs a rate counts; empty where the run does not say."""
    return "" if row is None or row.num_pairs is None else f"{row.num_pairs:,}"


def floor_and_net(row: Row | None) -> tuple[str, str]:
    """Return a figure's noise floor and what is left above it, in percent, or dashes."""
    if row is None:
        return "-", "-"
    return percent(row.noise_floor, missing="-"), percent(row.net, missing="-")


def _interval(row: Row | None) -> str:
    if row is None or row.ci_low is None or row.ci_high is None:
        return ""
    return between(points(row.ci_low), points(row.ci_high))
