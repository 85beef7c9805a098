"""Options of several commands that are no settings of a run; those are in `probe.api.settings`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from probe.cli.output import note

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object to stdout and nothing else.")]
RunFolder = Annotated[Path, typer.Argument(help="The folder of a run, as `probe run` prints it.")]
AnyRunFolder = Annotated[
    Path | None,
    typer.Argument(
        help="A run's folder, or a folder of runs: then its newest run. Default: the project's folder of runs.",
        show_default=False,
    ),
]
SuiteName = Annotated[str, typer.Argument(help="A shipped suite, a folder, or KIND:..., as for `probe run`.")]
RunModel = Annotated[
    str | None, typer.Option("--model", "-m", help="Model to ask. Default: the run's.", show_default=False)
]
ModelArgs = Annotated[
    str, typer.Option("--model-args", help="As for `probe run`, for the model named here.", show_default=False)
]
Outputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        help="Write FILE.json, .md, .xml (JUnit), .sarif, .html, .csv or .parquet. May be repeated.",
        show_default=False,
    ),
]
Page = Annotated[Path | None, typer.Option("--output", "-o", help="Write an HTML page.", show_default=False)]


def check_page(output: Path | None) -> None:
    """Refuse a page that is no HTML.

    Raises:
        UsageError: the file has another ending.
    """
    from probe.errors import UsageError

    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"-o {output}: the format {output.suffix or '(none)'} is not known; write FILE.html")


def folder_of_runs() -> Path:
    """Return the folder in which `probe run` saves here.

    Raises:
        UsageError: the project's file is wrong.
    """
    from probe.api.project import find_project

    return Path(find_project(Path.cwd()).settings.get("out", "runs"))


def newest(path: Path | None) -> Path:
    """Return the folder of a run: the one named, or the newest in the folder named; None: in the project's."""
    from probe.record.run import runs_in

    path = path or folder_of_runs()
    if not path.is_dir() or (path / "manifest.json").is_file():
        return path
    runs = runs_in(path)
    if not runs:
        return path
    note(f"{runs[-1]}: the newest of {len(runs)} runs" if len(runs) > 1 else f"{runs[-1]}")
    return runs[-1]
