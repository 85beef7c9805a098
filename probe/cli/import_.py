"""`probe import`: what another tool has logged, as a run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli.command import command
from probe.cli.options import Json
from probe.cli.output import messages, out_json, show_run, typed
from probe.types import Completion

TIMES = ("seconds", "variants_seconds", "model_seconds")
"""Nothing was asked, so all of these are nought."""

if TYPE_CHECKING:
    from probe.models.base import Model
    from probe.record.summary import Summary
    from probe.sources.lmeval_samples import Imported
    from probe.types import Score


@command("Data", name="import")
def import_(
    samples: Annotated[
        list[Path], typer.Argument(help="lm-eval's samples_*.jsonl, one for each prompt variant of a task.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run to make.")],
    original: Annotated[
        Path | None,
        typer.Option("--original", help="The file of the original prompt. Default: the first.", show_default=False),
    ] = None,
    clean: Annotated[Path | None, typer.Option("--clean", hidden=True)] = None,
    metric: Annotated[
        str, typer.Option("--metric", help="Of the log: acc, acc_norm or exact_match.", show_default=False)
    ] = "",
    filter_name: Annotated[
        str, typer.Option("--filter", help="Of the log. Default: the first.", show_default=False)
    ] = "",
    seed: Annotated[int, typer.Option("--seed", help="Seed of the bootstrap.")] = 0,
    as_json: Json = False,
) -> None:
    """Make a run from lm-eval's sample logs.

    Reads the logs of several prompt variants of one task and gives the sensitivity report. No model is asked.
    """
    import probe.perturb  # noqa: F401  names what was exported
    from probe.errors import UsageError
    from probe.record.store import LONGEST_FILE, check_place
    from probe.sources.lmeval_samples import read_logs

    place = output.expanduser().resolve()
    if place.exists():
        raise UsageError(f"-o {output} is there already", hint="name a new folder")
    check_place(place, hint="choose another place with -o FOLDER", inside=LONGEST_FILE)
    with messages():
        imported = read_logs(samples, original_path=original or clean, metric=metric, filter_name=filter_name)
    summary = _written(imported, place, seed, output)
    if as_json:
        out_json(summary.to_json())
    else:
        show_run(summary, str(output / "report.html"))


def _written(imported: Imported, place: Path, seed: int, shown: Path) -> Summary:
    """Write the run's folder whole, with its page, and return its summary."""
    from probe.api.messages import recorded_warnings
    from probe.api.save import new_manifest
    from probe.evaluation.results import Results, evaluate
    from probe.evaluation.run import Plan, manifest_facts
    from probe.record.store import new_folder, write_json
    from probe.record.summarise import summarise
    from probe.record.writing import write_tables
    from probe.sources.lmeval_samples import Answered
    from reports.html import write_page

    suite = imported.variant_set.suite
    most = max((score.variant.sample + 1 for score in imported.scores), default=1)
    plan = Plan(imported.perturbations, samples=most, seed=seed)
    tasks = tuple(dict.fromkeys(one.perturbation for one in imported.variant_set.variants))
    model = Answered(len(imported.scores), tasks)
    results = Results({suite.name: evaluate(imported.variant_set, imported.scores)}, dict.fromkeys(TIMES, 0.0))
    with recorded_warnings() as warnings:
        _warn_of_faults(model, suite.name, imported.scores)
    summary = summarise(results, model, plan, warnings=warnings)
    # The logs hold no way to draw a variant again; the page has it in full.
    again = shlex.join(["probe", "report", str(shown)])
    flips, failures = (
        tuple(replace(row, command=again) for row in rows) for rows in (summary.flips, summary.contrast_failures)
    )
    summary = replace(summary, run=str(shown), flips=flips, contrast_failures=failures)
    asked = {"asked_model": {"model": "lm-eval", "imported": True}}
    manifest = new_manifest(typed(), {**manifest_facts(results, plan, model), **asked})
    with new_folder(place.parent, place.name) as folder:
        write_json(folder / "manifest.json", manifest)
        write_json(folder / "summary.json", summary.to_json())
        write_tables(folder, results.suites)
        write_page(folder, folder / "report.html")
    return summary


def _warn_of_faults(model: Model, suite: str, scores: Sequence[Score]) -> None:
    """Warn of ties and the like among a log's answers.

    Raises:
        ModelError: more than a handful of scores are no numbers.
    """
    from probe.evaluation.faults import Faults

    faults = Faults()
    written = [Completion(one.prediction, 0.0, 0) for one in scores if not one.variant.perturbed.prompt.choices]
    faults.see(model, suite, scores, written)
    faults.report(model)
