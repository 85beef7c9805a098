"""A repair as its folder holds it: what was trained, how it went, and what it was found to be worth, if it was judged.

    adapters/sentiment/              repair.json, and judgement.json once it is judged
    adapters/.sentiment.unfinished/  training.json, and the state of the newest checkpoint: a training under way or interrupted

Loads no heavy library. Covered: reading. Not covered: weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probe.errors import StoreError
from probe.files.reading import read_json
from probe.record.plain import NoNumber, from_plain
from probe.repair.curves import Curves, curves_of
from probe.repair.history import Trained
from probe.repair.judgement import REPAIR, Judgement

RECORD, JUDGEMENT = "repair.json", "judgement.json"
"""In the adapter's folder: what was trained and how it went; what it is worth."""
TRAINING, STATE = "training.json", "state.json"
"""Of an unfinished training: what was begun; in the folder of a checkpoint: how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRecord:
    """What was trained on, in numbers and names."""

    training_items: int = 0
    validation_items: int = 0
    duplicates: int = 0
    """Training items that were left out because they are evaluation items as well."""
    perturbations: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Everything that a repair's folder says."""

    folder: Path
    model: str
    suites: tuple[str, ...]
    trained: Trained
    split: SplitRecord | None = None
    """None in records of before it was kept."""
    judgement: Judgement | None = None
    command: str = ""
    created: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    is_finished: bool = True

    @property
    def name(self) -> str:
        """Return the adapter's name."""
        return self.folder.name if self.is_finished else self.folder.name.removeprefix(".").removesuffix(".unfinished")

    @property
    def curves(self) -> tuple[Curves, ...]:
        """Return the course of every training that is known: of all arms and seeds where it was judged."""
        kept = () if self.judgement is None else self.judgement.curves
        return kept or (curves_of(self.trained, REPAIR),)

    def to_json(self) -> dict[str, Any]:
        """Return it as `probe repair --json` prints it."""
        return self.trained.to_json() | {"judgement": None if self.judgement is None else self.judgement.to_json()}


def is_repair(folder: Path) -> bool:
    """Return whether a folder is an adapter's that was trained here, or an unfinished training's."""
    return (folder / RECORD).is_file() or (folder / TRAINING).is_file()


def read_repair(folder: Path) -> Repair:
    """Return what a repair's folder says.

    Raises:
        StoreError: a file is damaged, or an unfinished training has no checkpoint yet.
    """
    is_finished = (folder / RECORD).is_file()
    record = _read(folder / RECORD) if is_finished else _unfinished(folder)
    try:
        trained = Trained.of_record(record, folder)
        judged = folder / JUDGEMENT
        judgement = Judgement.from_json(_read(judged)) if judged.is_file() else None
        split = from_plain(SplitRecord, record["split"]) if isinstance(record.get("split"), Mapping) else None
    except (NoNumber, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"{folder}: its record is damaged: {error}", hint="train it again") from error
    if trained is None:
        raise StoreError(f"{folder}: no look at the validation items is recorded", hint="train it again")
    suites = [one for one in record.get("suites", ()) if isinstance(one, Mapping)]
    return Repair(
        folder=folder,
        model=str(record.get("model", "")),
        suites=tuple(str(one.get("name", "")) for one in suites),
        trained=trained,
        split=split,
        judgement=judgement,
        command=str(record.get("command", "")),
        created=str(record.get("created", "")),
        versions={str(name): str(one) for name, one in dict(record.get("versions") or {}).items()},
        is_finished=is_finished,
    )


def _unfinished(folder: Path) -> dict[str, Any]:
    """Return what was begun, with the state of the newest checkpoint."""
    states = sorted(folder.glob(f"step-*/{STATE}"))
    if not states:
        raise StoreError(
            f"{folder}: the training has written no checkpoint yet", hint="go on with it: probe repair ... --resume"
        )
    return _read(folder / TRAINING) | _read(states[-1])


def _read(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path)
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read {path}: {error}", hint="the file is damaged; train it again") from error
    if not isinstance(found, dict):
        raise StoreError(f"cannot read {path}: it holds no object", hint="the file is damaged; train it again")
    return found
