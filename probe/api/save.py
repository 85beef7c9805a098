"""A run's results saved as a folder with its page: what `probe run` and the pytest plugin share."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probe.errors import ProbeError, StoreError
from probe.evaluation.results import Results
from probe.evaluation.run import Plan, manifest_facts
from probe.models.base import Model
from probe.record.commands import model_flags
from probe.record.run import Run
from probe.record.store import folder_name, new_folder, write_json
from probe.record.summarise import summarise
from probe.record.summary import SCHEMA_VERSION
from probe.record.tables import write_tables
from probe.record.versions import versions
from reports.html import write_page

UNMADE = (ProbeError, OSError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What may go wrong with a page, which is made of whatever a suite and a model wrote."""


def keep(
    results: Results,
    plan: Plan,
    model: Model,
    out_dir: Path,
    *,
    command: str,
    extra: dict[str, Any],
    warnings: Sequence[str] = (),
) -> Run:
    """Write the run's folder whole, then its page, and return the run.

    Raises:
        StoreError: the run cannot be written; or it is written and its page cannot be made.
    """
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    run_id = secrets.token_hex(3)
    name = folder_name(created, list(results.suites), model.name, run_id)
    asked = model_flags(extra.get("asked_model"))
    summary = replace(summarise(results, model, plan, asked=asked, warnings=warnings), run=str(out_dir / name))
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "id": run_id,
        "created": created,
        "command": command,
        **manifest_facts(results, plan, model),
        **extra,
        "versions": versions(),
    }
    with new_folder(out_dir, name) as folder:
        write_json(folder / "manifest.json", manifest)
        write_json(folder / "summary.json", summary.to_json())
        write_tables(folder, results.suites)
    _page(out_dir / name)
    return Run(out_dir / name, manifest, summary)


def _page(run: Path) -> None:
    """Write the page of a run that is kept already, so that nothing that goes wrong with the page loses the run.

    Raises:
        StoreError: the page cannot be made, for whatever reason; says that the run is whole and how to make it again.
    """
    from jinja2 import TemplateError

    try:
        write_page(run, run / "report.html")
    except (*UNMADE, TemplateError) as problem:
        raise StoreError(
            f"{run}: the run is kept, but its page could not be made: {type(problem).__name__}: {problem}",
            hint=shlex.join(["probe", "report", str(run), "-o", "report.html"]) + "  makes it again",
        ) from problem
