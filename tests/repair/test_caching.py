"""Gradients in little memory: those of gradient caching are those of the whole batch, dropout included."""

from __future__ import annotations

import pytest
import torch

import probe.repair.forward
from probe.errors import ModelError
from probe.models import memory
from probe.repair import caching
from probe.repair.adapters import training, tune
from probe.repair.caching import Accumulator
from probe.repair.forward import compute, plan_batch
from probe.repair.prepared import prepare

AT_ONCE = {"pass_tokens": 60, "graph_tokens": 10**6}
CACHED = {"pass_tokens": 60, "graph_tokens": 0}


def every_term(seen):
    """Return a loss that compares views with one another through all three tensors."""
    means = seen.class_logprobs.exp().mean(dim=0, keepdim=True)
    near = torch.nn.functional.normalize(seen.states, dim=1)
    return (
        seen.answer_nll.mean()
        + ((seen.class_logprobs.exp() - means) ** 2).sum()
        + (near @ near.T / 0.1).logsumexp(1).mean()
    )


@pytest.fixture
def made(make_model, make_engine):
    """Return a function that tunes a tiny model, the same each time."""

    def make(tuning="lora", architecture="llama", **options):
        engine = make_engine(architecture, model=make_model(architecture).double())
        tuned = tune(engine, tuning, rank=4, seed=3, **options)
        with torch.no_grad():
            for one in tuned.parameters:  # LoRA begins with zeros, whose gradients say little
                one.add_(0.02 * torch.sin(torch.arange(one.numel(), dtype=one.dtype)).view_as(one))
        return tuned

    return make


def added(tuned, views, suite, loss=every_term, *, seed=0, weight=1.0, **budget):
    """Return what one call computes, and the gradients it has added."""
    accumulator = Accumulator(tuned, layer=1, **budget)
    torch.manual_seed(seed)
    with training(tuned):
        done = accumulator.add(prepare(tuned.engine, views, suite), loss, weight=weight)
    return done, [one.grad for one in tuned.parameters], accumulator


@pytest.mark.parametrize("tuning", ["lora", "soft-prompt", "full"])
def test_cached_gradients_are_those_of_the_whole_batch(tuning, made, views, suite):
    whole, ours, _ = added(made(tuning), views, suite, **AT_ONCE)
    cached, theirs, _ = added(made(tuning), views, suite, **CACHED)
    assert (whole.is_cached, cached.is_cached) == (False, True) and cached.num_passes > 2
    assert cached.loss == pytest.approx(whole.loss, abs=1e-6)
    for one, other in zip(ours, theirs, strict=True):
        assert one.abs().max() > 0
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_dropout_draws_the_same_numbers_both_times(made, views, suite):
    whole, ours, _ = added(made(dropout=0.3), views, suite, **AT_ONCE)
    after_whole = torch.get_rng_state()
    cached, theirs, _ = added(made(dropout=0.3), views, suite, **CACHED)
    assert torch.equal(after_whole, torch.get_rng_state())
    other, different, _ = added(made(dropout=0.3), views, suite, seed=1, **CACHED)
    assert cached.loss == pytest.approx(whole.loss, abs=1e-6) and abs(other.loss - whole.loss) > 1e-4
    for one, same, another in zip(ours, theirs, different, strict=True):
        torch.testing.assert_close(one, same, rtol=1e-5, atol=1e-6)
        assert not torch.allclose(one, another, rtol=1e-3)


def test_a_cached_batch_holds_one_pass_however_large_it_is(made, views, suite):
    def most_bytes(count, **budget):
        live, most = [0], [0]

        class Held:
            def __init__(self, tensor):
                self.tensor, self.size = tensor, tensor.nbytes
                live[0] += self.size
                most[0] = max(most[0], live[0])

            def __del__(self):
                live[0] -= self.size

        with torch.autograd.graph.saved_tensors_hooks(Held, lambda held: held.tensor):
            added(made(), views[:count], suite, **budget)
        return most[0]

    assert most_bytes(7, **CACHED) < 1.5 * most_bytes(2, **CACHED)
    assert most_bytes(7, **AT_ONCE) > 2 * most_bytes(2, **AT_ONCE)


