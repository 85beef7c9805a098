r"""Views to token ids: what the engine reads of a training item under a formulation, made once and used in every epoch.

    view     -> requests     one for each class, rendered as an evaluation renders them
    requests -> spans        token ids by the rules of scoring, with the token from which on they are scored

    Review: A joy.\nSentiment:| positive      the prompt | a class; its score sums the log-probabilities behind the bar
                            ^                the node whose hidden state stands for the prompt

What an item's classes are called is the affair of its suite: they keep their names under every formulation, whatever symbol or
word stands for them.

Covered: choices, choices before an ending, normalised scores, free text, chat templates. Not covered: computing them
(`probe.repair.forward`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probe.errors import UsageError
from probe.evaluation.requests import requests_for
from probe.evaluation.scoring import size_of
from probe.models.encoding import Encoded
from probe.models.huggingface import HuggingFace
from probe.models.trie import Span
from probe.prompt.render import closings, continuation, continuations, messages
from probe.repair.base import View
from probe.types import LogLikelihood, Suite

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """What the untrained model makes of a view."""

    class_logprobs: dict[str, float]
    """By the name of the class."""
    state: Tensor
    """(D,) of the prompt."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A view as token ids. C = its classes, in the order of the original item; none for free text."""

    view: View
    suite: str
    """The name of its suite."""
    classes: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    """All that is scored or read for it."""
    class_spans: tuple[int, ...] = ()
    """(C,) the place among `spans` of each class."""
    sizes: tuple[int, ...] = ()
    """(C,) what the score of a class is divided by: 1, or the length of its text where its suite compares choices so."""
    alone_spans: tuple[int, ...] = ()
    """(C,) the place among `spans` of each class after no context, where its suite takes that from the score; else empty."""
    target_span: int = 0
    """The place of the right answer."""
    state_span: int = 0
    """The place of the span whose state before its first scored token is that of the prompt."""
    base: Base | None = None
    """What the model made of it before it was trained; None where no term asks."""

    @property
    def num_tokens(self) -> int:
        """Return how many tokens are read where each span is a sequence of its own."""
        return sum(len(span.tokens) - 1 for span in self.spans)


def prepare(engine: HuggingFace, views: Sequence[View], suite: Suite) -> list[Prepared]:
    """Return views of items of a suite as token ids, in the order given.

    Raises:
        UsageError: an answer has no tokens, so that there is nothing to train on.
        ModelError: a token is none of the model's, or a chat template refuses the turns.
    """
    asked = [_asked(view, suite) for view in views]
    encoded = iter(engine.encoder.encode([request for _, requests in asked for request in requests]))
    prepared = [
        replace(plan, spans=tuple(_span(plan.view, request, next(encoded)) for request in requests))
        for plan, requests in asked
    ]
    engine.encoder.check_known((span.tokens for one in prepared for span in one.spans), engine.num_tokens)
    return prepared


def _asked(view: View, suite: Suite) -> tuple[Prepared, tuple[LogLikelihood, ...]]:
    """Return what is asked of a view, as an evaluation of its suite asks it, and what is read off each request's span."""
    prompt = view.variant.perturbed.prompt
    if not prompt.choices:
        return Prepared(view, suite.name), (_written(view, suite),)
    # A suite that reads its choices out of what is written is trained on their ratings all the same: those have gradients.
    requests = requests_for(view.variant, replace(suite, reads_choices=False))
    rated = tuple(request for request in requests if isinstance(request, LogLikelihood))
    classes, count = _classes(view), len(prompt.choices)
    places = tuple(map(prompt.choices.index, classes))
    target = state = prompt.choices.index(view.target)
    is_less_alone = len(rated) > count
    if prompt.ending:  # the contexts of its requests hold the choices; the prompt ends before them
        state = len(rated)
        rated += (LogLikelihood(view.variant.text, continuations(prompt)[target], messages(prompt)),)
    plan = Prepared(
        view,
        suite.name,
        classes,
        class_spans=places,
        sizes=tuple(size_of(prompt, one, suite.normalisation) or 1 for one in classes),
        alone_spans=tuple(count + place for place in places) if is_less_alone else (),
        target_span=target,
        state_span=state,
    )
    return plan, rated


def _classes(view: View) -> tuple[str, ...]:
    """Return the names of a view's classes: in the item's order as far as they are the item's, one of each name."""
    shown = view.variant.perturbed.prompt.choices
    own = [choice for choice in view.variant.item.prompt.choices if choice in shown]
    return tuple(dict.fromkeys((*own, *shown)))


def _written(view: View, suite: Suite) -> LogLikelihood:
    """Return the right answer to a free-text question with what ends it, as the model is to write it.

    What ends it is what its structure closes it with, else the suite's first stop string. Without that a model would learn how
    answers begin and not that they end.
    """
    prompt, target = view.variant.perturbed.prompt, view.target
    end = ""
    if not suite.rates_target:
        end = next(iter((*closings(prompt, (target, *view.variant.perturbed.aliases)), *suite.stop)), "")
    return LogLikelihood(view.variant.text, continuation(prompt, target) + end, messages(prompt))


def _span(view: View, request: LogLikelihood, encoded: Encoded) -> Span:
    if encoded.span is None:
        raise UsageError(
            f"item {view.item!r}: an answer has no tokens: {request.continuation!r}",
            hint="give each choice a text; an empty one has nothing that could be trained",
        )
    return encoded.span
