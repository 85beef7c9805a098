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
