"""`probe bless`: take a run as the baseline that later runs are judged by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from probe.cli.command import command
from probe.cli.options import AnyRunFolder, newest
from probe.cli.output import note, out


@command("Gate")
def bless(
    run: AnyRunFolder = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Baseline to write. Default: baselines/SUITE__MODEL.json.", show_default=False
        ),
    ] = None,
) -> None:
    """Make a run the baseline of later ones.

    The baseline holds what each item was answered, by hash, in a small file to be kept under version control.
    """
    from probe.errors import UsageError
    from probe.gating.baseline import blessed_of, default_path, write_baseline
    from probe.record.run import read_run

    if output is not None and output.suffix != ".json":
        raise UsageError(f"-o {output}: a baseline is a JSON file; write FILE.json")
    blessed = blessed_of(read_run(newest(run)))
    path = write_baseline(blessed, output or default_path(blessed))
    items = sum(len(one.cells.items) for one in blessed.suites.values())
    note(f"{items} items of {', '.join(blessed.suites)}, answered by {blessed.model['name']}")
    out(f"{path}\nnext    probe gate RUN --baseline {path}")
