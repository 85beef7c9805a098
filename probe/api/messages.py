"""Warnings and notes of the engine, from its loggers to commands and records."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Listener(logging.Handler):
    """Passes on each message once."""

    def __init__(self, tell: Callable[[str, int], None]) -> None:
        super().__init__()
        self.tell = tell
        self.seen: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message not in self.seen and (record.levelno >= logging.WARNING or record.name.startswith("probe.sources")):
            self.seen.add(message)
            self.tell(message, record.levelno)


@contextmanager
def listening(tell: Callable[[str, int], None], *, alone: bool = False) -> Iterator[None]:
    """Pass on each warning, and each note about a suite of another kind, once, with its level.

    `alone` keeps them from all other handlers of the process, so that nothing is printed twice.
    """
    log, sources, listener = logging.getLogger("probe"), logging.getLogger("probe.sources"), _Listener(tell)
    propagates, level = log.propagate, sources.level
    log.propagate = propagates and not alone
    sources.setLevel(logging.INFO)
    log.addHandler(listener)
    try:
        yield
    finally:
        log.removeHandler(listener)
        sources.setLevel(level)
        log.propagate = propagates


@contextmanager
def recorded_warnings() -> Iterator[list[str]]:
    """Collect warnings, for a record."""
    found: list[str] = []

    def tell(message: str, level: int) -> None:
        if level >= logging.WARNING:
            found.append(message)

    with listening(tell):
        yield found


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Python's warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
