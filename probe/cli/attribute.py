"""`probe attribute`: one designed experiment that says which part of a prompt moves the answers."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.cli import options
from probe.cli.loading import progress_line, rows_of, suite_of, warnings_kept
from probe.cli.output import out, out_json
from probe.cli.run import _cached as cached

if TYPE_CHECKING:
    from probe.experiments.attribute import Experiment
    from probe.models.base import Model
    from probe.types import Score, Suite


def attribute(
    suite: Annotated[str, typer.Argument(help="Name of a shipped suite, or a folder.")],
    model: options.ModelName = "pocket",
    model_args: options.ModelArgs = "",
    budget: Annotated[
        int, typer.Option("--budget", min=1, help="Evaluations at most; one is one item asked in one form.")
    ] = 2000,
    num_fewshot: options.NumFewshot = 0,
    seed: options.Seed = 0,
    limit: options.Limit = None,
    out_dir: options.Out = Path("runs"),
    into: Annotated[
        Path | None,
        typer.Option(
            "--into", help="Folder of a run of this suite: its page then shows the result.", show_default=False
        ),
    ] = None,
    as_json: options.Json = False,
    batch_size: options.BatchSize = "auto",
    dtype: options.Dtype = "auto",
    device: options.Device = "auto",
    revision: options.Revision = None,
    adapter: options.Adapter = None,
    apply_chat_template: options.Chat = False,
    trust_remote_code: options.Trust = False,
) -> None:
    """Switch separator, casing, wording, option order and the like on and off by a design; say which moves the answers."""
    from probe.experiments.attribute import ask, plan_experiment, summarise
    from probe.models.base import ModelOptions
    from probe.models.loaders import load_model

    read = suite_of(suite)
    experiment = plan_experiment(read, budget=budget, seed=seed, num_fewshot=num_fewshot, limit=limit)
    chosen = ModelOptions(
        dtype=dtype,
        device=device,
        revision=revision,
        adapter=adapter,
        apply_chat_template=apply_chat_template,
        trust_remote_code=trust_remote_code,
        batch_size=rows_of(batch_size),
    )
    with warnings_kept() as warnings:
        loaded = load_model(model, chosen, model_args=model_args)
        if into is not None:
            _check_into(into, read, loaded)
        with progress_line() as progress:
            asked = cached(loaded, out_dir)
            scores = ask(experiment, asked, progress=progress)
        summary = summarise(experiment, scores, asked, warnings=warnings)
    facts = {"budget": budget, "num_fewshot": num_fewshot, "seed": seed, "limit": limit}
    _save(summary, experiment, scores, asked, out_dir, facts)
    if into is not None:
        _add_to_run(into, summary)
    if as_json:
        out_json(summary)
        return
    out("\n".join(_lines(summary)))


def _save(
    summary: dict[str, Any],
    experiment: Experiment,
    scores: list[Score],
    model: Model,
    out_dir: Path,
    facts: dict[str, Any],
) -> None:
    """Write the experiment's folder whole, and its name into the summary."""
    from probe.evaluation.results import evaluate
    from probe.evaluation.variants import VariantSet
    from probe.record.store import folder_name, new_folder, write_json
    from probe.record.tables import write_tables
    from probe.record.versions import versions
    from probe.suite import argument_of

    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    run_id = secrets.token_hex(3)
    suite = experiment.suite
    name = folder_name(created, [f"attribute-{suite.name}"], model.name, run_id)
    summary["run"] = str(out_dir / name)
    manifest = {
        "schema_version": summary["schema_version"],
        "kind": "attribution",
        "id": run_id,
        "created": created,
        "command": shlex.join(["probe", *sys.argv[1:]]),
        **facts,
        "suites": [
            {"name": suite.name, "version": suite.version, "digest": suite.digest, "path": argument_of(suite)},
        ],
        "items": [item.id for item in suite.items],
        "design": experiment.runs.astype(int).tolist(),
        "model": {"name": model.name, **model.facts()},
        "versions": versions(),
    }
    with new_folder(out_dir, name) as folder:
        write_json(folder / "manifest.json", manifest)
        write_json(folder / "attribution.json", summary)
        variants = VariantSet(suite, tuple(score.variant for score in scores), {})
        write_tables(folder, {suite.name: evaluate(variants, scores)})


