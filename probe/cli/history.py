"""`probe history`: the figures of all runs in a folder, over time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from probe.cli.command import command
from probe.cli.options import Json, Page, check_page, folder_of_runs
from probe.cli.output import note, out, out_json, warn, width


@command("Gate")
def history(
    folder: Annotated[
        Path | None,
        typer.Argument(help="The folder of the runs. Default: the project's, else runs.", show_default=False),
    ] = None,
    suite: Annotated[str | None, typer.Option("--suite", "-s", help="Only this suite.", show_default=False)] = None,
    output: Page = None,
    as_json: Json = False,
) -> None:
    """Show how figures developed from run to run."""
    from probe.comparison.history import as_dict, read_history

    check_page(output)
    folder = folder or folder_of_runs()
    lines, left_out = read_history(folder, suite=suite)
    for text in left_out:
        warn(f"left out: {text}")
    if output is not None:
        from reports.history import page
        from reports.template import save

        save(page(lines, folder=str(folder)), output)
    if as_json:
        out_json(as_dict(lines, left_out))
        return
    import sys

    from reports.history import table
    from reports.history import text as lined

    plain = "utf" not in (getattr(sys.stdout, "encoding", None) or "").lower()
    out(lined(table(lines, plain=plain), width=width()))
    if output is not None:
        note(f"page    {output}")
