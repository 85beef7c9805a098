"""Reading answers: the likeliest choice, the text that says the same, and what cannot be read."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.evaluation.requests import requests_for
from probe.evaluation.scoring import ANOTHER, normalised, score, softmax
from probe.evaluation.variants import original_of
from probe.types import Completion, Field, Generation, Item, LogLikelihood, LogProb, Prompt, Suite

CHOICE = original_of(Item("c", Prompt("Say.", (Field("Text", "x"),), ("yes", "no", "maybe")), "no"))
FREE = original_of(Item("f", Prompt("Say.", (Field("Text", "x"),)), "Paris", aliases=("City of Light",)))
SUITE = Suite("toy", "1", "", (CHOICE.item, FREE.item), stop=("\n", "."), max_new_tokens=9)


def ranked(*values):
    return score(CHOICE, [LogProb(v, False) for v in values])


def said(text, tokens=3, logprob=-0.5):
    return score(FREE, [Completion(text, logprob, tokens)])


def test_a_choice_is_asked_once_for_each_ending():
    assert requests_for(CHOICE, SUITE) == tuple(
        LogLikelihood("Say.\nText: x\nAnswer:", ending) for ending in (" yes", " no", " maybe")
    )


def test_free_text_is_asked_with_the_suites_stops():
    assert requests_for(FREE, SUITE) == (Generation("Say.\nText: x\nAnswer:", ("\n", "."), 9),)


def test_choices_that_fill_a_blank_are_each_asked_the_ending():
    blank = original_of(replace(CHOICE.item, prompt=replace(CHOICE.item.prompt, ending=" it is.")))
    assert requests_for(blank, SUITE) == tuple(
        LogLikelihood(f"Say.\nText: x\nAnswer: {choice}", " it is.") for choice in ("yes", "no", "maybe")
    )


def test_choices_are_asked_without_a_context_too_where_that_is_taken_from_them():
    suite = replace(SUITE, normalisation="unconditional")
    asked = requests_for(CHOICE, suite)
    assert asked[:3] == requests_for(CHOICE, SUITE)
    assert asked[3:] == tuple(LogLikelihood("", one.continuation) for one in asked[:3])
    told = [LogProb(value, False) for value in (-1.0, -2.0, -3.0, -1.0, -4.0, -3.5)]
    one = score(CHOICE, told, suite)
    assert (one.prediction, one.margin) == ("no", pytest.approx(1.5))


def test_choices_are_compared_by_the_byte_where_the_suite_says_so():
    item = original_of(
        replace(CHOICE.item, prompt=replace(CHOICE.item.prompt, choices=("\u00e9\u00e9", "abc")), target="abc")
    )
    told = [LogProb(-3.0, False), LogProb(-2.7, False)]
    assert score(item, told, replace(SUITE, normalisation="bytes")).prediction == "\u00e9\u00e9"
    assert score(item, told, replace(SUITE, normalisation="characters")).prediction == "abc"


def test_a_rated_target_is_right_where_it_is_what_would_be_said():
    assert requests_for(FREE, replace(SUITE, rates_target=True)) == (LogLikelihood("Say.\nText: x\nAnswer:", " Paris"),)
    right, wrong = (score(FREE, [LogProb(-0.2, is_greedy, 2)]) for is_greedy in (True, False))
    assert (right.prediction, right.correct, right.reading) == ("Paris", True, "exact")
    assert right.confidence == pytest.approx(math.exp(-0.1))
    assert (wrong.prediction, wrong.correct, wrong.reading, wrong.confidence) == (ANOTHER, False, "other", None)


def test_the_likeliest_choice_is_the_prediction():
    one = ranked(-3.0, -1.0, -2.0)
    assert (one.prediction, one.correct, one.reading) == ("no", True, "ranked")
    assert one.margin == pytest.approx(1.0)
    assert one.confidence == pytest.approx(one.probabilities[1])


def test_probabilities_stand_in_the_order_of_the_choices():
    one = ranked(math.log(0.2), math.log(0.5), math.log(0.3))
    assert one.probabilities == pytest.approx((0.2, 0.5, 0.3))


@given(st.lists(st.floats(-1e4, 0), min_size=1, max_size=9))
def test_softmax_sums_to_one_and_survives_very_unlikely_choices(values):
    assert sum(softmax(values)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "text", ["Paris", " paris. ", "PARIS!", '"Paris"', "the Paris", "city of light", "\u201cParis\u201d"]
)
def test_what_does_not_matter_does_not_make_an_answer_wrong(text):
    assert said(text).correct
    assert said(text).reading == "exact"


@pytest.mark.parametrize("text", ["London", "Paris and London", "Par is", "not Paris"])
def test_another_answer_is_wrong(text):
    assert not said(text).correct
    assert said(text).reading == "other"


@pytest.mark.parametrize("text", ["", "   ", "...", "\n"])
def test_an_empty_answer_is_unreadable_and_not_merely_wrong(text):
    one = said(text)
    assert (one.correct, one.reading, one.prediction) == (False, "unreadable", "")


def test_an_alias_and_the_target_are_the_same_prediction():
    assert said("city of light").prediction == said("Paris").prediction


def test_confidence_of_text_is_the_geometric_mean_token_probability():
    assert said("Paris", logprob=-0.5).confidence == pytest.approx(math.exp(-0.5))
    assert said("", tokens=0).confidence is None


@given(st.text(alphabet=st.characters(max_codepoint=126)))
def test_case_and_the_space_around_never_matter(text):
    assert normalised(f"  {text.upper()} ") == normalised(text.lower())
    assert normalised(text) == normalised(text).strip()


# Ties, impossible choices, scores that are no numbers


def rated(values, *, choices=("yes", "no", "maybe"), target="no", aliases=(), tokens=1, resolution=0.0, suite=SUITE):
    item = replace(CHOICE.item, prompt=replace(CHOICE.item.prompt, choices=choices), target=target, aliases=aliases)
    return score(original_of(item), [LogProb(v, False, tokens) for v in values], suite, resolution=resolution)


@pytest.mark.parametrize("target", ["yes", "no", "maybe"])
@pytest.mark.parametrize("values", [(-1.0, -1.0, -1.0), (-1.0, -1.0, -4.0), (-3.0, -0.5, -0.5), (0.0, 0.0, 0.0)])
def test_equally_likely_choices_are_a_tie_and_never_right(values, target):
    one = rated(values, target=target)
    assert (one.reading, one.correct, one.prediction, one.answer, one.confidence) == ("tie", False, "", None, None)
    assert one.margin == 0.0
    assert sum(one.probabilities) == pytest.approx(1.0)


@pytest.mark.parametrize("values", [(-1.0, -4.0, -4.0), (-9.0, -2.0, -9.0)])
def test_a_tie_behind_the_likeliest_choice_is_none(values):
    assert rated(values).reading == "ranked"


@pytest.mark.parametrize("gap", [1e-9, 1e-6, 1e-4, 0.1])
def test_a_near_tie_is_an_answer(gap):
    one = rated((-1.0 - gap, -1.0, -3.0))
    assert (one.reading, one.prediction, one.correct) == ("ranked", "no", True)


def test_a_tie_of_choices_that_are_all_accepted_is_right():
    assert rated((-1.0, -1.0, -2.0), target="yes", aliases=("no",)).correct
    assert rated((-1.0, -1.0, -1.0), target="yes", aliases=("no",)).reading == "tie"


@pytest.mark.parametrize(
    ("how", "choices", "values"),
    [
        ("characters", ("abc", "abcdef", "ab"), (-3.0, -6.0, -9.0)),
        ("characters", ("abc", "abcdefghi", "z"), (-0.1 * 3, -(0.1 + 0.1 + 0.1) * 3, -9.0)),
        ("bytes", ("\u00e9", "ab", "c"), (-2.0, -2.0, -9.0)),
        ("unconditional", ("a", "b", "c"), (-2.0, -3.0, -9.0, -1.0, -2.0, -1.0)),
        ("unconditional", ("a", "b", "c"), (-0.7 - 0.1, -0.6 - 0.1, -9.0, -0.7, -0.6, -1.0)),
    ],
)
def test_a_tie_is_one_after_the_normalisation_in_use(how, choices, values):
    suite = replace(SUITE, normalisation=how)
    assert rated(values, choices=choices, target=choices[0], suite=suite).reading == "tie"
    moved = (values[0] + 0.01, *values[1:])
    assert rated(moved, choices=choices, target=choices[0], suite=suite).prediction == choices[0]


def test_what_normalisation_parts_is_no_tie():
    suite = replace(SUITE, normalisation="characters")
    assert rated((-3.0, -3.0, -3.0), choices=("a", "bb", "ccc"), target="ccc", suite=suite).prediction == "ccc"


def test_a_difference_within_the_models_rounding_is_a_tie():
    assert rated((-6.0, -6.00001, -9.0), resolution=1e-5).reading == "tie"
    assert rated((-6.0, -6.001, -9.0), resolution=1e-5).reading == "ranked"
    assert rated((-5.0, -5.005, -1000.0), resolution=1e-5).reading == "ranked"


def test_a_choice_that_is_impossible_leaves_the_question_answered():
    one = rated((-math.inf, -1.0, -3.0))
    assert (one.prediction, one.correct, one.reading, one.probabilities[0]) == ("no", True, "ranked", 0.0)
    assert one.margin == pytest.approx(2.0)
    alone = rated((-math.inf, -1.0, -math.inf))
    assert (alone.prediction, alone.margin, alone.confidence) == ("no", None, 1.0)


def test_choices_that_are_all_impossible_are_tied():
    one = rated((-math.inf,) * 3)
    assert (one.reading, one.correct, one.probabilities) == ("tie", False, pytest.approx((1 / 3,) * 3))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_choice_without_a_number_leaves_the_question_without_an_answer(bad, place):
    values = [-1.0, -2.0, -3.0]
    values[place] = bad
    one = rated(values, target="yes")
    assert (one.reading, one.correct, one.prediction, one.answer) == ("non-finite", False, "", None)
    assert (one.probabilities, one.margin, one.confidence) == ((), None, None)


def test_a_choice_that_is_impossible_with_and_without_a_context_is_the_last():
    suite = replace(SUITE, normalisation="unconditional")
    one = rated((-math.inf, -2.0, -3.0, -math.inf, -1.0, -1.0), suite=suite)
    assert (one.prediction, one.reading) == ("no", "ranked")
    assert rated((-1.0, -2.0, -3.0, -math.inf, -1.0, -1.0), suite=suite).reading == "non-finite"


def test_a_rated_target_or_a_written_answer_without_a_number_is_none():
    assert score(FREE, [LogProb(math.nan, True)]).reading == "non-finite"
    assert score(FREE, [LogProb(-math.inf, False)]).reading == "other"
    assert said("Paris", logprob=math.nan).reading == "non-finite"
    assert not said("Paris", logprob=math.nan).correct
    assert said("Paris", logprob=-math.inf).confidence == 0.0


def test_two_choices_of_one_text_are_one_answer():
    one = rated((-3.0, -1.0, -1.0), choices=("yes", "no", "no"), target="no")
    assert (one.prediction, one.correct, one.reading) == ("no", True, "ranked")
    assert rated((-3.0, -1.0, -1.0), choices=("yes", "no", "no"), target="yes").reading == "ranked"
