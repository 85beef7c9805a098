"""What a model makes of a batch of views, with gradients: each shared token is computed once, forward and backward.

    views -> spans -> rows of a trie -> forward passes -> log-probabilities of scored tokens, states of prompts -> `Seen`

Variants of an item share prefixes (an instruction, demonstrations, the whole prompt before each of its classes). They are packed
as for scoring (`probe.models.trie`), and since every row is one differentiable function of the weights, its gradient is the sum
of those of the separate sequences. Wang et al. 2025, "Tree Training" (arXiv 2511.00413), do so for the rollouts of agents; here
the rows are those of the scoring engine, so that what is trained is what is measured.

A model that cannot take packed rows is given plain sequences in padded batches, as in scoring.

Covered: planning a batch, its passes, the tensors that loss terms are functions of. Not covered: memory
(`probe.repair.caching`), views as token ids (`probe.repair.prepared`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from probe.models.huggingface import HuggingFace
from probe.models.packing import forward
from probe.models.trie import Row, Span
from probe.repair.base import Seen, View
from probe.repair.prepared import Prepared

# N = views, C = classes of the batch, S = scored tokens of a pass, M = spans, D = width of a state


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Views that are computed together, and the forward passes that do it."""

    views: tuple[Prepared, ...]
    spans: tuple[Span, ...]
    """(M,) of all views, one of each that comes several times."""
    places: tuple[tuple[int, ...], ...]
    """Of each view, the index of each of its spans."""
    passes: tuple[tuple[Row, ...], ...]
    classes: tuple[str, ...]
    """(C,) of all views, in the order in which they first appear."""

    @property
    def num_tokens(self) -> int:
        """Return how many tokens are computed, without padding."""
        return sum(len(row) for rows in self.passes for row in rows)

    @property
    def num_separate(self) -> int:
        """Return how many tokens would be computed if each answer of each view were a sequence of its own."""
        return sum(view.num_tokens for view in self.views)


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What one pass gives: all that its part of a `Seen` is a function of."""

    values: Tensor
    """(S,) log-probabilities (nats) of the scored tokens."""
    states: Tensor
    """(n, D) states of the prompts that lie in the pass, in the order of `_states_in`."""


def plan_batch(engine: HuggingFace, views: Sequence[Prepared], *, budget: int | None = None) -> Batch:
    """Plan how views are computed: in passes of at most `budget` tokens each, the model's own budget where none is given."""
    numbers: dict[tuple[bytes, int], int] = {}
    spans: list[Span] = []
    places = []
    for view in views:
        places.append(tuple(_number(span, numbers, spans) for span in view.spans))
    passes = engine.planned(spans, budget=budget)[::-1]  # the largest first: where memory runs out, it does so at once
    classes = tuple(dict.fromkeys(name for view in views for name in view.classes))
    return Batch(tuple(views), tuple(spans), tuple(places), tuple(map(tuple, passes)), classes)


def compute(engine: HuggingFace, batch: Batch, *, layer: int | None = -1) -> Seen:
    """Return what the model makes of a batch, in passes one after the other, with gradients where torch records them.

    `layer` is the one whose states are given, counted as transformers does: 0 is the embedding, -1 the last. None: no states, and
    `Seen.states` is (N, 0).
    """
    return assemble(batch, [compute_pass(engine, batch, rows, layer=layer) for rows in batch.passes])


def compute_pass(engine: HuggingFace, batch: Batch, rows: Sequence[Row], *, layer: int | None) -> Raw:
    """Compute one of a batch's passes."""
    computed = forward(engine.model, rows, pad_id=engine.pad_id, window=engine.window, layer=layer)
    if computed.states_KD is None:
        return Raw(computed.values_S, computed.values_S.new_zeros(len(_states_in(batch, rows)), 0))
    where = torch.tensor([place for _, place in _states_in(batch, rows)], dtype=torch.long, device=engine.device)
    return Raw(computed.values_S, computed.states_KD[computed.needed_of_S[where]])


