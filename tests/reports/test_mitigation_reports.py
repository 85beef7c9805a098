"""The bench's reports: hostile text stays text, lines fit, the run's page has it, and what is proposed can be applied."""

import re
from dataclasses import replace

import pytest
from made_run import made_manifest, made_summary

from probe.mitigate.mitigation import Change, MethodResult, Mitigation, Price, ProposedFile, SuiteMitigation
from probe.record.summary import read_summary
from reports import html, mitigation_console, mitigation_markdown, mitigation_page

HOSTILE = "<script>alert(1)</script>\x1b[31m | @team"
FIGURES = ("accuracy", "accuracy_mean", "spread", "accuracy_worst", "flip_rate", "contrast_consistency")


def change(name, before=0.2, after=0.1, **given):
    direction = "lower" if name in ("spread", "flip_rate") else "higher"
    difference = after - before
    ends = (difference - 0.05, difference + 0.05)
    return Change(name, "all", direction, before, after, difference, *ends, 60, 8, 0.001, 0.01, **given)


def method(name, **given):
    changes = tuple(
        change(figure, significant=figure == "flip_rate", after_low=0.05, after_high=0.2) for figure in FIGURES
    )
    whole = {"changes": changes, "price": Price(5.0, 200.0, 9, 1234), "num_answers": 90, **given}
    return MethodResult(name, "vote", "A summary.", "-", "judged", **whole)


@pytest.fixture
def found():
    diff = "--- a/suite.toml\n+++ b/suite.toml\n@@ -1 +1 @@\n-old\n+new " + HOSTILE + "\n"
    proposes = method(
        "select-prompt", chose=HOSTILE, files=(ProposedFile("suite.toml", "proposed/toy/select-prompt/suite.toml", diff),),
        num_left_out=7, losses=("accuracy",), warnings=("unbalanced",),
    )  # fmt: skip
    families = (replace(change("flip_rate"), family="format"),)
    methods = (
        method("template-ensemble", families=families),
        proposes,
        MethodResult("broken", "vote", "", "-", "failed", reason=HOSTILE),
        MethodResult("permutation-vote", "vote", "", "-", "not-applicable", reason="no options are listed"),
    )
    before = tuple(
        replace(change(name), after=None, difference=None, before_low=0.1, before_high=0.3) for name in FIGURES
    )
    one = SuiteMitigation(
        "toy", "/some/where/my suite", 60, 97, Price(1.0, 40.0), before, methods, "template-ensemble", advice="Take it."
    )
    return Mitigation(
        run="runs/bench", of_run="runs/run", model=HOSTILE, command=f"probe mitigate '{HOSTILE}'", suites=(one,)
    )


def test_hostile_text_stays_text_in_every_report(found):
    page = mitigation_page.page(found)
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert "\x1b" not in page
    text = mitigation_console.page(found, width=100)
    assert "\x1b" not in text and "\\x1b" in text
    markdown = re.sub("`[^`]*`", "", mitigation_markdown.markdown(found))  # in a code span nothing acts
    assert "\x1b" not in markdown and "@team" not in markdown and "<script>" not in markdown


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_of_the_terminal_but_paths_and_commands_is_too_wide(found, width):
    lines = mitigation_console.page(found, width=width).splitlines()
    paths = ("report ", "apply ", "select-prompt proposes", "    ")
    assert max(len(line) for line in lines if not line.startswith(paths)) <= width


def test_the_table_has_every_figure_after_with_its_change_its_margin_and_its_star(found):
    text = mitigation_console.page(found, width=140)
    (row,) = [line for line in text.splitlines() if line.startswith("template-ensemble ")]
    assert "10.0 -10.0±5.0*" in row, "the flip rate"
    assert row.count("10.0 -10.0±5.0") == 5 and row.count("*") == 1
    assert row.split()[-2:] == ["5", "200"]
    assert "template-ensemble: asks 9 calls once, 1,234 tokens\n" in text
    assert "broken failed: " in text and "permutation-vote does not apply: no options are listed" in text
    assert (
        "7 of 97 answers left out, before and after; of the others 20.0 % moved before; lowers original accuracy"
        in (" ".join(text.split()))
    )


def test_what_is_proposed_is_shown_with_the_command_that_applies_it(found):
    command = "patch -p1 -d '/some/where/my suite' < runs/bench/proposed/toy/select-prompt/suite.toml.diff"
    assert f"apply  {command}" in mitigation_console.page(found, width=100)
    page = mitigation_page.page(found)
    assert command.replace("'", "&#39;").replace("<", "&lt;") in page
    assert "<del>-old</del>" in page and "<ins>+new" in page and "<del>---" not in page
    odd = replace(found, suites=(replace(found.suites[0], folder="a\x1b[31m"),))
    assert "\x1b" not in mitigation_console.page(odd, width=100)
    no_folder = replace(found, suites=(replace(found.suites[0], folder=""),))
    assert "patch" not in mitigation_console.page(no_folder, width=100)


def test_the_plots_show_each_method_before_and_after(found):
    (view,) = mitigation_page.views(found)
    name, plot = view.charts[0]
    assert (name, [one.label for one in plot.moves]) == ("flip_rate", ["template-ensemble", "select-prompt"])
    assert [(one.before, one.after, one.low, one.high, one.tone) for one in plot.moves] == [
        (100.0, 50.0, 25.0, 100.0, "good")
    ] * 2
    assert plot.reference == 100.0
    page = mitigation_page.page(found)
    assert page.count('href="#mark-3" x=') == 2 * len(view.charts)
    assert "template-ensemble: 20.0 % before, 10.0 % (5.0\u201320.0) after, -10.0 points [-15.0, -5.0]" in page


def test_the_page_of_a_run_has_what_was_found(found):
    summary, manifest = read_summary(made_summary()), made_manifest()
    without, page = html.page(summary, manifest), html.page(summary, manifest, mitigation=found)
    assert 'id="cures"' not in without
    section = page.split('id="cures"')[1].split("</section>")[0]
    assert "template-ensemble" in section and "<script>" not in section
