"""Hidden states and salience of tiny random models: as a plain forward pass gives them, whatever the batch."""

import numpy as np
import pytest
import torch

import probe.models.representation as representation
from probe.models.representation import last_states, local_engine, salience
from probe.models.scripted import Scripted
from probe.types import LogLikelihood

TEXTS = ["Review: A joy.", "Review: Two hours that I shall not get back.\nSentiment:", "ok", "Review: A joy."]


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "gemma2", "bloom", "mamba"])
def test_the_states_are_those_of_a_plain_forward_pass(make_engine, architecture):
    engine = make_engine(architecture)
    states = last_states(engine, TEXTS)
    for text, state in zip(TEXTS, states, strict=True):
        ids = torch.tensor([engine.encoder.tokenizer.encode(text)])
        with torch.inference_mode():
            alone = engine.model(input_ids=ids, output_hidden_states=True).hidden_states
        assert state == pytest.approx(torch.stack([layer[0, -1] for layer in alone]).numpy(), abs=2e-4)
    assert states.shape[1] == len(alone)


def test_how_texts_are_batched_changes_nothing(make_engine, monkeypatch):
    engine = make_engine()
    together = last_states(engine, TEXTS)
    monkeypatch.setattr(representation, "MAX_TOKENS", 1)
    assert last_states(engine, TEXTS) == pytest.approx(together, abs=1e-5)


def test_a_text_longer_than_the_window_loses_its_left_end(make_engine):
    engine = make_engine()
    states = last_states(engine, ["fox " * 200, "dog " * 7 + "fox " * 193])
    assert states[0] == pytest.approx(states[1], abs=1e-6)


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "gemma2"])
def test_the_margin_is_the_one_that_is_scored(make_engine, architecture):
    engine = make_engine(architecture)
    found = salience(engine, "Review: A joy. Sentiment:", " positive", " negative")
    good, bad = engine.loglikelihoods(
        [LogLikelihood("Review: A joy. Sentiment:", answer) for answer in (" positive", " negative")]
    )
    assert found.margin == pytest.approx(good.value - bad.value, abs=1e-3)
    assert "".join(found.tokens) == "Review: A joy. Sentiment:"


def test_the_scores_are_the_slopes_of_the_margin_along_each_embedding(make_engine):
    engine = make_engine()
    engine.model.double()
    text, answers = "A joy.", (" yes", " no")
    found = salience(engine, text, *answers)
    embedding = engine.model.get_input_embeddings()
    ids = engine.encoder.tokenizer.encode(text)
    step = 1e-4

    def margin(place, scale):
        def enlarge(module, args, output):
            output = output.clone()
            output[:, place] *= 1 + scale
            return output

        handle = embedding.register_forward_hook(enlarge)
        values = []
        with torch.inference_mode():
            for answer in answers:
                span = engine.encoder.encode([LogLikelihood(text, answer)])[0].span
                tokens = torch.tensor([span.tokens.tolist()])
                logprobs = engine.model(input_ids=tokens[:, :-1]).logits[0].log_softmax(-1)
                scored = range(span.first_scored, len(span.tokens))
                values.append(sum(float(logprobs[s - 1, tokens[0, s]]) for s in scored))
        handle.remove()
        return values[0] - values[1]

    slopes = [(margin(place, step) - margin(place, -step)) / (2 * step) for place in range(len(ids))]
    assert np.array(found.scores) == pytest.approx(np.array(slopes), rel=1e-2, abs=1e-3)


def test_an_empty_answer_has_no_margin(make_engine):
    with pytest.raises(ValueError, match="empty"):
        salience(make_engine(), "A joy.", " yes", "")


def test_only_local_models_have_states(make_engine):
    engine = make_engine()
    assert local_engine(engine) is engine
    assert local_engine(Scripted()) is None
