"""The terminal page of a verdict: what it says, how wide it is, and that nothing hostile gets through."""

from dataclasses import replace

import pytest
from made_run import HOSTILE, made_manifest, made_summary

from probe.gating.verdict import GateCheck, GateVerdict, Moved
from probe.record.summary import read_summary
from reports import gate_words
from reports.gate_console import page, sentence
from reports.gate_markdown import markdown
from reports.gate_page import HEADS, gate_view
from reports.html import page as html_page
from reports.junit import junit
from reports.sarif import sarif

MOVED = Moved(
    "sentiment", "s-001", "typos", "typo-drop", 2, "positive", "nega\x1b[31mtive", 0.5, "probe show sentiment s-001"
)
CHECK = GateCheck(
    "sentiment", "typos", "flip_rate", "baseline", "regressed", "lower", 0.3, 0.1, 0.02, 0.12, 0.28, 0.08, 0.0001, 0.001,
    220, 4, reason="20.0 points worse: beyond the margin of 2 (adjusted p 0.001)", moved=(MOVED,),
    tolerance=0.05,
)  # fmt: skip


BOUND = replace(CHECK, kind="bound", reference=None, bound=0.2, p_value=None, p_adjusted=None, moved=(), tolerance=None)


def verdict(*checks, outcome="regressed"):
    return GateVerdict("runs/x", "pocket", ("sentiment",), "b.json", outcome, checks)


def test_it_begins_with_the_verdict_and_shows_what_was_judged():
    text = page(verdict(CHECK, replace(CHECK, family="format", outcome="pass")), width=120)
    assert text.startswith("REGRESSED: pocket, sentiment against b.json.")
    line = next(line for line in text.split("\n") if line.startswith("REGRESSED  "))
    assert (
        " ".join(line.split()) == "REGRESSED sentiment typos flip rate 10.0 % 30.0 % +20.0 [+12.0, +28.0] 8.0 0.001 220"
    )
    assert "probe show sentiment s-001" in text


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_every_width_has_figure_bound_interval_and_detectable_effect_unbroken_and_commands_whole(width):
    contrast = replace(CHECK, suite="comparison", family="lexical-overlap", metric="contrast_consistency", moved=())
    named = replace(CHECK, moved=(replace(MOVED, after="negative"),))
    text = page(verdict(named, contrast, replace(BOUND, outcome="inconclusive")), width=width)
    commands = [line for line in text.split("\n") if "probe show" in line]
    assert commands
    lines = [line for line in text.split("\n") if line not in commands]
    assert all(len(line) <= width for line in lines)
    for figure in ("30.0 %", "+20.0 [+12.0, +28.0]", "8.0", "at most 20.0 %", "(12.0–28.0)"):
        assert any(figure in line for line in lines), figure
    for line in lines:
        assert line.count("[") == line.count("]"), line
        assert not line.lstrip().startswith("%")


def test_a_hundred_columns_show_the_baseline_and_the_detectable_effect_of_what_regressed_or_is_unsure():
    contrast = replace(
        CHECK, suite="comparison", family="contrast", metric="contrast_consistency", outcome="inconclusive"
    )
    head = next(line for line in page(verdict(contrast)).split("\n") if line.startswith("verdict "))
    assert head.split() == ["verdict", "suite", "family", "figure", "before", "now", "change", "(95", "%)", "detects"]


def test_figures_have_the_names_of_the_reports_and_each_column_its_unit():
    text = page(verdict(replace(CHECK, metric="accuracy_worst", moved=()), BOUND))
    assert "worst accuracy" in text and "Worst accuracy under typos, sentiment: 20.0 points worse" in text
    assert "_" not in text.split("\n\n", 1)[1]
    tables = text.split("\n\n")[2:4]
    for table, heads in zip(tables, (("change (95 %)", "detects"), ("now (95 %)", "bound")), strict=True):
        assert all(head in table.split("\n")[0] for head in heads)
        assert "points" in table.split("\n")[-1], "the unit of what is no share"


def test_the_page_says_in_whole_clauses_how_many_checks_failed_and_what_an_interval_is_of():
    three = verdict(CHECK, replace(CHECK, outcome="inconclusive"), replace(BOUND, outcome="failed"))
    view = gate_view(three)
    assert view.sentence.startswith("1 of 3 checks against b.json regressed, 1 failed, 1 is inconclusive. ")
    (_, against, bound), place = view.rows, HEADS.index("95 % interval")
    assert [row[place] for row in view.rows if "baseline" in row[place - 1]][0] == "change +20.0 [+12.0, +28.0] points"
    assert against and bound and all("points" in row[-1] for row in view.rows)


HOW = {
    "baseline": CHECK,
    "bound": replace(CHECK, kind="bound", reference=None, bound=0.2, tolerance=None),
    "strict": replace(CHECK, kind="bound", reference=None, bound=0.2, tolerance=None, strict=True),
}
SENTENCES = {
    ("baseline", "regressed"): "1 figure is worse than in the baseline, beyond chance and beyond the margin.",
    ("bound", "failed"): "1 figure is beyond its bound, and so is its whole interval.",
    ("strict", "failed"): "1 figure is beyond its bound; the figure itself was checked, not its interval.",
    (
        "baseline",
        "inconclusive",
    ): "1 figure is perhaps worse than in the baseline: there are too few items to tell.",
    ("bound", "inconclusive"): "1 bound lies within the interval of its figure: there are too few items to decide.",
    ("baseline", "pass"): "No figure is worse than in the baseline by more than the tolerance: that is ruled out.",
    ("bound", "pass"): "The bound holds for the figure's whole interval.",
    ("strict", "pass"): "The bound holds; the figure itself was checked, not its interval.",
}


