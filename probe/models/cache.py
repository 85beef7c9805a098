"""The cache: a model around a model that saves all answers on disk.

One SQLite file for all models and suites. A key is a hash of what determines the answer, never of a name or a path:

    the model's identity    weights, configuration, generation settings, adapters, tokenizer, template as it is written today,
                            dtype, hardware, versions of the libraries that compute (`ModelFacts.identity`)
    the code                of the engine (`probe.models`), and of the back end of another package
    the request             context, continuation, stop strings, number of new tokens, turns

So a run that was interrupted goes on where it stopped when the same command is typed again, and a model that was edited, on
disk or in memory, is asked anew. Answers under keys of an earlier version are not found again.

Covered: remembering, surviving kill -9 (write-ahead log), several processes at once, a full disk or a broken file (the run goes
on without the cache and says so). Not covered: eviction; delete the file to empty it.
"""

from __future__ import annotations

import hashlib
import logging
import math
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from probe.models.base import EngineUsage, Model, ModelFacts, Progress
from probe.models.canonical import code_digest_of, digest_of
from probe.types import Completion, Generation, LogLikelihood, LogProb

log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, number REAL NOT NULL, flag INTEGER NOT NULL, tokens INTEGER NOT NULL, text TEXT
) WITHOUT ROWID
"""

Request = TypeVar("Request", bound=LogLikelihood | Generation)
Result = TypeVar("Result")
Row = tuple[float, int, int, str | None]


class Cached(Model):
    """A model whose answers are saved in `path`; `inner` answers what is new."""

    def __init__(self, inner: Model, path: Path) -> None:
        self.inner = inner
        self.name: str = inner.name
        self.hits = 0
        self._path = path
        self._db = self._open()

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

        def ask(new: list[LogLikelihood]) -> list[Row]:
            answers = self.inner.loglikelihoods(new, progress=progress)
            return [(answer.value, answer.is_greedy, answer.num_tokens, None) for answer in answers]

        rows = self._answers(requests, ask)
        return [LogProb(number, bool(flag), tokens) for number, flag, tokens, _ in rows]

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]:
        """Answer from the file where possible, else from the inner model; in the order asked."""

        def ask(new: list[Generation]) -> list[Row]:
            answers = self.inner.generate(new, progress=progress)
            return [(one.mean_logprob, one.is_truncated + 2 * one.is_tied, one.num_tokens, one.text) for one in answers]

        rows = self._answers(requests, ask)
        return [
            Completion(text or "", number, tokens, is_truncated=bool(flag & 1), is_tied=bool(flag & 2))
            for number, flag, tokens, text in rows
        ]

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _answers(self, requests: Sequence[Request], ask: Callable[[list[Request]], list[Row]]) -> list[Row]:
        # Each time: a model in memory may have been changed, and a template may write the date.
        salt = _salt(self.inner)
        keys = {request: _key(salt, request) for request in requests}
        saved = {request: self._look_up(key) for request, key in keys.items()}
        known: dict[Request, Row] = {request: row for request, row in saved.items() if row is not None}
        self.hits += len(known)
        new = [request for request in keys if request not in known]
        if new:
            answers: dict[Request, Row] = dict(zip(new, ask(new), strict=True))
            # What is no number is no answer to remember: it is computed anew each time, which another dtype may mend.
            self._remember([(keys[request], *row) for request, row in answers.items() if not _is_non_finite(row[0])])
            known |= answers
        return [known[request] for request in requests]

    def _open(self) -> sqlite3.Connection | None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            db.execute("PRAGMA journal_mode=WAL")  # readers and one writer at once; survives kill -9
            db.execute("PRAGMA synchronous=NORMAL")  # a power cut may lose the last answers, never the file
            db.execute(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            log.warning("no response cache: %s: %s", self._path, error)
            return None
        return db

    def _look_up(self, key: bytes) -> Row | None:
        query = "SELECT number, flag, tokens, text FROM answers WHERE key = ?"
        return self._unless_broken(lambda db: db.execute(query, (key,)).fetchone())

    def _remember(self, rows: list[tuple[bytes, float, int, int, str | None]]) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.execute("BEGIN")
            db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", rows)
            db.execute("COMMIT")

        self._unless_broken(write)

    def _unless_broken(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """Return what `work` gets from the file; None where there is none. A broken file is given up for this run."""
        try:
            return work(self._db) if self._db else None
        except sqlite3.Error as error:
            log.warning("the response cache is given up for this run: %s: %s", self._path, error)
            self.close()
            return None


def _salt(model: Model) -> bytes:
    """Return what is the same in the keys of all of a model's answers: its identity and the code that computes them."""
    return digest_of([model.facts().identity, _engine_code(), code_digest_of(type(model.unwrapped))]).encode()


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