def _check_into(run: Path, suite: Suite, model: Model) -> None:
    """Refuse a folder that is no run of the suite with the model, before anything is asked."""
    from probe.errors import UsageError
    from probe.record.run import read_run

    manifest = read_run(run).manifest
    ran = {one["name"]: one["digest"] for one in manifest["suites"]}
    if ran.get(suite.name) != suite.digest:
        what = "was run with other files" if suite.name in ran else f"is not among {', '.join(ran)}"
        raise UsageError(
            f"--into {run}: the suite {suite.name!r} {what}", hint="leave --into out, or run the suite first"
        )
    if manifest["model"]["name"] != model.name:
        raise UsageError(f"--into {run}: was run with {manifest['model']['name']!r}, not with {model.name!r}")


def _add_to_run(run: Path, summary: dict[str, Any]) -> None:
    """Lay the experiment's figures beside a run's and make its page anew."""
    from probe.record.store import write_json
    from reports.html import write_page

    partial = run / f".attribution-{os.getpid()}.json.partial"
    write_json(partial, summary)
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", summary["suite"])
    os.replace(partial, run / f"attribution-{name}.json")
    write_page(run, run / "report.html")


def _lines(summary: dict[str, Any]) -> list[str]:
    """Return the terminal page: the sentence, the table, what was left out and where it lies."""
    from reports.console import table

    lines = [summary["verdict"], "", table(_rows(summary)), ""]
    lines.append(
        f"{summary['num_evaluations']:,} evaluations: {summary['num_items']} items x {summary['num_runs']} runs"
        f" x {summary['num_blocks']} draws of the other levels. 95 % intervals by bootstrap over items."
    )
    lines.append("The share of the spread leaves out how items differ in difficulty.")
    reasons: dict[str, list[str]] = {}
    for row in summary["left_out"]:
        reasons.setdefault(row["reason"], []).append(row["factor"])
    lines += [f"left out  {', '.join(factors)}: {reason}" for reason, factors in reasons.items()]
    return [*lines, "", f"written  {summary['run']}"]


def _rows(summary: dict[str, Any]) -> list[dict[str, str]]:
    """Return a row for each factor, largest part of the spread first, then the residual."""
    shares = {(row["outcome"], row["name"]): row for row in summary["spread"]}
    parts = {(row["outcome"], row["kind"], row["name"]): row for row in summary["components"]}
    names = [name for outcome, name in shares if outcome == "correct"]
    rows = []
    for name in sorted(names[:-1], key=lambda name: -(shares["correct", name]["share"] or 0.0)) + names[-1:]:
        alone = parts.get(("correct", "factor", name), {})
        crossed = parts.get(("correct", "item x factor", f"item x {name}"), {})
        changes = [row["accuracy_change"] for row in summary["factors"] if row["factor"] == name]
        row = {
            "factor": name,
            "of the spread": _share(shares["correct", name]),
            "sd alone": _points(alone.get("variance")),
            "sd by item": _points(crossed.get("variance")),
            "accuracy change": " ".join(f"{100 * change:+.1f}" for change in changes),
        }
        if ("log_odds", name) in shares:
            row["of the log-odds"] = _share(shares["log_odds", name])
        rows.append(row)
    return rows


def _share(row: dict[str, Any]) -> str:
    if row["share"] is None:
        return "-"
    return f"{100 * row['share']:.0f} % [{100 * row['ci_low']:.0f}, {100 * row['ci_high']:.0f}]"


def _points(variance: float | None) -> str:
    """Return a variance component as a standard deviation in points of accuracy."""
    return "" if variance is None else f"{100 * variance**0.5:.1f}"
