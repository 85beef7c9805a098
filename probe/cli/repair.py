"""`probe repair`: train an adapter that answers alike however it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.api.settings import of_panel
from probe.cli.command import command
from probe.cli.options import Json
from probe.cli.output import messages, out, out_json, typed, width
from probe.cli.progress import training_line
from probe.repair.settings import RepairSettings

if TYPE_CHECKING:
    from probe.api.session import Session

SETTINGS = (
    "suites",
    *of_panel("Suite", without=["limit"]),
    *("perturb", "seed", "paraphrases", "paraphraser", "num_paraphrases", "paraphrases_file", "reviews"),
    *of_panel("Model"),
)


@command("Cure", settings=SETTINGS, record=RepairSettings)
def repair(
    session: Session,
    typed_record: dict[str, Any],
    out_folder: Annotated[
        Path, typer.Option("--out", help="Folder of the adapter; it must not be there yet.", show_default=False)
    ],
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    as_json: Json = False,
) -> None:
    """Train an adapter that answers alike.

    Fine-tunes a local model on the suites' training items, said in other formats and words, and keeps the weights that answer the
    validation items best under their worst formulation. What the cure is judged on is never trained on.
    """
    settings = RepairSettings.of_typed(typed_record, seed=session.settings.seed)
    with messages(), training_line() as progress:
        trained = session.repair(out_folder, settings, resume=resume, progress=progress, command=typed(session))
    if as_json:
        out_json(trained.to_json())
    else:
        from reports.repair_console import page

        out(page(trained, width=width(), model=session.settings.model))
