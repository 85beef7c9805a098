"""A repair's reports: everything is on the page, hostile text stays text, and a page can be made of what is there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from made_repair import SUITE, made_judgement, made_repair, made_trained

from probe.cli import exit_code
from probe.errors import StoreError
from probe.repair.curves import MOST, curves_of
from probe.repair.judgement import Judgement
from probe.repair.record import is_repair, read_repair
from reports import repair_console, repair_words
from reports.charts.curves import line_chart, nice
from reports.charts.salience import shades
from reports.repair_markdown import markdown
from reports.repair_page import curves_views, page, suite_view


@pytest.fixture(scope="module")
def judged():
    return made_judgement()


@pytest.fixture(scope="module")
def text(judged):
    return page(made_repair(judged))


def test_hostile_text_stays_text_in_every_report(judged, text):
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text
    assert "<b>" not in text
    assert "\x1b" not in text and "\u202e" not in text and "\u241b" in text
    written = re.sub("`[^`]*`", "", markdown(made_repair(judged)))  # in a code span nothing acts
    assert "\x1b" not in written and "<script>" not in written and "@team" not in written


def test_the_verdict_stands_first_and_says_why_a_training_stopped(judged, text):
    assert '<p class="verdict">Repair helped: flips 40.0\u00a0% → 10.0\u00a0%.</p>' in text
    stopped = made_repair(judged, trained=made_trained(stopped="the mean accuracy fell"))
    assert "It stopped early: the mean accuracy fell." in page(stopped)
    lost = made_trained()
    worse = made_repair(judged, trained=replace(lost, best=lost.looks[0]))
    assert list(repair_words.verdicts(worse))[1].startswith("It did not help")


def test_every_arm_stands_in_every_table_with_its_change_and_its_cost(judged, text):
    view = suite_view(judged, SUITE)
    assert [one.metric for one in view.tables] == ["flip_rate", "spread", "accuracy_worst"]
    for table in view.tables:
        assert [row.arm.name for row in table.rows] == ["unrepaired", "augmentation", "f2c", "repair", "vote"]
        assert all(cell is not None for row in table.rows for cell in row.cells)
    assert view.tables[0].heads[:3] == (
        "Trained families",
        "Formats never trained",
        "Families never trained",
    )
    assert len(view.tables[0].heads) == 5
    assert text.count("-30.0 [-40.0, -20.0]") >= 4 * 3 * 2, "four arms, three sections, two figures that are better low"
    assert "trained on 15,000 tokens, 20 s" in text and "5 prompts" in text
    assert "no figures: too few answers" in text


def test_the_plots_show_families_before_and_after_and_which_were_never_trained(judged):
    moves = dict(suite_view(judged, SUITE).moves)
    assert list(moves) == ["flip_rate", "spread", "accuracy_worst"]
    assert [(one.label, one.is_strong, one.tone) for one in moves["flip_rate"].moves] == [
        ("format", False, "good"),
        ("typos", True, "good"),
        ("structure", True, "good"),
        ("wording", False, "good"),
        ("casing", False, "good"),
    ]
    assert all(one.low < one.after < one.high for one in moves["flip_rate"].moves)


def test_the_curves_have_a_line_for_each_seed(judged, text):
    first, *others = curves_views(made_repair(judged))
    assert first.title == "repair" and {one.title for one in others} == {"augmentation", "f2c"}
    names = [one.name for one in first.charts]
    assert names == [
        "Loss", "Loss term: cross-entropy", "Loss term: supcon", "Accuracy under the worst formulation",
        "Mean accuracy over formulations", "Accuracy as written", "Flip rate", "Alignment", "Uniformity", "Learning rate",
    ]  # fmt: skip
    assert all([one.label for one in chart.curves] == ["seed 0", "seed 1", "seed 2"] for chart in first.charts)
    assert "seed 1: 150 steps, the weights of step 150 were kept." in text


def test_a_course_is_thinned_and_keeps_its_means_and_its_end():
    trained = made_trained(steps=150)
    found = curves_of(trained, "repair")
    assert len(found.steps) == len(found.loss) == 50 <= MOST and found.steps[-1] == 150
    assert found.loss[0] == pytest.approx((3 / 1 + 3 / 2 + 3 / 3) / 3, rel=1e-3)
    assert set(found.terms) == {"cross-entropy", "supcon"} and found.looks == trained.looks
    assert curves_of(replace(trained, steps=()), "repair").steps == ()


def test_what_changed_inside_is_shown_before_and_after(judged, text):
    view = suite_view(judged, SUITE)
    assert [[one.label for one in chart.curves] for chart in view.layers] == [["before", "after"]] * 3
    before, after = shades(judged.salience[0])
    assert [one.step for one in before] == [4, -2, 0, 0] and [one.step for one in after] == [1, -4, 0, 0]
    assert '<span class="for-4" title="+0.4 nats">Say</span>' in text
    assert "+3.40 nats" in text and "-1.80 nats" in text


def test_settings_and_split_are_on_the_page(text):
    assert "<strong>0.7</strong>" in text, "another weight than the default"
    assert "338" in text and "typos-swap" in text and "torch 2.9" in text
    assert "probe repair &#39;" in text


@pytest.mark.parametrize(
    "holes",
    [
        {"figures": (), "targets": (), "statements": ()},
        {"layers": (), "salience": ()},
        {"arms": ()},
        {"other_suites": (), "held_out": ()},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_judgement_with_holes_has_a_page(judged, holes):
    found = made_repair(replace(judged, **holes))
    assert page(found).count("<h2") >= 4
    assert markdown(found).startswith("### Repair")


def test_a_judgement_of_one_seed_has_a_page():
    found = made_judgement(seeds=(0,), others=())
    assert "Suites that were not trained" not in page(made_repair(found))
    old = replace(found, arms=tuple(replace(arm, curves=()) for arm in found.arms))
    (view,) = curves_views(made_repair(old))
    assert view.labels == ["seed 0"], "of the adapter's own record"


def test_what_was_not_judged_says_so_and_has_its_curves():
    text = page(made_repair())
    assert "Not judged on what no training has seen. On the validation items: the worst formulation is now" in text
    assert "Accuracy under the worst formulation" in text
    going = made_repair(is_finished=False, split=None, folder=Path("a/.toy.unfinished"))
    text = page(going)
    assert "The training is not finished: its newest checkpoint is of step 150." in text
    assert going.name == "toy" and "--resume</code>" in text
    assert "--resume" in repair_console.page_of(going, width=80)


def test_a_folder_is_read_as_it_was_written(tmp_path, judged):
    trained = made_trained(folder=tmp_path)
    assert not is_repair(tmp_path)
    record = {"model": "pocket", "suites": [{"name": "toy"}], "command": "probe repair toy"} | trained.as_record()
    (tmp_path / "repair.json").write_text(json.dumps(record), encoding="utf-8")
    found = read_repair(tmp_path)
    assert is_repair(tmp_path) and found.trained == trained and found.suites == ("toy",) and found.judgement is None
    (tmp_path / "judgement.json").write_text(json.dumps(judged.to_json()), encoding="utf-8")
    assert read_repair(tmp_path).judgement == judged == Judgement.from_json(judged.to_json())
    (tmp_path / "judgement.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(StoreError, match=r"judgement\.json: holds \[1\]; an object is needed"):
        read_repair(tmp_path)


@pytest.mark.parametrize(
    ("name", "path", "to", "message"),
    [
        ("repair.json", ("settings",), ..., "settings is missing"),
        ("repair.json", ("settings", "rank"), "x", 'settings.rank is "x"; a whole number is needed'),
        ("repair.json", ("settings", "schedule"), "sudden", "unknown value of --schedule"),
        ("repair.json", ("looks", 0, "worst"), 1.5, "looks[0].worst is 1.5"),
        ("repair.json", ("steps", 3, "tokens"), None, "steps[3].tokens is null; a whole number is needed"),
        ("repair.json", ("suites", 0, "name"), ..., "suites[0].name is missing"),
        ("repair.json", ("best_step",), 7, "best_step of its record is 7; the validation items were asked at: 0, 50"),
        ("judgement.json", ("figures", 1, "before"), "x", 'figures[1].before is "x"'),
        ("judgement.json", ("figures", 1, "ci_low"), 3.0, "figures[1].ci_low is 3.0, above ci_high"),
        ("judgement.json", ("arms", 0, "kind"), "magic", 'arms[0].kind is "magic"'),
        ("judgement.json", ("schema_version",), 9, "schema_version is 9; this version reads 1"),
    ],
)
def test_a_damaged_record_of_an_adapter_is_refused_with_file_and_key(tmp_path, judged, capsys, name, path, to, message):
    record = {"model": "pocket", "suites": [{"name": "toy"}]} | made_trained().as_record()
    for file, value in (("repair.json", record), ("judgement.json", judged.to_json())):
        held = value = json.loads(json.dumps(value))
        for key in path[:-1] if file == name else ():
            held = held[key]
        if file == name and to is ...:
            del held[path[-1]]
        elif file == name:
            held[path[-1]] = to
        (tmp_path / file).write_text(json.dumps(value), encoding="utf-8")
    assert exit_code(["report", str(tmp_path)]) == 3
    said = " ".join(capsys.readouterr().err.split())
    assert message in said and str(tmp_path) in said and "hint: " in said


def test_an_unfinished_training_is_read_from_its_newest_checkpoint(tmp_path):
    begun = {"settings": {}, "model": "pocket", "suites": [{"name": "toy"}]}
    (tmp_path / "training.json").write_text(json.dumps(begun), encoding="utf-8")
    with pytest.raises(StoreError, match="no checkpoint yet"):
        read_repair(tmp_path)
    for steps in (50, 100):
        state = tmp_path / f"step-{steps:06d}"
        state.mkdir()
        more = {"step": steps, "scaler": {}, "pass_tokens": None, "checksums": {}}
        (state / "state.json").write_text(json.dumps(made_trained(steps=steps).as_record() | more), encoding="utf-8")
    found = read_repair(tmp_path)
    assert not found.is_finished and len(found.trained.steps) == 100


def test_probe_report_makes_the_reports_of_an_adapter_again(tmp_path, capsys):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        record = {"model": "pocket", "suites": [{"name": "toy"}]} | made_trained().as_record()
        (tmp_path / name / "repair.json").write_text(json.dumps(record), encoding="utf-8")
    adapter = str(tmp_path / "one")
    files = [tmp_path / f"x{extension}" for extension in (".html", ".md", ".json")]
    assert exit_code(["report", adapter, *(word for file in files for word in ("-o", str(file)))]) == 0
    said = capsys.readouterr()
    assert all(f"wrote {file}" in said.err for file in files) and "32 validation items" in said.out
    assert files[0].read_text(encoding="utf-8") == page(read_repair(tmp_path / "one"))
    assert json.loads(files[2].read_text(encoding="utf-8"))["best_step"] == 150
    assert exit_code(["report", adapter, "--markdown"]) == 0
    assert capsys.readouterr().out == files[1].read_text(encoding="utf-8")
    for words, problem in (
        ([adapter, str(tmp_path / "other")], "shown alone"),
        ([adapter, "-o", "x.csv"], "the format .csv is not known"),
    ):
        assert exit_code(["report", *words]) == 2
        assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 9.7, [0, 2, 4, 6, 8, 10]), (-1.3, -0.2, [-1.5, -1, -0.5, 0]), (0.5, 0.5, None), (0, 0.0031, None)],
)
def test_the_ticks_of_an_axis_are_round_and_hold_all_values(low, high, ticks):
    found = nice(low, high)
    assert ticks is None or found == ticks
    assert found[0] <= low and high <= found[-1] and 2 <= len(found) <= 8


def test_a_small_change_of_a_share_looks_small():
    chart = line_chart("x", [("a", [(0, 0.500), (10, 0.501)])], is_share=True)
    (first, second) = chart.curves[0].marks
    assert abs(first.y - second.y) < 3 and chart.up[0].label != chart.up[-1].label
    assert line_chart("x", [("a", [])]) is None
