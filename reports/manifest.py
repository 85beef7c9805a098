"""A run's manifest, read for its page: untyped JSON of which each entry may be missing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Manifest = Mapping[str, Any]


def manifest_suites(manifest: Manifest) -> list[Manifest]:
    """Return the manifest's entry of each suite."""
    suites = manifest.get("suites")
    return [suite for suite in suites if isinstance(suite, Mapping)] if isinstance(suites, list) else []


def rerun_command(manifest: Manifest) -> str:
    """Return the command that made the run."""
    command = manifest.get("command")
    return shlex.join(str(part) for part in command) if isinstance(command, list) else str(command or "")


NOTHING = (None, "", "none")
"""What a manifest says of a fact that a model does not have: a model that is a function has no dtype and no device."""
MAX_SUITES = 6
"""Suites that are named with their version on the first screen."""


@dataclass(frozen=True, slots=True)
class Origin:
    """When and with what a run was made, in words; empty where the manifest does not say."""

    day: str
    iso: str
    tool: str
    model: str
    suites: tuple[str, ...]


def origin(manifest: Manifest) -> Origin:
    """Return when and with what a run was made."""
    model, versions = (
        value if isinstance(value := manifest.get(key), Mapping) else {} for key in ("model", "versions")
    )
    created = str(manifest.get("created") or "")
    kind = ", ".join(str(model[key]) for key in ("architecture", "dtype") if model.get(key) not in NOTHING)
    where = f" on {model['device']}" if model.get("device") not in NOTHING else ""
    name = str(model.get("name") or "")
    suites = [suite for suite in manifest_suites(manifest) if suite.get("name")]
    return Origin(
        day=day(created),
        iso=created,
        tool=f"probe {versions['probe']}" if versions.get("probe") else "",
        model=f"{name} ({kind}{where})" if name and kind else name,
        suites=tuple(_versioned(suite) for suite in suites) if len(suites) <= MAX_SUITES else (),
    )


def day(created: str) -> str:
    """Return a time of a manifest as a person writes it, in UTC: 23 November 2026, 16:00 UTC."""
    try:
        at = datetime.fromisoformat(created)
    except ValueError:
        return created
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}, {at:%H:%M} UTC"


def _versioned(suite: Manifest) -> str:
    version = suite.get("version")
    return f"{suite['name']} version {version}" if version else str(suite["name"])


MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""Names that do not depend on the locale."""
