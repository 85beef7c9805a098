"""`probe show`: read the variants as text, with the edit marked; a model is loaded only where `--model` names one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli import options
from probe.cli.loading import (
    doubters_of,
    perturbations_of,
    reviews_of,
    source_options,
    suite_of,
    with_ways_to_ask,
)
from probe.cli.output import note, out

if TYPE_CHECKING:
    from probe.evaluation.run import Plan
    from probe.types import Check, CheckOutcome, Suite, Variant


def show(
    suite: Annotated[str, typer.Argument(help="Name of a shipped suite, a folder, or KIND:..., as for `probe run`.")],
    item: Annotated[
        str | None, typer.Argument(help="Id of an item. Default: the first three.", show_default=False)
    ] = None,
    perturb: options.Perturb = options.DEFAULT_PERTURB,
    compose: options.Compose = None,
    paraphrases: options.Paraphrases = None,
    paraphraser: options.Paraphraser = None,
    num_paraphrases: options.NumParaphrases = 8,
    paraphrases_file: options.ParaphrasesFile = None,
    reviews: options.ReviewFile = None,
    embedding_model: options.EmbeddingModel = None,
    embedding_floor: options.EmbeddingFloor = options.DEFAULT_EMBEDDING_FLOOR,
    nli_model: options.NliModel = None,
    nli_floor: options.NliFloor = options.DEFAULT_NLI_FLOOR,
    draws: options.Draws = options.DEFAULT_DRAWS,
    num_fewshot: options.NumFewshot = 0,
    seed: options.Seed = 0,
    checks: Annotated[
        bool, typer.Option("--checks", help="Print what each rule of validity says of each variant.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Print each variant whole instead of its edit.")] = False,
    include_path: options.IncludePath = "",
    trust_tasks: options.TrustTasks = False,
    prompt: options.PromptFile = "",
    target: options.Target = "",
    choices: options.Choices = "",
    all_prompts: options.AllPrompts = False,
    draw: Annotated[
        str,
        typer.Option(
            "--draw",
            help="Only this draw beside the original: PERTURBATION/NUMBER, as a report names it.",
            show_default=False,
        ),
    ] = "",
    limit: options.Limit = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Ask this model, and print what it answers.", show_default=False)
    ] = None,
    model_args: options.ModelArgs = "",
) -> None:
    """Show every variant of an item, with the edit marked; with --model also what it is answered."""
    from dataclasses import replace

    from probe.cli.asking import answered, draws_of, one_draw, side_by_side
    from probe.errors import UsageError
    from probe.evaluation.run import Plan, drawn
    from probe.registry import unknown_name

    source = source_options(
        include_path=include_path,
        trust_tasks=trust_tasks,
        prompt=prompt,
        target=target,
        choices=choices,
        all_prompts=all_prompts,
        num_fewshot=num_fewshot,
    )
    perturb, draws = draws_of(draw, perturb, draws)
    plan = Plan(
        perturbations_of(perturb, compose=compose, draws=draws, seed=seed),
        draws=draws,
        num_fewshot=num_fewshot,
        seed=seed,
        reviews=reviews_of(reviews),
        doubters=doubters_of(embedding_model, embedding_floor, nli_model, nli_floor),
    )
    plan, read = with_ways_to_ask(
        plan,
        suite_of(suite, source),
        file=paraphrases,
        paraphraser=paraphraser,
        num=num_paraphrases,
        kept=paraphrases_file,
    )
    read = read if limit is None else replace(read, items=read.items[:limit])
    if item is not None and item not in {one.id for one in read.items}:
        raise unknown_name(f"item of suite {read.name!r}", item, [one.id for one in read.items], see=_items_of(read))
    if not read.items:
        raise UsageError(f"suite {read.name!r} has no items")
    wanted = {item} if item is not None else {one.id for one in read.items[:3]}
    every = drawn(read, plan)
    told = [v for v in every if v.item.id in wanted]
    told = one_draw(told, draw) if draw else told
    said = answered(model, model_args, told, read) if model is not None else [[] for _ in told]
    if draw:
        out(side_by_side(told, said))
        return
    shown = zip(told, said, strict=True)
    out("\n".join(line for one, more in shown for line in [*_lines(one, full=full, checks=checks), *more]))
    _note_unseen(read, plan, every, wanted)


def _items_of(suite: Suite) -> str:
    """Say where a suite's items stand."""
    items = Path(suite.path) / "items.jsonl"
    return str(items) if items.is_file() else f"the items of {suite.path or suite.name}"


