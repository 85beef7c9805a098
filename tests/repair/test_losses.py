"""The laws of all loss terms: gradients, invariances, nothing to do."""

import inspect
from dataclasses import fields, replace

import pytest
import torch
from made_seen import drawn, made, taken, with_gradient

from probe.repair.losses import loss_terms

NAMES = list(loss_terms)


def vars_of(seen):
    """Return the names of the fields that are tensors."""
    return [one.name for one in fields(seen) if isinstance(getattr(seen, one.name), torch.Tensor)]


def value(name, seen, **options):
    return loss_terms.get(name).function(seen, **options)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_of_each_term_is_that_of_finite_differences(name):
    seen = drawn()
    takes = inspect.signature(loss_terms.get(name).function).parameters
    options = {"held": seen} if "held" in takes else {}
    finite = seen.class_logprobs.isfinite()

    def loss(nll, logprobs, states, change):
        full = seen.class_logprobs.masked_scatter(finite, logprobs)
        return value(
            name, replace(seen, answer_nll=nll, class_logprobs=full, states=states, weight_change=change), **options
        )

    tensors = (seen.answer_nll, seen.class_logprobs[finite], seen.states, seen.weight_change)
    leaves = [one.clone().requires_grad_() for one in tensors]
    assert loss(*leaves) > 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # of the directions along which it is compared
        assert torch.autograd.gradcheck(loss, leaves, eps=1e-6, atol=1e-7, fast_mode=True)


@pytest.mark.parametrize("name", NAMES)
def test_each_term_has_a_gradient_without_nan_next_to_classes_that_an_item_does_not_have(name):
    seen = with_gradient(drawn(dtype=torch.float32))
    value(name, seen).backward()
    gradients = [leaf.grad for leaf in (seen.answer_nll, seen.class_logprobs, seen.states, seen.weight_change)]
    assert all(one.isfinite().all() for one in gradients if one is not None)
    assert any(one.abs().sum() > 0 for one in gradients if one is not None)
    if seen.class_logprobs.grad is not None:
        assert (seen.class_logprobs.grad[seen.class_logprobs.isinf()] == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_batch_does_not_matter(name):
    seen = drawn()
    other = taken(seen, torch.randperm(len(seen.item), generator=torch.Generator().manual_seed(1)))
    assert value(name, other) == pytest.approx(value(name, seen).item())


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_classes_does_not_matter(name):
    seen = drawn()
    order = torch.tensor([2, 0, 1])
    moved = replace(
        seen,
        class_logprobs=seen.class_logprobs[:, order],
        base_logprobs=seen.base_logprobs[:, order],
        label=order.argsort()[seen.label],
    )
    assert value(name, moved) == pytest.approx(value(name, seen).item())


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_computed_in_32_bits(name):
    wide = drawn()
    tensors = {field: one for field in vars_of(wide) if torch.is_floating_point(one := getattr(wide, field))}
    half = replace(wide, **{field: one.bfloat16() for field, one in tensors.items()})
    exact = replace(wide, **{field: one.bfloat16().double() for field, one in tensors.items()})
    loss = value(name, half)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(value(name, exact).item(), rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_length_of_states_does_not_matter(name):
    seen = drawn()
    longer = torch.linspace(0.5, 4, len(seen.item), dtype=torch.float64)[:, None]
    assert value(name, replace(seen, states=seen.states * longer)) == pytest.approx(value(name, seen).item())


@pytest.mark.parametrize("name", [name for name in NAMES if loss_terms.get(name).group in ("consistency", "contrast")])
@pytest.mark.parametrize("kept", ["one view", "one view of each item", "no view"])
def test_where_there_are_no_two_views_of_an_item_the_loss_is_zero_and_has_a_gradient(name, kept):
    rows = {"one view": [4], "one view of each item": [0, 1, 9], "no view": []}[kept]
    seen = with_gradient(taken(drawn(), torch.tensor(rows, dtype=torch.int64)))
    loss = value(name, seen)
    loss.backward()
    assert loss == 0
    assert all(leaf.grad is None or (leaf.grad == 0).all() for leaf in (seen.class_logprobs, seen.states))


CONTRAST = [name for name in NAMES if loss_terms.get(name).group == "contrast"]
BY_LABEL = {"lm-supcon", "lm-cppf", "consprompt"}
"""Terms whose positives are the views of the same right answer."""


@pytest.mark.parametrize("name", [name for name in CONTRAST if name not in BY_LABEL])
def test_another_item_of_the_same_answer_can_be_anywhere(name):
    seen = taken(drawn(), [0, 1, 2, 3, 4, 6, 7])  # item 2, of the answer of item 0, in one formulation
    seen = replace(seen, label=torch.tensor([0, 1, 0, 0, 1, 0, 1]), item=torch.tensor([0, 1, 2, 0, 1, 0, 1]))
    alone = taken(seen, [0, 2, 3, 5])
    moved = replace(alone, states=alone.states.index_fill(0, torch.tensor([1]), 7.0))
    assert value(name, alone) == value(name, moved)
    assert value(name, seen) != value(name, replace(seen, states=seen.states.index_fill(0, torch.tensor([1]), 7.0)))


@pytest.mark.parametrize("name", CONTRAST)
def test_contrast_members_are_pushed_apart_from_the_item_that_they_are_an_edit_of(name):
    seen = taken(drawn(), [0, 3, 6, 10])  # item 0, and its contrast member
    of_item = seen.states[0] + 0.1 * seen.states[:3]
    near = with_gradient(replace(seen, states=torch.cat([of_item, of_item[:1]])))
    far = replace(seen, states=torch.cat([of_item, -of_item[:1]]))
    unrelated = replace(near, contrast_of=torch.full_like(seen.contrast_of, -1), label=torch.zeros_like(seen.label))
    loss = value(name, near)
    assert loss > value(name, far)
    loss.backward()
    assert near.states.grad[3].abs().sum() > 0
    if name not in BY_LABEL:
        assert value(name, unrelated) < loss


def test_free_text_without_token_distributions_gives_consistency_nothing_to_do():
    seen = with_gradient(made([0, 0, 1, 1]))
    for name in ("kl", "js", "symmetric-kl"):
        loss = value(name, seen)
        loss.backward()
        assert loss == 0
