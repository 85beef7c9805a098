"""`probe mitigate`: what makes answers less fragile without training, with proof and price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from probe.api.settings import of_panel
from probe.cli.command import CommaList, command, joined
from probe.cli.options import Json, the_run_or_suite
from probe.cli.output import check_step_summary, messages, out, out_json, step_summary, typed, width
from probe.cli.progress import progress_line
from probe.cli.written import Files, check_files, write_files

if TYPE_CHECKING:
    from probe.api.session import Session
    from probe.mitigate.mitigation import Mitigation

SETTINGS = (*of_panel("Suite", "Perturbations", "Model", "Output"), "noise_floor", "resample", "weight")


@command("Cure", settings=SETTINGS)
def mitigate(
    session: Session,
    subject: Annotated[
        str, typer.Argument(metavar="RUN|SUITE", help="A run as for `probe gate`, or a suite as for `probe run`.")
    ],
    method: Annotated[
        CommaList,
        typer.Option(
            "--method", help="Methods, separated by commas, or all (see `probe list mitigations`).  [default: all]"
        ),
    ] = None,
    target_flip_rate: Annotated[
        float | None,
        typer.Option("--target-flip-rate", help="The flip rate to reach, such as 0.05.", show_default=False),
    ] = None,
    prior: Annotated[
        CommaList,
        typer.Option(
            "--prior",
            help="How often each class is right, for calibration: positive=0.7,negative=0.3. Default: equally often.",
            show_default=False,
        ),
    ] = None,
    rewriter: Annotated[
        str | None,
        typer.Option(
            "--rewriter",
            help="A model that rewrites the prompt: hf:NAME_OR_PATH or openai:MODEL@URL.",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option("--budget", min=1, help="Most calls of methods that search.", show_default=False),
    ] = None,
    templates: Annotated[
        int | None,
        typer.Option("--templates", min=2, help="Layouts of a template ensemble. Default: 5.", show_default=False),
    ] = None,
    permutations: Annotated[
        str | None,
        typer.Option(
            "--permutations",
            help="Orders of listed options that vote: cyclic or all. Default: all of up to three options, else cyclic.",
            show_default=False,
        ),
    ] = None,
    alpha: Annotated[
        str | None,
        typer.Option(
            "--alpha",
            help="Of sensitivity-aware decoding: what a log-probability counts against its variance, above 0 and up to 1, or "
            "train to choose it on training items. Default: 0.6.",
            show_default=False,
        ),
    ] = None,
    degree: Annotated[
        float | None,
        typer.Option(
            "--degree", min=0, help="Of contrast in contrastive input decoding. Default: 1.", show_default=False
        ),
    ] = None,
    output: Files = None,
    as_json: Json = False,
) -> None:
    """Find the cheapest cure without training.

    Tries methods that need no training on the answers of a run, or on a suite that is run first (its first 60 items, unless
    --limit says how many). Shows what each changes and costs, and which one to take.
    """
    from probe.errors import NothingToEvaluate

    check_step_summary()
    check_files(output)
    with messages(), progress_line("methods") as progress:
        found = session.mitigate(
            the_run_or_suite(subject) or subject,
            method=joined(method) or "all",
            target_flip_rate=target_flip_rate,
            prior=joined(prior) or None,
            rewriter=rewriter,
            budget=budget,
            templates=templates,
            permutations=permutations,
            alpha=alpha,
            degree=degree,
            progress=progress,
            command=typed(session),
        )
    write_files(output, page=lambda: _page(found), markdown=lambda: _markdown(found), value=found.to_json)
    step_summary(lambda: _markdown(found))
    if as_json:
        out_json(found.to_json())
    else:
        from reports.mitigation_console import page

        out(page(found, width=width()))
    if not any(one.judged for one in found.suites):
        raise NothingToEvaluate("no method could be judged; the reasons are above", hint="probe list mitigations")
    if not found.reaches:
        raise typer.Exit(1)


def _page(found: Mitigation) -> str:
    from reports.mitigation_page import page

    return page(found)


def _markdown(found: Mitigation) -> str:
    from reports.mitigation_markdown import markdown

    return markdown(found)
