"""The size of a run before it is run: items, variants, requests, tokens, and an estimate of the time.

Tokens are counted with the model's own tokenizer and shared as the engine shares them; no weights are loaded. The time is a
guess: the floating-point operations of a forward pass (2 x parameters x tokens; Kaplan et al. 2020, "Scaling Laws for Neural
Language Models", section 2.1) at a share of the rate at which this machine multiplies matrices now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from probe.evaluation.budget import thinned
from probe.evaluation.requests import by_kind, requests_for
from probe.evaluation.run import Plan, prepare
from probe.evaluation.variants import STATUSES, VariantSet
from probe.types import Generation, LogLikelihood, Suite

MAX_ROW = 4096
"""Tokens that share prefixes in one row, as on a CPU; an accelerator's larger budget saves a little more."""


def count(suites: Sequence[Suite], plan: Plan, *, tokenizer: Any = None, rate: float | None = None) -> dict[str, Any]:
    """Return the size of a run; `rate` is in tokens a second, where it is known."""
    drawn = {suite.name: prepare(suite, plan) for suite in suites}
    sets = list((drawn if plan.budget is None else thinned(drawn, budget=plan.budget, seed=plan.seed)).values())
    rows = [_row(one) for one in sets]
    requests = (one for made in sets for variant in made.variants for one in requests_for(variant, made.suite))
    rankings, generations = by_kind(requests)
    total: dict[str, Any] = {
        "suites": rows,
        "variants": sum(row["variants"] for row in rows),
        "requests": len(rankings) + len(generations),
        "unique_requests": len(set(rankings)) + len(set(generations)),
        "tokens": None,
        "unique_tokens": None,
        "seconds": None,
    }
    if tokenizer is not None:
        total["tokens"], total["unique_tokens"] = _tokens(rankings, generations, tokenizer)
        if rate:
            total["seconds"] = round(total["unique_tokens"] / rate, 1)
    return total


def _row(one: VariantSet) -> dict[str, Any]:
    return {
        "suite": one.suite.name,
        "items": len(one.suite.items),
        "variants": len(one.variants),
        **{family: statuses[STATUSES[0]] for family, statuses in one.counts.items()},
    }


def _tokens(rankings: Sequence[LogLikelihood], generations: Sequence[Generation], tokenizer: Any) -> tuple[int, int]:
    """Return the tokens of all requests, and those to compute when equal requests and prefixes are shared."""
    from probe.models.trie import plan as rows_of

    unique = list(dict.fromkeys(rankings))
    spans = {
        request: item.span
        for request, item in zip(unique, tokenizer.encode(unique), strict=True)
        if item.span is not None
    }
    alone = sum(len(spans[request].tokens) - 1 for request in rankings if request in spans)
    contexts = list(dict.fromkeys(generations))
    written = tokenizer.encode_contexts(contexts)
    lengths = {request: len(ids) + request.max_new_tokens for request, ids in zip(contexts, written, strict=True)}
    alone += sum(lengths[request] for request in generations)
    return alone, sum(len(row) for row in rows_of(list(spans.values()), max_row=MAX_ROW)) + sum(lengths.values())
