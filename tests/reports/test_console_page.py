"""The terminal page: one screen, plain words, hostile text inert, narrow terminals."""

from dataclasses import replace

import pytest
from made_run import FAMILIES, HOSTILE, SIXTEEN, made_summary

from probe.record.summary import read_summary
from reports.console import edit_text, flip_lines, table, visible_line
from reports.console import page as page_of


def page(summary, **options):
    """Return the page of a run whose summary is a JSON object."""
    return page_of(read_summary(summary), **options)


def flip_of(**changes):
    return replace(read_summary(made_summary()).flips[0], **changes)


def lines(**options):
    made = {"num_suites": options.pop("num_suites", 6), "families": options.pop("families", FAMILIES)}
    return page(made_summary(**made), **options).splitlines()


@pytest.mark.parametrize("num_suites", [1, 6])
def test_the_page_fits_one_screen_and_begins_with_the_verdict(num_suites):
    shown = lines(num_suites=num_suites, report="runs/x/report.html")
    assert len(shown) <= 40
    assert shown[0].startswith(made_summary(num_suites=num_suites)["verdict"][:20])
    assert any("runs/x/report.html" in line for line in shown)
    assert shown[-1].startswith("next    probe show ")


@pytest.mark.parametrize("families", [FAMILIES, SIXTEEN], ids=["few", "sixteen"])
@pytest.mark.parametrize(("num_suites", "width", "height"), [(1, 80, 24), (1, 100, 24), (6, 100, 40), (6, 80, 40)])
def test_a_screen_holds_all_of_it_however_many_families_there_are(families, num_suites, width, height):
    shown = lines(num_suites=num_suites, width=width, families=families, report="runs/x/report.html")
    assert rows_of(shown, width) <= height
    for part in ("of 200 items", "report  runs/x/report.html  (809 more flips)", "next    probe show"):
        assert sum(line.startswith(part) for line in shown) == 1
    assert sum("right to wrong" in line for line in shown) == 3
    assert sum("[-" in line for line in shown) >= 3


def rows_of(shown, width):
    """Count the rows that lines take on a terminal, where a line that is too long goes on in the next row."""
    return sum(max(1, -(-len(line) // width)) for line in shown)


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_a_real_run_of_every_family_fits_and_no_answer_of_a_flip_is_cut(of_every_family, width):
    summary = of_every_family
    place = "runs/20261127T224549Z_sentiment_pocket_cec4d0/report.html"
    shown = page_of(summary, width=width, report=place).splitlines()
    assert rows_of(shown, width) <= 24 * 80 // min(width, 80)
    text = " ".join(" ".join(shown).split())
    contrast = replace(summary.flips[0], kind="should have moved", before_target="positive", target="negative")
    for flip in [*summary.flips[:3], contrast]:
        head, edit = flip_lines(flip, width=width).plain.split("\n  ")
        assert f'"{flip.before_prediction}" -> "{flip.after_prediction}"' in head
        assert (f', right is "{flip.target}"' in head) == (flip.before_target != flip.target)
        assert flip is contrast or " ".join(head.split()) in text
        assert len(edit) <= width - 2
    assert sum(line.startswith("  ") and ("[-" in line or "{+" in line) for line in shown) >= 3


@pytest.fixture(scope="module")
def of_every_family():
    from probe.evaluation.run import Plan, run
    from probe.models.loaders import load_model
    from probe.perturb import select
    from probe.record.summarise import summarise
    from probe.suite import find_suite, read_suite

    coin = load_model("scripted:coin")
    plan = Plan(tuple(select(["all"])), limit=12)
    return summarise(run([read_suite(find_suite("sentiment"))], coin, plan), coin, plan, resamples=50)


def test_families_are_rows_where_they_are_many_and_those_without_room_are_counted():
    shown = lines(num_suites=1, width=80, families=SIXTEEN)
    (rest,) = [line for line in shown if "more, up to" in line]
    summary = made_summary(num_suites=1, families=SIXTEEN)
    rates = {row["family"]: row["value"] for row in summary["metrics"] if row["metric"] == "flip_rate"}
    ranked = sorted((f for f in rates if f not in ("all", "null")), key=rates.get, reverse=True)
    named = [line.split()[0] for line in shown if line.split() and line.split()[0] in ranked]
    assert named == ranked[: len(named)]
    assert rest.split() == [
        str(len(ranked) - len(named)),
        "more,",
        "up",
        "to",
        f"{100 * rates[ranked[len(named)]]:.1f}",
        "%",
    ]
    wide = lines(num_suites=6, width=100, families=SIXTEEN)
    assert [line.split()[0] for line in wide if line.split() and line.split()[0] in ranked] != []
    assert next(line for line in wide if line.startswith("flips")).split()[-2:] == ["all", "pairs"]
    floor, net = (next(line for line in wide if line.startswith(head)) for head in ("noise floor", "above it"))
    assert floor.count("%") == net.count("%") > 0


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("num_suites", [1, 6])
@pytest.mark.parametrize("families", [FAMILIES, SIXTEEN], ids=["few", "sixteen"])
def test_no_figure_is_cut_off_on_a_narrow_terminal(width, num_suites, families):
    shown = lines(num_suites=num_suites, width=width, families=families)
    assert all(len(line) <= width for line in shown if not line.startswith(("report", "next")))
    assert not any("\u2026" in line for line in shown)


def test_without_colour_there_is_no_escape_code_and_the_edit_is_in_words():
    shown = page(made_summary(), color=False)
    assert "\x1b" not in shown
    assert "[-" in shown and "{+" in shown
    assert "\x1b[" in page(made_summary(), color=True)


def test_model_output_cannot_drive_the_terminal():
    assert visible_line("a\x1b[2Jb\rc\u202e\nd") == "a\\x1b[2Jb\\rc\\u202e\\nd"
    flip = flip_of(after_prediction="\x1b]0;owned\x07", after="x\x1b[31m" + HOSTILE)
    assert "\x1b" not in flip_lines(flip).plain
    assert "\x07" not in flip_lines(flip).plain


def test_an_edit_shows_a_little_of_what_stayed_on_either_side():
    text = edit_text("a " * 100 + "red" + " b" * 100, "a " * 100 + "blue" + " b" * 100).plain
    assert "[-red-]{+blue+}" in text
    assert text.startswith("...") and text.endswith("...")
    assert len(text) < 120


def test_an_answer_that_could_not_be_read_is_called_so():
    flip = flip_of(after_prediction="")
    assert "(unreadable)" in flip_lines(flip).plain


def test_a_table_of_nothing_is_empty():
    assert table([]) == ""


def test_intervals_of_a_run_that_stopped_early_are_headed_with_their_level():
    summary = made_summary(num_suites=1)
    assert "95 % interval" in page(summary)
    summary["stopping"] = [{"target": 0.05, "level": 0.9875}]
    shown = page(summary, width=160)
    assert "98.75 % interval" in shown and "95 % interval" not in shown


def test_flips_that_followed_place_or_symbol_are_told_with_what_tells_the_two_apart():
    summary = made_summary(num_suites=1)
    assert "followed an option's position or symbol" not in page(summary)
    assert "7 followed an option's position or symbol; --perturb order-with-symbols,label-shift" in page(
        summary | {"flips_position_or_symbol": 7}, width=140
    )
