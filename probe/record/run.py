"""A finished run, read from its folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from os.path import isfile
from pathlib import Path
from typing import Any

from probe.errors import StoreError, UsageError
from probe.files.reading import from_json, read_text
from probe.files.shape import shown
from probe.masking import masked, masked_value
from probe.metrics.cells import WEIGHTS, Cells, Weight
from probe.record.answered import read_cells
from probe.record.columns import HINT
from probe.record.earlier import READABLE, renamed
from probe.record.schema import check_manifest, check_summary
from probe.record.summary import SCHEMA_VERSION, Summary, read_summary
from probe.record.tables import check_suites


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A finished run: its folder, what it was made with, and its figures."""

    folder: Path
    manifest: Mapping[str, Any]
    summary: Summary

    @property
    def model(self) -> str:
        """Return the name of its model."""
        return str(self.manifest["model"]["name"])

    @property
    def weight(self) -> Weight:
        """Return what weighs equally in its rates over all families; families, where an earlier version did not say."""
        return WEIGHTS.get(str(self.manifest.get("weight")), "families")

    def cells(self, weight: Weight | None = None) -> dict[str, Cells]:
        """Read its outcomes by suite, with its own weights or those that are given.

        Raises:
            StoreError: a table is missing or damaged.
        """
        found = read_cells(self.folder)
        check_suites(self.folder, found, (str(one["name"]) for one in self.manifest["suites"]))
        return {name: replace(one, weight=weight or self.weight) for name, one in found.items()}


def read_run(folder: Path) -> Run:
    """Read a run's manifest and summary.

    Raises:
        UsageError: the folder is no run.
        StoreError: a file of it is damaged or was written by another version.
    """
    if not (folder / "manifest.json").is_file():
        raise UsageError(
            f"{folder}: not the folder of a run: there is no manifest.json in it",
            hint="a run's folder is printed at the end of `probe run`",
        )
    manifest = _read_json(folder / "manifest.json")
    if isinstance(manifest.get("kind"), str) and not (folder / "summary.json").exists():
        article = "an" if manifest["kind"] == "attribution" else "a"
        raise UsageError(
            f"{folder}: this is {article} {manifest['kind']}, not a run",
            hint="name the folder that `probe run` printed",
        )
    summary = _read_json(folder / "summary.json")
    _check_version(folder, summary)
    manifest, summary = renamed(manifest), renamed(summary)
    check_manifest(folder / "manifest.json", manifest)
    check_summary(folder / "summary.json", summary, manifest)
    return Run(folder, manifest, read_summary(summary))


def _check_version(folder: Path, summary: Mapping[str, Any]) -> None:
    version = summary.get("schema_version")
    if type(version) is not int or version not in READABLE:
        found = "no schema_version" if version is None else f"schema {shown(version)}"
        raise StoreError(
            f"{folder / 'summary.json'}: written with {found}, this version reads {SCHEMA_VERSION}",
            hint="run it again, or read it with the version of probe that its manifest names",
        )


def runs_in(folder: Path) -> list[Path]:
    """Return the folders of the runs in a folder, oldest first; experiments are saved there too and are left out."""
    runs = [path for path in folder.iterdir() if not path.name.startswith(".") and is_run(path)]
    return sorted(runs, key=lambda path: (_created(path), (path / "manifest.json").stat().st_mtime_ns, path.name))


def is_run(path: Path) -> bool:
    """Return whether a folder is a run's, by the names of its files."""
    return isfile(path / "manifest.json") and isfile(path / "summary.json")  # False for a folder that is locked to us


def _created(run: Path) -> str:
    """Return when a run was made, as its folder's name begins; the name itself where the manifest cannot be read."""
    try:
        return re.sub("[-:]", "", str(_read_json(run / "manifest.json")["created"]))
    except (StoreError, KeyError):
        return run.name


def _read_json(path: Path) -> dict[str, Any]:
    try:
        text = read_text(path)
        value = from_json(text)
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: damaged: {error}", hint=HINT) from error
    if not isinstance(value, dict):
        raise StoreError(f"{path}: damaged: it holds no JSON object", hint=HINT)
    # It may come from where a secret of here was not known. The whole text is looked at first: that is faster.
    return value if masked(text) == text else dict(masked_value(value))
