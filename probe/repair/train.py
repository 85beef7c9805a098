"""A training from a loaded model to an adapter's folder, or what is left of it to go on from.

    load --> what is trained of the model --> steps and looks (`probe.repair.trainer`) --> the weights of the best look
        out/                  the adapter, with repair.json: settings, split, steps, looks
        .out.unfinished/      until then

Covered: where it lies, beginning, resuming, finishing. Not covered: the judgement on items never seen (`probe.repair.judge`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.models.huggingface import HuggingFace
from probe.record.store import LONGEST_FILE, new_folder, write_json
from probe.record.store import check_place as can_be_written
from probe.repair.adapters import save
from probe.repair.checkpoint import HINT, Unfinished
from probe.repair.history import Progress, Trained
from probe.repair.record import RECORD
from probe.repair.settings import RepairSettings
from probe.repair.split import Split
from probe.repair.trainer import Trainer


def train(
    load: Callable[[], HuggingFace],
    split: Split,
    settings: RepairSettings,
    out: Path,
    *,
    progress: Progress = lambda _: None,
    resume: bool = False,
    facts: Mapping[str, Any] | None = None,
) -> Trained:
    """Train a freshly loaded model on a split, and write its adapter to the folder `out`.

    `facts` go into the adapter's record, and must be the same where a training is resumed.

    Raises:
        UsageError: the folder is there already, or an unfinished training of other settings.
        LeakError: a view is of what the cure is judged on.
        ModelError: the loss is no number, or memory does not suffice for a single view.
        StoreError: something cannot be written.
    """
    unfinished = Unfinished.of(out)
    check_place(out, resume=resume)
    engine = load()
    begun: dict[str, Any] = {
        "settings": settings.as_record(),
        "model": engine.name,
        "fingerprint": engine.fingerprint,
        "suites": [{"name": one.name, "digest": one.digest} for one in split.suites],
        **split.as_record(),
        **(facts or {}),
    }
    is_begun = unfinished.folder.is_dir()
    if is_begun:
        unfinished.check_same(begun)
        unfinished.sweep()
    trainer = Trainer(engine, split, settings, unfinished, progress)
    if not is_begun:
        unfinished.begin(begun)
    trainer.restore()
    trained = trainer.run(out)
    with new_folder(out.parent, out.name, what="the adapter", hint=HINT) as folder:
        save(trainer.tuned, folder)
        write_json(folder / RECORD, begun | trained.as_record())
    unfinished.remove()
    return trained


def check_place(out: Path, *, resume: bool) -> None:
    """Refuse a folder that is there already or cannot be written, and an unfinished training that is not to be resumed.

    Raises:
        UsageError: says which of the two.
        StoreError: nothing could be written there.
    """
    can_be_written(out, what="the adapter", hint="choose another place with --out", inside=LONGEST_FILE)
    unfinished = Unfinished.of(out)
    if out.exists():
        raise UsageError(f"{out} is there already, and nothing is overwritten", hint="choose another --out")
    if unfinished.folder.is_dir() and not resume:
        raise UsageError(
            f"an unfinished training lies in {unfinished.folder}",
            hint=f"go on with it: --resume; or begin again after  rm -r {unfinished.folder}",
        )
