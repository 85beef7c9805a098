"""A run's record kept as a folder with its page: what `probe run` and the pytest plugin share."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probe.models.base import Model
from probe.run import Plan, Record, manifest_facts
from probe.store import SCHEMA_VERSION, folder_name, new_folder, write_json, write_tables
from probe.summary import summarise
from probe.versions import versions
from reports.html import write_page


def keep(
    record: Record,
    plan: Plan,
    model: Model,
    out_dir: Path,
    *,
    command: str,
    extra: dict[str, Any],
    warnings: Sequence[str] = (),
) -> tuple[dict[str, Any], Path]:
    """Write the run's folder whole, with its page, and give its summary and where it lies.

    Raises:
        StoreError: it cannot be written.
    """
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    run_id = secrets.token_hex(3)
    name = folder_name(created, list(record.sets), model.name, run_id)
    summary = summarise(record, model, plan, warnings=warnings) | {"run": str(out_dir / name)}
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "id": run_id,
        "created": created,
        "command": command,
        **manifest_facts(record, plan, model),
        **extra,
        "versions": versions(),
    }
    with new_folder(out_dir, name) as folder:
        write_json(folder / "manifest.json", manifest)
        write_json(folder / "summary.json", summary)
        write_tables(folder, record.scores, {name: one.failed for name, one in record.sets.items()})
        write_page(folder, folder / "report.html")
    return summary, out_dir / name
