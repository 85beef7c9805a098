"""The cache: a model around a model that saves all answers on disk.

One SQLite file for all models and suites. A key is a hash of what determines the answer, never of a name or a path:

    the model's identity    weights, configuration, generation settings, adapters, tokenizer, template as it is written today,
                            dtype, hardware, versions of the libraries that compute (`ModelFacts.identity`)
    the code                of the engine (`probe.models`), and of the back end of another package
    the request             context, continuation, stop strings, number of new tokens, turns

So a run that was interrupted goes on where it stopped when the same command is typed again, and a model that was edited, on
disk or in memory, is asked anew. Answers under keys of an earlier version are not found again.

Answers are saved while a batch is computed: as the model reports them (`Model.on_answers`), forward pass by forward pass. A model
that does not report and has no tokens is asked in parts of a few seconds.

Covered: remembering while it is computed, keys. Not covered: the file (`probe.models.saved`); eviction: delete the file to empty
it.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from probe.masking import masker
from probe.models.base import EngineUsage, Model, ModelFacts, OnAnswers, Progress
from probe.models.canonical import code_digest_of, digest_of
from probe.models.saved import Row, SavedAnswers
from probe.types import Completion, Generation, LogLikelihood, LogProb

PART_SECONDS = 2.0
"""Time that a part of the requests should take, of a model that does not report its answers as it computes them."""

Request = TypeVar("Request", bound=LogLikelihood | Generation)
Answer = TypeVar("Answer", LogProb, Completion)
Ask = Callable[[Sequence[Request], Progress | None], list[Answer]]


class Cached(Model):
    """A model whose answers are saved in a file; `inner` answers what is new.

    Answers of one `scope` are found in that scope alone. Another cached model may count, in its `hits`, what is found here.
    """

    def __init__(
        self, inner: Model, file: Path | SavedAnswers, *, scope: str = "", counted_by: Cached | None = None
    ) -> None:
        self.inner = inner
        self.name: str = inner.name
        self.hits = 0
        self.saved = SavedAnswers(file) if isinstance(file, Path) else file
        self._scope = scope
        self._counted_by = counted_by or self
        self._part_size = 1

    @property
    def usage(self) -> EngineUsage:  # type: ignore[override]  # read-only here: it is the inner model's
        """Return what the inner model has computed, and the number of answers that were saved already."""
        return replace(self.inner.usage, cached=self.hits)

    @property
    def unwrapped(self) -> Model:
        """Return the inner model, which is asked anew each time."""
        return self.inner.unwrapped

    def facts(self) -> ModelFacts:
        """Return the inner model's facts."""
        return self.inner.facts()

    def loglikelihoods(self, requests: Sequence[LogLikelihood], *, progress: Progress | None = None) -> list[LogProb]:
        """Answer from the file where possible, else from the inner model; in the order asked."""
        rows = self._answers(requests, lambda new, told: self.inner.loglikelihoods(new, progress=told), progress)
        return [LogProb(number, bool(flag), tokens) for number, flag, tokens, _ in rows]

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]:
        """Answer from the file where possible, else from the inner model; in the order asked."""
        rows = self._answers(requests, lambda new, told: self.inner.generate(new, progress=told), progress)
        return [
            Completion(text or "", number, tokens, is_truncated=bool(flag & 1), is_tied=bool(flag & 2))
            for number, flag, tokens, text in rows
        ]

    def close(self) -> None:
        """Close the file."""
        self.saved.close()

    def _answers(self, requests: Sequence[Request], ask: Ask[Request, Answer], progress: Progress | None) -> list[Row]:
        # Each time: a model in memory may have been changed, and a template may write the date.
        facts = self.inner.facts()
        salt = _salt(self.inner, facts, self._scope)
        keys = {request: _key(salt, request) for request in requests}
        found = {request: self.saved.get(key) for request, key in keys.items()}
        known: dict[Request, Row] = {request: row for request, row in found.items() if row is not None}
        self._counted_by.hits += len(known)
        new = [request for request in keys if request not in known]
        told: set[Request] = set()
        mask = masker()

        def save(asked: Sequence[Request], answers: Sequence[Answer]) -> None:
            rows = [(request, _row(answer, mask)) for request, answer in zip(asked, answers, strict=True)]
            # What is no number is no answer to remember: it is computed anew each time, which another dtype may mend.
            rows = [(request, row) for request, row in rows if request not in told and not _is_non_finite(row[0])]
            told.update(request for request, _ in rows)
            self.saved.add((keys[request], row) for request, row in rows)

        try:
            for part, within in self._parts(new, progress, in_parts=facts.path == "direct"):
                with _reporting(self.inner, save):
                    answers = ask(part, within)
                save(part, answers)
                known |= {request: _row(answer, mask) for request, answer in zip(part, answers, strict=True)}
        finally:
            self.saved.flush()
        return [known[request] for request in requests]

    def _parts(
        self, new: list[Request], progress: Progress | None, *, in_parts: bool
    ) -> Iterator[tuple[list[Request], Progress | None]]:
        """Return the requests with the progress function of each part: of all at once, or `in_parts` of a few seconds."""
        if not new or not in_parts:
            yield from [(new, progress)] if new else []
            return
        start = 0
        while start < len(new):
            part, began = new[start : start + self._part_size], time.monotonic()
            yield part, None if progress is None else _within(progress, start, len(part), len(new))
            start += len(part)
            wanted = PART_SECONDS / max(time.monotonic() - began, 1e-9)
            if len(part) == self._part_size or wanted < 1:
                self._part_size = max(1, int(len(part) * min(wanted, 4.0)))


def _within(progress: Progress, start: int, size: int, total: int) -> Progress:
    """Return the progress function of a part of some requests, which counts requests."""
    return lambda done, of: progress(start + size * done // max(of, 1), total)


@contextmanager
def _reporting(model: Model, listener: OnAnswers) -> Iterator[None]:
    """Let a model tell its answers to `listener` as they are known."""
    before, model.on_answers = model.on_answers, listener
    try:
        yield
    finally:
        model.on_answers = before


def _row(answer: LogProb | Completion, mask: Callable[[str], str]) -> Row:
    """Return an answer as it stands in the file: a server's answer may repeat a secret, which `mask` hides."""
    if isinstance(answer, LogProb):
        return answer.value, answer.is_greedy, answer.num_tokens, None
    return answer.mean_logprob, answer.is_truncated + 2 * answer.is_tied, answer.num_tokens, mask(answer.text)


def _salt(model: Model, facts: ModelFacts, scope: str) -> bytes:
    """Return what is the same in the keys of all of a model's answers: its identity and the code that computes them."""
    return digest_of([facts.identity, _engine_code(), code_digest_of(type(model.unwrapped)), scope]).encode()


def _key(salt: bytes, request: LogLikelihood | Generation) -> bytes:
    digest = hashlib.blake2b(salt, digest_size=16)
    # The repr of a frozen dataclass names its fields, so a new field makes new keys instead of wrong answers.
    digest.update(repr(request).encode("utf-8", "surrogatepass"))
    return digest.digest()


@cache
def _engine_code() -> str:
    """Return a hash of the source of this package: another release may encode, score or stop otherwise."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _is_non_finite(number: float) -> bool:
    return math.isnan(number) or number == math.inf
