"""A plain function as a model."""

import math

import pytest

from probe.errors import ModelError
from probe.evaluation.run import Plan
from probe.evaluation.run import run as run_plan
from probe.models.function import BATCH, FunctionModel
from probe.perturb import select
from probe.suite import find_suite, read_suite
from probe.types import Generation, LogLikelihood


def test_answers_come_back_in_order_stripped_and_cut_and_equal_prompts_are_asked_once():
    calls = []

    def echo(prompts):
        calls.append(len(prompts))
        return [f"  {prompt} end\nmore" for prompt in prompts]

    contexts = [str(number) for number in range(BATCH + 6)] + ["0", "1"]
    model = FunctionModel(echo)
    answers = model.generate([Generation(context) for context in contexts])
    assert [answer.text for answer in answers] == [f"{context} end" for context in contexts]
    assert calls == [BATCH, 6]
    assert model.usage.requests == BATCH + 8 and model.usage.unique_requests == BATCH + 6
    assert model.name == "function:echo"


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda prompts: 1 / 0, "raised ZeroDivisionError: division by zero (asked 2 prompts at once)"),
        (lambda prompts: "yes", "returned str, not a list"),
        (lambda prompts: None, "returned NoneType, not a list"),
        (lambda prompts: ["yes"], "returned 1 answers to 2 prompts"),
        (lambda prompts: ["yes", None], "answer 1 is NoneType, not str"),
        (lambda prompts: ["yes", math.nan], "answer 1 is float, not str"),
        (lambda prompts: ["\U0001f600", "a\ud800"], "answer 1 holds half a character, which no file can: 'a\\ud800'"),
    ],
)
def test_a_function_that_fails_or_answers_in_another_form_is_an_error_that_says_so(function, says):
    with pytest.raises(ModelError) as caught:
        FunctionModel(function).generate([Generation("a"), Generation("b")])
    assert str(caught.value) == f"model function:lambda: {says}"
    assert caught.value.hint


def test_log_probabilities_are_refused():
    with pytest.raises(ModelError, match="only writes answers"):
        FunctionModel(lambda prompts: prompts).loglikelihoods([LogLikelihood("a", " b")])


def test_choices_are_read_from_what_a_function_writes_and_what_names_none_is_unreadable():
    def by_words(prompts):
        return ["I cannot say" if "trip" in p else "Positive!" if "enjoyable" in p else "negative" for p in prompts]

    suite = read_suite(find_suite("sentiment"))
    record = run_plan([suite], FunctionModel(by_words), Plan(tuple(select(["casing"])), samples=1, limit=12))
    scores = record.suites["sentiment"].scores
    assert {score.reading for score in scores} == {"exact", "other", "unreadable"}
    for score in scores:
        assert score.prediction == {"exact": score.variant.perturbed.target}.get(score.reading, score.prediction)
        assert (score.prediction == "") == (score.reading == "unreadable") == ("trip" in score.variant.text)
        assert score.probabilities == () and score.margin is None and score.confidence is None
