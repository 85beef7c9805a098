"""The engine around its forward pass: order, repeats, budgets, memory, windows, templates, what it records."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from probe.errors import ModelError
from probe.models import huggingface
from probe.types import Generation, LogLikelihood

SHOTS = "Review: A joy from start to end.\nSentiment: positive\n\n"
TEXTS = ("Fine.", "A bore.", "Two hours that I shall not get back.", "The quick brown fox.", "ok")
REQUESTS = [
    LogLikelihood(SHOTS + f"Review: {text}\nSentiment:", answer) for text in TEXTS for answer in (" positive", " no")
]


def values(answers):
    return [answer.value for answer in answers]


def test_answers_come_in_the_order_asked(make_engine):
    engine = make_engine()
    forth, back = engine.loglikelihoods(REQUESTS), engine.loglikelihoods(REQUESTS[::-1])
    assert values(forth) == pytest.approx(values(back)[::-1], abs=1e-5)
    assert len(set(values(forth))) == len(REQUESTS)


def test_the_same_request_is_computed_once_and_shared_tokens_are_read_once(make_engine):
    once, thrice = make_engine(), make_engine()
    once.loglikelihoods(REQUESTS)
    answers = thrice.loglikelihoods(REQUESTS * 3)
    assert (thrice.usage.requests, thrice.usage.unique_requests) == (3 * len(REQUESTS), len(REQUESTS))
    assert thrice.usage.unique_tokens == once.usage.unique_tokens < once.usage.tokens / 3
    assert thrice.usage.tokens == 3 * once.usage.tokens
    assert answers[: len(REQUESTS)] == answers[-len(REQUESTS) :]


@pytest.mark.parametrize("architecture", ["llama", "gemma3", "bloom"])
@pytest.mark.parametrize("options", [{"token_budget": 1}, {"token_budget": 70}, {"batch_size": 1}])
def test_results_do_not_depend_on_the_budget(architecture, options, make_engine):
    plenty = make_engine(architecture).loglikelihoods(REQUESTS)
    little = make_engine(architecture, **options).loglikelihoods(REQUESTS)
    assert values(little) == pytest.approx(values(plenty), abs=1e-4)


def test_generations_do_not_depend_on_the_budget(make_engine):
    asked = [Generation(request.context, ("\n", "e"), 9) for request in REQUESTS]
    assert _rounded(make_engine(batch_size=1).generate(asked)) == _rounded(make_engine().generate(asked))


def _rounded(completions):
    from dataclasses import replace

    return [replace(completion, mean_logprob=round(completion.mean_logprob, 4)) for completion in completions]


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("MPS backend out of memory")]
)
def test_running_out_of_memory_halves_the_budget_and_goes_on(error, make_engine, monkeypatch, caplog):
    expected = values(make_engine().loglikelihoods(REQUESTS))
    engine = make_engine()
    fits = 60
    honest, refused = huggingface.score, []

    def short_of_memory(model, rows, **kwargs):
        if len(rows) * max(map(len, rows)) > fits:
            refused.append(len(rows))
            raise error
        return honest(model, rows, **kwargs)

    monkeypatch.setattr(huggingface, "score", short_of_memory)
    with caplog.at_level(logging.WARNING):
        assert values(engine.loglikelihoods(REQUESTS)) == pytest.approx(expected, abs=1e-4)
    assert refused
    assert engine.token_budget < huggingface.CPU_BUDGET
    assert "out of memory" in caplog.text


def test_a_single_sequence_that_does_not_fit_in_memory_is_an_error_with_advice(make_engine, monkeypatch):
    engine = make_engine()

    def never(model, rows, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(huggingface, "score", never)
    with pytest.raises(ModelError, match="out of memory") as raised:
        engine.loglikelihoods(REQUESTS)
    assert "bfloat16" in raised.value.hint


def test_any_other_fault_of_the_model_is_not_taken_for_memory(make_engine, monkeypatch):
    engine = make_engine()

    def broken(model, rows, **kwargs):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(huggingface, "score", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        engine.loglikelihoods(REQUESTS)


def test_generating_goes_on_after_running_out_of_memory(make_engine, monkeypatch):
    asked = [Generation(request.context, ("\n",), 5) for request in REQUESTS]
    expected = _rounded(make_engine().generate(asked))
    engine = make_engine()
    honest = huggingface.generation.generate

    def short_of_memory(engine, batch, **told):
        if len(batch) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return honest(engine, batch, **told)

    monkeypatch.setattr(huggingface.generation, "generate", short_of_memory)
    assert _rounded(engine.generate(asked)) == expected


def test_contexts_longer_than_the_window_are_counted_and_warned_of(make_engine, caplog):
    engine = make_engine()
    with caplog.at_level(logging.WARNING):
        engine.loglikelihoods(
            [*REQUESTS, LogLikelihood("the lazy dog " * 60, "jumps"), LogLikelihood("fox " * 200, "ok")]
        )
        engine.generate([Generation("the lazy dog " * 60, ("\n",), 4)])
    assert engine.usage.truncated == 3
    assert caplog.text.count("lose their beginning") == 1


def test_an_empty_continuation_is_certain(make_engine):
    (answer,) = make_engine().loglikelihoods([LogLikelihood("The quick", "")])
    assert (answer.value, answer.is_greedy, answer.num_tokens) == (0.0, True, 0)


def test_nothing_asked_is_nothing_answered(make_engine):
    engine = make_engine()
    assert engine.loglikelihoods([]) == []
    assert engine.generate([]) == []


def test_the_choices_of_one_token_after_every_prompt_sum_to_one(make_engine, tokenizer):
    words = {tokenizer.decode([index]) for index in range(3, 420)}
    answers = make_engine().loglikelihoods([LogLikelihood("The quick", word) for word in sorted(words)])
    assert 0.5 < np.exp([answer.value for answer in answers if answer.num_tokens == 1]).sum() <= 1.0001


def test_the_greedy_continuation_is_called_greedy_and_as_likely_as_generation_says(make_engine):
    engine = make_engine()
    (written,) = engine.generate([Generation("The quick brown", (), 1)])
    (scored,) = engine.loglikelihoods([LogLikelihood("The quick brown", written.text)])
    assert scored.is_greedy
    assert scored.value == pytest.approx(written.mean_logprob, abs=1e-4)
    assert written.is_truncated


def test_a_stop_string_ends_the_text_and_is_not_in_it(make_engine):
    engine = make_engine()
    (whole,) = engine.generate([Generation("The quick brown", (), 8)])
    stop = whole.text[2:4]
    (cut,) = engine.generate([Generation("The quick brown", (stop,), 8)])
    assert cut.text == whole.text.split(stop)[0]
    assert not cut.is_truncated
    assert cut.num_tokens < whole.num_tokens == 8


def test_progress_ends_at_its_total(make_engine):
    seen = []
    make_engine(token_budget=70).loglikelihoods(REQUESTS, progress=lambda done, total: seen.append((done, total)))
    assert len(seen) > 1
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_chat_template_wraps_the_context_and_takes_the_space_before_the_answer(make_tokenizer, make_engine):
    tokenizer = make_tokenizer(chat=True, adds_bos=True)
    templated, plain = make_engine(tokenizer=tokenizer, chat_template=True), make_engine(tokenizer=tokenizer)
    (ours,) = templated.loglikelihoods([LogLikelihood("Good or bad?", " good")])
    (same,) = plain.loglikelihoods([LogLikelihood("<s>user: Good or bad?\nassistant:", "good")])
    assert ours == same
    assert templated.generate([Generation("Good?", ("\n",), 4)]) == plain.generate(
        [Generation("<s>user: Good?\nassistant:", ("\n",), 4)]
    )
    assert templated.facts().chat_template_hash != plain.facts().chat_template_hash == ""


def test_a_chat_template_that_is_not_there_is_an_error(make_engine):
    with pytest.raises(ModelError, match="no chat template"):
        make_engine(chat_template=True)


def test_the_fingerprint_is_of_the_weights(make_model, make_engine):
    model, changed = make_model("llama"), make_model("llama")
    with torch.no_grad():
        changed.model.layers[0].mlp.up_proj.weight[0, 0] += 1e-3
    assert make_engine(model=model).fingerprint == make_engine().fingerprint
    assert make_engine(model=changed).fingerprint != make_engine().fingerprint
    assert make_engine(model=make_model("llama").bfloat16()).fingerprint != make_engine().fingerprint


def test_facts_tell_trie_from_padded_and_why(make_engine):
    packed, padded = make_engine().facts(), make_engine("bloom").facts()
    assert (packed.path, packed.why_padded) == ("trie", "")
    assert padded.path == "padded"
    assert "position" in str(padded.why_padded)
    assert packed.dtype == "float32"
    assert packed.architecture == "LlamaForCausalLM"


def test_a_model_that_lies_about_masks_is_found_out(make_model, make_engine):
    model = make_model("llama")
    forward = model.model.forward
    model.model.forward = lambda *args, attention_mask=None, **kwargs: forward(*args, attention_mask=None, **kwargs)
    engine = make_engine(model=model)
    assert engine.usage.path == "padded"
    assert "differ" in engine.why_padded
    assert values(engine.loglikelihoods(REQUESTS)) == pytest.approx(
        values(make_engine().loglikelihoods(REQUESTS)), abs=1e-4
    )


def test_half_precision_scores_are_near_those_in_full(make_model, make_engine):
    engine = make_engine(model=make_model("llama").bfloat16())
    assert engine.usage.path == "trie", engine.why_padded
    full = values(make_engine().loglikelihoods(REQUESTS))
    assert values(engine.loglikelihoods(REQUESTS)) == pytest.approx(full, abs=0.5, rel=0.1)
