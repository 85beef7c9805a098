"""Packed training: values and gradients are those of separate sequences, whatever is tuned, for every kind of model."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from probe.errors import UsageError
from probe.evaluation.requests import requests_for
from probe.evaluation.scoring import score
from probe.evolve import evolve
from probe.models.packing import _logprobs
from probe.repair.adapters import tune
from probe.repair.forward import compute, plan_batch, with_base
from probe.repair.prepared import prepare
from probe.types import Delimiters, Layout, LogLikelihood

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
            behind = len(span.tokens) - 1  # counted from the right: an adapter's virtual tokens stand in front
            scores = output.logits[0, -behind:].log_softmax(-1)[span.first_scored - 1 :]
            chosen = scores.gather(1, torch.tensor(span.tokens[span.first_scored :].astype("int64"))[:, None])
            sums.append(chosen.sum())
            if len(sums) - 1 == one.target_span:
                nll.append(-chosen.mean())
            if len(sums) - 1 == one.state_span:
                states.append(output.hidden_states[LAYER][0, -behind:][span.first_scored - 1])
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


def same_as_separate(engine, batch, tolerance):
    """Assert that values and gradients of all parameters that are trained are those of separate sequences."""
    seen = compute(engine, batch, layer=LAYER)
    alone = separate(engine.model, batch.views)
    for one, other in zip((seen.answer_nll, seen.class_logprobs, seen.states), alone, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)
    ours = gradients(engine.model, some_loss(seen.answer_nll, seen.class_logprobs, seen.states))
    theirs = gradients(engine.model, some_loss(*alone))
    assert ours.keys() == theirs.keys()
    largest = max(float(one.abs().max()) for one in theirs.values())
    for name, one in ours.items():
        assert float((one - theirs[name]).abs().max()) <= tolerance * largest, name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_values_and_gradients_are_those_of_separate_sequences(
    architecture, make_model, make_engine, batch_of, views, suite
):
    engine = make_engine(architecture, model=make_model(architecture).double())
    # Llama's norms and Bloom's softmax compute in single precision even here; what computes in double is equal to 1e-9.
    same_as_separate(engine, batch_of(engine, views, suite), 1e-9 if architecture == "gpt2" else 1e-6)
    assert bool(engine.why_padded) == (architecture in ("bloom", "mamba"))


@pytest.mark.parametrize("tuning", ["lora", "soft-prompt"])
@pytest.mark.parametrize("architecture", ["llama", "gpt2", "gemma3", "mamba"])
def test_gradients_of_adapters_are_those_of_separate_sequences(
    architecture, tuning, make_model, make_engine, batch_of, views, suite
):
    tuned = tune(make_engine(architecture, model=make_model(architecture).double()), tuning, rank=4, seed=1)
    with torch.no_grad():
        for one in tuned.parameters:
            one.data = one.data.double() + 0.1 * torch.sin(torch.arange(one.numel())).view_as(one)
    same_as_separate(tuned.engine, batch_of(tuned.engine, views, suite), 1e-6)
    assert bool(tuned.engine.why_padded) == (architecture == "mamba")


def test_items_labels_and_contrast_members_are_numbered(make_engine, batch_of, views, suite):
    seen = compute(make_engine(), batch_of(make_engine(), views, suite))
    assert seen.item.tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert seen.contrast_of.tolist() == [-1] * 6 + [0]
    assert seen.label.tolist() == [0, 0, 0, 1, 1, 1, 1]  # by class: the second layout shows the choices in reverse
    assert seen.families == ("format",) * 7 and seen.task.tolist() == [0] * 7


def test_shared_tokens_are_computed_once(make_engine, batch_of, views, suite):
    batch = batch_of(make_engine(), views, suite)
    assert batch.num_separate == sum(len(span.tokens) - 1 for view in batch.views for span in view.spans)
    assert batch.num_tokens < 0.5 * batch.num_separate
    again = batch_of(make_engine(), views * 3, suite)
    assert (again.num_tokens, again.num_separate) == (batch.num_tokens, 3 * batch.num_separate)


def test_probabilities_are_those_of_an_evaluation(make_engine, batch_of, views, suite):
    engine = make_engine()
    for how in ("none", "characters", "unconditional"):
        scored = replace(suite, normalisation=how)
        seen = compute(engine, batch_of(engine, views, scored))
        for row, view in zip(seen.class_logprobs.tolist(), views, strict=True):
            asked = score(view.variant, engine.loglikelihoods(requests_for(view.variant, scored)), scored)
            by_name = dict(zip(view.variant.perturbed.prompt.choices, asked.probabilities, strict=True))
            assert [math.exp(one) for one in row] == pytest.approx([by_name["positive"], by_name["negative"]], abs=1e-5)


def test_items_of_other_classes_have_columns_of_their_own(make_engine, batch_of, views, suite, view_of):
    item = suite.items[1]
    other = evolve(item, id="d", target="up", prompt=evolve(item.prompt, choices=("up", "negative", "down")))
    seen = compute(make_engine(), batch_of(make_engine(), [views[0], view_of(other)], suite))
    assert seen.class_logprobs.isfinite().tolist() == [[True, True, False, False], [False, True, True, True]]
    assert seen.class_logprobs.exp().sum(1).tolist() == pytest.approx([1, 1], abs=1e-6)
    assert seen.label.tolist() == [0, 2]
    seen.class_logprobs[seen.class_logprobs.isfinite()].sum().backward()


def free(item, target, **changes):
    return evolve(item, target=target, prompt=evolve(item.prompt, choices=(), **changes))


def test_free_text_is_forced_to_the_target_and_what_ends_it(make_engine, batch_of, suite, view_of):
    engine, stop = make_engine(), replace(suite, stop=(".\n",))
    views = [view_of(free(suite.items[0], "joy"), layout) for layout in (Layout(), Layout(separator=" - "))]
    batch = batch_of(engine, views, stop)
    seen = compute(engine, batch, layer=LAYER)
    asked = [LogLikelihood(view.variant.text, " joy.\n") for view in views]
    answers = engine.loglikelihoods(asked)
    assert seen.answer_nll.tolist() == pytest.approx([-one.value / one.num_tokens for one in answers], abs=1e-5)
    assert seen.class_logprobs.shape == (2, 0)
    assert seen.token_mask.sum(1).tolist() == [one.num_tokens for one in answers]
    first = seen.token_logprobs[0].detach()
    chosen = batch.spans[0].tokens[batch.spans[0].first_scored :]
    ours = sum(float(first[place, int(token)]) for place, token in enumerate(chosen))
    assert ours == pytest.approx(answers[0].value, abs=1e-4)


def test_the_state_of_a_prompt_with_an_ending_does_not_hold_the_answer(make_engine, batch_of, suite, view_of):
    engine = make_engine()
    items = [evolve(suite.items[0], target=target) for target in ("positive", "negative")]
    views = [view_of(evolve(one, prompt=evolve(one.prompt, ending=" it is"))) for one in items]
    seen = compute(engine, batch_of(engine, views, suite), layer=LAYER)
    torch.testing.assert_close(seen.states[0], seen.states[1])
    assert abs(float((seen.answer_nll[0] - seen.answer_nll[1]).detach())) > 1e-3


def test_a_chat_template_is_applied(make_engine, make_tokenizer, batch_of, views, suite):
    engine = make_engine(tokenizer=make_tokenizer(chat=True), chat_template=True)
    batch = batch_of(engine, views[:2], suite)
    text = engine.encoder.tokenizer.decode(batch.spans[0].tokens)
    assert text.startswith("<s>user: Say which.") and text.endswith("assistant:positive")
    seen = compute(engine, batch)
    asked = engine.loglikelihoods([LogLikelihood(views[0].variant.text, " positive")])
    assert float(seen.answer_nll[0].detach()) == pytest.approx(-asked[0].value / asked[0].num_tokens, abs=1e-5)


def test_an_answer_without_tokens_is_an_error(make_engine, suite, view_of):
    silent = evolve(suite.items[0], prompt=evolve(suite.items[0].prompt, choices=("positive", ""), layout=Layout()))
    view = view_of(evolve(silent, prompt=evolve(silent.prompt, is_template=True, delimiters=Delimiters(answer=""))))
    with pytest.raises(UsageError, match="no tokens"):
        prepare(make_engine(), [view], suite)


def test_what_the_model_was_is_kept_by_class(make_engine, batch_of, views, suite):
    engine = make_engine()
    known = with_base(engine, prepare(engine, views, suite), layer=LAYER)
    seen = compute(engine, plan_batch(engine, known[::-1]), layer=LAYER)
    torch.testing.assert_close(seen.base_logprobs, seen.class_logprobs.detach(), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(seen.base_states, seen.states.detach(), rtol=1e-5, atol=1e-5)
    assert not seen.base_logprobs.requires_grad


def test_large_logits_neither_overflow_nor_lose_their_gradient():
    logits = torch.tensor([[300.0, 299.0, 0.0], [-300.0, -300.0, -301.0]], requires_grad=True)
    rows, targets = torch.tensor([0, 1]), torch.tensor([1, 0])
    for function in (lambda: _logprobs(logits * 1.0, rows, targets)[0], lambda: logits.log_softmax(-1)[rows, targets]):
        values = function()
        assert values.tolist() == pytest.approx([-1.3132617, -0.8619949], abs=1e-5)
        (gradient,) = torch.autograd.grad(values.sum(), logits)
        expected = torch.tensor([[-0.7310586, 0.7310586, 0.0], [0.5776812, -0.4223188, -0.1553624]])
        torch.testing.assert_close(gradient, expected, rtol=0, atol=1e-6)
