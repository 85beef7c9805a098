"""What several commands need before they can work: suites, perturbations, a model, a progress line."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.cli.output import note, warn

if TYPE_CHECKING:
    from probe.evaluation.run import Plan, Progress
    from probe.sources import SourceOptions
    from probe.types import Perturbation, Suite
    from probe.validity import Reviews
    from probe.validity.models import Doubter

ROWS_PER_DRAW = 8
"""Compositions drawn for each that is asked: most apply to a suite, but not all."""

FEWEST_ROWS = 64


def source_options(**said: str | bool | int) -> SourceOptions:
    """Return what was said of suites from elsewhere, by the names of the flags."""
    from probe.sources import SourceOptions

    return SourceOptions(**said)  # type: ignore[arg-type]


def suite_of(name: str, options: SourceOptions | None = None) -> Suite:
    """Read the one suite of that name.

    Raises:
        UsageError: it names several.
    """
    from probe.errors import UsageError

    suites = suites_of([name], options)
    if len(suites) > 1:
        raise UsageError(
            f"{name} names {len(suites)} suites, and this command takes one", hint=f"name one, such as {suites[0].path}"
        )
    return suites[0]


def suites_of(names: Sequence[str] | None, options: SourceOptions | None = None) -> list[Suite]:
    """Read the named suites, or all shipped ones; a suite's warnings go to stderr.

    Raises:
        UsageError: a name is wrong, or an option says something that none of the suites takes.
    """
    from probe.errors import UsageError
    from probe.sources import read_suites
    from probe.suite import check_suite, shipped_suites

    _check_options(names or [], options)
    with source_notes():
        suites = [suite for name in names or shipped_suites() for suite in read_suites(name, options)]
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


@contextmanager
def source_notes() -> Iterator[None]:
    """Print what reading a suite decided, left out or doubts, once each, to stderr."""
    seen: set[str] = set()

    class Teller(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            if message not in seen:
                seen.add(message)
                (warn if record.levelno >= logging.WARNING else note)(message)

    log, teller = logging.getLogger("probe.sources"), Teller()
    level, propagates = log.level, log.propagate
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(teller)
    try:
        yield
    finally:
        log.removeHandler(teller)
        log.setLevel(level)
        log.propagate = propagates


def _check_options(names: Sequence[str], options: SourceOptions | None) -> None:
    from probe.errors import UsageError
    from probe.sources import kind_of_name, sources
    from probe.sources.base import flag_of

    taken = {use for name in names if (kind := kind_of_name(name)) for use in sources.get(kind).uses}
    for option in options.given() if options else ():
        if option not in taken:
            takers = ", ".join(f"{name}:" for name in sources if option in sources.get(name).uses)
            raise UsageError(f"{flag_of(option)}: none of these suites takes it; it is for {takers}")


def perturbations_of(
    names: str, *, noise_floor: bool = False, compose: int | None = None, draws: int = 1, seed: int = 0
) -> tuple[Perturbation, ...]:
    """Return the perturbations that `--perturb` names, rows of `compose` of them, and with `noise_floor` the reruns.

    Raises:
        UsageError: nothing is named, or `compose` is asked of reruns alone.
    """
    from probe.errors import UsageError
    from probe.perturb import select

    named = [name.strip() for name in names.split(",") if name.strip()]
    if not named:
        raise UsageError(
            f"--perturb {names!r}: names no family and no perturbation",
            hint="--perturb typos,format, or --perturb all; probe list perturbations  lists them",
        )
    chosen = select(named)
    rows = [] if compose is None else _composed(chosen, compose, draws=draws, seed=seed)
    return tuple(
        [*chosen, *rows, *(select(["null"]) if noise_floor and "null" not in {p.name for p in chosen} else [])]
    )


def _composed(chosen: Sequence[Perturbation], size: int, *, draws: int, seed: int) -> list[Perturbation]:
    """Draw rows of some of the perturbations, several for each draw, since a suite takes only those that apply to it."""
    from itertools import islice

    from probe.errors import UsageError
    from probe.perturb import compositions

    rows = list(islice(compositions(chosen, size, seed=seed), max(FEWEST_ROWS, ROWS_PER_DRAW * draws)))
    if not rows:
        families = list(dict.fromkeys(one.family for one in chosen))
        problem = (
            f"--compose {size}: nothing to put together: it takes {size} perturbations of different families, at most "
            f"one of which changes the answer, and --perturb names {' and '.join(families)} only"
        )
        if families == ["null"]:
            raise UsageError(problem, hint=f"--perturb format,typos,wording --compose {size}")
        warn(f"{problem}; they are drawn one by one. --perturb format,typos,wording would do")
    return rows


def paraphrased(
    suites: list[Suite],
    perturbations: tuple[Perturbation, ...],
    *,
    file: Path | None,
    paraphraser: str | None,
    num: int,
    kept: Path,
) -> tuple[list[Suite], tuple[Perturbation, ...], dict[str, Any]]:
    """Return the suites with paraphrases, the perturbations with those that draw them, and what the record says of them."""
    from probe.paraphrase import Wanted, with_paraphrases
    from probe.perturb import select

    made, record = with_paraphrases(suites, Wanted(file, paraphraser, num, kept))
    is_asked = file is not None or paraphraser is not None
    if is_asked and not any("paraphrase-set" in one.name for one in perturbations):
        perturbations = (*perturbations, *select(["paraphrase"]))
    return made, perturbations, record


def with_ways_to_ask(
    plan: Plan, suite: Suite, *, file: Path | None, paraphraser: str | None, num: int, kept: Path | None
) -> tuple[Plan, Suite]:
    """Return a plan and its one suite with the paraphrases that were asked for, where nothing is run and recorded."""
    from dataclasses import replace

    with warnings_kept():
        (read,), chosen, _ = paraphrased(
            [suite],
            plan.perturbations,
            file=file,
            paraphraser=paraphraser,
            num=num,
            kept=kept or Path("runs/paraphrases.jsonl"),
        )
    return replace(plan, perturbations=chosen), read


def reviews_of(path: Path | None) -> Reviews:
    """Return the decisions of people on variants: from the file named, else from the usual one if it is here."""
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
    """Return the rows that `--batch-size` allows; None for auto."""
    from probe.errors import UsageError

    if batch_size.startswith("auto"):
        return None
    if not batch_size.isdigit() or int(batch_size) == 0:
        raise UsageError(f"--batch-size {batch_size}: a number of rows from 1, or auto")
    return int(batch_size)


def resamples_variants(resample: str | None, *, target_ci: float | None, budget: int | None) -> bool:
    """Return whether intervals resample shared draws too; refuse options that exclude one another."""
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
    """Return the folder of a run: the one named, or the newest of those in the folder named, which is said."""
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
    """Return a progress function: a bar with time left on a terminal, a plain line now and then elsewhere."""
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


def check_null_dtype(null_dtype: str | None, model: str, *, noise_floor: bool) -> None:
    """Refuse a dtype for reruns that are not asked, or of a model that has none.

    Raises:
        UsageError: it would have no effect.
    """
    from probe.errors import UsageError

    if null_dtype is None:
        return
    if not noise_floor:
        raise UsageError(
            f"--null-dtype {null_dtype} is for the reruns of the noise floor, which --no-noise-floor leaves out",
            hint="leave one of the two out",
        )
    if model.startswith("scripted"):
        raise UsageError(
            f"--null-dtype {null_dtype}: {model} has no weights and no dtype", hint="leave --null-dtype out"
        )
