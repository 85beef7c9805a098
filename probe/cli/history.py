"""`probe history`: the figures of all runs in a folder, over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli.command import command
from probe.cli.options import Json, Page, check_page
from probe.cli.output import note, out, out_json, warn

if TYPE_CHECKING:
    from probe.comparison.history import Line


@command("Gate")
def history(
    folder: Annotated[Path, typer.Argument(help="The folder of the runs.")] = Path("runs"),
    suite: Annotated[str | None, typer.Option("--suite", "-s", help="Only this suite.", show_default=False)] = None,
    output: Page = None,
    as_json: Json = False,
) -> None:
    """Show how figures developed from run to run."""
    from probe.comparison.history import as_dict, read_history

    check_page(output)
    lines, left_out = read_history(folder, suite=suite)
    for text in left_out:
        warn(f"left out: {text}")
    if output is not None:
        _write(output, folder, lines)
    if as_json:
        out_json(as_dict(lines))
        return
    import sys

    from reports.history import table
    from reports.history import text as lined

    plain = "utf" not in (getattr(sys.stdout, "encoding", None) or "").lower()
    out(lined(table(lines, plain=plain)))
    if output is not None:
        note(f"page    {output}")


def _write(output: Path, folder: Path, lines: list[Line]) -> None:
    from probe.errors import StoreError
    from reports.history import page

    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(page(lines, folder=str(folder)), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write the page to {output}: {error.strerror or error}") from error
