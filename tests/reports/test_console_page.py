"""The terminal page: one screen, plain words, hostile text inert, narrow terminals."""

import pytest
from made_run import HOSTILE, made_summary

from reports.console import edit_text, flip_lines, page, table, visible_line


def lines(**options):
    return page(made_summary(num_suites=options.pop("num_suites", 6)), **options).splitlines()


@pytest.mark.parametrize("num_suites", [1, 6])
def test_the_page_fits_one_screen_and_begins_with_the_verdict(num_suites):
    shown = lines(num_suites=num_suites, report="runs/x/report.html")
    assert len(shown) <= 40
    assert shown[0].startswith(made_summary(num_suites=num_suites)["verdict"][:20])
    assert any("runs/x/report.html" in line for line in shown)
    assert shown[-1].startswith("next    probe show ")


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("num_suites", [1, 6])
def test_no_figure_is_cut_off_on_a_narrow_terminal(width, num_suites):
    shown = lines(num_suites=num_suites, width=width)
    assert all(len(line) <= width for line in shown if not line.startswith(("report", "next")))
    assert not any("\u2026" in line for line in shown)


def test_without_colour_there_is_no_escape_code_and_the_edit_is_in_words():
    shown = page(made_summary(), color=False)
    assert "\x1b" not in shown
    assert "[-" in shown and "{+" in shown
    assert "\x1b[" in page(made_summary(), color=True)


def test_model_output_cannot_drive_the_terminal():
    assert visible_line("a\x1b[2Jb\rc\u202e\nd") == "a\\x1b[2Jb\\rc\\u202e\\nd"
    flip = made_summary()["flips"][0] | {"after_prediction": "\x1b]0;owned\x07", "after": "x\x1b[31m" + HOSTILE}
    assert "\x1b" not in flip_lines(flip).plain
    assert "\x07" not in flip_lines(flip).plain


def test_an_edit_shows_a_little_of_what_stayed_on_either_side():
    text = edit_text("a " * 100 + "red" + " b" * 100, "a " * 100 + "blue" + " b" * 100).plain
    assert "[-red-]{+blue+}" in text
    assert text.startswith("...") and text.endswith("...")
    assert len(text) < 120


def test_an_answer_that_could_not_be_read_is_called_so():
    flip = made_summary()["flips"][0] | {"after_prediction": ""}
    assert "(unreadable)" in flip_lines(flip).plain


def test_a_table_of_nothing_is_empty():
    assert table([]) == ""
