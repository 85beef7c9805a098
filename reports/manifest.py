"""A run's manifest, read for its page: untyped JSON of which each entry may be missing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
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
