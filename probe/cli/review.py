"""`probe review`: a person reads variants and says whether each still means what it declares."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli import options
from probe.cli.loading import perturbations_of, reviews_of, suite_of
from probe.cli.output import note, out

if TYPE_CHECKING:
    from probe.types import Suite
    from probe.validity.reading import Read

KEYS = {"a": "accept", "r": "reject", "u": "unsure"}
HELP = "a accept   r reject   u unsure   s skip   q stop"


def review(
    what: Annotated[str, typer.Argument(help="The folder of a run, or a suite.")],
    perturb: options.Perturb = options.DEFAULT_PERTURB,
    draws: options.Draws = options.DEFAULT_DRAWS,
    seed: options.Seed = 0,
    limit: options.Limit = None,
    sample: Annotated[
        int,
        typer.Option(
            "--sample", min=0, help="Read so many of each perturbation's other variants as well, drawn at random."
        ),
    ] = 0,
    reviews: options.ReviewFile = None,
) -> None:
    """Walk through doubtful variants and keep what you decide; every later run uses it.

    Doubtful and dropped variants come first; with --sample also others, which measures each perturbation's precision.
    """
    from probe.errors import NothingToEvaluate
    from probe.validity.reading import chosen, precision, read_of_run, read_of_variants
    from probe.validity.reviews import DEFAULT, append_review

    path = reviews or DEFAULT
    known = reviews_of(path if path.is_file() else None)
    if (Path(what) / "manifest.json").is_file():
        found = read_of_run(Path(what))
    else:
        from probe.run import Plan, drawn

        plan = Plan(perturbations_of(perturb), draws=draws, seed=seed)
        suite = suite_of(what)
        found = read_of_variants(suite.name, drawn(_limited(suite, limit), plan))
    todo = chosen(found, known, sample=sample, seed=seed)
    if not todo:
        raise NothingToEvaluate(
            f"{what}: no variant is doubtful that is not decided",
            hint=f"probe review {what} --sample 50  reads others as well, 50 of each perturbation",
        )
    note(f"{len(todo)} variants to read; decisions go to {path}\n{HELP}")
    for number, one in enumerate(todo, start=1):
        out(_shown(one, number, len(todo)))
        decision = _asked()
        if decision is None:
            break
        if decision in KEYS:
            append_review(path, one.as_row(), KEYS[decision])
    rows = precision(found, reviews_of(path if path.is_file() else None))
    if rows:
        from reports.console import table

        out("\n" + table(rows))


def _limited(suite: Suite, limit: int | None) -> Suite:
    from dataclasses import replace

    return suite if limit is None else replace(suite, items=suite.items[:limit])


def _asked() -> str | None:
    """Give the key that was typed; None to stop, at the end of the input too."""
    while True:
        sys.stderr.write("> ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        key = line.strip().lower()[:1]
        if not line or key == "q":
            return None
        if key in (*KEYS, "s"):
            return key
        note(HELP)


def _shown(one: Read, number: int, of: int) -> str:
    from reports.console import colored, edit_text, visible_line

    head = f"[{number}/{of}] {one.perturbation}  {one.suite} {one.item}"
    answer = f"right answer {visible_line(one.target)}"
    answer += "" if one.target == one.before_target else f", as written {visible_line(one.before_target)}"
    doubts = [f"    {visible_line(rule)}: {visible_line(outcome)}" for rule, outcome in one.doubts.items()]
    return "\n".join(["", head, f"    {answer}", *doubts, "    " + colored(edit_text(one.before, one.after))])