@pytest.mark.parametrize(("how", "outcome"), SENTENCES)
def test_a_verdict_says_what_it_was_judged_by_alike_in_all_formats(how, outcome):
    one = verdict(replace(HOW[how], outcome=outcome), outcome=outcome)
    said = SENTENCES[how, outcome]
    assert " ".join(page(one).split()).count(said) == 1
    assert said in markdown(one).replace("\\", "")
    assert f'value="{gate_words.sentence(one)}"' in junit(one).replace("&apos;", "'")
    assert said in sarif(one, prompt_files={})
    assert said in gate_view(one).sentence
    assert not [other for key, other in SENTENCES.items() if key != (how, outcome) and other in sentence(one)]


def test_a_verdict_of_several_kinds_says_each_with_its_number():
    text = sentence(
        verdict(
            CHECK,
            replace(CHECK, metric="spread"),
            replace(HOW["strict"], outcome="failed"),
            replace(BOUND, outcome="pass"),
        )
    )
    assert "2 figures are worse than in the baseline" in text and "1 figure is beyond its bound;" in text
    assert "whole interval" not in text and text.endswith("Of 4 checks: 2 regressed, 1 failed, 1 pass.")


def test_what_was_not_judged_is_never_silent():
    text = page(
        replace(verdict(CHECK), not_judged=("suite other has bounds and is not in the run",), settings="../probe.toml")
    )
    assert "Not every bound could be checked." in text
    assert "note     suite other has bounds" in text and "settings ../probe.toml" in text


def test_regressed_checks_beyond_three_are_counted_with_where_their_items_are():
    checks = [replace(CHECK, family=f"f{n}") for n in range(5)]
    assert "... and 2 more regressed; --json has their items too" in page(verdict(*checks))
    assert "more regressed" not in page(verdict(*checks[:3]))


@pytest.mark.parametrize(
    ("one", "kind", "says"),
    [
        ({"before": "a", "after": "b", "right": "a"}, "baseline", '"a" -> "b", right is "a", 50 points worse'),
        ({"before": "b", "after": "b", "right": "a"}, "baseline", 'answered "b", right is "a", 50 points worse'),
        (
            {"before": "a", "after": "a", "right": "a", "as_written": "b"},
            "baseline",
            'answered "a", originally "b", right is "a", 50 points worse',
        ),
        (
            {"before": "(another wrong answer)", "after": "(unreadable)", "right": "a"},
            "baseline",
            '(another wrong answer) -> (unreadable), right is "a", 50 points worse',
        ),
        ({"before": "", "after": "b", "right": "a"}, "bound", 'answered "b", right is "a"'),
        (
            {"before": "b", "after": "a", "right": "a", "as_written": "b"},
            "bound",
            '"b" -> "a", right is "a", 50 % of its variants flip',
        ),
    ],
)
def test_an_item_says_what_is_answered_and_what_is_right(one, kind, says):
    assert gate_words.answers(replace(MOVED, **one), kind=kind) == says


def test_the_page_of_a_run_has_the_verdict_at_its_top_and_hostile_answers_stay_text():
    nasty = replace(MOVED, after=HOSTILE, command="probe show <b>")
    text = html_page(read_summary(made_summary()), made_manifest(), gate=verdict(replace(CHECK, moved=(nasty,)), BOUND))
    top = text[: text.index('class="facts"')]
    assert 'Gate: <span class="bad">Regressed</span>' in top
    assert SENTENCES["baseline", "regressed"] in top
    assert "<b>" not in top.split("<code>")[1].split("</code>")[0]
    assert HOSTILE not in top and top.count("<tr>") == 3
    assert top.count("<td ") == 2 * top.count('<th scope="col">') - 2, "a cell of a row for each head but the first"
    for head in HEADS[1:]:
        assert top.count(f'<td data-label="{head}">') == 2, "what a narrow page shows in the place of the head"
    assert "Gate:" not in html_page(read_summary(made_summary()), made_manifest())


def test_no_colour_and_no_control_character_reaches_the_terminal():
    text = page(verdict(CHECK))
    assert "\x1b" not in text and "\\x1b" in text


def test_many_passes_are_counted_and_failures_all_shown():
    passes = [replace(CHECK, outcome="pass", family=f"f{n}") for n in range(30)]
    text = page(verdict(*passes, CHECK, replace(CHECK, family="format")))
    assert text.count("REGRESSED  ") == 2
    assert "more passed" in text
    assert "30 pass" in sentence(verdict(*passes, CHECK))


def test_figures_that_are_not_defined_are_dashes():
    bare = replace(
        CHECK,
        kind="bound",
        reference=None,
        ci_low=None,
        ci_high=None,
        minimum_detectable=None,
        p_value=None,
        p_adjusted=None,
    )
    assert "at most 2.0 %" in page(verdict(bare), width=140)


def test_a_loss_since_the_first_baseline_is_told_from_one_since_the_last_in_table_and_reason():
    both = [replace(CHECK, reason="worse since then", since_first=first) for first in (False, True)]
    for width in (80, 140):
        shown = page(verdict(*both), width=width)
        assert shown.count(" (first)") == 1
        assert " ".join(shown.split()).count("under typos, since the first baseline, sentiment: worse since then") == 1
        assert shown.count(": worse since then") == 2
