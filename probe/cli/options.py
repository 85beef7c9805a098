"""Options of several commands that are no settings of a run; those are in `probe.api.settings`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli.command import CommaList, joined
from probe.cli.output import note

if TYPE_CHECKING:
    from probe.record.trust import Typed

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object to stdout and nothing else.")]
RUN_HELP = "A run's folder, as `probe run` prints it; a folder of runs: its newest; or latest."


def the_run(name: str) -> Path:
    """Return the folder of the run that is named, and say which it is where its folder was not named.

    Raises:
        UsageError: there is none.
    """
    from probe.record.find import find_run, which_newest

    found = find_run(name, runs=folder_of_runs())
    if which := which_newest(name, found):
        note(which)
    return found


def the_run_or_suite(name: str) -> Path | None:
    """Return the folder of the run that is named, as `the_run`; None where a suite is named.

    Raises:
        UsageError: neither is.
    """
    from probe.record.find import find_run_or_suite

    return None if find_run_or_suite(name, runs=folder_of_runs()) is None else the_run(name)


def run_of(flag: str) -> Callable[[str], Path]:
    """Return `the_run` for a flag, which its errors name."""

    def found(name: str) -> Path:
        from probe.errors import UsageError

        try:
            return the_run(name)
        except UsageError as error:
            raise UsageError(f"{flag} {error}", hint=error.hint) from error

    return found


def the_run_or_adapter(name: str) -> Path:
    """Return the folder of a run or of an adapter of `probe repair`.

    Raises:
        UsageError: there is none.
    """
    from probe.repair.record import is_repair

    path = Path(name).expanduser()
    return path if is_repair(path) else the_run(name)


RunFolder = Annotated[Path, typer.Argument(parser=the_run, metavar="RUN", help=RUN_HELP)]
RunFolders = Annotated[
    list[Path], typer.Argument(parser=the_run, metavar="RUN", help=f"Two runs or more, each as: {RUN_HELP}")
]
ReportFolders = Annotated[
    list[Path],
    typer.Argument(
        parser=the_run_or_adapter,
        metavar="RUN",
        help=f"Runs, each as: {RUN_HELP} Or the folder of an adapter of `probe repair`.",
    ),
]
AnyRunFolder = Annotated[
    Path | None,
    typer.Argument(
        parser=the_run,
        metavar="RUN",
        help=f"{RUN_HELP} Default: latest, of the project's folder of runs.",
        show_default=False,
    ),
]
SuiteName = Annotated[str, typer.Argument(help="A shipped suite, a folder, or KIND:..., as for `probe run`.")]
RunModel = Annotated[
    str | None, typer.Option("--model", "-m", help="Model to ask. Default: the run's.", show_default=False)
]
ModelArgs = Annotated[
    CommaList, typer.Option("--model-args", help="As for `probe run`, for the model named here.", show_default=False)
]
PerturbAgain = Annotated[
    CommaList,
    typer.Option(
        "--perturb",
        "-p",
        help="FILE.py:FUNCTION that the run was made with: typed again, it is run. A folder alone runs no code.",
        show_default=False,
    ),
]
TrustTasks = Annotated[
    bool, typer.Option("--trust-tasks", help="Run code of task files, where the run was made with it.")
]
AllowOutside = Annotated[
    bool, typer.Option("--allow-outside", help="Let suites read outside their folder, where the run was made so.")
]
TrustRemoteCode = Annotated[bool, typer.Option("--trust-remote-code", help="Run code that comes with the model.")]
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


def typed_again(perturb: list[str] | None, *, trust_tasks: bool, allow_outside: bool, trust_remote_code: bool) -> Typed:
    """Return what was typed on this command that lets code be loaded."""
    from probe.record.trust import Typed

    return Typed.of_settings(
        {
            "perturb": joined(perturb),
            "trust_tasks": trust_tasks,
            "allow_outside": allow_outside,
            "trust_remote_code": trust_remote_code,
        }
    )


def check_page(output: Path | None) -> None:
    """Refuse a page that is no HTML or cannot be written.

    Raises:
        UsageError: the file has another ending.
        StoreError: it could not be written.
    """
    from probe.errors import UsageError
    from probe.record.store import check_outputs

    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"-o {output}: the format {output.suffix or '(none)'} is not known; write FILE.html")
    check_outputs([] if output is None else [output])


def folder_of_runs() -> Path:
    """Return the folder in which `probe run` saves here.

    Raises:
        UsageError: the project's file is wrong.
    """
    from probe.api.project import runs_folder

    return runs_folder(Path.cwd())
