from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from probe.metrics import VariantRow
from probe.record.plain import from_plain
from reports.charts.axis import BOTTOM, NUM_MARKS
from reports.charts.dot_plot import TOP, dot_plot

REPORTS = Path(__file__).parents[2] / "reports"
shares = st.floats(0.0, 1.0)


@st.composite
def variants(draw: st.DrawFn) -> list[VariantRow]:
    rows = []
    for number in range(draw(st.integers(1, 30))):
        low, middle, high = sorted(draw(st.tuples(shares, shares, shares)))
        family = draw(st.sampled_from(["original", "format", "typos", "a family with a long name", "null"]))
        rows.append(row(middle, family, number, ends=(low, high)))
    return rows


def row(
    accuracy: float, family: str = "format", draw: int = 0, *, ends: tuple[float, float] | None = None
) -> VariantRow:
    low, high = ends or (accuracy, accuracy)
    found = {"suite": "s", "family": family, "perturbation": "layout", "sample": draw, "accuracy": accuracy}
    return from_plain(VariantRow, found | {"ci_low": low, "ci_high": high, "original_accuracy": 1.0})


@given(variants())
def test_all_marks_and_intervals_lie_inside_the_plot_and_in_the_lane_of_their_family(rows: list[VariantRow]):
    plot = dot_plot(rows, families=["format", "typos", "null"])
    if plot is None:
        assert all(one.family == "original" for one in rows)
        return
    assert len(plot.dots) == sum(one.family != "original" for one in rows)
    lanes = {lane.family: lane for lane in plot.lanes}
    for dot in plot.dots:
        assert dot.low is not None and dot.high is not None
        assert 0 <= dot.low <= dot.x <= dot.high <= 100
        lane = lanes[dot.title.split(":")[0]]
        assert lane.y < dot.y < lane.y + lane.height and dot.mark == lane.mark < NUM_MARKS
    assert plot.height == plot.bottom + BOTTOM
    assert plot.lanes[0].y == TOP
    assert len(plot.ticks) >= 2 and plot.ticks[-1].x == 100.0


@given(variants())
def test_no_two_marks_share_a_row_and_worse_ones_stand_higher_in_their_lane(rows: list[VariantRow]):
    plot = dot_plot(rows, families=[])
    dots = plot.dots if plot else ()
    assert len({dot.y for dot in dots}) == len(dots)
    for above, below in zip(dots, dots[1:], strict=False):
        same_lane = above.title.split(":")[0] == below.title.split(":")[0]
        assert above.y < below.y and (not same_lane or above.x <= below.x)


def test_a_mark_stands_where_its_accuracy_is():
    plot = dot_plot([row(0.5), row(0.75, draw=1), row(1.0, "original")], families=["format"])
    assert plot is not None and plot.reference is not None
    assert [tick.label for tick in plot.ticks] == ["50", "60", "70", "80", "90", "100"]
    assert [dot.x for dot in plot.dots] == [0.0, 50.0]
    assert plot.reference.x == 100.0 and plot.reference.label == "100.0 %"


def test_families_stand_in_the_order_of_their_worst_variant():
    rows = [row(0.9, "typos"), row(0.6, "typos"), row(0.7, "format"), row(0.95, "null")]
    plot = dot_plot(rows, families=["format", "typos", "null"])
    assert plot is not None
    assert [(lane.family, lane.mark) for lane in plot.lanes] == [("typos", 1), ("format", 0), ("null", 2)]


def test_accuracies_that_are_all_alike_have_an_axis_all_the_same():
    for value in (0.0, 0.3, 1.0):
        plot = dot_plot([row(value)], families=["format"])
        assert plot is not None
        assert [tick.label for tick in plot.ticks] == {
            0.0: ["0", "10", "20"],
            0.3: ["30", "40", "50"],
            1.0: ["80", "90", "100"],
        }[value]


def test_without_a_variant_there_is_no_plot():
    assert dot_plot([row(0.9, "original")], families=[]) is None


def test_a_chart_is_laid_out_and_drawn_in_files_of_one_name():
    laid_out = {path.stem for path in (REPORTS / "charts").glob("[!_]*.py")}
    drawn = {path.name.removesuffix(".html.j2") for path in (REPORTS / "page" / "charts").iterdir()}
    assert laid_out == drawn
