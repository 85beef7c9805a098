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
from typing import Any

from probe.evaluation.scoring import size_of
from probe.types import Completion, Generation, LogLikelihood, LogProb, Score, Suite

Row = dict[str, Any]
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


def request_rows(suite: Suite, scores: Sequence[Score], *, first: int) -> dict[str, list[Any]]:
    """Return the columns of the requests of scores, the first of which has that number."""
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for row in _rows(suite, scores, first):
        for name, values in columns.items():
            values.append(row.get(name))
    return columns


def _rows(suite: Suite, scores: Sequence[Score], first: int) -> Iterator[Row]:
    for place, score in enumerate(scores, first):
        for index, (request, response) in enumerate(zip(score.requests, score.responses, strict=True)):
            sent = _sent(request, score.variant.text)
            if isinstance(request, LogLikelihood) and isinstance(response, LogProb):
                yield {"row": place} | sent | _rated(score, suite, index, response)
            elif isinstance(response, Completion):
                yield {"row": place, "kind": "generation"} | sent | _written(response)


def _sent(request: LogLikelihood | Generation, text: str) -> Row:
    """Return what was sent, without what the variant's own row says."""
    row: Row = {} if request.context == text else {"context": request.context}
    if request.messages:
        row["messages"] = json.dumps(request.messages, ensure_ascii=False)
    if isinstance(request, LogLikelihood):
        return row | {"continuation": request.continuation}
    return row | {"stop": json.dumps(request.stop, ensure_ascii=False), "max_new_tokens": request.max_new_tokens}


def _rated(score: Score, suite: Suite, index: int, response: LogProb) -> Row:
    """Return a rating: of a choice, of the same choice after no context, or of a target alone."""
    row: Row = {"logprob": _number(response.value), "greedy": response.is_greedy, "tokens": response.num_tokens}
    prompt = score.variant.perturbed.prompt
    if not prompt.choices:
        return row | {"kind": "target"}
    turn, choice = divmod(index, len(prompt.choices))
    size = size_of(prompt, prompt.choices[choice], suite.normalisation)
    return row | {"kind": ("conditional", "unconditional")[turn], "choice": choice, "size": size}


def _written(response: Completion) -> Row:
    number = _number(response.mean_logprob)
    return {"text": response.text, "mean_logprob": number, "tokens": response.num_tokens, "tied": response.is_tied}


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
