"""`probe report`: show a run again, from its folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from probe.cli.options import Json
from probe.cli.output import out, out_json
from probe.cli.run import _has_color, _width


def report(
    run: Annotated[Path, typer.Argument(help="The folder of a run, as `probe run` prints it.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the HTML page here as well.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a run again: the terminal page, its JSON, or its HTML page made anew."""
    from probe.errors import UsageError
    from probe.store import read_run
    from reports.console import page
    from reports.html import write_page

    _, summary = read_run(run)
    if output is not None:
        if output.suffix not in (".html", ".htm"):
            raise UsageError(f"-o {output}: the format {output.suffix or '(none)'} is not known; write FILE.html")
        write_page(run, output)
    if as_json:
        out_json(summary)
        return
    where = output or run / "report.html"
    out(page(summary, width=_width(), color=_has_color(), report=str(where)))
