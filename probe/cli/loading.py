"""What several commands need before they can work: suites, perturbations, a model, a progress line."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from probe.cli.output import note, warn

if TYPE_CHECKING:
    from pathlib import Path

    from probe.run import Progress
    from probe.types import Perturbation, Suite
    from probe.validity import Reviews
    from probe.validity.models import Doubter


def suites_of(names: Sequence[str] | None) -> list[Suite]:
    """Read the named suites, or all shipped ones; a suite's warnings go to stderr."""
    from probe.errors import UsageError
    from probe.suite import check_suite, find_suite, read_suite, shipped_suites

    suites = [read_suite(find_suite(name)) for name in names or shipped_suites()]
    seen: set[str] = set()
    for suite in suites:
        if suite.name in seen:
            raise UsageError(
                f"two suites have the name {suite.name!r}; give one of them another name in its suite.toml"
            )
        seen.add(suite.name)
        for warning in check_suite(suite):
            warn(warning)
    return suites


def perturbations_of(names: str, *, noise_floor: bool = False, compose: int | None = None) -> tuple[Perturbation, ...]:
    """Give the perturbations that `--perturb` names, rows of `compose` of them, and with `noise_floor` the reruns."""
    from probe.perturb import compositions, select

    chosen = select([name.strip() for name in names.split(",") if name.strip()])
    rows = [] if compose is None else compositions(chosen, compose)
    return tuple(
        [*chosen, *rows, *(select(["null"]) if noise_floor and "null" not in {p.name for p in chosen} else [])]
    )


def reviews_of(path: Path | None) -> Reviews:
    """Give the decisions of people on variants: from the file named, else from the usual one if it is here."""
    from probe.validity import read_reviews
    from probe.validity.reviews import DEFAULT

    return read_reviews(path or DEFAULT, must_exist=path is not None)


def doubters_of(
    embedding: str | None, floor: float, nli: str | None, nli_floor: float, *, device: str = "cpu"
) -> tuple[Doubter, ...]:
    """Load the models that may doubt variants."""
    from probe.validity.models import Doubter

    found: list[Doubter] = []
    if embedding is not None:
        from probe.models.semantic import Embeddings

        found.append(Doubter("embedding", Embeddings(embedding, device=device).similarities, floor))
    if nli is not None:
        from probe.models.semantic import Inference

        found.append(Doubter("nli", Inference(nli, device=device).entailments, nli_floor))
    return tuple(found)


def rows_of(batch_size: str) -> int | None:
    """Give the rows that `--batch-size` allows; None for auto."""
    from probe.errors import UsageError

    if batch_size.startswith("auto"):
        return None
    if not batch_size.isdigit() or int(batch_size) == 0:
        raise UsageError(f"--batch-size {batch_size}: a number of rows from 1, or auto")
    return int(batch_size)


def resamples_variants(resample: str | None, *, target_ci: float | None, budget: int | None) -> bool:
    """Give whether intervals resample shared draws too; refuse options that exclude one another."""
    from probe.errors import UsageError

    if resample not in (None, "items", "items-and-variants"):
        raise UsageError(f"--resample {resample}: items or items-and-variants")
    if target_ci is not None and resample == "items-and-variants":
        raise UsageError(
            "--target-ci with --resample items-and-variants: more items never tell more of other formats",
            hint="leave --resample out; raise --draws to know more of other formats",
        )
    if target_ci is not None and budget is not None:
        raise UsageError("--target-ci with --budget: one of them says when to stop", hint="leave one of them out")
    return resample != "items"


def run_of(path: Path) -> Path:
    """Give the folder of a run: the one named, or the newest of those in the folder named, which is said."""
    if not path.is_dir() or (path / "manifest.json").is_file():
        return path
    runs = [one for one in path.iterdir() if not one.name.startswith(".") and (one / "manifest.json").is_file()]
    if not runs:
        return path
    newest = max(runs, key=lambda one: ((one / "manifest.json").stat().st_mtime_ns, one.name))
    note(f"{newest}: the newest of {len(runs)} runs" if len(runs) > 1 else f"{newest}")
    return newest


@contextmanager
def warnings_kept() -> Iterator[list[str]]:
    """Print what the engine warns of, once each, and give it as a list for the record."""
    kept: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            if message not in kept:
                kept.append(message)
                warn(message)

    log, keeper = logging.getLogger("probe"), Keeper(logging.WARNING)
    propagates, log.propagate = log.propagate, False
    log.addHandler(keeper)
    try:
        yield kept
    finally:
        log.removeHandler(keeper)
        log.propagate = propagates


@contextmanager
def progress_line() -> Iterator[Progress]:
    """Give a progress function: a bar with time left on a terminal, a plain line now and then elsewhere."""
    if sys.stderr.isatty():
        with _bar() as progress:
            yield progress
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        *(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()),
        TextColumn("{task.fields[rate]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("drawing variants", total=None, rate="")
        started = time.monotonic()

        def progress(suite: str, done: float, total: int, tokens: int) -> None:
            rate = tokens / max(time.monotonic() - started, 1e-6)
            bar.update(task, description=suite, completed=done, total=total, rate=f"{rate:,.0f} tokens/s")

        yield progress


def _lines(every: float = 10.0) -> Progress:
    started = last = time.monotonic()

    def progress(suite: str, done: float, total: int, tokens: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done and done < total and now - last >= every:
            last = now
            left = (now - started) * (total - done) / done
            rate = tokens / (now - started)
            note(f"{suite}: {done:,.0f} of {total:,} variants, {rate:,.0f} tokens/s, about {left:.0f} s left")

    return progress
