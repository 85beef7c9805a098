"""`probe export`: a suite's variants as files that another tool runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.api.settings import of_panel
from probe.cli.command import command
from probe.cli.options import SuiteName
from probe.cli.output import messages, out

if TYPE_CHECKING:
    from probe.api.session import Session

FORMATS = ("lm-eval",)


@command("Data", settings=(*of_panel("Suite"), "perturb", "compose", "samples", "seed"))
def export(
    session: Session,
    suite: SuiteName,
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    to: Annotated[str, typer.Option("--to", help="Tool to write for: lm-eval.")] = "lm-eval",
) -> None:
    """Write variants as lm-eval task files.

    Makes a task of each sample of variants and a group of all tasks.
    """
    from probe.errors import UsageError
    from probe.evaluation.run import prepare
    from probe.record.store import LONGEST_FILE, check_place, new_folder
    from probe.registry import unknown_name
    from probe.sources.lmeval_export import write_tasks

    if to not in FORMATS:
        raise unknown_name("format to export to", to, list(FORMATS))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there and not empty", hint="name a new folder")
    place = folder.expanduser().resolve()
    check_place(place, what="the tasks", hint="name another folder", inside=LONGEST_FILE)
    with messages():
        read, plan = session.suite(suite), session.using(noise_floor=False).plan()
    made = prepare(read, plan)
    with new_folder(place.parent, place.name) as fresh:
        names = write_tasks(made.suite, made.variants, fresh, at=place, perturbations=plan.perturbations)
    out(f"made {folder}: {len(names)} tasks of {len(made.suite.items)} items, and the group {read.name}")
    out(
        f"run it:  lm_eval --model hf --model_args pretrained=... --include_path {folder} --tasks {read.name} "
        "--log_samples --output_path OUT"
    )
    out("then:    probe import OUT/*/samples_*.jsonl -o RUN")
