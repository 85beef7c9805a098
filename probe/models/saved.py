"""A file of answers by key, written as they come: the response cache, and what is kept of a run's reruns.

    add --> waiting --(after a second, by another thread)--> one transaction --> cache.sqlite

Whoever computes only adds. What waits is written by a thread of its own, a second after the first of it came, and by `flush` at
the end of each call, also when Ctrl-C or an error ends it. So a kill loses what is being computed and the second before it.

Covered: surviving kill -9 (write-ahead log), Ctrl-C in the middle of a transaction, several processes at once, a full disk or a
broken file (it is given up with a warning). Not covered: what a key is made of (`probe.models.cache`).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, number REAL NOT NULL, flag INTEGER NOT NULL, tokens INTEGER NOT NULL, text TEXT
) WITHOUT ROWID
"""

SECONDS = 1.0
"""Longest time that an answer waits to be written: a transaction costs a tenth of a millisecond, so once a second is nothing."""

ENDINGS = ("", "-wal", "-shm")
"""Of the names of a file of answers and of what SQLite keeps beside it."""

Row = tuple[float, int, int, str | None]
Result = TypeVar("Result")


class SavedAnswers:
    """The answers in one file; `num_written` counts those that this object has written for good.

    A file that is not shared belongs to the process that has it open: no other one opens it, until this one ends, however it
    ends. `what` names the answers in warnings.
    """

    def __init__(self, path: Path, *, is_shared: bool = True, what: str = "the response cache") -> None:
        self.path = path
        self.what = what
        self.is_shared = is_shared
        self.num_written = 0
        self._waiting: dict[bytes, Row] = {}
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._db = self._open()

    @property
    def is_open(self) -> bool:
        """Return whether answers are saved: not where the file could not be opened, or was given up."""
        return self._db is not None

    def get(self, key: bytes) -> Row | None:
        """Return the answer of a key; None where there is none."""
        query = "SELECT number, flag, tokens, text FROM answers WHERE key = ?"
        with self._lock:
            return self._unless_broken(lambda db: db.execute(query, (key,)).fetchone())

    def add(self, rows: Iterable[tuple[bytes, Row]]) -> None:
        """Take answers, to be written within a second."""
        with self._lock:
            self._waiting.update(rows)
            if self._waiting and self._timer is None:
                self._timer = threading.Timer(SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            waiting = self._waiting
            if waiting and self._db is not None:
                self._unless_broken(lambda db: _write(db, waiting))
                self.num_written += len(waiting) if self.is_open else 0
            # Only now: where Ctrl-C ended the writing, the next flush writes all of it.
            self._waiting = {}

    def close(self) -> None:
        """Write what waits and close the file."""
        with self._lock:
            self.flush()
            self._give_up()

    def delete(self) -> None:
        """Delete the file with all answers in it, if it is open."""
        with self._lock:
            self._waiting = {}
            self.flush()  # stops the timer
            # A process that opens the file at this moment finds it empty.
            self._unless_broken(lambda db: db.execute("DELETE FROM answers"))
            if self.is_open:
                self._give_up()
                remove(self.path)

    def _give_up(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _open(self) -> sqlite3.Connection | None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            timeout = 30 if self.is_shared else 0
            db = sqlite3.connect(self.path, timeout=timeout, isolation_level=None, check_same_thread=False)
            if not self.is_shared:
                db.execute("PRAGMA locking_mode=EXCLUSIVE")  # the system frees the lock when the process ends
            db.execute("PRAGMA journal_mode=WAL")  # readers and one writer at once; survives kill -9
            db.execute("PRAGMA synchronous=NORMAL")  # a power cut may lose the last answers, never the file
            db.execute(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            log.warning("%s is not used: %s: %s", self.what, self.path, error)
            return None
        return db

    def _unless_broken(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """Return what `work` gets from the file; None where there is none. A broken file is given up for this run."""
        try:
            return work(self._db) if self._db else None
        except sqlite3.Error as error:
            log.warning("%s is given up for this run: %s: %s", self.what, self.path, error)
            self._give_up()
            return None


def remove(path: Path) -> None:
    """Remove a file of answers with what SQLite keeps beside it."""
    for ending in ENDINGS:
        with suppress(OSError):
            path.with_name(path.name + ending).unlink()


def _write(db: sqlite3.Connection, rows: dict[bytes, Row]) -> None:
    if db.in_transaction:  # Ctrl-C ended the writing before
        db.execute("ROLLBACK")
    db.execute("BEGIN")
    db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", [(key, *row) for key, row in rows.items()])
    db.execute("COMMIT")
