"""Progress on stderr: a bar with the time left on a terminal, else a plain line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from probe.cli.output import note

if TYPE_CHECKING:
    from probe.evaluation.run import Progress


@contextmanager
def progress_line(things: str = "variants") -> Iterator[Progress]:
    """Return a function that shows progress, counted in `things`."""
    if sys.stderr.isatty():
        with _bar() as progress:
            yield progress
    else:
        yield _lines(things)


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        *(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()),
        TextColumn("{task.fields[rate]}"),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=None, rate="")
    started = 0.0

    def progress(suite: str, done: float, total: int, tokens: int) -> None:
        nonlocal started
        if not started:  # not before: what loads a model draws bars of its own
            started = time.monotonic()
            bar.start()
        rate = tokens / max(time.monotonic() - started, 1e-6)
        bar.update(task, description=suite, completed=done, total=total, rate=f"{rate:,.0f} tokens/s")

    try:
        yield progress
    finally:
        bar.stop()


def _lines(things: str, seconds: float = 10.0) -> Progress:
    started = last = 0.0

    def progress(suite: str, done: float, total: int, tokens: int) -> None:
        nonlocal started, last
        now = time.monotonic()
        if not started:
            started = last = now
        if done and done < total and now - last >= seconds:
            last = now
            left = (now - started) * (total - done) / done
            rate = tokens / (now - started)
            note(f"{suite}: {done:,.0f} of {total:,} {things}, {rate:,.0f} tokens/s, about {left:.0f} s left")

    return progress
