"""Continuations after a prompt of which some tokens are replaced by random ones.

    prompt      Review : A joy from start to end . Sentiment :          a share of the tokens, drawn anew for each copy, becomes
    copy 0      Review : A joy door start to end . Sentiment :          another token of the vocabulary; special tokens and the
    copy 1      Review : A joy from start oven end . ist :              continuation stay

Lu et al. 2023, "How are Prompts Different in Terms of Sensitivity?", arXiv 2311.07230, make
copies so for sensitivity-aware decoding.

Covered: the local engine, with packed rows as for any scoring, also behind the response cache, which saves the scores. Not
covered: models that take texts alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from probe.models.base import Model, Progress
from probe.models.encoding import Ids
from probe.models.huggingface import HuggingFace
from probe.models.representation import local_engine
from probe.models.trie import Span
from probe.types import LogLikelihood, LogProb

# K = copies, R = requests of one context


@dataclass(frozen=True, slots=True)
class TokenRating:
    """A request in token ids, for how likely those from the first scored one on are."""

    ids: tuple[int, ...]
    first_scored: int


def scrambled_loglikelihoods(
    model: Model,
    groups: Sequence[Sequence[LogLikelihood]],
    rngs: Sequence[Sequence[Random]],
    *,
    share: float = 0.2,
    progress: Progress | None = None,
) -> list[list[list[LogProb]]]:
    """Return how likely continuations are after scrambled copies of their context: per group, per copy (K), per request (R).

    The requests of a group have one context, and each copy is the same for all of them. `rngs` holds a generator for each copy
    of each group. `share` of the context's tokens is replaced, at least one; where all are special, none is.
    """
    engine = local_engine(model)
    assert engine is not None, "other models have no token ids"
    known = _ordinary_ids(engine)
    copies = [
        _copies(engine, requests, generators, known=known, share=share)
        for requests, generators in zip(groups, rngs, strict=True)
    ]

    def ask(new: Sequence[TokenRating]) -> list[LogProb]:
        spans = [Span(np.array(one.ids, dtype=np.int32), one.first_scored) for one in new]
        return engine.score_spans(
            spans, progress=progress, tell=lambda done, rated: engine.tell([new[place] for place in done], rated)
        )[0]

    spans = [span for group in copies for copy in group for span in copy if span]
    answers = iter(model.remembered([TokenRating(tuple(one.tokens.tolist()), one.first_scored) for one in spans], ask))
    certain = LogProb(0.0, is_greedy=True, num_tokens=0)  # an empty continuation
    return [[[next(answers) if span else certain for span in copy] for copy in group] for group in copies]


def _copies(
    engine: HuggingFace, requests: Sequence[LogLikelihood], rngs: Sequence[Random], *, known: Ids, share: float
) -> list[list[Span | None]]:
    """Return for each generator the requests' spans after one scrambled context; None for an empty continuation."""
    assert len({(one.context, one.messages) for one in requests}) <= 1, "a group has one context"
    asked = [item.span for item in engine.encoder.encode(requests)]
    # A longer continuation costs the context more of its left end: the longest one holds all others.
    contexts = [span.tokens[: span.first_scored] for span in asked if span is not None]
    context = max(contexts, key=len, default=np.empty(0, dtype=np.int32))
    drawn = [scrambled(context, rng, known=known, share=share) for rng in rngs]
    return [[None if span is None else _after(copy, span, context) for span in asked] for copy in drawn]


def scrambled(context: Ids, rng: Random, *, known: Ids, share: float) -> Ids:
    """Return token ids with a share of those that are `known` replaced by others of them, each as likely as any."""
    places = np.flatnonzero(np.isin(context, known)).tolist()
    copy = context.copy()
    for place in rng.sample(places, min(len(places), max(1, round(share * len(places))))):
        copy[place] = known[rng.randrange(len(known))]
    return copy


def _after(copy: Ids, span: Span, context: Ids) -> Span:
    """Return a span with its context replaced, which is the right end of the whole context."""
    size = span.first_scored
    if not np.array_equal(context[len(context) - size :], span.tokens[:size]):
        return span  # nothing is left of its context but the first token of a continuation that fills the window
    return Span(np.concatenate([copy[len(copy) - size :], span.tokens[size:]]), size)


def _ordinary_ids(engine: HuggingFace) -> Ids:
    """Return the ids of the vocabulary that the model has and that are no special tokens."""
    tokenizer = engine.encoder.tokenizer
    ids = np.arange(min(len(tokenizer), engine.num_tokens), dtype=np.int32)
    return ids[~np.isin(ids, tokenizer.all_special_ids)]
