"""Runs over time: a table for the terminal, and a page of sparklines, one file that asks for nothing from outside.

    figure   . . * . *      a dot a run, the newest marked; the band is its interval; runs stand at equal distances
             ---------

The axis is the figure's whole range, 0 to 100 %, so that the same slope means the same in every row. A run of another suite
version or design begins a new line, since its figures do not speak of the same prompts.

Covered: geometry and words. Not covered: reading the runs (`probe.comparison.history`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from probe.comparison.history import FIGURES, Figure, HistoryLine, HistoryPoint
from reports.escape import visible_line
from reports.grid import aligned, parted, wrapped
from reports.template import render
from reports.words import interval, metric_name, percent

WIDTH, HEIGHT, EDGE = 240.0, 64.0, 5.0
NAMES = ("suite", "model", "run")
LEGEND = (
    "right: accuracy on the original prompts. flips: share of variants that change the answer. spread: accuracy of the best "
    "variant minus that of the worst. worst: accuracy of the worst variant. sets: contrast sets that are right throughout. "
    "Intervals: --json, or a page with -o."
)
BARS = "▁▂▃▄▅▆▇█"
PLAIN = "_.,-=*#@"


@dataclass(frozen=True, slots=True)
class Dot:
    """A run in a sparkline."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Spark:
    """A figure over time."""

    name: str
    dots: tuple[Dot, ...]
    lines: tuple[str, ...]
    """Points of the polylines: one for each stretch of runs that asked the same."""
    band: str
    """Points of the polygon of the intervals, of the last stretch; empty for one run."""
    newest: str
    change: str


@dataclass(frozen=True, slots=True)
class Section:
    """A suite and a model on the page."""

    suite: str
    model: str
    sparks: tuple[Spark, ...]
    rows: tuple[tuple[str, ...], ...]


def table(lines: Sequence[HistoryLine], *, plain: bool = False) -> list[dict[str, str]]:
    """Return a row for each run, the newest of a suite last, and after it the figures over time as a row of bars."""
    rows = []
    for line in lines:
        for point in line.points:
            figures = {_head(key): percent(point.figures[key].value, missing="-") for key in FIGURES}
            first = {"suite": line.suite, "model": line.model, "run": point.run, "items": str(point.num_items)}
            rows.append(first | figures)
        if len(line.points) > 1:
            bars = {_head(key): sparkline([p.figures[key].value for p in line.points], plain=plain) for key in FIGURES}
            rows.append({"suite": line.suite, "model": line.model, "run": "over time", "items": ""} | bars)
    return rows


def text(rows: Sequence[dict[str, str]], *, width: int = 100) -> str:
    """Return rows as aligned lines, then what the columns are.

    The last row of a suite is its figures over time. Without room, suite and model stand above their runs; without room for the
    figures beside the longest name, each run stands above its own.
    """
    heads = list(rows[0])
    lines = aligned(rows, heads, left=NAMES)
    if _widest(lines) > width:
        lines = []
        for (suite, model), found in groupby(rows, key=lambda row: (row["suite"], row["model"])):
            lines += [
                *([""] if lines else []),
                *wrapped(visible_line(f"{suite}, {model}"), width),
                *_narrow(list(found), heads, width),
            ]
    return "\n".join([*lines, "", *wrapped(LEGEND, width)])


def _narrow(rows: Sequence[dict[str, str]], heads: Sequence[str], width: int) -> list[str]:
    lines = aligned(rows, [head for head in heads if head not in NAMES[:2]], left=NAMES)
    if _widest(lines) <= width:
        return lines
    lines = []
    for row in rows:
        pairs = [f"{row[head]} {head}" for head in heads if head not in NAMES and row[head] not in ("", "-")]
        lines += [*wrapped(visible_line(row["run"]), width), *parted(pairs, width)]
    return lines


def _widest(lines: Sequence[str]) -> int:
    return max(map(len, lines), default=0)


def sparkline(values: Sequence[float | None], *, plain: bool = False) -> str:
    """Return a bar for each share, from 0 to 1; a blank where there is none. At most the newest twenty."""
    signs = PLAIN if plain else BARS
    return "".join(" " if v is None else signs[min(len(signs) - 1, int(v * len(signs)))] for v in values[-20:])


def page(lines: Sequence[HistoryLine], *, folder: str) -> str:
    """Return the page as one HTML document."""
    return render(
        "history.html.j2",
        css="history.css",
        sections=[section(line) for line in lines],
        folder=folder,
        heads=["Run", "When", "Items", *(metric_name(key) for key in FIGURES)],
        width=WIDTH,
        height=HEIGHT,
    )


def section(line: HistoryLine) -> Section:
    """Return a suite's figures as sparklines and as rows."""
    rows = tuple(
        (p.run, p.created, str(p.num_items), *(_whole(_interval(p.figures[key])) for key in FIGURES))
        for p in line.points
    )
    sparks = tuple(
        _spark(key, line.points, line.changes[key])
        for key in FIGURES
        if any(p.figures[key].value is not None for p in line.points)
    )
    return Section(line.suite, line.model, sparks, rows)


def _spark(key: str, points: Sequence[HistoryPoint], change: float | None) -> Spark:
    step = (WIDTH - 2 * EDGE) / max(1, len(points) - 1)
    placed = [(EDGE + i * step, p, p.figures[key]) for i, p in enumerate(points) if p.figures[key].value is not None]
    dots = tuple(Dot(round(x, 1), _y(f.value), f"{p.run}: {_interval(f)}") for x, p, f in placed)
    starts = [0, *(i for i in range(1, len(placed)) if placed[i][1].digest != placed[i - 1][1].digest), len(placed)]
    stretches = [placed[a:b] for a, b in pairwise(starts)]
    lines = tuple(" ".join(f"{x:.1f},{_y(f.value)}" for x, _, f in part) for part in stretches if len(part) > 1)
    return Spark(metric_name(key), dots, lines, _band(stretches[-1]), _interval(placed[-1][2]), _change(change))


def _band(stretch: Sequence[tuple[float, HistoryPoint, Figure]]) -> str:
    known = [(x, f) for x, _, f in stretch if f.ci_low is not None and f.ci_high is not None]
    if len(known) < 2:
        return ""
    upper = [f"{x:.1f},{_y(f.ci_high)}" for x, f in known]
    return " ".join([*upper, *reversed([f"{x:.1f},{_y(f.ci_low)}" for x, f in known])])


def _change(change: float | None) -> str:
    return "" if change is None else f"{100 * change:+.1f} points since the run before"


def _y(value: float | None) -> float:
    return round(HEIGHT - EDGE - (value or 0.0) * (HEIGHT - 2 * EDGE), 1)


def _interval(figure: Figure) -> str:
    return f"{percent(figure.value, missing='-')} {interval(figure.ci_low, figure.ci_high)}".rstrip()


def _whole(text: str) -> str:
    """Return a figure that is broken over two lines before its interval only."""
    return text.replace(" %", "\u00a0%").replace(" to ", "\u00a0to\u00a0")


def _head(key: str) -> str:
    return {"accuracy_worst": "worst", "contrast_consistency": "sets", "flip_rate": "flips", "accuracy": "right"}.get(
        key, key
    )