def test_terms_on_the_weights_themselves_are_counted_once(made, views, suite):
    def near_zero(tuned):
        return lambda seen: every_term(seen) + sum((one**2).sum() for one in tuned.parameters)

    whole, cached = made(), made()
    _, ours, _ = added(whole, views, suite, near_zero(whole), **AT_ONCE)
    _, theirs, _ = added(cached, views, suite, near_zero(cached), **CACHED)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_gradients_add_up_by_weight(made, views, suite):
    def mean_answer(seen):
        return seen.answer_nll.mean()

    _, whole, _ = added(made(), views[:6], suite, mean_answer, **AT_ONCE)
    tuned = made()
    added(tuned, views[:3], suite, mean_answer, weight=0.5, **AT_ONCE)
    _, parts, _ = added(tuned, views[3:6], suite, mean_answer, weight=0.5, **CACHED)
    for one, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_out_of_memory_takes_smaller_passes_and_gives_the_same_gradients(made, views, suite, monkeypatch, caplog):
    _, ours, _ = added(made(dropout=0.3), views, suite, **CACHED | {"pass_tokens": 30})
    honest, tuned = caching.compute_pass, made(dropout=0.3)

    def starved(engine, batch, rows, **kwargs):
        computed = honest(engine, batch, rows, **kwargs)  # draws for dropout before memory runs out
        if sum(map(len, rows)) > 35 and torch.is_grad_enabled():
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return computed

    monkeypatch.setattr(caching, "compute_pass", starved)
    monkeypatch.setattr(memory, "release", lambda device: None)  # collects garbage, which takes long in a large process
    done, theirs, accumulator = added(tuned, views, suite, **CACHED | {"pass_tokens": 120})
    assert accumulator.pass_tokens == 30 and done.is_cached and "out of memory" in caplog.text
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_out_of_memory_where_it_is_measured_or_nothing_is_learned_takes_smaller_passes_too(
    made, views, suite, monkeypatch
):
    honest, tuned = caching.compute_pass, made()
    prepared = prepare(tuned.engine, views, suite)
    expected = compute(tuned.engine, plan_batch(tuned.engine, prepared), layer=1)
    _, ours, _ = added(made(), views, suite, **CACHED)

    def starved(engine, batch, rows, **kwargs):
        if sum(map(len, rows)) > 60:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return honest(engine, batch, rows, **kwargs)

    for module in (caching, probe.repair.forward):
        monkeypatch.setattr(module, "compute_pass", starved)
    monkeypatch.setattr(memory, "release", lambda device: None)
    seen = caching.compute_ungraded(tuned.engine, prepared, layer=1, budget=1000)
    torch.testing.assert_close(seen.class_logprobs, expected.class_logprobs)
    done, theirs, accumulator = added(tuned, views, suite)
    assert done.is_cached and accumulator.pass_tokens <= 64
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_memory_that_no_sequence_fits_into_is_an_error_and_leaves_the_gradients(made, views, suite, monkeypatch):
    tuned = made()

    def starved(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(caching, "compute_pass", starved)
    monkeypatch.setattr(memory, "release", lambda device: None)  # collects garbage, which takes long in a large process
    with pytest.raises(ModelError, match="single sequence"):
        added(tuned, views, suite, pass_tokens=1, graph_tokens=0)
    assert all(one.grad is None for one in tuned.parameters)


def test_budgets_are_measured_where_none_are_given(made, views, suite):
    done, _, accumulator = added(made(), views, suite)
    assert not done.is_cached and accumulator.graph_tokens > 1000
    assert accumulator.pass_tokens == made().engine.token_budget