def assemble(batch: Batch, raws: Sequence[Raw]) -> Seen:
    """Return what loss terms are given, from the results of a batch's passes in their order."""
    values = torch.cat([raw.values for raw in raws])
    device = values.device
    owners = np.concatenate([row.owners for rows in batch.passes for row in rows])
    sums = values.new_zeros(len(batch.spans)).index_add(0, torch.from_numpy(owners).to(device), values)  # (M,)
    targets = [places[view.target_span] for view, places in zip(batch.views, batch.places, strict=True)]
    lengths = [len(batch.spans[index].tokens) - batch.spans[index].first_scored for index in targets]
    order = np.argsort([view for rows in batch.passes for view, _ in _states_in(batch, rows)])
    states = torch.cat([raw.states for raw in raws])[torch.from_numpy(order).to(device)]
    item, contrast_of = _items(batch.views)
    label = _labels(batch)
    return Seen(
        answer_nll=-sums[torch.tensor(targets, device=device)] / torch.tensor(lengths, device=device),
        class_logprobs=_class_logprobs(batch, sums),
        states=states,
        item=torch.tensor(item, device=device),
        label=torch.tensor(label, device=device),
        contrast_of=torch.tensor(contrast_of, device=device),
        families=tuple(one.view.variant.family for one in batch.views),
        formulation=torch.tensor(_numbered(_formulation(one.view) for one in batch.views), device=device),
        task=torch.tensor(_numbered(one.suite for one in batch.views), device=device),
    )


def _number(span: Span, numbers: dict[tuple[bytes, int], int], spans: list[Span]) -> int:
    """Return the index of a span among those of the batch, to which it is added unless an equal one is there."""
    key = span.tokens.tobytes(), span.first_scored
    if key not in numbers:
        numbers[key] = len(spans)
        spans.append(span)
    return numbers[key]


def _states_in(batch: Batch, rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Return the views whose prompts' states lie in a pass, each with the place of the score that the state predicts."""
    owners = np.concatenate([row.owners for row in rows])
    index, first = np.unique(owners, return_index=True)  # a span's scores stand one after the other, in order
    place_of = dict(zip(index.tolist(), first.tolist(), strict=True))
    wanted = enumerate(places[view.state_span] for view, places in zip(batch.views, batch.places, strict=True))
    return [(view, place_of[span]) for view, span in wanted if span in place_of]


def _class_logprobs(batch: Batch, sums: Tensor) -> Tensor:
    """Return the log-probabilities (N, C) over the classes of each view; -inf for a class that is none of its."""
    columns = {name: place for place, name in enumerate(batch.classes)}
    entries = [
        (
            row,
            columns[name],
            places[view.class_spans[c]],
            view.sizes[c],
            places[view.alone_spans[c]] if view.alone_spans else -1,
        )
        for row, (view, places) in enumerate(zip(batch.views, batch.places, strict=True))
        for c, name in enumerate(view.classes)
    ]
    empty = sums.new_full((len(batch.views), len(batch.classes)), -torch.inf)
    if not entries:
        return empty
    rows, names, spans, sizes, alone = torch.tensor(entries, device=sums.device).unbind(dim=1)
    scores = (sums[spans] - torch.where(alone < 0, 0.0, sums[alone])) / sizes
    scores = empty.index_put((rows, names), scores)
    has_classes = torch.tensor([bool(view.classes) for view in batch.views], device=sums.device)
    # A row without classes has no distribution; it stays as it is, since its softmax would be NaN.
    return torch.where(has_classes[:, None], torch.where(has_classes[:, None], scores, 0.0).log_softmax(dim=-1), scores)


def _items(views: Sequence[Prepared]) -> tuple[list[int], list[int]]:
    """Return the number of each view's item, and of each contrast member the number of the item that it is an edit of."""
    numbers: dict[tuple[str, str, int | None], int] = {}
    item, contrast_of = [], []
    for one in views:
        original = numbers.setdefault((one.suite, one.view.item, None), len(numbers))
        own = original
        if one.view.is_contrast:
            own = numbers.setdefault((one.suite, one.view.item, one.view.member), len(numbers))
        item.append(own)
        contrast_of.append(original if one.view.is_contrast else -1)
    return item, contrast_of


def _formulation(view: View) -> tuple[str, str, int]:
    return view.variant.family, view.variant.perturbation, view.variant.sample


def _numbered(names: Iterable[Hashable]) -> list[int]:
    """Return a number for each name, equal ones for equal names, in the order in which they first appear."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(name, len(numbers)) for name in names]


def _labels(batch: Batch) -> list[int]:
    """Return the place of each view's right answer among the classes; those of free text are numbered behind them."""
    numbers = {name: place for place, name in enumerate(batch.classes)}
    return [numbers.setdefault(one.view.target, len(numbers)) for one in batch.views]
