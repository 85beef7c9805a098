"""`probe review`: a person reads variants and says whether each still means what it declares."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli import options
from probe.cli.loading import (
    doubters_of,
    perturbations_of,
    source_options,
    suite_of,
    with_ways_to_ask,
)
from probe.cli.output import note, out

if TYPE_CHECKING:
    from probe.evaluation.run import Plan
    from probe.record.reviewing import Read
    from probe.types import Suite
    from probe.validity import Reviews

OF_RUN = ("what", "sample", "seed", "reviews")
"""What can be said where the variants are those of a run."""

KEYS = {"a": "accept", "r": "reject", "u": "unsure"}
HELP = "a accept   r reject   u unsure   s skip   q stop"


def review(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="The folder of a run, or a suite, as for `probe run`.")],
    perturb: options.Perturb = options.DEFAULT_PERTURB,
    compose: options.Compose = None,
    paraphrases: options.Paraphrases = None,
    paraphraser: options.Paraphraser = None,
    num_paraphrases: options.NumParaphrases = 8,
    paraphrases_file: options.ParaphrasesFile = None,
    embedding_model: options.EmbeddingModel = None,
    embedding_floor: options.EmbeddingFloor = options.DEFAULT_EMBEDDING_FLOOR,
    nli_model: options.NliModel = None,
    nli_floor: options.NliFloor = options.DEFAULT_NLI_FLOOR,
    draws: options.Draws = options.DEFAULT_DRAWS,
    num_fewshot: options.NumFewshot = 0,
    seed: options.Seed = 0,
    limit: options.Limit = None,
    sample: Annotated[
        int,
        typer.Option(
            "--sample", min=0, help="Read so many of each perturbation's other variants as well, drawn at random."
        ),
    ] = 0,
    reviews: options.ReviewFile = None,
    include_path: options.IncludePath = "",
    trust_tasks: options.TrustTasks = False,
    prompt: options.PromptFile = "",
    target: options.Target = "",
    choices: options.Choices = "",
    all_prompts: options.AllPrompts = False,
) -> None:
    """Walk through doubtful variants and keep what you decide; every later run uses it.

    Dropped and doubtful variants come first; with --sample also others, which measures each perturbation's precision.
    """
    from probe.evaluation.run import Plan
    from probe.record.reviewing import read_of_run
    from probe.validity import read_reviews
    from probe.validity.reviews import DEFAULT

    path = reviews or DEFAULT
    known = read_reviews(path)
    if (Path(what) / "manifest.json").is_file():
        _refuse_drawing(context, what)
        _read_through(read_of_run(Path(what)), what, known, path=path, sample=sample, seed=seed)
        return
    told = source_options(
        include_path=include_path,
        trust_tasks=trust_tasks,
        prompt=prompt,
        target=target,
        choices=choices,
        all_prompts=all_prompts,
        num_fewshot=num_fewshot,
    )
    plan = Plan(
        perturbations_of(perturb, compose=compose, draws=draws, seed=seed),
        draws=draws,
        num_fewshot=num_fewshot,
        seed=seed,
        doubters=doubters_of(embedding_model, embedding_floor, nli_model, nli_floor),
    )
    plan, suite = with_ways_to_ask(
        plan,
        _limited(suite_of(what, told), limit),
        file=paraphrases,
        paraphraser=paraphraser,
        num=num_paraphrases,
        kept=paraphrases_file,
    )
    _read_through(_drawn(suite, plan), what, known, path=path, sample=sample, seed=seed)


def _drawn(suite: Suite, plan: Plan) -> list[Read]:
    from probe.evaluation.run import drawn
    from probe.record.reviewing import read_of_variants

    return read_of_variants(suite.name, drawn(suite, plan))


def _read_through(found: list[Read], what: str, known: Reviews, *, path: Path, sample: int, seed: int) -> None:
    """Ask about each variant that is to be read, keep what is decided, and print what that says of each perturbation.

    Raises:
        NothingToEvaluate: nothing is to be read.
    """
    from probe.errors import NothingToEvaluate
    from probe.record.reviewing import chosen, precision
    from probe.validity import read_reviews
    from probe.validity.reviews import append_review

    todo = chosen(found, known, sample=sample, seed=seed)
    if not todo:
        raise NothingToEvaluate(
            f"{what}: no variant is dropped or doubtful that is not decided",
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
    rows = precision(found, read_reviews(path))
    if rows:
        from reports.console import table

        out("\n" + table(rows))


def _refuse_drawing(context: typer.Context, what: str) -> None:
    """Refuse options that say how to draw where a run's own variants are read.

    Raises:
        UsageError: one was given.
    """
    from probe.errors import UsageError

    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE" and parameter.name not in OF_RUN:
            raise UsageError(
                f"{parameter.opts[0]}: {what} is a run, and its variants were drawn when it ran",
                hint=f"probe review {what}  reads them; probe review SUITE draws others",
            )


def _limited(suite: Suite, limit: int | None) -> Suite:
    from dataclasses import replace

    return suite if limit is None else replace(suite, items=suite.items[:limit])


def _asked() -> str | None:
    """Return the key that was typed; None to stop, at the end of the input too."""
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
