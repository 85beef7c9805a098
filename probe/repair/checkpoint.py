"""An unfinished training on disk, beside the place where its adapter will lie, and what it goes on from.

    adapters/sentiment                     the adapter, once it is finished
    adapters/.sentiment.unfinished/
        training.json                      settings, suites, model: what --resume must be given again
        step-000040/                       the newest checkpoint; older ones are removed
            state.json  trained.safetensors  optimizer.safetensors
        best/                              the weights of the best look so far, where it is not the start

A checkpoint is written under another name and renamed when it is complete, so that a kill at any moment leaves the one before.
Nothing is pickled: weights and the state of the optimizer are safetensors, all else JSON.

Covered: writing, finding, reading. Not covered: random generators, which depend on the step alone and have no state.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from probe.errors import StoreError, UsageError
from probe.record.schema import read_checked
from probe.record.store import new_folder, sweep_runs, write_json
from probe.repair.record import BEGUN, STATE, STATE_FORM, TRAINING

TRAINED, OPTIMIZER = "trained.safetensors", "optimizer.safetensors"
HINT = "free some space and go on with --resume, or choose another place with --out DIR"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The folder of an unfinished training."""

    folder: Path

    @classmethod
    def of(cls, out: Path) -> Unfinished:
        """Return the one that belongs to an adapter's folder."""
        return cls(out.parent / f".{out.name}.unfinished")

    def begin(self, training: Mapping[str, Any]) -> None:
        """Make the folder, with what is trained and how.

        Raises:
            StoreError: it cannot be written.
        """
        with new_folder(self.folder.parent, self.folder.name, what="the training", hint=HINT) as folder:
            write_json(folder / TRAINING, dict(training))

    def sweep(self) -> None:
        """Remove what was being written when a training was killed."""
        sweep_runs(self.folder)
        # One training writes here at a time, so that what has no lock is dead as well.
        for partial in self.folder.glob(".*.partial"):
            shutil.rmtree(partial, ignore_errors=True)

    def check_same(self, training: Mapping[str, Any]) -> None:
        """Refuse to go on with another training than the one that was begun.

        Raises:
            UsageError: names what differs.
        """
        begun = read_checked(BEGUN, self.folder / TRAINING, hint=self._again)
        now = json.loads(json.dumps(training))
        keys = {*begun, *now} - {"command", "created", "versions"}
        differing = sorted(key for key in keys if begun.get(key) != now.get(key))
        if "settings" in differing:
            differing.remove("settings")
            both = {*begun["settings"], *now["settings"]}
            differing += sorted(key for key in both if begun["settings"].get(key) != now["settings"].get(key))
        if differing:
            raise UsageError(
                f"{self.folder} was begun otherwise: it differs in {', '.join(differing)}",
                hint="repeat the command that began it with --resume, or choose another --out",
            )

    def save(self, state: Mapping[str, Any], trained: Mapping[str, Tensor], optimizer: Mapping[str, Tensor]) -> None:
        """Write a checkpoint whole, then remove the ones before it.

        Raises:
            StoreError: it cannot be written; the one before is still there.
        """
        name = f"step-{state['step']:06d}"
        if (self.folder / name).is_dir():
            return
        with self._written(name) as folder:
            save_file(dict(trained), folder / TRAINED)
            save_file(dict(optimizer), folder / OPTIMIZER)
            sums = {file: checksum(folder / file) for file in (TRAINED, OPTIMIZER)}
            write_json(folder / STATE, {**state, "checksums": sums})
        for older in self._steps()[:-1]:
            shutil.rmtree(older, ignore_errors=True)

    def newest(self) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, Tensor]] | None:
        """Return the newest checkpoint: state, weights, state of the optimizer; None where none was written yet.

        Raises:
            StoreError: it cannot be read.
        """
        if not (steps := self._steps()):
            return None
        state = read_checked(STATE_FORM, steps[-1] / STATE, hint=self._again)
        trained, optimizer = (self._read(steps[-1] / file) for file in (TRAINED, OPTIMIZER))
        with self.going_on():
            for file, sum_of_it in state["checksums"].items():
                if checksum(steps[-1] / file) != sum_of_it:
                    raise ValueError(f"{file} was changed after it was written")
        return state, trained, optimizer

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Say of a checkpoint that does not hold what it should that it is damaged.

        Raises:
            StoreError: names it.
        """
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            step = self._steps()[-1]
            raise StoreError(f"the checkpoint {step} is damaged: {error}", hint=self._again) from error

    def save_best(self, step: int, trained: Mapping[str, Tensor]) -> None:
        """Write the weights of the best look.

        Raises:
            StoreError: they cannot be written.
        """
        name = f"best-{step:06d}"
        shutil.rmtree(self.folder / name, ignore_errors=True)
        with self._written(name) as folder:
            save_file(dict(trained), folder / TRAINED)

    def best(self, step: int) -> dict[str, Tensor]:
        """Return the weights of the look at a step.

        Raises:
            StoreError: they cannot be read.
        """
        return self._read(self.folder / f"best-{step:06d}" / TRAINED)

    def forget_best(self, *, but: int) -> None:
        """Remove the weights of earlier best looks, once a checkpoint names the newer one."""
        for folder in self.folder.glob("best-*"):
            if folder.name != f"best-{but:06d}":
                shutil.rmtree(folder, ignore_errors=True)

    def remove(self) -> None:
        """Remove it all: the training is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def _written(self, name: str) -> Iterator[Path]:
        try:
            with new_folder(self.folder, name, what="the checkpoint", hint=HINT) as folder:
                yield folder
        except SafetensorError as error:  # it does not say so as an OSError
            raise StoreError(f"cannot write the checkpoint to {self.folder / name}: {error}", hint=HINT) from error

    @property
    def _again(self) -> str:
        return f"begin again without --resume, after  rm -r {self.folder}"

    def _read(self, path: Path) -> dict[str, Tensor]:
        return read_weights(path, hint=self._again)

    def _steps(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file: it tells damage, not forgery."""
    found = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found = zlib.crc32(block, found)
    return found


def read_weights(path: Path, *, hint: str) -> dict[str, Tensor]:
    """Return the tensors of a file.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        found: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise StoreError(f"cannot read {path}: {error}", hint=hint) from error
    return found


def optimizer_tensors(optimizer: torch.optim.Optimizer, names: Mapping[Tensor, str]) -> dict[str, Tensor]:
    """Return the state of an optimizer as tensors, by parameter and kind."""
    return {
        f"{names[parameter]}:{kind}": value.detach().cpu().contiguous()
        for parameter, state in optimizer.state.items()
        for kind, value in state.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], named: Mapping[str, Any]
) -> None:
    """Put the state that `optimizer_tensors` gave back into an optimizer."""
    for key, value in tensors.items():
        name, _, kind = key.rpartition(":")
        parameter = named[name]
        # The number of steps stays on the CPU, as the optimizer keeps it.
        optimizer.state[parameter][kind] = value if kind == "step" else value.to(parameter.device)
