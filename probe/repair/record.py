"""A repair as its folder holds it: what was trained, how it went, and what it was found to be worth, if it was judged.

    adapters/sentiment/              repair.json, and judgement.json once it is judged
    adapters/.sentiment.unfinished/  training.json, and the state of the newest checkpoint: a training under way or interrupted

Loads no heavy library. Covered: reading, and what each file must hold. Not covered: weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probe.errors import StoreError, UsageError
from probe.files.shape import Form
from probe.record.manifest import AskedModel
from probe.record.plain import from_plain
from probe.record.schema import read_checked, reversed_intervals
from probe.repair.curves import Curves, curves_of
from probe.repair.history import Look, StepDone, Trained
from probe.repair.judgement import REPAIR, SCHEMA_VERSION, Judgement
from probe.repair.settings import RepairSettings

RECORD, JUDGEMENT = "repair.json", "judgement.json"
"""In the adapter's folder: what was trained and how it went; what it is worth."""
TRAINING, STATE = "training.json", "state.json"
"""Of an unfinished training: what was begun; in the folder of a checkpoint: how far it is."""
AGAIN = "the file is damaged, or was edited; take another copy of the folder, or train it again"


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
class TrainedSuite:
    """A suite that was trained on."""

    name: str
    digest: str = ""
    """The hash of its files."""


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What is trained, as `training.json` holds it."""

    settings: RepairSettings
    """By the names of the flags."""
    model: str = ""
    fingerprint: str = ""
    """The hash of the model's weights."""
    suites: tuple[TrainedSuite, ...] = ()
    split: SplitRecord | None = None
    """What was trained on; not in records of before it was kept."""
    command: str = ""
    """What was typed."""
    asked_model: AskedModel | None = None
    """How the model was asked for."""
    created: str = ""
    """When it was begun, UTC."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """The versions of what determines the result."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a training went so far."""

    steps: tuple[StepDone, ...]
    looks: tuple[Look, ...]
    """At the validation items; the first is before any step."""
    best_step: int
    """The step of the best look."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class State(Course):
    """How far an unfinished training is, as `state.json` of a checkpoint holds it."""

    step: int
    """Steps that were taken."""
    scaler: Mapping[str, Any]
    """Of float16: how the loss is scaled."""
    pass_tokens: int | None
    """The most tokens of a pass."""
    checksums: Mapping[str, int]
    """CRC-32 of the files beside it."""


@dataclass(frozen=True, kw_only=True)
class Finished(Begun, Course):
    """What was trained and how it went, as `repair.json` holds it."""

    stopped: str
    """Why it ended before its time; empty where it did not."""
    tokens: int
    """Computed, forward; each shared prefix once."""
    seconds: float
    """Without interruptions."""
    tokens_separate: int = 0
    """As many would have been computed as separate sequences."""
    helped: bool = False
    """Whether the validation items are answered better than before."""


SHARES = frozenset(("worst", "mean", "clean", "flip_rate", "fraction"))
FINISHED = Form(Finished, shares=SHARES)
BEGUN = Form(Begun, shares=SHARES)
STATE_FORM = Form(State, shares=SHARES)
JUDGED = Form(Judgement, shares=SHARES, versions=(SCHEMA_VERSION,))
INTERVALS = (("ci_low", "ci_high"), ("over_low", "over_high"))


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
    record = read_record(folder) if is_finished else _unfinished(folder)
    trained = trained_of(record, folder)
    split = from_plain(SplitRecord, record["split"]) if record.get("split") else None
    return Repair(
        folder=folder,
        model=str(record.get("model", "")),
        suites=tuple(str(one["name"]) for one in record.get("suites", ())),
        trained=trained,
        split=split,
        judgement=read_judgement(folder),
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
    return read_checked(BEGUN, folder / TRAINING, hint=AGAIN) | read_checked(STATE_FORM, states[-1], hint=AGAIN)


def read_record(folder: Path) -> dict[str, Any]:
    """Return what an adapter's folder says of its training.

    Raises:
        StoreError: it says nothing, or is damaged.
    """
    return read_checked(FINISHED, folder / RECORD, hint=AGAIN)


def trained_of(record: Mapping[str, Any], folder: Path) -> Trained:
    """Return the training that a record of a folder is of.

    Raises:
        StoreError: a setting is of another version, or its best step is none at which the validation items were asked.
    """
    try:
        trained = Trained.of_record(record, folder)
    except UsageError as error:
        raise StoreError(f"{folder}: the settings of its record: {error}", hint=AGAIN) from error
    if trained is None:
        looks = ", ".join(str(one["step"]) for one in record["looks"]) or "none"
        raise StoreError(
            f"{folder}: best_step of its record is {record['best_step']}; the validation items were asked at: {looks}",
            hint=AGAIN,
        )
    return trained


def read_judgement(folder: Path) -> Judgement | None:
    """Return what an adapter was found to be worth; None where it was not judged.

    Raises:
        StoreError: the file is damaged, or of another version.
    """
    path = folder / JUDGEMENT
    if not path.exists():
        return None
    found = read_checked(JUDGED, path, hint="the file is damaged, or was edited; remove it, and judge with --resume")
    for key, what in reversed_intervals(found, ("figures",), INTERVALS):
        raise StoreError(f"{path}: {key} is {what}", hint=AGAIN)
    return Judgement.from_json(found)
