"""The gradient of a step: views of some items, what the model makes of them, and what it made of them before.

    items --> views --> token ids --> Seen + base answers, weight change, families, suites --> loss terms --> gradients

Without labels (`--labels own` or `consensus`), the right answers are hidden from all terms: where they tell items apart by their
answers, the answer that the model gives to most formulations of an item stands for the right one.

Covered: what terms are given. Not covered: memory (`probe.repair.caching`), the terms (`probe.repair.losses`).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from probe.models.huggingface import HuggingFace
from probe.repair.adapters import Tuned, layer_at
from probe.repair.base import Seen, View
from probe.repair.caching import Accumulator, compute_ungraded
from probe.repair.losses.l2_sp import start_of, weight_change
from probe.repair.losses.total import Part, Total, total
from probe.repair.precision import Precision
from probe.repair.prepared import Prepared, prepare
from probe.repair.settings import RepairSettings
from probe.types import Suite

RESOLUTION = 1_000_000
"""Parts of a training by which weights rise: a training of so many tokens does not know its number of steps."""
WHERE_KNOWN = {"dclr": "base_states", "consprompt": "base_states", "own-answer": "base_logprobs"}
"""Terms that compare with the model before repair if it is known, and what of it they take."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a part of a step gave."""

    loss: float
    """Times its share of the step."""
    terms: Mapping[str, float]
    tokens: int
    separate: int


class Gradients:
    """Adds the gradient of the loss over views to what is trained."""

    def __init__(self, tuned: Tuned, parts: Sequence[Part], settings: RepairSettings, precision: Precision) -> None:
        self.tuned = tuned
        self.parts = parts
        self.settings = settings
        self.layer = layer_at(tuned, settings.layer)
        self.accumulator = Accumulator(tuned, layer=self.layer, precision=precision)
        self.needs = {need for part in parts for need in (*part.term.needs, WHERE_KNOWN.get(part.term.name, ""))}
        needs_weights = "weight_change" in self.needs
        self.start = start_of(tuned.engine.model) if needs_weights else None
        self.base = self._untrained() if self.needs & {"base_logprobs", "base_states"} else None

    def add(
        self, views: Sequence[View], suites: Sequence[Suite], *, step: int, fraction: float, share: float = 1.0
    ) -> Result:
        """Add `share` times the gradient of the loss over views, each of one of the suites.

        Raises:
            ModelError: a term is no number, or memory does not suffice for a single view.
        """
        prepared = self._prepared(views, suites)
        known: dict[str, Any] = {
            "families": tuple(view.variant.family for view in views),
            "task": _numbers([suite.name for suite in suites], self.tuned.engine.device),
            "step": step,
            **self._before(prepared),
        }
        found: list[Total] = []

        def loss(seen: Seen) -> Tensor:
            added: dict[str, Any] = (
                {} if self.start is None else {"weight_change": weight_change(self.tuned.engine.model, self.start)}
            )
            seen = replace(seen, **known, **added)
            if self.settings.labels != "yes":
                seen = replace(seen, label=voted(seen))
            found.append(total(seen, self.parts, step=round(fraction * RESOLUTION), num_steps=RESOLUTION))
            return found[-1].value

        done = self.accumulator.add(prepared, loss, weight=share)
        return Result(done.loss * share, found[-1].parts, done.num_tokens, done.num_separate)

    def _prepared(self, views: Sequence[View], suites: Sequence[Suite]) -> list[Prepared]:
        """Return the views as token ids, in their order."""
        grouped = groupby(zip(suites, views, strict=True), key=lambda pair: pair[0].name)
        made: list[Prepared] = []
        for _, group in grouped:
            pairs = list(group)
            made += prepare(self.tuned.engine, [view for _, view in pairs], pairs[0][0])
        return made

    def _before(self, prepared: Sequence[Prepared]) -> dict[str, Any]:
        """Return what the model made of the views before it was trained, as far as a term needs it."""
        if self.base is None:
            return {}
        budget = self.accumulator.pass_tokens or self.base.token_budget
        layer = self.layer if "base_states" in self.needs else None
        with self._as_it_was():
            seen = compute_ungraded(self.base, prepared, layer=layer, budget=budget)
        known = {"base_logprobs": seen.class_logprobs, "base_states": seen.states}
        return {name: value for name, value in known.items() if name in self.needs}

    def _untrained(self) -> HuggingFace:
        """Return the model before training: itself, where an adapter can be left out, else a copy."""
        engine = self.tuned.engine
        if self.tuned.tuning != "full":
            return engine
        return HuggingFace(
            copy.deepcopy(engine.model).requires_grad_(False), engine.encoder, name=engine.name, options=engine.options
        )

    @contextmanager
    def _as_it_was(self) -> Iterator[None]:
        """Leave out what is trained, and dropout with it."""
        assert self.base is not None
        model = self.base.model
        was_training = model.training
        model.eval()
        try:
            if self.tuned.tuning == "full":
                yield
            else:
                with model.disable_adapter():
                    yield
        finally:
            model.train(was_training)


def voted(seen: Seen) -> Tensor:
    """Return as label (N,) the class that is likeliest in the mean over an item's views; a number for each item of free text."""
    if not seen.class_logprobs.shape[1]:
        return seen.item
    chances = seen.class_logprobs.detach().exp()
    same = (seen.item[:, None] == seen.item[None, :]).to(chances.dtype)
    return (same @ chances).argmax(dim=1)


def _numbers(names: Sequence[str], device: torch.device) -> Tensor:
    """Return a number for each name (N,)."""
    known = list(dict.fromkeys(names))
    return torch.tensor([known.index(name) for name in names], device=device)
