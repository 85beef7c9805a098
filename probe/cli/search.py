"""`probe search`: the worst and the best layout of a prompt, and which one to use."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.api.settings import of_panel
from probe.cli.command import command
from probe.cli.options import Json, SuiteName
from probe.cli.output import messages, out, out_json, typed
from probe.cli.progress import progress_line

if TYPE_CHECKING:
    from probe.api.session import Session

SCHEMA_VERSION = 1
SETTINGS = (*of_panel("Model", without=("token_budget", "max_length")), "num_fewshot", "seed", "limit", "out", "cache")


class End(StrEnum):
    """Which end gets most of the calls."""

    worst = "worst"
    best = "best"


@command("Diagnose", settings=SETTINGS)
def search(
    session: Session,
    end: Annotated[End, typer.Argument(help="The end that is searched first and with two thirds of the calls.")],
    suite: SuiteName,
    budget: Annotated[
        int, typer.Option("--budget", min=1, help="Calls of the search; one is one item asked in one layout.")
    ] = 4000,
    num_layouts: Annotated[int, typer.Option("--layouts", min=1, help="Layouts to search.")] = 320,
    items_per_pull: Annotated[
        int, typer.Option("--items-per-pull", min=1, help="Items asked at a time of a layout.")
    ] = 5,
    layouts_per_step: Annotated[int, typer.Option("--layouts-per-step", min=1, help="Layouts asked together.")] = 8,
    min_pulls: Annotated[int, typer.Option(min=1, help="Fewest times that an end must have been asked.")] = 4,
    finalists: Annotated[int, typer.Option(min=1, help="Layouts of each end that are asked all items.")] = 5,
    items_a_pull: Annotated[int | None, typer.Option(hidden=True)] = None,
    draws_a_step: Annotated[int | None, typer.Option(hidden=True)] = None,
    as_json: Json = False,
) -> None:
    """Find the worst and best layout of a prompt.

    Searches the layouts for both ends and recommends one.
    """
    from dataclasses import asdict

    from probe.api.messages import recorded_warnings
    from probe.api.save import Experiment
    from probe.evaluation.faults import Faults
    from probe.evaluation.variants import with_demonstrations
    from probe.experiments.search import SearchOptions, arms_of, asker, search_summary, tally
    from probe.experiments.search import search as run_search

    chosen = session.settings
    with messages():
        session.check_out()
        read = session.suite(suite)
    read = with_demonstrations(replace(read, items=read.items[: chosen.limit]), chosen.num_fewshot, seed=chosen.seed)
    arms = arms_of(read, num=num_layouts, seed=chosen.seed)
    items_per_pull, layouts_per_step = items_a_pull or items_per_pull, draws_a_step or layouts_per_step
    how = SearchOptions(budget, items_per_pull, layouts_per_step, min_pulls, finalists, chosen.seed)
    with messages(), recorded_warnings() as warnings:
        model = session.model()
        with progress_line() as progress:
            done, most = 0, min(budget + (1 + 2 * finalists) * len(read.items), len(arms) * len(read.items))

            def show_progress(num: int) -> None:
                nonlocal done
                done += num
                progress(read.name, done, max(most, done), model.usage.unique_tokens)

            faults = Faults()
            asked = asker(read, arms, model, progress=show_progress, faults=faults)
            found = run_search(asked, end.value, shape=(len(arms), len(read.items)), options=how)
            faults.report(model)
    summary = {
        "schema_version": SCHEMA_VERSION,
        "end": end.value,
        "seed": chosen.seed,
        **search_summary(read, arms, found, model),
        "warnings": warnings,
    }
    facts = {"end": end.value, "layouts": num_layouts, "num_fewshot": chosen.num_fewshot, "limit": chosen.limit}
    facts |= asdict(how) | {"asked_model": session.asked_model()}
    saved = Experiment(kind="search", suite=read, model=model, command=typed(session), facts=facts, before_id="search_")
    saved.save(session.out, summary, more={"layouts": tally(arms, found)})
    if as_json:
        out_json(summary)
    else:
        out("\n".join(_lines(summary)))


def _lines(summary: dict[str, Any]) -> list[str]:
    spread, calls = summary["spread"], summary["calls"]
    used = calls["as_written"] + calls["search"] + calls["final"]
    lines = [
        f"{summary['suite']}, {summary['num_items']} items, {summary['num_layouts']} layouts, {summary['model']}",
        "",
        _line("original", summary["as_written"]),
        *(_line(name, summary[name]) for name in ("worst", "best")),
        f"spread       {_percent(spread['value'], spread['ci_low'], spread['ci_high'])}",
        "",
        f"calls        {used:,} ({calls['as_written']:,} original, {calls['search']:,} searching, "
        f"{calls['final']:,} on the finalists); all layouts on all items: {calls['exhaustive']:,}",
        "",
        _line("recommended", summary["recommended"]) + "  (highest lower bound)",
        "",
    ]
    lines += [f"    {_shown(line)}" for line in summary["recommended"]["text"].split("\n")]
    return [*lines, "", f"record       {summary['run']}"]


def _line(name: str, arm: dict[str, Any]) -> str:
    parts = ", ".join(f"{part} {value!r}" for part, value in _seen(arm["layout"]).items())
    where = "the original" if arm["is_as_written"] else parts
    few = "" if name != "recommended" else f" on {arm['num_items']} items"
    return f"{name:<13}{_percent(arm['accuracy'], arm['ci_low'], arm['ci_high'])}{few}  {where}"


def _seen(layout: dict[str, str]) -> dict[str, str]:
    """Return the parts of a layout that differ from the default one."""
    from probe.types import Layout

    usual = Layout()
    return {name: value for name, value in layout.items() if value != getattr(usual, name)} or {"layout": "default"}


def _shown(text: str) -> str:
    from reports.console import visible_line

    return visible_line(text)


def _percent(value: float, low: float, high: float) -> str:
    return f"{100 * value:.1f} % ({100 * low:.1f}\u2013{100 * high:.1f})"
