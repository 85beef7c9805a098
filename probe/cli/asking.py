"""What `probe show` does beyond showing: pick one draw, put it beside its original, ask a model.

comparison comparison-090, typo-keyboard 0
As written                          | typo-keyboard, draw 0
Text: The train takes 3 hours.      | Text: The tr[-a-]{+q+}in takes 3 hours.
...
as written   right  "the first"   the first 98.1 %, the second 1.9 %
varied       wrong  "the second"  the first 31.0 %, the second 69.0 %
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from probe.cli import options

if TYPE_CHECKING:
    from probe.types import Suite, Variant


def draws_of(draw: str, perturb: str, draws: int) -> tuple[str, int]:
    """Return the perturbations and how many draws of them it takes to draw one again: those that share its family's draws.

    Raises:
        UsageError: it is not written as PERTURBATION/NUMBER.
    """
    from probe.errors import UsageError
    from probe.record.commands import members_by_default

    if not draw:
        return perturb, draws
    name, slash, number = draw.rpartition("/")
    if not slash or not number.isdigit():
        raise UsageError(f"--draw {draw}: not PERTURBATION/NUMBER", hint="for example --draw typo-keyboard/3")
    members = members_by_default(name) if perturb == options.DEFAULT_PERTURB else []
    return ",".join(members) or perturb, int(number) + 1


def one_draw(variants: Sequence[Variant], draw: str) -> list[Variant]:
    """Return the original of the first item that has a draw, and that draw.

    Raises:
        UsageError: there is no such draw; names those there are.
    """
    from probe.registry import unknown_name

    found = next((one for one in variants if _name(one) == draw), None)
    if found is None:
        raise unknown_name("draw of this item", draw, [_name(one) for one in variants if one.family != "clean"])
    clean = next(one for one in variants if one.family == "clean" and one.item.id == found.item.id)
    return [clean, found]


def _name(variant: Variant) -> str:
    return f"{variant.perturbation}/{variant.draw}"


def answered(model: str, model_args: str, variants: Sequence[Variant], suite: Suite) -> list[list[str]]:
    """Ask a model the variants, and give for each a line with its answer, whether that is right, and its probabilities."""
    from probe.cli.loading import warnings_kept
    from probe.cli.shrink import _answered
    from probe.evaluation.run import answer
    from probe.models.loaders import load_model

    with warnings_kept():
        scores = answer(load_model(model, model_args=model_args), variants, suite)
    return [[f"    {'right' if score.correct else 'wrong'}  {_answered(score)}"] for score in scores]


def side_by_side(pair: Sequence[Variant], said: Sequence[list[str]]) -> str:
    """Return an original and one variant of it in two columns, what is edited marked, with the answers below."""
    from reports.console import visible_line
    from reports.side_by_side import columns, marked

    clean, variant = pair
    head = f"{clean.item.id}  {variant.perturbation}, draw {variant.draw}"
    right = [visible_line(one.asked.target) for one in pair]
    head += f"  right answer: {right[0]}" + (f" -> {right[1]}" if right[0] != right[1] else "")
    before = ["As written", *(visible_line(line) for line in clean.text.split("\n"))]
    lines = [head, "", *columns(before, ["Varied", *marked(clean.text, variant.text)])]
    if any(said):
        lines += [
            "",
            *(f"{name:<12}{line.strip()}" for name, (line,) in zip(("as written", "varied"), said, strict=True)),
        ]
    return "\n".join(lines)
