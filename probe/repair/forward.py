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

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from probe.models.huggingface import HuggingFace
from probe.models.packing import forward, padded
from probe.models.trie import Row, Span
from probe.repair.base import Seen, View
from probe.repair.prepared import Base, Prepared

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
    def is_free_text(self) -> bool:
        """Return whether no view has classes, so that what is compared is the vocabulary at the answer's tokens."""
        return not self.classes

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
    vocabulary: Tensor
    """(S, V) log-probabilities of all tokens where each scored one stands, of free text; else (0, 0)."""

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return all of it."""
        return self.values, self.states, self.vocabulary


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
    computed = forward(
        engine.model, rows, pad_id=engine.pad_id, window=engine.window, layer=layer, vocabulary=batch.is_free_text
    )
    values, of_S = computed.values_S, computed.needed_of_S
    where = torch.tensor([place for _, place in _states_in(batch, rows)], dtype=torch.long, device=engine.device)
    states = values.new_zeros(len(where), 0) if computed.states_KD is None else computed.states_KD[of_S[where]]
    vocabulary = values.new_zeros(0, 0) if computed.logprobs_KV is None else computed.logprobs_KV[of_S]
    return Raw(values, states, vocabulary)


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
    seen = Seen(
        answer_nll=-sums[torch.tensor(targets, device=device)] / torch.tensor(lengths, device=device),
        class_logprobs=_class_logprobs(batch, sums),
        states=states,
        item=torch.tensor(item, device=device),
        label=torch.tensor(_labels(batch), device=device),
        contrast_of=torch.tensor(contrast_of, device=device),
        families=tuple(one.view.variant.family for one in batch.views),
        formulation=torch.tensor(_numbered(_formulation(one.view) for one in batch.views), device=device),
        task=torch.tensor(_numbered(one.suite for one in batch.views), device=device),
    )
    if batch.is_free_text:
        logprobs, mask = _token_logprobs(torch.cat([raw.vocabulary for raw in raws]), owners, targets)
        seen = replace(seen, token_logprobs=logprobs, token_mask=mask)
    known = [one.base for one in batch.views if one.base is not None]
    if len(known) < len(batch.views):
        return seen
    rows = [[one.class_logprobs.get(name, -math.inf) for name in batch.classes] for one in known]
    return replace(
        seen,
        base_logprobs=torch.tensor(rows).to(seen.class_logprobs).reshape(seen.class_logprobs.shape),
        base_states=torch.stack([one.state for one in known]).to(seen.states),
    )


def with_base(engine: HuggingFace, views: Sequence[Prepared], *, layer: int | None = -1) -> list[Prepared]:
    """Return views with what the model makes of them now, for terms that keep it near what it was.

    Ask before the first step, or inside `probe.repair.adapters.untuned`.
    """
    batch = plan_batch(engine, views)
    with torch.no_grad():
        seen = compute(engine, batch, layer=layer)
    rows = zip(views, seen.class_logprobs.tolist(), seen.states.cpu(), strict=True)
    return [replace(one, base=Base(dict(zip(batch.classes, row, strict=True)), state)) for one, row, state in rows]


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


def _token_logprobs(vocabulary: Tensor, owners: npt.NDArray[np.int64], targets: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Return the log-probabilities (N, T, V) at the right answers' tokens, and which of these there are."""
    entries = [np.flatnonzero(owners == target) for target in targets]
    width = max(map(len, entries))
    places = padded(entries, width=width, fill=0).to(vocabulary.device)
    mask = padded([np.ones(len(one)) for one in entries], width=width, fill=0).to(vocabulary.device)
    return vocabulary[places], mask.bool()


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


def _formulation(view: View) -> Hashable:
    """Return what two views share that are said the same way."""
    variant, prompt = view.variant, view.variant.perturbed.prompt
    return variant.perturbation, variant.sample, prompt.layout, prompt.structure, prompt.instruction


def _numbered(names: Iterable[Hashable]) -> list[int]:
    """Return a number for each name, equal ones for equal names, in the order in which they first appear."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(name, len(numbers)) for name in names]


def _labels(batch: Batch) -> list[int]:
    """Return the place of each view's right answer among the classes; those of free text are numbered behind them."""
    numbers = {name: place for place, name in enumerate(batch.classes)}
    return [numbers.setdefault(one.view.target, len(numbers)) for one in batch.views]
