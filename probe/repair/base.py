"""The nouns of repair, in the order in which data flows.

    training items --> views: an item under formulations, and its contrast members
    views          --> batches --> what the model makes of them --> loss terms --> steps --> an adapter
    adapter        --> judged on formulations, families and items that it has never seen

Covered: views and what a loss term is given. Not covered: how a batch is computed (`probe.repair.forward`), the terms
(`probe.repair.losses`), the loop (`probe.repair.train`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from probe.registry import Registry
from probe.types import Variant

if TYPE_CHECKING:
    from torch import Tensor

# N = views of a batch, C = classes, D = width of a state


@dataclass(frozen=True, slots=True)
class View:
    """One training item under one formulation, as the model is asked it."""

    variant: Variant
    is_contrast: bool = False
    """Whether it is a contrast member: said almost the same as its item, with another right answer."""
    member: int = 0
    """Of a contrast member: which of its item's, the same under every formulation."""

    @property
    def item(self) -> str:
        """Return the id of the item that it says, or, of a contrast member, of which it is an edit."""
        return self.variant.item.id

    @property
    def target(self) -> str:
        """Return the right answer of what is asked."""
        return self.variant.perturbed.target


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the model made of a batch of views: the tensors that loss terms are functions of, with gradients."""

    answer_nll: Tensor
    """(N,) mean negative log-likelihood (nats) of the right answer's tokens."""
    class_logprobs: Tensor
    """(N, C) log-probabilities over the classes, in the order of `classes`, each row's exponentials summing to one. Aligned by
    class and not by token or position: column c is the same answer in every formulation, whatever symbol or word it is asked
    by. Where a batch has items of different classes, rows are padded with -inf. (N, 0) for free text."""
    states: Tensor
    """(N, D) hidden states of a chosen layer at the last token of the prompt, before the answer; not normalised."""
    item: Tensor
    """(N,) int64, the same for views of one item; a contrast member has its own number."""
    label: Tensor
    """(N,) int64, the place of the right answer among the classes; equal labels are no negatives of one another. Of free text, a
    number for each distinct right answer."""
    contrast_of: Tensor
    """(N,) int64: of a contrast member, the `item` of which it is an edit; -1 otherwise."""
    families: tuple[str, ...] = ()
    """N names: the family of each view's perturbation, `original` of an unperturbed one. Empty: not known."""
    formulation: Tensor | None = None
    """(N,) int64, the same for views that are said the same way: by one perturbation, in one layout, with one instruction. None,
    or where items are not all seen in the same ones: the k-th view of an item is taken for formulation k."""
    task: Tensor | None = None
    """(N,) int64, a number for each suite, with its instruction and classes. None: all are of one."""
    token_logprobs: Tensor | None = None
    """(N, T, W) log-probabilities over the vocabulary at the T positions of the right answer, teacher-forced: entry t is what the
    model expects in place of the answer's token t. For free text; None otherwise."""
    token_mask: Tensor | None = None
    """(N, T) bool, whether a view's answer has a token t."""
    base_logprobs: Tensor | None = None
    """(N, C) `class_logprobs` of the model before repair; no gradient."""
    base_states: Tensor | None = None
    """(N, D) `states` of the model before repair; no gradient."""
    weight_change: Tensor | None = None
    """() squared norm of what training has added to the weights (`probe.repair.losses.l2_sp.weight_change`), with gradient."""
    step: int = 0
    """The step of training; what a term draws at random is seeded by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossTerm:
    """A registered term of the loss."""

    name: str
    group: Literal["consistency", "contrast", "anchor", "target"]
    """Keeps class distributions of formulations together; pulls states of one item together and others apart; keeps the model
    near its pre-trained self; says which answer is right, by labels or without."""
    summary: str
    source: str
    needs: tuple[str, ...] = ()
    """Fields of `Seen` that are optional, and that it asks for; its docstring says what it does without."""
    function: Callable[..., Tensor]
    """Takes a `Seen`, and keyword arguments with defaults; returns a scalar. Where nothing in the batch gives it something to
    do, the result is a zero that has a gradient. One that stops gradients takes `held`, the batch from which it computes what has
    none; by default the same one. So its gradient can be checked by finite differences, with that batch held still."""

    @property
    def options(self) -> dict[str, Any]:
        """Return its keyword arguments with their defaults."""
        given = inspect.signature(self.function).parameters.values()
        return {one.name: one.default for one in given if one.kind is one.KEYWORD_ONLY and one.name != "held"}


loss_terms: Registry[LossTerm] = Registry("loss term", see="probe list losses")
