"""A run or an experiment saved as a folder: manifest, figures, tables, and a run's page."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probe.errors import ProbeError, StoreError
from probe.evaluation.collector import collecting_seldom
from probe.evaluation.results import Results, evaluate
from probe.evaluation.run import Plan, manifest_facts
from probe.evaluation.variants import VariantSet
from probe.models.base import Model
from probe.record.commands import model_flags
from probe.record.store import folder_name, new_folder, write_json
from probe.record.summarise import summarise
from probe.record.summary import SCHEMA_VERSION, Summary
from probe.record.versions import versions
from probe.record.writing import Tables, write_tables
from probe.suite import argument_of
from probe.types import Score, Suite
from reports.html import write_page

UNMADE = (ProbeError, OSError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What may go wrong with a page, which is made of whatever a suite and a model wrote."""


@collecting_seldom()
def save(
    results: Results,
    plan: Plan,
    model: Model,
    out: Path,
    *,
    command: str,
    extra: Mapping[str, Any],
    warnings: Sequence[str] = (),
) -> tuple[Path, Summary]:
    """Write the run's folder whole, but for its page; return the folder and the summary.

    Where the scores of the results are kept in tables, these become tables of the folder.

    Raises:
        StoreError: the run cannot be written.
    """
    manifest = new_manifest(command, {**manifest_facts(results, plan, model), **extra})
    name = folder_name(manifest["created"], list(results.suites), model.name, manifest["id"])
    asked = model_flags(extra.get("asked_model"))
    summary = replace(summarise(results, model, plan, asked=asked, warnings=warnings), run=str(out / name))
    with new_folder(out, name) as folder:
        write_json(folder / "manifest.json", manifest)
        write_json(folder / "summary.json", summary.to_json())
        if isinstance(results.keeper, Tables):
            results.keeper.finish(results.suites, folder)
        else:
            write_tables(folder, results.suites)
    return out / name, summary


def new_manifest(command: str, facts: Mapping[str, Any], *, schema_version: int = SCHEMA_VERSION) -> dict[str, Any]:
    """Return a manifest of now with a new id, the facts and the versions of everything."""
    return {
        "schema_version": schema_version,
        "id": secrets.token_hex(3),
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command": command,
        **facts,
        "versions": versions(),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment on one suite, to be saved in a folder of its own."""

    kind: str
    """The name of its file too."""
    suite: Suite
    model: Model
    command: str
    facts: Mapping[str, Any]
    """What the manifest holds beside suite, items, model and versions."""
    before_suite: str = ""
    """What stands before the suite in the folder's name."""
    before_id: str = ""

    def save(
        self, out: Path, summary: dict[str, Any], *, scores: Sequence[Score] = (), more: Mapping[str, Any] | None = None
    ) -> None:
        """Write the folder whole, and its name into the summary as `run`; `more` stands in the file only.

        Raises:
            StoreError: it cannot be written.
        """
        suite, model = self.suite, self.model
        facts = {
            "kind": self.kind,
            **self.facts,
            "suites": [
                {"name": suite.name, "version": suite.version, "digest": suite.digest, "path": argument_of(suite)}
            ],
            "items": [item.id for item in suite.items],
            "model": {"name": model.name, **model.facts().as_record()},
        }
        manifest = new_manifest(self.command, facts, schema_version=summary["schema_version"])
        label, run_id = self.before_suite + suite.name, self.before_id + manifest["id"]
        name = folder_name(manifest["created"], [label], model.name, run_id)
        summary["run"] = str(out / name)
        with new_folder(out, name) as folder:
            write_json(folder / "manifest.json", manifest)
            write_json(folder / f"{self.kind}.json", summary | dict(more or {}))
            if scores:
                variants = VariantSet(suite, tuple(score.variant for score in scores), {})
                write_tables(folder, {suite.name: evaluate(variants, scores)})


@collecting_seldom()
def write_run_page(run: Path) -> None:
    """Write the page of a run that is saved already, so that nothing that goes wrong with the page loses the run.

    Raises:
        StoreError: the page cannot be made, for whatever reason; says that the run is whole and how to make it again.
    """
    from jinja2 import TemplateError

    try:
        write_page(run, run / "report.html")
    except (*UNMADE, TemplateError) as problem:
        raise StoreError(
            f"{run}: the run is saved, but its page could not be made: {type(problem).__name__}: {problem}",
            hint=shlex.join(["probe", "report", str(run), "-o", "report.html"]) + "  makes it again",
        ) from problem
