"""A finished training as it is printed: what was trained, the validation items before and after, what to type next.

Covered: the training. Not covered: the judgement on items, formats and families never seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.repair_words import came_of, next_command, resume_command, tuned, verdicts
from reports.words import counted

if TYPE_CHECKING:
    from probe.repair.history import Look, Trained
    from probe.repair.record import Repair

ROWS = (
    ("worst formulation", "worst", 3),
    ("mean accuracy", "mean", 3),
    ("as written", "clean", 3),
    ("flip rate", "flip_rate", 3),
    ("alignment", "alignment", 2),
    ("uniformity", "uniformity", 2),
)
"""Figures of a look: what they are called, their field, decimals."""


def page_of(found: Repair, *, width: int) -> str:
    """Return the page of a repair that is read from its folder; one that is not finished says how far it is."""
    if found.is_finished:
        return page(found.trained, width=width, model=found.model)
    lines = [*verdicts(found), *(f"warning: {text}" for text in found.trained.warnings)]
    if found.command:
        lines += ["", f"next  {resume_command(found.command)}"]
    return "\n".join(lines)


def page(trained: Trained, *, width: int, model: str) -> str:
    """Return a training's page for a terminal."""
    start, best, one = trained.start, trained.best, trained.settings
    steps = trained.steps[-1] if trained.steps else None
    lines = [f"{trained.folder}: {tuned(one)} of {model}"]
    if steps is not None:
        lines.append(
            f"{counted(steps.step, 'step')} in {steps.seconds:.0f} s; {steps.tokens:,} tokens computed, "
            f"{steps.separate:,} as separate sequences"
        )
    lines += ["", f"{start.num_items} validation items".ljust(24) + f"{'start':>8}{f'step {best.step}':>12}"]
    lines += [
        f"  {name:<22}{_figure(start, key, digits):>8}{_figure(best, key, digits):>12}" for name, key, digits in ROWS
    ]
    lines += ["", came_of(trained), *(f"warning: {text}" for text in trained.warnings), ""]
    lines.append(f"next  {next_command(trained, model)}")
    return "\n".join(lines)


def _figure(look: Look, key: str, digits: int) -> str:
    value = getattr(look, key)
    return "-" if value is None else f"{value:.{digits}f}"
