"""Scores that are no numbers: found, kept from others, computed again by themselves, counted."""

from __future__ import annotations

import math

import pytest
import torch

from probe.models import again, huggingface
from probe.types import Generation, LogLikelihood

SHOTS = "Review: A joy from start to end.\nSentiment: positive\n\n"
TEXTS = ("Fine.", "A bore.", "Two hours that I shall not get back.", "ok", "The lazy dog.")
REQUESTS = [
    LogLikelihood(SHOTS + f"Review: {text}\nSentiment:", answer) for text in TEXTS for answer in (" positive", " no")
]
BROKEN_WORD = " quick"
BROKEN = [LogLikelihood(SHOTS + f"Review: The{BROKEN_WORD} fox.\nSentiment:", word) for word in (" positive", " no")]
OPTIONS = [{}, {"batch_size": 1}, {"token_budget": 70}]


def values(answers):
    return [answer.value for answer in answers]


@pytest.fixture
def make_overflowing(make_model, make_engine, tokenizer):
    """Return a function that makes an engine whose states are `value` wherever the word " quick" is read."""

    def make(architecture="llama", *, value=math.nan, **options):
        model = make_model(architecture)
        token = next(one for one in tokenizer.encode(BROKEN_WORD) if "q" in tokenizer.decode([one]))
        if model.config.tie_word_embeddings:
            model.config.tie_word_embeddings = False
            model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.clone())
        engine = make_engine(architecture, model=model, **options)
        with torch.no_grad():
            model.get_input_embeddings().weight[token] = value
        return engine

    return make


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("architecture", ["llama", "gpt2", "gemma3", "bloom"])
def test_a_prompt_that_overflows_leaves_the_others_of_its_row_alone(
    architecture, options, value, make_engine, make_overflowing
):
    expected = values(make_engine(architecture).loglikelihoods(REQUESTS))
    engine = make_overflowing(architecture, value=value, **options)
    answers = engine.loglikelihoods([BROKEN[0], *REQUESTS, BROKEN[1]])
    assert values(answers[1:-1]) == pytest.approx(expected, abs=1e-4)
    assert all(math.isnan(answers[place].value) and not answers[place].is_greedy for place in (0, -1))
    assert engine.usage.non_finite == 2


def test_what_is_computed_again_is_counted_and_nothing_else_is(make_engine, make_overflowing):
    engine, sound = make_overflowing(), make_engine()
    engine.loglikelihoods([*BROKEN, *REQUESTS])
    assert (engine.usage.recomputed, engine.usage.non_finite) == (len(BROKEN) + len(REQUESTS), len(BROKEN))
    sound.loglikelihoods([*BROKEN, *REQUESTS])
    assert (sound.usage.recomputed, sound.usage.non_finite) == (0, 0)
    assert engine.usage.unique_tokens > sound.usage.unique_tokens


def test_a_sound_model_makes_no_further_pass(make_engine, monkeypatch):
    engine, passes = make_engine(), []
    honest = huggingface.score
    monkeypatch.setattr(huggingface, "score", lambda *args, **kwargs: passes.append(1) or honest(*args, **kwargs))
    planned = engine.planned([one.span for one in engine.encoder.encode(REQUESTS)])
    engine.loglikelihoods(REQUESTS)
    assert len(passes) == len(planned)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_one_logit_that_is_no_number_makes_its_scores_none(value, make_model, make_engine):
    model = make_model("llama")
    engine = make_engine(model=model)
    model.lm_head.register_forward_hook(lambda module, args, logits: logits.index_fill(-1, torch.tensor([7]), value))
    assert all(math.isnan(one) for one in values(engine.loglikelihoods(REQUESTS)))
    assert engine.usage.non_finite == len(REQUESTS)


def test_an_impossible_token_has_no_probability_and_is_no_fault(make_model, make_engine, tokenizer):
    model = make_model("llama")
    engine, word = make_engine(model=model), " fox"
    before = values(engine.loglikelihoods(REQUESTS))
    token = torch.tensor(tokenizer.encode(word)[:1])
    model.lm_head.register_forward_hook(lambda module, args, logits: logits.index_fill(-1, token, -math.inf))
    *others, impossible = engine.loglikelihoods([*REQUESTS, LogLikelihood(SHOTS + "Review: The lazy", word)])
    assert impossible.value == -math.inf
    assert not any(math.isnan(one) or one < old for one, old in zip(values(others), before, strict=True))
    assert engine.usage.non_finite == engine.usage.recomputed == 0


def test_logits_that_are_all_impossible_are_no_numbers(make_model, make_engine):
    model = make_model("llama")
    engine = make_engine(model=model)
    model.lm_head.register_forward_hook(lambda module, args, logits: torch.full_like(logits, -math.inf))
    assert all(math.isnan(one) for one in values(engine.loglikelihoods(REQUESTS)))


def test_a_broken_model_is_not_computed_twice_to_the_end(make_model, make_engine, monkeypatch):
    monkeypatch.setattr(again, "TOO_MANY", 3)
    model = make_model("llama")
    engine = make_engine(model=model)
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight[0, 0] = math.nan
    assert all(math.isnan(one) for one in values(engine.loglikelihoods(REQUESTS)))
    assert (engine.usage.recomputed, engine.usage.non_finite) == (3, len(REQUESTS))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_written_answer_that_overflows_leaves_the_others_of_its_batch_alone(options, make_engine, make_overflowing):
    asked = [Generation(request.context, ("\n",), 6) for request in [*REQUESTS, *BROKEN]]
    expected = {one: answer for one, answer in zip(asked, make_engine().generate(asked), strict=True)}
    engine = make_overflowing(**options)
    for request, answer in zip(asked, engine.generate(asked), strict=True):
        if BROKEN_WORD in request.context:
            assert math.isnan(answer.mean_logprob)
        elif BROKEN_WORD not in expected[request].text:
            assert answer.text == expected[request].text
    assert engine.usage.non_finite == 1  # both broken prompts are one


def test_half_precision_that_overflows_is_found(make_model, make_engine):
    model = make_model("llama")
    with torch.no_grad():
        model.model.layers[1].mlp.down_proj.weight *= 3e4
    plain, half = make_engine(model=model), make_engine(model=make_model("llama").half())
    half.model.load_state_dict({name: tensor.half() for name, tensor in model.state_dict().items()})
    assert not any(math.isnan(one) for one in values(plain.loglikelihoods(REQUESTS)))
    assert any(math.isnan(one) for one in values(half.loglikelihoods(REQUESTS)))


@pytest.mark.parametrize("word", [1, 5, 300])
def test_specimens_that_overflow_do_not_forbid_packing(word, make_model, make_engine):
    model = make_model("llama")
    with torch.no_grad():
        model.get_input_embeddings().weight[word] = math.nan
    assert make_engine(model=model).usage.path == "trie"


def test_a_model_without_a_sound_score_says_so_when_it_is_loaded(make_model, make_engine):
    model = make_model("llama")
    with torch.no_grad():
        model.model.norm.weight[3] = math.nan
    assert "no numbers" in make_engine(model=model).why_padded
