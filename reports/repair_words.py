"""What came of a repair in words, for the terminal, the page and Markdown alike.

Covered: the verdict. Not covered: figures, which `probe.repair.findings` puts into sentences.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from probe.repair.settings import RepairSettings, flag_of

if TYPE_CHECKING:
    from probe.repair.history import Trained
    from probe.repair.judgement import Judgement
    from probe.repair.record import Repair

MARKS = {True: "reached", False: "missed", None: "open"}
"""Whether a target is reached."""


def came_of(trained: Trained) -> str:
    """Return what came of a training on the validation items, in a sentence."""
    stopped = f"It stopped early: {trained.stopped}. " if trained.stopped else ""
    if trained.helped:
        return f"{stopped}The worst formulation is now {trained.best.worst_of}, at {trained.best.worst:.3f}."
    return (
        f"{stopped}It did not help: no step answered the validation items better than the start, whose weights it has."
    )


def verdicts(found: Repair) -> Iterator[str]:
    """Return whether a repair helped, a sentence for each suite; or why that is not known."""
    if not found.is_finished:
        yield f"The training is not finished: its newest checkpoint is of step {len(found.trained.steps):,}."
        return
    if found.judgement is None:
        yield f"Not judged on what no training has seen. On the validation items: {_lower(came_of(found.trained))}"
        return
    suites = found.judgement.suites
    for suite in suites:
        said = helped(found.judgement, suite)
        yield said if len(suites) > 1 else of_suite(said, suite)
    if found.trained.stopped or not found.trained.helped:
        yield came_of(found.trained)


def helped(found: Judgement, suite: str) -> str:
    """Return whether a repair helped on a suite."""
    said = (one.text for one in found.statements if (one.suite, one.name) == (suite, "helped"))
    return next(said, f"{suite}: nothing was asked that shows whether the repair helped.")


def of_suite(text: str, suite: str) -> str:
    """Return a sentence about a suite where it is clear which one is meant."""
    said = text.removeprefix(f"{suite}: ")
    return said[:1].upper() + said[1:]


def tuned(settings: RepairSettings) -> str:
    """Return what was trained of a model."""
    sizes = {"lora": f"LoRA of rank {settings.rank}", "soft-prompt": f"{settings.rank} virtual tokens"}
    return sizes.get(settings.tuning, "all weights")


def next_command(found: Trained, model: str) -> str:
    """Return what is typed to run a suite with the result of a training."""
    if found.settings.tuning == "full":
        return shlex.join(["probe", "run", "SUITE", "--model", f"hf:{found.folder}"])
    return shlex.join(["probe", "run", "SUITE", "--model", model, "--adapter", str(found.folder)])


def resume_command(command: str) -> str:
    """Return what is typed to go on with an unfinished training."""
    return command if "--resume" in command else f"{command} --resume"


def settings_rows(settings: RepairSettings) -> list[tuple[str, str, bool]]:
    """Return every setting as it is typed, its value, and whether it is another than the default."""
    usual = asdict(RepairSettings())
    return [(flag_of(name), _value(value), value != usual[name]) for name, value in asdict(settings).items()]


def _value(value: object) -> str:
    if value is None:
        return "by default"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        ", ".join(map(str, value))
        if isinstance(value, tuple | list)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