def _note_unseen(suite: Suite, plan: Plan, every: Sequence[Variant], shown: set[str]) -> None:
    """Say which perturbations do something on none of the items shown, and an item on which one does."""
    from probe.registry import few
    from probe.suite import argument_of

    unseen = _unseen(suite, plan, every, shown)
    if not unseen:
        return
    which = "the item shown" if len(shown) == 1 else f"any of the {len(shown)} items shown"
    note(f"not on {which}: {few(unseen)}")
    elsewhere = next((one for one in every if one.perturbation in unseen), None)
    if elsewhere is None:
        note(f"nor on another item of {suite.name} in these draws")
    else:
        command = ["probe", "show", argument_of(suite), elsewhere.item.id, *suite.flags]
        command += ["--perturb", elsewhere.perturbation]
        command += ["--seed", str(plan.seed)] if plan.seed else []
        command += ["--num-fewshot", str(plan.num_fewshot)] if plan.num_fewshot else []
        note("for one, type  " + shlex.join(command))


def _unseen(suite: Suite, plan: Plan, every: Sequence[Variant], shown: set[str]) -> list[str]:
    """Return the perturbations that apply to none of the items shown; others that are not seen had no draw there."""
    from dataclasses import replace

    from probe.evaluation.run import drawn
    from probe.perturb.catalogue.compose import FAMILY as COMPOSED

    seen = {(one.family, one.perturbation) for one in every if one.item.id in shown}
    # Of many compositions only as many are drawn as --draws says: one that is seen speaks for all.
    is_composed = any(family == COMPOSED for family, _ in seen)
    names = {name for _, name in seen}
    asked = [
        one for one in plan.perturbations if one.name not in names and not (is_composed and one.family == COMPOSED)
    ]
    few_items = replace(suite, items=tuple(one for one in suite.items if one.id in shown))
    alone = [(one.name, replace(plan, perturbations=(one,), draws=1, doubters=())) for one in asked]
    return [name for name, one in alone if all(v.family == "clean" for v in drawn(few_items, one))]


def _lines(variant: Variant, *, full: bool, checks: bool) -> list[str]:
    from probe.validity import check_results, standing
    from reports.console import visible_line

    if variant.family == "clean":
        head = f"{variant.item.id}  right answer: {visible_line(variant.item.target)}"
        return ["", head, "=" * len(head), *("    " + visible_line(line) for line in variant.text.split("\n"))]
    head = f"--- {variant.perturbation} {variant.draw}"
    if variant.asked.target != variant.item.target:
        head += f"  right answer now: {visible_line(variant.asked.target)}"
    comes_to = standing(variant.checks)
    doubts = check_results(variant) if checks else {check.name: _said(check, comes_to) for check in variant.checks}
    notes = [f"    {rule}: {visible_line(outcome)}" for rule, outcome in doubts.items()]
    return [head, *_body(variant, full=full), *notes]


def _body(variant: Variant, *, full: bool) -> list[str]:
    from probe.prompt.render import render
    from reports.console import colored, edit_text, visible_line

    if full:
        return ["    " + visible_line(line) for line in variant.text.split("\n")]
    clean = render(variant.item.prompt)
    said = colored(edit_text(clean, variant.text)) if clean != variant.text else "(the same prompt again)"
    return ["    " + said]


def _said(check: Check, comes_to: CheckOutcome) -> str:
    """Say what a check means for a variant: what a person accepted is asked, whatever the others say."""
    if check.outcome == "accepted":
        return "accepted"
    word = "overruled" if comes_to == "accepted" else "not asked" if check.outcome == "fail" else "doubtful"
    return f"{word}, {check.note}" if check.note else word
