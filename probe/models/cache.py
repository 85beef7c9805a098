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

Whatever else a model is asked goes through `Model.remembered` (scrambled prompts, pairs of prompts) or, where it is no language
model, through `remembered` here (similarities of texts): one mechanism for all.

Covered: remembering while it is computed, keys. Not covered: the file (`probe.models.saved`); eviction: delete the file to empty
it.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from probe.masking import masker
from probe.models.base import EngineUsage, Model, ModelFacts, OnAnswers, Progress
from probe.models.canonical import code_digest_of, digest_of
from probe.models.saved import Row, SavedAnswers
from probe.types import Completion, Generation, LogLikelihood, LogProb

PART_SECONDS = 2.0
"""Time that a part of the requests should take, of a model that does not report its answers as it computes them."""

Request = TypeVar("Request", bound=Hashable)
Answer = LogProb | Completion | float
Save = Callable[[Sequence[Any], Sequence[Answer]], None]
"""Called with requests and their answers, as soon as these are known."""


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
        self._parts = Parts()

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
        return [_rating(row) for row in rows]

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]:
        """Answer from the file where possible, else from the inner model; in the order asked."""
        rows = self._answers(requests, lambda new, told: self.inner.generate(new, progress=told), progress)
        return [_completion(row) for row in rows]

    def remembered(self, requests: Sequence[Request], ask: Callable[[Sequence[Request]], Sequence[Any]]) -> list[Any]:
        """Answer from the file where possible, else by `ask`; in the order asked."""
        rows = self._answers(requests, lambda new, _: ask(new), None)
        return [_rating(row) if row[3] is None else _completion(row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self.saved.close()

    def _answers(
        self,
        requests: Sequence[Request],
        ask: Callable[[Sequence[Request], Progress | None], Sequence[Answer]],
        progress: Progress | None,
    ) -> list[Row]:
        # Each time: a model in memory may have been changed, and a template may write the date.
        facts = self.inner.facts()
        salt = _salt(self.inner, facts, self._scope)

        def ask_all(new: list[Request], save: Save) -> None:
            if facts.path == "direct":
                self._parts.ask(new, lambda part, within: self._told(part, ask, within, save), progress)
            else:
                self._told(new, ask, progress, save)

        rows, hits = remembered(self.saved, salt, requests, ask_all)
        self._counted_by.hits += hits
        return rows

    def _told(
        self,
        part: Sequence[Request],
        ask: Callable[[Sequence[Request], Progress | None], Sequence[Answer]],
        progress: Progress | None,
        save: Save,
    ) -> None:
        """Ask some requests, and save the answers, those too that the model tells before it is done with all."""
        with _reporting(self.inner, save):
            answers = ask(part, progress)
        save(part, answers)


def remembered(
    saved: SavedAnswers, salt: bytes, requests: Iterable[Request], ask: Callable[[list[Request], Save], None]
) -> tuple[list[Row], int]:
    """Return the answers to requests in the order asked, and how many of the distinct ones a file held already.

    `ask` is given the new ones and a function that takes each answer once it is known, and saves it. The repr of a request says
    all that decides its answer beside the `salt`.
    """
    asked = list(requests)
    keys = {request: _key(salt, request) for request in asked}
    found = {request: saved.get(key) for request, key in keys.items()}
    known: dict[Request, Row] = {request: row for request, row in found.items() if row is not None}
    hits = len(known)
    told: set[Request] = set()
    mask = masker()

    def save(some: Sequence[Request], answers: Sequence[Answer]) -> None:
        rows = {request: _row(answer, mask) for request, answer in zip(some, answers, strict=True)}
        known.update(rows)
        # What is no number is no answer to remember: it is computed anew each time, which another dtype may mend.
        new = [request for request, row in rows.items() if request not in told and not _is_non_finite(row[0])]
        told.update(new)
        saved.add((keys[request], rows[request]) for request in new)

    try:
        if new := [request for request in keys if request not in known]:
            ask(new, save)
    finally:
        saved.flush()
    return [known[request] for request in asked], hits


class Parts:
    """Asks requests in parts that take a few seconds each, of whatever answers only when it is done with all."""

    def __init__(self) -> None:
        self.size = 1

    def ask(
        self,
        requests: list[Request],
        ask: Callable[[list[Request], Progress | None], None],
        progress: Progress | None = None,
    ) -> None:
        """Ask the requests part by part, each with a progress function of its own."""
        start = 0
        while start < len(requests):
            part, began = requests[start : start + self.size], time.monotonic()
            ask(part, None if progress is None else _within(progress, start, len(part), len(requests)))
            start += len(part)
            wanted = PART_SECONDS / max(time.monotonic() - began, 1e-9)
            if len(part) == self.size or wanted < 1:
                self.size = max(1, int(len(part) * min(wanted, 4.0)))


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


def _row(answer: Answer, mask: Callable[[str], str]) -> Row:
    """Return an answer as it stands in the file: a server's answer may repeat a secret, which `mask` hides."""
    if isinstance(answer, float):
        return answer, 0, 0, None
    if isinstance(answer, LogProb):
        return answer.value, answer.is_greedy, answer.num_tokens, None
    return answer.mean_logprob, answer.is_truncated + 2 * answer.is_tied, answer.num_tokens, mask(answer.text)


def _rating(row: Row) -> LogProb:
    number, flag, tokens, _ = row
    return LogProb(number, bool(flag), tokens)


def _completion(row: Row) -> Completion:
    number, flag, tokens, text = row
    return Completion(text or "", number, tokens, is_truncated=bool(flag & 1), is_tied=bool(flag & 2))


def salt_of(*decides: Any) -> bytes:
    """Return what is the same in the keys of all answers that some values, and the code of this package, decide."""
    return digest_of([*decides, _engine_code()]).encode()


def _salt(model: Model, facts: ModelFacts, scope: str) -> bytes:
    """Return what is the same in the keys of all of a model's answers: its identity and the code that computes them."""
    return salt_of(facts.identity, code_digest_of(type(model.unwrapped)), scope)


def _key(salt: bytes, request: Hashable) -> bytes:
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
