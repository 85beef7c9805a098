"""`probe bless`: take a run as the baseline that later runs are judged by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli.command import command
from probe.cli.options import AnyRunFolder, folder_of_runs, the_run
from probe.cli.output import note, out, warn

if TYPE_CHECKING:
    from probe.gating.rule import Rule
    from probe.gating.visible import Visible


@command("Gate")
def bless(
    run: AnyRunFolder = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Baseline to write. Default: baselines/SUITE__MODEL.json.", show_default=False
        ),
    ] = None,
    after: Annotated[
        Path | None,
        typer.Option(
            "--after",
            help="Baseline that this one succeeds. Default: the file that is overwritten.",
            show_default=False,
        ),
    ] = None,
    new_chain: Annotated[
        bool, typer.Option("--new-chain", help="Forget earlier baselines: accept what changed since the first of them.")
    ] = False,
) -> None:
    """Make a run the baseline of later ones.

    It says how large a loss its suites can see.

    The baseline holds what each item was answered, by hash, in a small file to be kept under version control. Where it
    succeeds another one, the first of that chain is kept in it, and later runs are judged by both.
    """
    from probe.api.project import find_project
    from probe.errors import UsageError
    from probe.gating.baseline import blessed_of, default_path, read_baseline, write_baseline
    from probe.gating.chain import chained, drifted
    from probe.gating.rule import Rule
    from probe.gating.visible import visible
    from probe.record.answered import read_cells
    from probe.record.run import read_run

    if output is not None and output.suffix != ".json":
        raise UsageError(f"-o {output}: a baseline is a JSON file; write FILE.json")
    if new_chain and after is not None:
        raise UsageError("--new-chain and --after contradict each other: leave one of them out")
    if after is not None:
        read_baseline(after)
    made = read_run(run or the_run(str(folder_of_runs())))
    blessed = blessed_of(made)
    place = output or default_path(blessed)
    gate = find_project(Path.cwd()).gate
    rule = Rule(margin=gate.margin, tolerance=gate.tolerance)
    blessed, why_new = chained(blessed, None if new_chain else after or place)
    path = write_baseline(blessed, place)
    items = sum(len(one.cells.items) for one in blessed.suites.values())
    note(f"{items} items of {', '.join(blessed.suites)}, answered by {blessed.model['name']}")
    if why_new:
        warn(why_new)
    if blessed.first is not None:
        note(f"first of this chain: {blessed.first.about.get('run')}; later runs are judged by it as well")
    for check in drifted(blessed, rule):
        warn(
            f"since the first baseline: {check.suite} {check.family} {check.metric} is {check.reason}; --new-chain accepts it"
        )
    out(str(path))
    for one in visible(read_cells(made.folder), rule):
        out(_sees(one))
        if one.ruled_out > rule.tolerance:
            warn(_too_few(one, rule))
    out(f"next    probe gate RUN --baseline {path}")


def _sees(one: Visible) -> str:
    least, most = 100 * one.detectable_spread, 100 * one.detectable
    return (
        f"sees    {one.suite}: with {one.num_items} items a pass rules out a loss of {100 * one.ruled_out:.1f} points; "
        f"REGRESSED in 4 cases of 5 at a loss of "
        f"{most:.1f} points of accuracy, {least:.1f} to {most:.1f} points of mean accuracy"
    )


def _too_few(one: Visible, rule: Rule) -> str:
    needed = f"{one.items_needed} items would" if one.items_needed else "no number of items would"
    return (
        f"{one.suite}: {one.num_items} items cannot rule out a loss of {100 * rule.tolerance:g} points, the tolerance; "
        f"the gate will exit with 4, inconclusive. {needed}; or set --tolerance {min(1.0, one.ruled_out + 0.005):.2f}"
    )
