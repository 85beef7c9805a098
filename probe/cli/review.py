"""`probe review`: a person reads variants and decides whether each still means what it declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.api.settings import of_panel
from probe.cli.command import command, is_typed
from probe.cli.options import the_run_or_suite
from probe.cli.output import ask, messages, note, out

if TYPE_CHECKING:
    from probe.api.session import Session
    from probe.record.reviewing import ReviewItem
    from probe.validity import Reviews

OF_RUN = ("what", "spot_check", "sample", "seed", "reviews")
"""Options that make sense where the variants are those of a run."""

KEYS = {"a": "accept", "r": "reject", "u": "unsure"}
HELP = "a accept   r reject   u unsure   s skip   q stop"


@command("Data", settings=of_panel("Suite", "Perturbations"))
def review(
    context: typer.Context,
    session: Session,
    what: Annotated[
        str, typer.Argument(metavar="RUN|SUITE", help="A run as for `probe gate`, or a suite as for `probe run`.")
    ],
    spot_check: Annotated[
        int, typer.Option("--spot-check", min=0, help="Also read N other variants of each perturbation, at random.")
    ] = 0,
    sample: Annotated[int, typer.Option("--sample", min=0, hidden=True)] = 0,
) -> None:
    """Decide on doubtful variants, one by one.

    Later runs use your decisions. Dropped and doubtful variants come first; with --spot-check also others, which measures
    the precision of each perturbation.
    """
    from probe.record.reviewing import read_of_run, read_of_variants
    from probe.validity import Reviews, read_reviews
    from probe.validity.reviews import DEFAULT

    path, num = session.settings.reviews or DEFAULT, spot_check or sample
    known = read_reviews(path)
    run = the_run_or_suite(what)
    if run is not None:
        _refuse_drawing(context, what)
        read = partial(read_of_run, run)
    else:
        from probe.evaluation.run import drawn

        with messages():
            suite, plan = session.suite(what), session.using(noise_floor=False, reviews=None).plan()
            suite = replace(suite, items=suite.items[: session.settings.limit])
            (suite,), plan, _ = session.paraphrased([suite], replace(plan, reviews=Reviews()))
        found = read_of_variants(suite.name, drawn(suite, plan))
        read = partial(iter, found)
    _read_through(read, what, known, path=path, sample=num, seed=session.settings.seed)


def _read_through(
    read: Callable[[], Iterator[ReviewItem]], what: str, known: Reviews, *, path: Path, sample: int, seed: int
) -> None:
    """Ask about each variant, save the decisions, and print the precision of each perturbation.

    Raises:
        NothingToEvaluate: nothing is to be read.
    """
    from probe.errors import NothingToEvaluate
    from probe.record.reviewing import chosen, precision
    from probe.validity import read_reviews
    from probe.validity.reviews import append_review

    todo = chosen(read, known, sample=sample, seed=seed)
    if not todo:
        raise NothingToEvaluate(
            f"{what}: no variant is dropped or doubtful that is not decided",
            hint=f"probe review {what} --spot-check 50  reads others as well, 50 of each perturbation",
        )
    note(f"{len(todo)} variants to read; decisions go to {path}")
    note(HELP)
    for number, one in enumerate(todo, start=1):
        out(_shown(one, number, len(todo)))
        decision = _asked()
        if decision is None:
            break
        if decision in KEYS:
            append_review(path, one.as_row(), KEYS[decision])
    rows = precision(read(), read_reviews(path))
    if rows:
        from reports.console import table

        out("\n" + table(rows))


def _refuse_drawing(context: typer.Context, what: str) -> None:
    """Refuse options about making variants where a run's own variants are read.

    Raises:
        UsageError: one was given.
    """
    from probe.errors import UsageError

    for parameter in context.command.params:
        if parameter.name not in OF_RUN and is_typed(context, parameter.name or ""):
            raise UsageError(
                f"{parameter.opts[0]}: {what} is a run, and its variants were made when it ran",
                hint=f"probe review {what}  reads them; probe review SUITE makes others",
            )


def _asked() -> str | None:
    """Return the key that was typed; None to stop, at the end of the input too."""
    while True:
        line = ask("> ")
        key = line.strip().lower()[:1]
        if not line or key == "q":
            return None
        if key in (*KEYS, "s"):
            return key
        note(HELP)


def _shown(one: ReviewItem, number: int, of: int) -> str:
    from reports.console import colored, edit_text, visible_line

    head = visible_line(f"[{number}/{of}] {one.perturbation}  {one.suite} {one.item}")
    answer = f"right answer {visible_line(one.target)}"
    answer += "" if one.target == one.before_target else f", originally {visible_line(one.before_target)}"
    doubts = [f"    {visible_line(rule)}: {visible_line(outcome)}" for rule, outcome in one.doubts.items()]
    return "\n".join(["", head, f"    {answer}", *doubts, "    " + colored(edit_text(one.before, one.after))])
