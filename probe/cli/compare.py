"""`probe compare`: runs of several models on the same variants."""

from __future__ import annotations

from typing import Annotated

import typer

from probe.cli.command import command
from probe.cli.options import Json, Page, RunFolders, check_page
from probe.cli.output import out, out_json, width


@command("Inspect")
def compare(
    runs: RunFolders,
    output: Page = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the bootstrap and of the swaps.")] = 0,
    as_json: Json = False,
) -> None:
    """Compare models on the same variants.

    Shows paired differences, and whether the order of the models holds under other prompts.
    """
    from probe.comparison.changes import compare_folders

    check_page(output)
    found = compare_folders(runs, seed=seed)
    if output is not None:
        from reports.compare_page import page, save

        save(page(found), output)
    if as_json:
        out_json(found.to_json())
        return
    from reports.compare_console import page as text

    out(text(found, width=width()))
    if output is not None:
        out(f"\npage  {output}")
