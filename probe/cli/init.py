"""`probe init`: a suite folder out of a table of examples and a prompt."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli.command import CommaList, command, joined
from probe.errors import StoreError, SuiteError, UsageError
from probe.files.partial import under_way

if TYPE_CHECKING:
    from probe.types import Suite

PARTS = ("suite.toml", "items.jsonl", "train.jsonl", "prompt.txt")
"""The files of a suite's folder; a folder with anything else in it is never replaced."""


@command("Data")
def init(
    data: Annotated[Path, typer.Option("--data", help="Table of examples: csv, tsv, jsonl or parquet.")],
    prompt: Annotated[Path, typer.Option("--prompt", help="Prompt with the columns in it as {column}.")],
    target: Annotated[
        str, typer.Option("--target", help="Column with the right answers. Default: target or label.")
    ] = "",
    choices: Annotated[
        CommaList, typer.Option("--choices", help="The possible answers, by comma. Default: found in the column.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Name of the suite. Default: that of the table.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Folder to make. Default: the suite's name.")] = None,
    train_share: Annotated[
        float, typer.Option("--train-share", help="Share of the rows kept for demonstrations.")
    ] = 0.0,
    id_column: Annotated[
        str, typer.Option("--id", help="Column with the items' ids. Default: they are numbered.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace the suite that is in the folder.")] = False,
) -> None:
    """Make a suite from a table and a prompt."""
    from probe.cli.output import out as say
    from probe.sources.examples import Ask, name_of, suite_from_table
    from probe.sources.tables import cut_at_commas, read_table, text_of

    name = name or name_of(data.stem)
    folder = out or Path(name)
    check_free(folder, (data, prompt), force=force)
    if not prompt.is_file():
        raise UsageError(
            f"--prompt {prompt}: there is no such file; write your prompt there, with columns as {{column}}"
        )
    ask = Ask(text_of(prompt), str(prompt), target, id_column, cut_at_commas(joined(choices), "--choices"), train_share)
    made = suite_from_table(read_table(data), ask=ask, name=name)
    put(made.suite, folder)
    train = f" and {len(made.suite.train)} for training" if made.suite.train else ""
    say(f"made {folder}: suite {name!r} with {len(made.suite.items)} items{train}")
    for note in made.notes:
        say(f"  {note}")
    say(f"look at it:  probe show {_typed(folder)}")
    say(f"run it:      probe run {_typed(folder)}")


def check_free(folder: Path, sources: tuple[Path, ...], *, force: bool) -> None:
    """Refuse a folder in which something would be lost.

    Raises:
        UsageError: it holds something that would be lost.
    """
    if folder.is_file():
        raise UsageError(f"--out {folder} is a file; name a folder")
    held = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if not held:
        return
    if not force:
        hint = "name another folder with --out, or replace the suite in it with --force"
        raise UsageError(f"--out {folder} is not empty (it holds {held[0]})", hint=hint)
    if "suite.toml" not in held:
        raise UsageError(f"--out {folder} is no suite (it holds {held[0]}); --force replaces suites only")
    if strange := [name for name in held if name not in PARTS]:
        raise UsageError(f"--out {folder} holds {strange[0]} beside a suite; --force replaces suites only")
    for source in sources:
        if source.resolve().parent == folder.resolve():
            raise UsageError(f"--out {folder} holds {source.name}, which is read from; name another folder with --out")


def put(suite: Suite, folder: Path) -> None:
    """Write a suite beside its place, read it back, and only then move it there.

    Raises:
        UsageError: it does not read as a suite; nothing is left behind.
        StoreError: it cannot be written; nothing is left behind.
    """
    from probe.suite import read_suite, write_suite

    folder = folder.resolve()
    fresh = folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with under_way(folder) as fresh:
            fresh.mkdir()
            write_suite(suite, fresh)
            read_suite(fresh)
            _move(fresh, folder)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}") from error
    except SuiteError as error:
        raise SuiteError(str(error).replace(str(fresh), str(folder))) from error


def _move(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    # File by file, since the folder may be the one that the user stands in. Without suite.toml, which comes last, a
    # folder that is half replaced does not look whole.
    (folder / PARTS[0]).unlink(missing_ok=True)
    for part in reversed(PARTS):
        if (fresh / part).exists():
            (fresh / part).replace(folder / part)
        else:
            (folder / part).unlink(missing_ok=True)


def _typed(folder: Path) -> str:
    """Return a folder as one types it; a bare name could be that of a shipped suite."""
    return shlex.quote(str(folder) if len(folder.parts) > 1 else f"./{folder}")
