"""`probe run`: perturb, ask, measure, show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.api.settings import PANELS, of_panel
from probe.cli.command import command
from probe.cli.options import Json
from probe.cli.output import check_step_summary, messages, note, out_json, show_run, step_summary, typed
from probe.cli.progress import progress_line

if TYPE_CHECKING:
    from probe.api.session import Session


@command("Run", settings=("suites", *of_panel(*PANELS)))
def run(session: Session, as_json: Json = False) -> None:
    """Ask a model all variants of its prompts.

    Perturbs the prompts of suites, asks the model, measures how far its answers move, and saves the run.
    """
    from reports.markdown import markdown_of

    check_step_summary()
    with messages(), progress_line() as progress:
        made = session.run(progress=progress, command=typed(session))
    step_summary(lambda: markdown_of(made.folder))
    summary = made.summary
    if summary.budget is not None:
        note(f"note: {summary.budget.intervals}")
    if as_json:
        out_json(summary.to_json())
    else:
        show_run(summary, str(made.folder / "report.html"))
