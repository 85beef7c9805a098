"""A run on disk: a folder that is whole or is not there.

    runs/20261123T150000Z_sentiment_pocket_1a2b3c/
        manifest.json      everything needed to run it again
        summary.json       the figures; what `--json` prints
        *.parquet          scores, variants and dropped variants: `probe.record.tables`
        report.html

It is written under a temporary name (a leading dot) and renamed when it is complete, so that a full disk, a kill or Ctrl-C
leaves nothing that looks like a run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from probe.errors import StoreError


def folder_name(created: str, suites: Sequence[str], model: str, run_id: str) -> str:
    """Return a run's folder name: time, suite, model, id, in letters that every file system takes."""
    suite = suites[0] if len(suites) == 1 else f"{len(suites)}-suites"
    parts = (re.sub(r"[^A-Za-z0-9.-]+", "-", part).strip("-.")[-40:] for part in (suite, model))
    return "_".join([created.replace("-", "").replace(":", ""), *parts, run_id])


@contextmanager
def new_folder(
    out: Path,
    name: str,
    *,
    what: str = "the run",
    hint: str = "free some space or choose another place with --out DIR; answers already computed are in the cache",
) -> Iterator[Path]:
    """Return a temporary folder that becomes `out/name` when the block ends well, and is removed when it does not.

    `what` names it in the error.

    Raises:
        StoreError: the disk is full, the place is not writable, or the name is taken.

    """
    final, temporary = out / name, out / f".{name}.{os.getpid()}.partial"
    try:
        out.mkdir(parents=True, exist_ok=True)
        # In a container each process may have the same number: what one that was killed has left is in the way.
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        yield temporary
        os.replace(temporary, final)
    except OSError as error:
        raise StoreError(
            f"cannot write {what} to {final}: {error.strerror or error}",
            hint=hint,
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def scratch_folder(out: Path) -> Iterator[Path]:
    """Return a folder in `out` that is gone when the block ends.

    Raises:
        StoreError: the place is not writable.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = Path(mkdtemp(prefix=".answers.", suffix=f".{os.getpid()}.partial", dir=out))
    except OSError as error:
        raise StoreError(
            f"cannot write the run to {out}: {error.strerror or error}", hint="choose another place with --out DIR"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all: keys in their order, no NaN, one trailing newline."""
    write_whole(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_whole(
    path: Path,
    data: str | bytes,
    *,
    what: str = "",
    hint: str = "free some space or choose another place; the run itself is whole",
) -> Path:
    """Write a file whole or not at all; return its path. `what` names it in the error.

    Raises:
        StoreError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data)
        temporary.replace(path)
    except OSError as error:
        place = f"{what} to {path}" if what else str(path)
        raise StoreError(f"cannot write {place}: {error.strerror or error}", hint=hint) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    return path
