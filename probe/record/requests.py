"""What a model was sent and what it answered: a row for each request of a run, enough to compute every answer again.

    requests.parquet     row  choice  kind         context  continuation  logprob  size
                         0    0       conditional  (null)   " positive"   -0.21    8
                         0    1       conditional  (null)   " negative"   -1.87    8

`row` is the row of the variant in `scores.parquet` and `variants.parquet`; a context is null where it is the variant's text. The
probabilities of a variant are the softmax of `logprob` over its choices, divided by `size` where that is given, or less the
`unconditional` row of the same choice where there is one.

Covered: ratings, generations, turns of a chat, whatever the normalisation. Not covered: the ratings of POSIX, which are of texts
that the model wrote itself; runs that were imported, which asked no model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from math import inf, isnan, nan
from typing import Any, NamedTuple

from probe.evaluation.scoring import size_of
from probe.types import Completion, Generation, LogLikelihood, LogProb, Score, Suite

Asked = tuple[LogLikelihood | Generation, LogProb | Completion]
"""A request with its response."""
COLUMNS: dict[str, str] = {
    "row": "int32",
    "choice": "int16",
    "kind": "string",
    "context": "string",
    "continuation": "string",
    "messages": "string",
    "stop": "string",
    "max_new_tokens": "int32",
    "logprob": "float64",
    "greedy": "bool_",
    "tokens": "int32",
    "size": "int32",
    "text": "string",
    "mean_logprob": "float64",
    "tied": "bool_",
}
"""The columns with their types in pyarrow. Texts are saved by dictionary: most come many times."""


class _Row(NamedTuple):
    """A row of the table; None is what a request or its answer does not have."""

    row: int
    choice: int | None = None
    kind: str | None = None
    context: str | None = None
    continuation: str | None = None
    messages: str | None = None
    stop: str | None = None
    max_new_tokens: int | None = None
    logprob: float | None = None
    greedy: bool | None = None
    tokens: int | None = None
    size: int | None = None
    text: str | None = None
    mean_logprob: float | None = None
    tied: bool | None = None


def request_rows(suite: Suite, scores: Sequence[Score], *, first: int) -> dict[str, list[Any]]:
    """Return the columns of the requests of scores, the first of which has that number."""
    rows = list(_rows(suite, scores, first))
    columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
    return {name: list(values) for name, values in zip(COLUMNS, columns, strict=True)}


def _rows(suite: Suite, scores: Sequence[Score], first: int) -> Iterator[_Row]:
    for place, score in enumerate(scores, first):
        for index, (request, response) in enumerate(zip(score.requests, score.responses, strict=True)):
            if isinstance(request, LogLikelihood) and isinstance(response, LogProb):
                yield _rated(place, score, suite, index, request, response)
            elif isinstance(request, Generation) and isinstance(response, Completion):
                yield _written(place, score, request, response)


def _rated(place: int, score: Score, suite: Suite, index: int, request: LogLikelihood, response: LogProb) -> _Row:
    """Return a rating: of a choice, of the same choice after no context, or of a target alone."""
    prompt = score.variant.perturbed.prompt
    choice, kind, size = None, "target", None
    if prompt.choices:
        turn, choice = divmod(index, len(prompt.choices))
        kind = ("conditional", "unconditional")[turn]
        size = size_of(prompt, prompt.choices[choice], suite.normalisation)
    return _Row(
        place,
        choice,
        kind,
        *_sent(request, score),
        logprob=_number(response.value),
        greedy=response.is_greedy,
        tokens=response.num_tokens,
        size=size,
    )


def _written(place: int, score: Score, request: Generation, response: Completion) -> _Row:
    return _Row(
        place,
        None,
        "generation",
        *_sent(request, score),
        stop=json.dumps(request.stop, ensure_ascii=False),
        max_new_tokens=request.max_new_tokens,
        text=response.text,
        mean_logprob=_number(response.mean_logprob),
        tokens=response.num_tokens,
        tied=response.is_tied,
    )


def _sent(request: LogLikelihood | Generation, score: Score) -> tuple[str | None, str | None, str | None]:
    """Return context, continuation and messages, without what the variant's own row says."""
    context = None if request.context == score.variant.text else request.context
    continuation = request.continuation if isinstance(request, LogLikelihood) else None
    return context, continuation, json.dumps(request.messages, ensure_ascii=False) if request.messages else None


def _number(value: float) -> float | None:
    """Return a log-probability, None where it is no number: no NaN reaches a file. That of what is impossible is -inf."""
    return None if isnan(value) or value == inf else value


def asked_of(row: Mapping[str, Any], text: str, *, is_truncated: bool) -> Asked:
    """Return what a row of the table says was asked and answered; `text` is its variant's, `is_truncated` its score's."""
    context = text if row["context"] is None else row["context"]
    messages = tuple((role, content) for role, content in json.loads(row["messages"] or "[]"))
    if row["kind"] != "generation":
        request = LogLikelihood(context, row["continuation"], messages)
        return request, LogProb(_known(row["logprob"]), row["greedy"], row["tokens"])
    written = Generation(context, tuple(json.loads(row["stop"])), row["max_new_tokens"], messages)
    return written, Completion(row["text"], _known(row["mean_logprob"]), row["tokens"], is_truncated, row["tied"])


def _known(number: float | None) -> float:
    return nan if number is None else number
