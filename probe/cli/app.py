"""All commands under one name. Each stands in its own file and loads what it needs when it is called."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated

import typer

from probe.cli.command import SectionedCommand, SectionedGroup, commands, plain_name
from probe.cli.output import out

app = typer.Typer(
    cls=SectionedGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "token_normalize_func": plain_name},
    help="If I say the same thing to this model differently, does its answer move?",
    epilog="Start with `probe run`: it needs no GPU, no download and no key.",
)


def version(value: bool) -> None:
    """Print the version and stop."""
    if value:
        from importlib.metadata import version as installed

        out(f"probe {installed('probe')}")
        raise typer.Exit


@app.callback()
def top(
    _version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


for module in iter_modules([str(Path(__file__).parent)]):
    if module.name != "app":
        import_module(f"probe.cli.{module.name}")
for name in commands:
    one = commands.get(name)
    app.command(name, cls=SectionedCommand, rich_help_panel=one.group, short_help=one.summary)(one.function)
