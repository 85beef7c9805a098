"""A run on disk: a folder that is whole or is not there.

    runs/20261123T150000Z_sentiment_pocket_1a2b3c/
        manifest.json      everything needed to run it again
        summary.json       the figures; what `--json` prints
        *.parquet          scores, variants and dropped variants: `probe.record.tables`
        report.html

It is written under a temporary name (a leading dot) and renamed when it is complete, so that a full disk, a kill or Ctrl-C
leaves nothing that looks like a run. What a killed process left is removed by the next one that writes there.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from probe.errors import StoreError
from probe.files.partial import sweep, under_way
from probe.files.writable import try_out
from probe.masking import masked

log = logging.getLogger(__name__)

LONGEST_RUN = "x" * 110
"""As long as `folder_name` gets."""
LONGEST_FILE = "x" * 80
"""As long as the name of a file in a run's folder gets while it is written."""


def folder_name(created: str, suites: Sequence[str], model: str, run_id: str) -> str:
    """Return a run's folder name: time, suite, model, id, in letters that every file system takes."""
    suite = suites[0] if len(suites) == 1 else f"{len(suites)}-suites"
    # masked first: other letters would hide a secret of a model's path
    parts = (re.sub(r"[^A-Za-z0-9.-]+", "-", masked(part)).strip("-.")[-40:] for part in (suite, model))
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
    final = out / name
    try:
        out.mkdir(parents=True, exist_ok=True)
        sweep_runs(out)
        with under_way(final) as temporary:
            temporary.mkdir()
            yield temporary
            os.replace(temporary, final)
    except OSError as error:
        raise StoreError(
            f"cannot write {what} to {final}: {error.strerror or error}",
            hint=hint,
        ) from error


def sweep_runs(out: Path) -> None:
    """Remove what killed processes were writing into a folder, and say so."""
    for left in sweep(out):
        log.warning("removed %s, which a process that was killed left half written", left)


def check_place(
    final: Path, *, what: str = "the run", hint: str = "choose another place with --out DIR", inside: str = ""
) -> None:
    """Refuse a file or folder that could not be written later, before any work is done; `what` names it in the error.

    `inside` is the longest name that a folder is to hold.

    Raises:
        StoreError: says why.
    """
    try:
        try_out(final, inside=inside)
    except OSError as error:
        raise StoreError(f"cannot write {what} to {final}: {error.strerror or error}", hint=hint) from error


def check_out(out: Path) -> None:
    """Refuse a folder of runs in which no run could be written; remove what killed runs left there.

    Raises:
        StoreError: says why.
    """
    try:
        str(out).encode()
        try_out(out / LONGEST_RUN, inside=LONGEST_FILE)
    except UnicodeEncodeError as error:
        raise StoreError(
            f"cannot write the run to {out}: the name is not UTF-8, and tables can have no other",
            hint="choose another place with --out DIR",
        ) from error
    except OSError as error:
        raise StoreError(
            f"cannot write the run to {out}: {error.strerror or error}", hint="choose another place with --out DIR"
        ) from error
    sweep_runs(out)


def check_outputs(outs: Sequence[Path]) -> None:
    """Refuse files of -o that could not be written later.

    Raises:
        StoreError: names the file and says why.
    """
    for one in outs:
        check_place(one, what="-o", hint="choose another place with -o FILE")


@contextmanager
def scratch_folder(out: Path) -> Iterator[Path]:
    """Return a folder in `out` that is gone when the block ends; of a process that dies the next run removes it.

    Raises:
        StoreError: the place is not writable.
    """
    with ExitStack() as stack:
        try:
            out.mkdir(parents=True, exist_ok=True)
            folder = stack.enter_context(under_way(out / "answers"))
            folder.mkdir()
        except OSError as error:
            raise StoreError(
                f"cannot write the run to {out}: {error.strerror or error}", hint="choose another place with --out DIR"
            ) from error
        yield folder


UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""Characters that JSON may hold as they are, and that act on a terminal or are not seen there."""


def json_text(value: Any, *, is_ascii: bool = True) -> str:
    r"""Return a value as JSON, keys in their order, no NaN; a character that is not seen is an escape, such as `\u007f`.

    Between strings JSON has none of them, so that each stands in a string, where JSON has escapes.
    """
    text = json.dumps(value, indent=1, ensure_ascii=is_ascii, allow_nan=False)
    return UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1] if match[0] != "\x7f" else "\\u007f", text)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all: keys in their order, no NaN, one trailing newline."""
    write_whole(path, json_text(value, is_ascii=False) + "\n")


def write_whole(
    path: Path,
    data: str | bytes,
    *,
    what: str = "",
    hint: str = "free some space or choose another place; the run itself is whole",
) -> Path:
    """Write a file whole or not at all, without known secrets; return its path. `what` names it in the error.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with under_way(path) as temporary:
            temporary.write_bytes(masked(data).encode("utf-8", "backslashreplace") if isinstance(data, str) else data)
            temporary.replace(path)
    except OSError as error:
        place = f"{what} to {path}" if what else str(path)
        raise StoreError(f"cannot write {place}: {error.strerror or error}", hint=hint) from error
    return path
