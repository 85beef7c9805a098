"""Progress on stderr: a bar with the time left on a terminal, else a plain line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from probe.cli.output import note
from probe.cli.terminal import drawn_on, rescreen, screened

if TYPE_CHECKING:
    from probe.evaluation.asking import Progress
    from probe.repair.history import Look, StepDone
    from probe.repair.history import Progress as TrainingProgress


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

    from reports.escape import visible_line

    columns = (
        *(TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()),
        TextColumn("{task.fields[rate]}", markup=False),
    )
    bar = Progress(*columns, console=Console(file=drawn_on(sys.stderr)), transient=True)
    task = bar.add_task("", total=None, rate="")
    started = 0.0

    def progress(suite: str, done: float, total: int, tokens: int) -> None:
        nonlocal started
        if not started:  # not before: what loads a model draws bars of its own
            started = time.monotonic()
            bar.start()
            rescreen()  # what is printed meanwhile goes through the bar's own streams, past the screen
        rate = tokens / max(time.monotonic() - started, 1e-6)
        bar.update(
            task, description=visible_line(screened(suite)), completed=done, total=total, rate=f"{rate:,.0f} tokens/s"
        )

    try:
        yield progress
    finally:
        bar.stop()


@contextmanager
def training_line() -> Iterator[TrainingProgress]:
    """Return a function that shows how a training goes: steps with their loss terms and the time left, and each look."""
    from probe.repair.history import Look

    last = 0.0
    with progress_line() as show:

        def progress(one: StepDone | Look) -> None:
            nonlocal last
            if isinstance(one, Look):
                note(look_text(one))
                return
            terms = ", ".join(f"{name} {value:.3f}" for name, value in one.terms.items())
            if sys.stderr.isatty():
                show(f"step {one.step}: {terms}", one.fraction, 1, one.tokens)
            elif time.monotonic() - last >= SECONDS:
                last = time.monotonic()
                left = f"about {one.seconds_left:.0f} s left"
                note(f"step {one.step} ({one.fraction:.0%}): {terms}, {one.tokens:,} tokens, {left}")

        yield progress


def look_text(look: Look) -> str:
    """Return a look at the validation items as a line."""
    return (
        f"after step {look.step}: validation accuracy {look.worst:.3f} under the worst formulation ({look.worst_of}), "
        f"{look.mean:.3f} in the mean, {look.clean:.3f} as written; flips {look.flip_rate:.3f}"
    )


SECONDS = 10.0
"""Between two plain lines."""


def _lines(things: str, seconds: float = SECONDS) -> Progress:
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
