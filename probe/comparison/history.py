"""The figures of all runs in a folder, over time, by suite and model.

    runs/A  runs/B  runs/C   -->   suite, model   A: accuracy, flip rate, ...   B: ...   C: ...

Covered: reading what the runs recorded; one that cannot be read is named and left out. Not covered: computing anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from probe.errors import NothingToEvaluate, ProbeError, UsageError
from probe.evaluation.run import DESIGN
from probe.metrics import Row
from probe.models.canonical import digest_of
from probe.record.run import Run, read_run
from probe.registry import unknown_name

FIGURES: dict[str, tuple[str, str]] = {
    "accuracy": ("accuracy", "original"),
    "flip_rate": ("flip_rate", "all"),
    "spread": ("spread", "all"),
    "accuracy_worst": ("accuracy_worst", "all"),
    "contrast_consistency": ("contrast_consistency", "contrast"),
}
"""Metric and family of each figure that is followed."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a run; None where it was not defined."""

    value: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """A run of a suite."""

    run: str
    created: str
    fingerprint: str
    """Of the model: of its weights, and in runs that record them of its settings, adapter, tokenizer and code."""
    digest: str
    """Of the suite's files, of what was drawn and of what weighs equally: figures of another digest do not compare."""
    num_items: int
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """All runs of a suite by a model, the oldest first."""

    suite: str
    model: str
    points: tuple[HistoryPoint, ...]

    @property
    def changes(self) -> dict[str, float | None]:
        """Return by figure how far the newest run is from the one before; None where that asked other prompts."""
        if len(self.points) < 2 or self.points[-1].digest != self.points[-2].digest:
            return dict.fromkeys(FIGURES)
        before, after = (point.figures for point in self.points[-2:])
        return {key: _difference(before[key].value, after[key].value) for key in FIGURES}


def read_history(folder: Path, *, suite: str | None = None) -> tuple[list[HistoryLine], list[str]]:
    """Return the history of all runs in a folder, and which runs were left out and why.

    Raises:
        UsageError: there is no such folder, or no run of the suite in it.
        NothingToEvaluate: there is no run in it.
    """
    if not folder.is_dir():
        raise UsageError(
            f"{folder}: no folder", hint="`probe run` writes its runs to runs/ if --out does not say otherwise"
        )
    points: dict[tuple[str, str], list[HistoryPoint]] = {}
    left_out = []
    for path in sorted(folder.iterdir()):
        try:
            if path.name.startswith(".") or not (path / "manifest.json").is_file():
                continue
            run = read_run(path)
            for name, point in _points(run).items():
                points.setdefault((name, run.model), []).append(point)
        except (ProbeError, OSError, KeyError, TypeError) as error:  # a folder may be locked to us
            is_told = isinstance(error, ProbeError | OSError)
            left_out.append(f"{path.name}: {error}" if is_told else f"{path.name}: not of `probe run`")
    if not points:
        why = f" that can be read; left out: {'; '.join(left_out)}" if left_out else ""
        raise NothingToEvaluate(f"{folder}: no run in it{why}", hint="name the folder that --out named")
    suites = list(dict.fromkeys(name for name, _ in points))
    if suite is not None and suite not in suites:
        raise unknown_name("suite in these runs", suite, suites)
    lines = [
        HistoryLine(name, model, tuple(sorted(found, key=lambda point: (point.created, point.run))))
        for (name, model), found in sorted(points.items())
        if suite in (None, name)
    ]
    return lines, left_out


def as_dict(lines: Sequence[HistoryLine], left_out: Sequence[str] = ()) -> dict[str, Any]:
    """Return the lines as plain values, and what was left out."""
    found = [asdict(line) | {"changes": line.changes} for line in lines]
    return {"schema_version": 1, "lines": found, "left_out": list(left_out)}


def _points(run: Run) -> dict[str, HistoryPoint]:
    """Return the point of each suite of a run."""
    if not run.summary.metrics:
        raise KeyError("metrics")
    manifest, points = run.manifest, {}
    rows = {(row.suite, row.metric, row.family): row for row in run.summary.metrics}
    settings = "/".join(str(manifest.get(key)) for key in DESIGN if key != "limit")
    for suite in manifest["suites"]:
        name, num_items = str(suite["name"]), int(suite["num_items"])
        points[name] = HistoryPoint(
            run.folder.name,
            str(manifest["created"]),
            _fingerprint(manifest["model"]),
            f"{suite['version']}/{suite['digest']}/{num_items}/{settings}/{run.summary.weight}",
            num_items,
            {key: _figure(rows.get((name, *place))) for key, place in FIGURES.items()},
        )
    return points


def _fingerprint(facts: Mapping[str, Any]) -> str:
    hashes = {key: value for key, value in facts.items() if key.endswith("_hash")}
    weights = str(facts.get("fingerprint", ""))
    return digest_of([weights, hashes]) if "config_hash" in facts else weights


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _figure(row: Row | None) -> Figure:
    return Figure(None, None, None) if row is None else Figure(row.value, row.ci_low, row.ci_high)
