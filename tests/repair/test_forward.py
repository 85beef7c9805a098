"""Packed training: values and gradients are those of separate sequences, whatever is tuned, for every kind of model."""

from __future__ import annotations

import pytest
import torch

from probe.repair.forward import compute, plan_batch
from probe.repair.prepared import prepare

ARCHITECTURES = ["llama", "gpt2", "gemma3", "mistral", "bloom", "mamba"]
LAYER = 1


@pytest.fixture
def batch_of():
    """Return a function that plans views for an engine."""
    return lambda engine, views, suite, **options: plan_batch(engine, prepare(engine, views, suite), **options)


def separate(model, prepared):
    """Return what a `Seen` holds, in double loops: each answer a sequence of its own, without padding or masks."""
    nll, logprobs, states = [], [], []
    for one in prepared:
        sums = []
        for span in one.spans:
            ids = torch.tensor(span.tokens[None, :-1].astype("int64"))
            output = model(input_ids=ids, output_hidden_states=True, use_cache=False)
            scores = output.logits[0].log_softmax(-1)[span.first_scored - 1 :]
            chosen = scores.gather(1, torch.tensor(span.tokens[span.first_scored :].astype("int64"))[:, None])
            sums.append(chosen.sum())
            if len(sums) - 1 == one.target_span:
                nll.append(-chosen.mean())
            if len(sums) - 1 == one.state_span:
                states.append(output.hidden_states[LAYER][0, span.first_scored - 1])
        logprobs.append(torch.stack([sums[place] for place in one.class_spans]).log_softmax(-1))
    return torch.stack(nll), torch.stack(logprobs), torch.stack(states)


def some_loss(nll, logprobs, states):
    """Return a loss that hangs on all three tensors unevenly."""
    weights = torch.linspace(0.5, 1.5, len(nll), dtype=nll.dtype)
    return (
        (weights * nll).sum() + (weights[:, None] * logprobs.exp() ** 2).sum() + (weights[:, None] * states.sin()).sum()
    )


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_values_and_gradients_are_those_of_separate_sequences(
    architecture, make_model, make_engine, batch_of, views, suite
):
    model = make_model(architecture).double()
    engine = make_engine(architecture, model=model)
    batch = batch_of(engine, views, suite)
    seen = compute(engine, batch, layer=LAYER)
    nll, logprobs, states = separate(model, batch.views)
    torch.testing.assert_close(seen.answer_nll, nll, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(seen.class_logprobs, logprobs, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(seen.states, states, rtol=1e-6, atol=1e-6)
    ours = gradients(model, some_loss(seen.answer_nll, seen.class_logprobs, seen.states))
    theirs = gradients(model, some_loss(nll, logprobs, states))
    assert ours.keys() == theirs.keys()
    # Llama's norms and Bloom's softmax compute in single precision even here; what computes in double is equal to 1e-9.
    tolerance = 1e-9 if architecture == "gpt2" else 1e-6
    largest = max(float(one.abs().max()) for one in theirs.values())
    for name, one in ours.items():
        assert float((one - theirs[name]).abs().max()) <= tolerance * largest, name
    assert bool(engine.why_padded) == (architecture in ("bloom", "mamba"))
