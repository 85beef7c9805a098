"""What the docstrings of `Model` promise, of every back end that ships."""

import pytest

from probe.models.cache import Cached
from probe.models.loaders import load_model
from probe.models.options import HuggingFaceOptions
from probe.types import Generation, LogLikelihood

PAIRS = [LogLikelihood(context, word) for context in ("", "Is it? ", "Is it?") for word in (" yes", " no", "", " yes")]
OPEN = [Generation(context, stop=stop) for context in ("", "Say it.") for stop in ((), (" ",))]


@pytest.fixture(scope="module", params=["pocket", "scripted:coin", "cached"])
def model(request, tmp_path_factory):
    if request.param != "cached":
        return load_model(request.param, HuggingFaceOptions(device="cpu"))
    return Cached(load_model("scripted:coin"), tmp_path_factory.mktemp("cache") / "c.sqlite")


def test_answers_follow_the_order_of_the_requests_and_equal_requests_get_equal_answers(model):
    answers = model.loglikelihoods(PAIRS)
    for request, answer in zip(PAIRS, answers, strict=True):
        (alone,) = model.loglikelihoods([request])
        assert alone.value == pytest.approx(answer.value, abs=1e-4)
    assert answers[0] == answers[3]
    texts = [completion.text for completion in model.generate(OPEN)]
    assert texts == [model.generate([request])[0].text for request in OPEN]


def test_a_completion_holds_no_stop_string(model):
    assert not [c.text for r, c in zip(OPEN, model.generate(OPEN), strict=True) for stop in r.stop if stop in c.text]


def test_an_empty_continuation_is_certain_for_a_model_with_tokens(model):
    certain = model.loglikelihoods([LogLikelihood("Is it?", ""), LogLikelihood("", "")])
    if model.facts().path != "direct":
        assert [answer.value for answer in certain] == [0.0, 0.0]


def test_the_facts_stay_the_same_and_asking_is_counted(model):
    before, asked = model.facts(), model.usage.requests + model.usage.cached
    model.loglikelihoods(PAIRS)
    assert model.facts() == before
    assert model.usage.requests + model.usage.cached > asked


def test_another_token_budget_gives_the_same_answers_and_one_count(model):
    other = model.unwrapped.with_token_budget(64)
    asked = model.usage.requests
    values = [answer.value for answer in other.loglikelihoods(PAIRS)]
    assert values == pytest.approx([answer.value for answer in model.unwrapped.loglikelihoods(PAIRS)], abs=1e-4)
    assert model.usage.requests == asked + 2 * len(PAIRS)
    assert model.unwrapped.token_budget != 64


def test_what_changes_only_the_speed_is_no_part_of_the_identity():
    fast, slow = (load_model("pocket", HuggingFaceOptions(device="cpu", token_budget=n)).facts() for n in (4096, 512))
    assert fast.as_record() != slow.as_record()
    assert fast.identity == slow.identity
    assert "fingerprint" in fast.identity
