"""`probe search`: the worst and the best layout of a prompt, and which one to use."""

from __future__ import annotations

import secrets
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.cli import options
from probe.cli.loading import progress_line, rows_of, suite_of, warnings_kept
from probe.cli.output import out, out_json
from probe.cli.run import _cached as cached

if TYPE_CHECKING:
    from probe.experiments.search import Found
    from probe.models.base import Model
    from probe.types import Layout, Suite

SCHEMA_VERSION = 1


class End(StrEnum):
    """Which end gets most of the calls."""

    worst = "worst"
    best = "best"


def search(
    end: Annotated[End, typer.Argument(help="The end to look for first and with two thirds of the calls.")],
    suite: Annotated[str, typer.Argument(help="Name of a shipped suite, or a folder.")],
    model: options.ModelName = "pocket",
    model_args: options.ModelArgs = "",
    budget: Annotated[
        int, typer.Option("--budget", min=1, help="Calls of the search: one item asked in one layout each.")
    ] = 4000,
    num_layouts: Annotated[int, typer.Option("--layouts", min=1, help="Layouts to search.")] = 320,
    items_a_pull: Annotated[int, typer.Option(min=1, help="Items that a layout is asked at a time.")] = 5,
    draws_a_step: Annotated[int, typer.Option(min=1, help="Layouts that go to the model together.")] = 8,
    min_pulls: Annotated[int, typer.Option(min=1, help="Times that an end must have been asked.")] = 4,
    finalists: Annotated[int, typer.Option(min=1, help="Layouts of each end that are asked all items.")] = 5,
    num_fewshot: options.NumFewshot = 0,
    seed: options.Seed = 0,
    limit: options.Limit = None,
    out_dir: options.Out = Path("runs"),
    as_json: options.Json = False,
    batch_size: options.BatchSize = "auto",
    dtype: options.Dtype = "auto",
    device: options.Device = "auto",
    revision: options.Revision = None,
    adapter: options.Adapter = None,
    apply_chat_template: options.Chat = False,
    trust_remote_code: options.Trust = False,
    cache: Annotated[
        bool, typer.Option(help="Remember answers in OUT/cache.sqlite; an interrupted search goes on from there.")
    ] = True,
) -> None:
    """Search the layouts of a prompt for the worst and the best, and recommend one."""
    from dataclasses import asdict

    from probe.evaluation.variants import with_demonstrations
    from probe.experiments.search import Options, arms_of, asker, search_summary
    from probe.experiments.search import search as run_search
    from probe.models.base import ModelOptions
    from probe.models.loaders import load_model

    read = suite_of(suite)
    read = with_demonstrations(replace(read, items=read.items[:limit]), num_fewshot, seed=seed)
    arms = arms_of(read, num=num_layouts, seed=seed)
    chosen = ModelOptions(
        dtype=dtype,
        device=device,
        revision=revision,
        adapter=adapter,
        apply_chat_template=apply_chat_template,
        trust_remote_code=trust_remote_code,
        batch_size=rows_of(batch_size),
    )
    how = Options(budget, items_a_pull, draws_a_step, min_pulls, finalists, seed)
    with warnings_kept() as warnings:
        loaded = load_model(model, chosen, model_args=model_args)
        answers = cached(loaded, out_dir) if cache else loaded
        with progress_line() as progress:
            done, most = 0, min(budget + (1 + 2 * finalists) * len(read.items), len(arms) * len(read.items))

            def told(num: int) -> None:
                nonlocal done
                done += num
                progress(read.name, done, max(most, done), loaded.usage.unique_tokens)

            asked = asker(read, arms, answers, told=told)
            found = run_search(asked, end.value, shape=(len(arms), len(read.items)), options=how)
    summary = {
        "schema_version": SCHEMA_VERSION,
        "end": end.value,
        "seed": seed,
        **search_summary(read, arms, found, loaded),
        "warnings": warnings,
    }
    facts = {"end": end.value, "layouts": num_layouts, "num_fewshot": num_fewshot, "limit": limit, **asdict(how)}
    spec = {"model": model, "model_args": model_args, "options": asdict(chosen)}
    _save(summary, read, arms, found, loaded, out_dir, facts | {"asked_model": spec})
    if as_json:
        out_json(summary)
        return
    out("\n".join(_lines(summary)))


def _save(
    summary: dict[str, Any],
    suite: Suite,
    arms: Sequence[Layout],
    found: Found,
    model: Model,
    out_dir: Path,
    facts: dict[str, Any],
) -> None:
    """Write the search's folder whole, with what every layout was asked, and its name into the summary."""
    from probe.experiments.search import tally
    from probe.record.store import folder_name, new_folder, write_json
    from probe.record.versions import versions
    from probe.suite import argument_of

    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    run_id = secrets.token_hex(3)
    name = folder_name(created, [suite.name], model.name, f"search_{run_id}")
    summary["run"] = str(out_dir / name)
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "kind": "search",
        "id": run_id,
        "created": created,
        "command": shlex.join(["probe", *sys.argv[1:]]),
        **facts,
        "suites": [
            {"name": suite.name, "version": suite.version, "digest": suite.digest, "path": argument_of(suite)},
        ],
        "items": [item.id for item in suite.items],
        "model": {"name": model.name, **model.facts().as_record()},
        "versions": versions(),
    }
    with new_folder(out_dir, name) as folder:
        write_json(folder / "manifest.json", manifest)
        write_json(folder / "search.json", summary | {"layouts": tally(arms, found)})


def _lines(summary: dict[str, Any]) -> list[str]:
    spread, calls = summary["spread"], summary["calls"]
    used = calls["as_written"] + calls["search"] + calls["final"]
    lines = [
        f"{summary['suite']}, {summary['num_items']} items, {summary['num_layouts']} layouts, {summary['model']}",
        "",
        *(_line(name.replace("_", " "), summary[name]) for name in ("as_written", "worst", "best")),
        f"spread       {_percent(spread['value'], spread['ci_low'], spread['ci_high'])}",
        "",
        f"calls        {used:,} ({calls['as_written']:,} as written, {calls['search']:,} searching, "
        f"{calls['final']:,} on the finalists); all layouts on all items: {calls['exhaustive']:,}",
        "",
        _line("recommended", summary["recommended"]) + "  (highest lower bound)",
        "",
    ]
    lines += [f"    {_shown(line)}" for line in summary["recommended"]["text"].split("\n")]
    return [*lines, "", f"record       {summary['run']}"]


def _line(name: str, arm: dict[str, Any]) -> str:
    parts = ", ".join(f"{part} {value!r}" for part, value in _seen(arm["layout"]).items())
    where = "as written" if arm["is_as_written"] else parts
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
    return f"{100 * value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
