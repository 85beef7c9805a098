from __future__ import annotations

from dataclasses import replace

from probe.metrics import Row, metrics
from reports import words

ROW = Row(
    "flip_rate",
    "s",
    "format",
    0.1234,
    0.1011,
    0.149,
    200,
    11,
    "lower",
    0.002,
    "",
    net=0.1214,
    net_ci_low=0.099,
    net_ci_high=0.147,
)


def test_a_figure_is_a_percentage_with_its_interval():
    assert words.figure(ROW) == "12.3 % (10.1–14.9)"
    assert words.figure(replace(ROW, ci_low=None)) == "12.3 %"


def test_a_figure_without_a_value_says_why():
    assert words.figure(replace(ROW, value=None, reason="one variant")) == "not defined: one variant"
    assert words.figure(replace(ROW, value=None)) == "not defined"


def test_net_is_what_the_run_says_with_its_interval_and_nothing_where_it_says_nothing():
    assert (words.floor(ROW), words.net(ROW)) == ("floor 0.2 %", "12.1 %")
    assert words.net_figure(ROW) == "12.1 % (9.9–14.7)"
    level = replace(ROW, metric="accuracy_mean", net=None)
    assert (words.floor(level), words.net(level)) == ("floor 0.2 %", "")


def test_a_floor_that_is_missing_is_said_to_be_missing():
    assert words.floor(replace(ROW, noise_floor=None)) == "floor not measured"
    assert words.floor(replace(ROW, noise_floor=None, family="null")) == ""
    assert words.floor(replace(ROW, noise_floor=None, metric="accuracy_mean")) == ""


def test_no_figure_is_a_negative_zero():
    assert words.points(-0.0) == "0.0"
    assert words.points(-0.0004) == "0.0"


def test_every_metric_has_a_name_for_people():
    names = [words.metric_name(metric) for metric in metrics]
    assert len(set(names)) == len(names)
    assert words.metric_name("pss_normalised") == "PSS, normalised"
    assert words.metric_name("some_new_rate") == "Some new rate"
    assert words.metric_name("maxp") == "MaxP", "rows of older summaries keep their name"


def test_numbers_agree_with_their_nouns():
    assert words.counted(1, "item") == "1 item"
    assert words.counted(1200, "item") == "1,200 items"
    assert words.counted(None, "item") == ""


def test_a_floor_of_zero_is_said_once_and_others_beside_their_figure():
    zero, gone = replace(ROW, noise_floor=0.0), replace(ROW, noise_floor=None)
    tiny = replace(ROW, noise_floor=0.0002)
    assert [words.floor_apart(one, is_measured=True) for one in (ROW, zero, tiny, gone)] == [
        *("floor 0.2 %", "", ""),
        "floor not measured",
    ]
    assert words.floor_apart(gone, is_measured=False) == ""
    assert words.floor_note([zero, tiny]).endswith("It is 0.0 % throughout.")
    assert words.floor_note([zero, ROW]).endswith("it is 0.0 % where none is named.")
    assert "0.0 %" not in words.floor_note([ROW])
    assert words.floor_note([gone]).startswith("The noise floor was not measured")
    assert words.floor_note([]) == ""
