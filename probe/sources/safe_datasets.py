"""Data sets through `datasets`, of kinds that are data: no pickles, no loading scripts, no databases, no files from elsewhere.

    dataset_path: pandas                      refused: pickled
    dataset_path: json, data_files: x.jsonl   read, if x.jsonl lies where the task may read

The kind is looked at once `datasets` has found the files and before it opens one. What is not in the list is refused, whatever
the version of `datasets` does with it.

Covered: kinds, local files. Not covered: what is in them; the hub and web addresses, which are read as data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.files.inside import is_inside

KINDS = ("arrow", "audiofolder", "cache", "conll", "csv", "imagefolder", "json", "parquet", "text", "xml")
"""The builders of `datasets` that read data and nothing else."""
PICKLED = ("pandas", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".pt", ".pth", ".pkl.gz", ".pkl.zip", ".pickle.gz")
"""A builder that unpickles, and endings of files that hold pickles or may."""
REMOTE = ("hf", "http", "https", "s3", "gs")
PLACED = ("file", "local")
"""Protocols of local files."""
ALLOW = "if you trust it to read there, add --allow-outside"


@contextmanager
def guarded_datasets(*, folders: Collection[Path] | None, any_kind: bool = False) -> Iterator[None]:
    """Let `datasets.load_dataset` load data alone, and of local files only those in the folders; None: anywhere.

    `any_kind` allows the kinds that are neither in the list nor pickled, where a user trusts the code of a task anyway.

    Raises:
        UsageError: a data set is of another kind, or a file of it lies elsewhere.
    """
    from datasets import load

    plain = load.load_dataset_builder

    def checked(path: str, *args: Any, **named: Any) -> Any:
        if str(path) in PICKLED:
            raise _pickled(str(path))
        builder = plain(path, *args, **named)
        _check_kind(builder, any_kind=any_kind)
        _check_files(builder, folders)
        return builder

    load.load_dataset_builder = checked
    try:
        yield
    finally:
        load.load_dataset_builder = plain


def _check_kind(builder: Any, *, any_kind: bool) -> None:
    module = type(builder).__module__.split(".")
    kind = module[-1] if module[:2] == ["datasets", "packaged_modules"] else "a loading script"
    if kind == "pandas":
        raise _pickled(kind)
    if kind not in KINDS and not any_kind:
        raise UsageError(
            f"a data set of the kind {kind} is not read: it may be more than data", hint=f"kinds: {', '.join(KINDS)}"
        )
    separator = getattr(builder.config, "delimiter", None) or getattr(builder.config, "sep", None) or ","
    if len(separator) > 1:  # pandas takes it for a regular expression, which can take for ever
        raise UsageError(f"the separator {separator!r} of a table is more than one character")


def _check_files(builder: Any, folders: Collection[Path] | None) -> None:
    for files in (getattr(builder.config, "data_files", None) or {}).values():
        for file in map(str, files):
            if file.lower().endswith(PICKLED):
                raise _pickled(file)
            for part in file.split("::"):
                _check_place(part, folders)


def _check_place(file: str, folders: Collection[Path] | None) -> None:
    """Refuse a part of an address that is a local file elsewhere; `zip://a.csv` lies within an archive, the next part."""
    protocol, mark, rest = file.partition("://")
    if (mark and protocol not in PLACED) or folders is None:
        if mark and protocol not in (*REMOTE, *PLACED, "zip", "tar", "gzip", "bz2", "xz", "zstd", "lz4"):
            raise UsageError(f"data files by {protocol}:// are not read", hint="name a file, or a data set of the hub")
        return
    path = Path(rest if mark else file)
    if not any(is_inside(path, folder) for folder in folders):
        raise UsageError(f"data file {path} lies outside {' and '.join(map(str, folders))}", hint=ALLOW)


def _pickled(what: str) -> UsageError:
    return UsageError(
        f"{what}: pickled data is never read: loading it runs code", hint="save it as Parquet, JSON Lines or CSV"
    )
