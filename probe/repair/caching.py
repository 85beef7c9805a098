"""Gradients of a loss over a batch, in as much memory as there is.

A loss over all views of a batch needs all of them at once, but not all of their graphs. Gradient caching (Gao et al. 2021,
"Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup", arXiv 2101.06983, section 3):

    1  every pass without a graph                        keep its log-probabilities and states, and the generator's state before
    2  the loss over all of these                        keep its gradient with respect to them
    3  every pass once more, with a graph                carry that gradient on to the weights; the graph is freed

The gradient is the same, since the chain rule is cut at the results of the passes and nowhere else; dropout draws the same
numbers in 3 as in 1. The price is one more forward pass. What is cached here is a scored token's log-probability and a prompt's
state, so every term of the loss goes through it, cross-entropy included.

A batch whose graph fits into memory is computed at once. Where memory runs out all the same, its step begins again in smaller
passes: nothing is added to the gradients before all of it is there.

Covered: memory, accumulation, equal results. Not covered: steps of the optimizer (`probe.repair.precision`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from probe.errors import ModelError
from probe.models import memory
from probe.models.huggingface import HuggingFace
from probe.repair.adapters import Tuned
from probe.repair.base import Seen
from probe.repair.forward import Batch, Raw, assemble, compute, compute_pass, plan_batch
from probe.repair.precision import Precision
from probe.repair.prepared import Prepared

log = logging.getLogger(__name__)

Loss = Callable[[Seen], Tensor]
"""Gives a scalar. It may hang on the weights themselves as well."""

Gradients = list[Tensor | None]

MEMORY_SHARE = 0.4
"""Of the free memory, how much the graph of a batch may take."""

MEASURED_TOKENS = 256
"""Tokens of the pass by which the size of a graph is measured."""

UNKNOWN_MEMORY = 8 << 30
"""Bytes that are assumed to be free where the device does not say."""


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """What one call has computed."""

    loss: float
    seen: Seen
    """Without gradients."""
    num_tokens: int
    """Tokens of the forward passes, each counted once, however often it was computed."""
    num_separate: int
    """Tokens if each answer of each view were a sequence of its own."""
    num_passes: int
    largest_graph: int
    """Tokens whose graph was held at once."""
    is_cached: bool


class Accumulator:
    """Adds the gradients of losses to the parameters that are trained."""

    def __init__(
        self,
        tuned: Tuned,
        *,
        layer: int | None = -1,
        precision: Precision | None = None,
        pass_tokens: int | None = None,
        graph_tokens: int | None = None,
    ) -> None:
        self.tuned = tuned
        self.engine = tuned.engine
        self.layer = layer
        """Of the hidden states; None for none."""
        self.precision = precision or Precision("float32", self.engine.device)
        self.pass_tokens = pass_tokens
        """The most tokens of one pass; None: by the memory that a graph takes."""
        self.graph_tokens = graph_tokens
        """The most tokens of a batch that is computed at once; None: as above, 0: every batch is cached."""

    def add(self, views: Sequence[Prepared], loss: Loss, *, weight: float = 1.0) -> Done:
        """Add `weight` times the gradient of the loss over the views, and return what was computed.

        Raises:
            ModelError: memory does not suffice for a single sequence.
        """
        generators = _generators(self.engine.device)
        while True:
            batch = self._planned(views)
            try:
                done, gradients = self._computed(batch, loss, weight)
                break
            except RuntimeError as error:
                if not memory.is_out_of_memory(error):
                    raise
            _restore(generators)
            self._shrink(batch)
        for parameter, gradient in zip(self.tuned.parameters, gradients, strict=True):
            if gradient is not None:
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
        return done

    def _planned(self, views: Sequence[Prepared]) -> Batch:
        if self.pass_tokens is None or self.graph_tokens is None:
            fits, graph = self._fitting(views)
            self.graph_tokens = graph if self.graph_tokens is None else self.graph_tokens
            self.pass_tokens = self.pass_tokens or max(min(self.engine.token_budget, fits), 1)
        return plan_batch(self.engine, views, budget=self.pass_tokens)

    def _computed(self, batch: Batch, loss: Loss, weight: float) -> tuple[Done, Gradients]:
        sizes = [max(map(len, rows)) * len(rows) for rows in batch.passes]  # with padding
        is_cached = sum(sizes) > (self.graph_tokens or 0)
        value, seen, gradients = (self._cached if is_cached else self._at_once)(batch, loss, weight)
        largest = max(sizes) if is_cached else sum(sizes)
        done = Done(
            value,
            seen,
            batch.num_tokens,
            batch.num_separate,
            len(batch.passes),
            largest_graph=largest,
            is_cached=is_cached,
        )
        return done, gradients

    def _at_once(self, batch: Batch, loss: Loss, weight: float) -> tuple[float, Seen, Gradients]:
        """Compute with the graph of the whole batch."""
        with self.precision.autocast():
            seen = compute(self.engine, batch, layer=self.layer)
        value = loss(seen)
        return float(value.detach()), _detached(seen), self._gradients([value], [self._start(value, weight)])

    def _cached(self, batch: Batch, loss: Loss, weight: float) -> tuple[float, Seen, Gradients]:
        """Compute with the graph of one pass at a time."""
        before, raws = [], []
        for rows in batch.passes:
            before.append(_generators(self.engine.device))
            with torch.no_grad(), self.precision.autocast():
                raws.append(compute_pass(self.engine, batch, rows, layer=self.layer))
        leaves = [Raw(*(tensor.requires_grad_() for tensor in raw.tensors)) for raw in raws]
        seen = assemble(batch, leaves)
        value = loss(seen)
        after = _generators(self.engine.device)
        results = [tensor for leaf in leaves for tensor in leaf.tensors]
        start = self._start(value, weight)
        cached = torch.autograd.grad(value, results, start, allow_unused=True, retain_graph=True)
        total = self._gradients([value], [start])  # of terms that hang on the weights themselves
        for place, rows in enumerate(batch.passes):
            _restore(before[place])
            with self.precision.autocast():
                raw = compute_pass(self.engine, batch, rows, layer=self.layer)
            given = cached[place * len(raw.tensors) :][: len(raw.tensors)]
            total = _sum(total, self._gradients(raw.tensors, given))
        _restore(after)
        return float(value.detach()), _detached(seen), total

    def _start(self, value: Tensor, weight: float) -> Tensor:
        """Return what the gradient of a loss is multiplied by."""
        return self.precision.scaled(torch.full_like(value.detach(), weight))

    def _gradients(self, outputs: Iterable[Tensor], of: Iterable[Tensor | None]) -> Gradients:
        """Carry gradients with respect to outputs on to the parameters."""
        pairs = [(output, given) for output, given in zip(outputs, of, strict=True) if given is not None]
        pairs = [(output, given) for output, given in pairs if output.requires_grad]
        if not pairs:
            return [None] * len(self.tuned.parameters)
        outputs, of = zip(*pairs, strict=True)
        return list(torch.autograd.grad(outputs, self.tuned.parameters, of, allow_unused=True))

    def _fitting(self, views: Sequence[Prepared]) -> tuple[int, int]:
        """Return the most tokens of a pass and of a batch that is computed at once."""
        generators = _generators(self.engine.device)
        try:
            fits = self._measured(views)
            return fits, fits
        except RuntimeError as error:
            if not memory.is_out_of_memory(error):
                raise
        finally:
            _restore(generators)
        memory.release(self.engine.device)
        return MEASURED_TOKENS // 2, 0

    def _measured(self, views: Sequence[Prepared]) -> int:
        """Return how many tokens have a graph that fits into the free memory, by the measure of one small pass."""
        batch = plan_batch(self.engine, views[:4], budget=MEASURED_TOKENS)
        rows = batch.passes[-1]
        held: dict[int, int] = {}

        def keep(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            held[storage.data_ptr()] = storage.nbytes()
            return tensor

        own = {one.untyped_storage().data_ptr() for one in self.engine.model.parameters()}
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor), self.precision.autocast():
            raw = compute_pass(self.engine, batch, rows, layer=self.layer)  # held, so that no address comes twice
        each = sum(size for place, size in held.items() if place not in own) / sum(map(len, rows))
        del raw
        free = memory.free_bytes(self.engine.device) or UNKNOWN_MEMORY
        return max(int(free * MEMORY_SHARE / max(each, 1.0)), MEASURED_TOKENS)  # that many have just been computed

    def _shrink(self, batch: Batch) -> None:
        """Take less memory from now on."""
        memory.release(self.engine.device)
        if len(batch.passes) > 1 and self.graph_tokens:
            self.graph_tokens = 0
        else:
            _check_divisible(self.engine, batch)
            self.graph_tokens, self.pass_tokens = 0, max((self.pass_tokens or 1) // 2, 1)
        log.warning("out of memory on %s: going on with passes of %d tokens", self.engine.device, self.pass_tokens)


def compute_ungraded(engine: HuggingFace, views: Sequence[Prepared], *, layer: int | None, budget: int) -> Seen:
    """Return what a model makes of views, without gradients, in passes of at most `budget` tokens, smaller where memory runs out.

    Raises:
        ModelError: memory does not suffice for a single sequence.
    """
    while True:
        batch = plan_batch(engine, views, budget=budget)
        try:
            with torch.no_grad():
                return compute(engine, batch, layer=layer)
        except RuntimeError as error:
            if not memory.is_out_of_memory(error):
                raise
        memory.release(engine.device)
        _check_divisible(engine, batch)
        budget = max(budget // 2, 1)
        log.warning("out of memory on %s: going on with passes of %d tokens", engine.device, budget)


def _check_divisible(engine: HuggingFace, batch: Batch) -> None:
    """Refuse to go on where memory has run out and no pass can be cut.

    Raises:
        ModelError: each pass is a single sequence.
    """
    if all(len(rows) == 1 and rows[0].is_chain for rows in batch.passes):
        raise ModelError(
            f"{engine.name} runs out of memory on {engine.device} with a single sequence",
            hint="shorten the prompts or --max-length, choose --precision bfloat16, or another --device",
        )


def _detached(seen: Seen) -> Seen:
    given = {one.name: getattr(seen, one.name) for one in fields(seen)}
    tensors = {name: one.detach() for name, one in given.items() if isinstance(one, Tensor)}
    return replace(seen, **tensors)  # type: ignore[arg-type]


def _sum(one: Gradients, other: Gradients) -> Gradients:
    return [a if b is None else b if a is None else a + b for a, b in zip(one, other, strict=True)]


def _generators(device: torch.device) -> tuple[Tensor, Tensor | None]:
    """Return the state of the generators that dropout draws from."""
    return torch.get_rng_state(), torch.cuda.get_rng_state(device) if device.type == "cuda" else None


def _restore(state: tuple[Tensor, Tensor | None]) -> None:
    torch.set_rng_state(state[0])
    if state[1] is not None:
        torch.cuda.set_rng_state(state[1])
