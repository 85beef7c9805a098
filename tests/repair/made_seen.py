"""Small batches as a model would leave them, typed in by hand or drawn."""

from dataclasses import replace

import torch

from probe.repair.base import Seen

SQUARE = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8]]
"""Four unit vectors: views 0 and 1 of one item, 2 and 3 of another."""


def made(item, *, label=None, contrast_of=None, states=None, probs=None, dtype=torch.float32, **given):
    """Return a batch of `len(item)` views; what is not given is alike for all."""
    num = len(item)
    states = torch.zeros(num, 2, dtype=dtype) if states is None else torch.as_tensor(states, dtype=dtype)
    logprobs = torch.zeros(num, 0, dtype=dtype) if probs is None else torch.tensor(probs, dtype=dtype).log()
    return Seen(
        answer_nll=torch.zeros(num, dtype=dtype),
        class_logprobs=logprobs,
        states=states,
        item=torch.tensor(item),
        label=torch.tensor([0] * num if label is None else label),
        contrast_of=torch.tensor([-1] * num if contrast_of is None else contrast_of),
        **given,
    )


def drawn(seed=0, *, dtype=torch.float64):
    """Return a batch with everything in it, in the order of formulations.

    Items 0, 1 and 2 under three formulations, item 3 under one, items 4 and 5 contrast members of 0 and 1, the one under one
    formulation, the other under two. Items 0 and 2 have the same right answer. Item 1 has two classes, the others three.
    """
    rng = torch.Generator().manual_seed(seed)
    item = [0, 1, 2, 0, 1, 2, 0, 1, 2, 3, 4, 5, 5]
    formulation = [0, 0, 0, 1, 1, 1, 2, 2, 2, 1, 0, 1, 2]
    families = ["original", "format", "paraphrase"]
    num = len(item)
    logits = torch.randn(num, 3, generator=rng, dtype=dtype)
    logits[torch.tensor(item) == 1, 2] = -torch.inf
    base = torch.randn(num, 3, generator=rng, dtype=dtype)
    base[torch.tensor(item) == 1, 2] = -torch.inf
    return Seen(
        answer_nll=torch.rand(num, generator=rng, dtype=dtype) + 0.1,
        class_logprobs=logits.log_softmax(dim=1),
        states=torch.randn(num, 5, generator=rng, dtype=dtype),
        item=torch.tensor(item),
        label=torch.tensor([{0: 0, 1: 1, 2: 0, 3: 2, 4: 1, 5: 0}[one] for one in item]),
        contrast_of=torch.tensor([{4: 0, 5: 1}.get(one, -1) for one in item]),
        families=tuple(families[one] for one in formulation),
        formulation=torch.tensor(formulation),
        base_logprobs=base.log_softmax(dim=1),
        base_states=torch.randn(num, 5, generator=rng, dtype=dtype),
        weight_change=torch.rand((), generator=rng, dtype=dtype),
    )


def taken(seen, rows):
    """Return a batch of some of its views, in the given order."""
    rows = torch.as_tensor(rows)
    per_view = {
        name: getattr(seen, name)[rows]
        for name in ("answer_nll", "class_logprobs", "states", "item", "label", "contrast_of", "formulation", "task")
        + ("token_logprobs", "token_mask", "base_logprobs", "base_states")
        if getattr(seen, name) is not None
    }
    families = tuple(seen.families[row] for row in rows.tolist()) if seen.families else ()
    return replace(seen, families=families, **per_view)


def with_gradient(seen):
    """Return the same numbers as leaves that collect gradients."""
    leaves = {
        name: getattr(seen, name).detach().clone().requires_grad_()
        for name in ("answer_nll", "class_logprobs", "states")
    }
    if seen.weight_change is not None:
        leaves["weight_change"] = seen.weight_change.detach().clone().requires_grad_()
    return replace(seen, **leaves)
