"""The commands by name. Each stands in its own file and loads what it needs when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from probe.cli.attribute import attribute
from probe.cli.bless import bless
from probe.cli.compare import compare
from probe.cli.doctor import doctor
from probe.cli.explain import explain
from probe.cli.export import export
from probe.cli.gate import gate
from probe.cli.history import history
from probe.cli.import_ import import_
from probe.cli.init import init
from probe.cli.list import list_
from probe.cli.new import new
from probe.cli.plan import plan
from probe.cli.report import report
from probe.cli.review import review
from probe.cli.run import run
from probe.cli.search import search
from probe.cli.selftest import selftest
from probe.cli.show import show
from probe.cli.shrink import shrink

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="If I say the same thing to this model differently, does its answer move?",
    epilog="Start with `probe run`: it needs no GPU, no download and no key.",
)


def version(value: bool) -> None:
    """Print the version and stop."""
    if value:
        from importlib.metadata import version as installed

        typer.echo(f"probe {installed('probe')}")
        raise typer.Exit


@app.callback()
def top(
    _version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Hold what every command shares."""


app.command()(run)
app.command()(plan)
app.command()(show)
app.command()(compare)
app.command()(bless)
app.command()(gate)
app.command()(history)
app.command("list")(list_)
app.command()(report)
app.command()(review)
app.command()(attribute)
app.command()(explain)
app.command()(search)
app.command()(init)
app.command()(new)
app.command()(export)
app.command("import")(import_)
app.command()(doctor)
app.command()(selftest)
app.command()(shrink)
