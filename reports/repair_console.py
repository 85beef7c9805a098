"""A finished training as it is printed: what was trained, the validation items before and after, what to type next.

Covered: the training. Not covered: the judgement on items, formats and families never seen.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probe.repair.history import Trained
    from probe.repair.look import Look

ROWS = (
    ("worst formulation", "worst", 3),
    ("mean accuracy", "mean", 3),
    ("as written", "clean", 3),
    ("flip rate", "flip_rate", 3),
    ("alignment", "alignment", 2),
    ("uniformity", "uniformity", 2),
)
"""Figures of a look: what they are called, their field, decimals."""


def page(trained: Trained, *, width: int, model: str) -> str:
    """Return a training's page for a terminal."""
    start, best, one = trained.start, trained.best, trained.settings
    steps = trained.steps[-1] if trained.steps else None
    size = {"lora": f"LoRA of rank {one.rank}", "soft-prompt": f"{one.rank} virtual tokens", "full": "all weights"}
    lines = [f"{trained.folder}: {size[one.tuning]} of {model}"]
    if steps is not None:
        lines.append(
            f"{steps.step} steps in {steps.seconds:.0f} s; {steps.tokens:,} tokens computed, {steps.separate:,} as separate "
            "sequences"
        )
    lines += ["", f"{start.num_items} validation items".ljust(24) + f"{'start':>8}{f'step {best.step}':>12}"]
    lines += [
        f"  {name:<22}{_figure(start, key, digits):>8}{_figure(best, key, digits):>12}" for name, key, digits in ROWS
    ]
    lines += ["", _verdict(trained), *(f"warning: {text}" for text in trained.warnings), ""]
    flag = "--adapter" if one.tuning != "full" else "--model"
    again = ["probe", "run", "--model", model, "--adapter", str(trained.folder)]
    lines.append(
        "next  " + shlex.join(again if flag == "--adapter" else ["probe", "run", "--model", f"hf:{trained.folder}"])
    )
    return "\n".join(lines)


def _figure(look: Look, key: str, digits: int) -> str:
    value = getattr(look, key)
    return "-" if value is None else f"{value:.{digits}f}"


def _verdict(trained: Trained) -> str:
    """Return what came of it, in a sentence."""
    stopped = f"It stopped early: {trained.stopped}. " if trained.stopped else ""
    if trained.helped:
        return f"{stopped}The worst formulation is now {trained.best.worst_of}, at {trained.best.worst:.3f}."
    return (
        f"{stopped}It did not help: no step answered the validation items better than the start, whose weights it has."
    )
