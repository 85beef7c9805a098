"""`probe repair`: train an adapter that answers alike however it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.api.settings import of_panel
from probe.cli.command import command
from probe.cli.options import Json
from probe.cli.output import check_step_summary, messages, note, out, out_json, step_summary, typed, width
from probe.cli.progress import training_line
from probe.cli.written import Files, check_files, write_files
from probe.files.limits import MAX_WORKERS
from probe.repair.settings import FAMILIES, RepairSettings

if TYPE_CHECKING:
    from probe.api.session import Session

SETTINGS = (
    "suites",
    *of_panel("Suite", without=["limit"]),
    *("perturb", "seed", "paraphrases", "paraphraser", "num_paraphrases", "paraphrases_file", "reviews"),
    *of_panel("Model"),
)


@command("Cure", settings=SETTINGS, record=RepairSettings, shown={"perturb": ",".join(FAMILIES)})
def repair(
    session: Session,
    typed_record: dict[str, Any],
    out_folder: Annotated[
        Path, typer.Option("--out", help="Folder of the adapter; it must not be there yet.", show_default=False)
    ],
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    judge: Annotated[
        bool, typer.Option(help="Compare it with what it should beat, on what no training has seen.")
    ] = True,
    seeds: Annotated[int, typer.Option(min=1, max=MAX_WORKERS, help="Trainings of each arm of that comparison.")] = 3,
    judged_items: Annotated[int, typer.Option(min=2, help="Evaluation items of each suite that are asked.")] = 60,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=MAX_WORKERS, help="Trainings at once. Default: one for each core.", show_default=False),
    ] = None,
    output: Files = None,
    as_json: Json = False,
) -> None:
    """Train an adapter that answers alike.

    Fine-tunes a local model on the suites' training items, said in other formats and words, and keeps the weights that answer the
    validation items best under their worst formulation. What the cure is judged on is never trained on.
    """
    from probe.api.judging import JudgeOptions, awaits_judgement
    from probe.repair.record import read_repair
    from reports.judgement_console import page as judgement_page
    from reports.repair_console import page as training_page
    from reports.repair_markdown import markdown
    from reports.repair_page import PAGE, page

    check_step_summary()
    check_files(output)
    settings = RepairSettings.of_typed(typed_record, seed=session.settings.seed)
    if not (resume and judge and awaits_judgement(out_folder, settings)):
        with messages(), training_line() as progress:
            trained = session.repair(out_folder, settings, resume=resume, progress=progress, command=typed(session))
        if not as_json:
            out(training_page(trained, width=width(), model=session.settings.model))
    if judge:
        with messages():
            options = JudgeOptions(seeds=seeds, items=judged_items, jobs=jobs)
            session.judge_repair(out_folder, settings, options, note=note)
    found = read_repair(out_folder)
    write_files(output, page=lambda: page(found), markdown=lambda: markdown(found), value=found.to_json)
    step_summary(lambda: markdown(found))
    if as_json:
        out_json(found.to_json())
        return
    if found.judgement is not None:
        out("")
        out(judgement_page(found.judgement, width=width()))
    out(f"\nreport  {out_folder / PAGE}")
