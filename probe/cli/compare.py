"""`probe compare`: runs of several models on the same variants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from probe.cli.options import Json
from probe.cli.output import out, out_json
from probe.cli.run import _width


def compare(
    runs: Annotated[list[Path], typer.Argument(help="The folders of two runs or more, as `probe run` prints them.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the comparison as an HTML page.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the bootstrap and of the swaps.")] = 0,
    as_json: Json = False,
) -> None:
    """Compare models on the same variants: paired differences, and whether their order holds under other prompts."""
    from probe.comparison.changes import compare_folders
    from probe.errors import UsageError

    if output is not None and output.suffix not in (".html", ".htm"):
        raise UsageError(f"-o {output}: the format {output.suffix or '(none)'} is not known; write FILE.html")
    found = compare_folders(runs, seed=seed)
    if output is not None:
        from reports.compare_page import page, save

        save(page(found), output)
    if as_json:
        out_json(found)
        return
    from reports.compare_console import page as told

    out(told(found, width=_width()))
    if output is not None:
        out(f"\npage  {output}")
