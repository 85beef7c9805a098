"""`probe show`: read the variants as text, with the edit marked; no model is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli import options
from probe.cli.loading import perturbations_of, suites_of
from probe.cli.output import out

if TYPE_CHECKING:
    from probe.types import Variant


def show(
    suite: Annotated[str, typer.Argument(help="Name of a shipped suite, or a folder.")],
    item: Annotated[
        str | None, typer.Argument(help="Id of an item. Default: the first three.", show_default=False)
    ] = None,
    perturb: options.Perturb = options.DEFAULT_PERTURB,
    compose: options.Compose = None,
    draws: options.Draws = options.DEFAULT_DRAWS,
    num_fewshot: options.NumFewshot = 0,
    seed: options.Seed = 0,
    full: Annotated[bool, typer.Option("--full", help="Print each variant whole instead of its edit.")] = False,
) -> None:
    """Show every variant of an item, with the edit marked."""
    from dataclasses import replace

    from probe.errors import UsageError
    from probe.registry import unknown_name
    from probe.run import Plan, prepare

    (read,) = suites_of([suite])
    plan = Plan(perturbations_of(perturb, compose=compose), draws=draws, num_fewshot=num_fewshot, seed=seed)
    if item is not None and item not in {one.id for one in read.items}:
        raise unknown_name(f"item of suite {read.name!r}", item, [one.id for one in read.items][:200])
    if not read.items:
        raise UsageError(f"suite {read.name!r} has no items")
    wanted = {item} if item is not None else {one.id for one in read.items[:3]}
    variants = prepare(replace(read), plan).variants
    out("\n".join(line for one in variants if one.item.id in wanted for line in _lines(one, full=full)))


def _lines(variant: Variant, *, full: bool) -> list[str]:
    from reports.console import colored, edit_text, visible_line

    if variant.family == "clean":
        head = f"{variant.item.id}  right answer: {visible_line(variant.item.target)}"
        return ["", head, "=" * len(head), *("    " + visible_line(line) for line in variant.text.split("\n"))]
    head = f"--- {variant.perturbation} {variant.draw}"
    if variant.asked.target != variant.item.target:
        head += f"  right answer now: {visible_line(variant.asked.target)}"
    if full:
        return [head, *("    " + visible_line(line) for line in variant.text.split("\n"))]
    clean = _clean_text(variant)
    return [
        head,
        "    " + (colored(edit_text(clean, variant.text)) if clean != variant.text else "(the same prompt again)"),
    ]


def _clean_text(variant: Variant) -> str:
    from probe.prompt import render

    return render(variant.item.prompt)
