"""The folder of the run that a user means.

    runs/20261123T150000Z_...     that run
    runs                          the newest run in it
    latest                        the newest run where `probe run` saves them; a folder of that name is `./latest`

Covered: these, and what to say of any other name: what was looked for, and which runs are near it.
Not covered: reading the run (`probe.record.run`).
"""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from probe.errors import UsageError
from probe.record.run import is_run, runs_in
from probe.sources import kind_of_name
from probe.suite import DEFINITION, shipped_suites

LATEST = "latest"
MANIFEST = "manifest.json"
MOST_NEAR = 3
"""Runs that the error for an unknown one names."""
MOST_LOOKED_AT, MOST_LOOKED_INTO = 2000, 50
"""Entries of a folder in which runs of near names are looked for, and of a folder in it."""


def find_run(name: str | Path, *, runs: Path) -> Path:
    """Return the folder of the run that a name means; `runs` is where `probe run` saves them.

    Raises:
        UsageError: it means none; the message says what was looked for, the hint which runs are near.
    """
    path = Path(name).expanduser()
    if (path / MANIFEST).is_file():
        return path
    if str(name) == LATEST and not path.exists():
        found = _runs(runs)
        if not found:
            raise UsageError(
                f"{LATEST}: no run in the folder {runs}", hint="probe run  makes one; or name a run's folder"
            )
        return found[-1]
    found = _runs(path)
    if not found:
        raise _no_run(path, runs)
    return found[-1]


def find_run_or_suite(name: str | Path, *, runs: Path) -> Path | None:
    """Return the folder of the run that a name means, or None where it means a suite.

    A folder with a suite in it is a suite.

    Raises:
        UsageError: it means neither.
    """
    path = Path(name).expanduser()
    means_suite = (path / DEFINITION).is_file() or path.name == DEFINITION
    if not means_suite and (_runs(path) or (path / MANIFEST).is_file() or (str(name) == LATEST and not path.exists())):
        return find_run(name, runs=runs)
    if means_suite or path.is_dir() or kind_of_name(str(name)) or str(name) in shipped_suites():
        return None
    suites = shipped_suites()
    near = [*difflib.get_close_matches(str(name), suites, n=1, cutoff=0.5), *_near_runs(path, runs)]
    raise UsageError(
        f"{name}: neither a run nor a suite: there is no such folder, and no shipped suite of that name{_guess(near)}",
        hint=f"a run's folder is printed at the end of `probe run`; suites that are shipped: {', '.join(suites)}",
    )


def which_newest(name: str | Path, found: Path) -> str:
    """Return a line that says which run a name means; empty where it names the run's folder."""
    if found == Path(name).expanduser():
        return ""
    number = len(runs_in(found.parent))
    return f"{found}: the newest of {number} runs" if number > 1 else f"{found}"


def _runs(path: Path) -> list[Path]:
    return runs_in(path) if path.is_dir() else []


def _no_run(path: Path, runs: Path) -> UsageError:
    """Return the error for a path that is no run and holds none."""
    if path.is_file():
        of_run = path.parent if (path.parent / MANIFEST).is_file() else None
        hint = f"name the folder: {shlex.quote(str(of_run))}" if of_run else "name the folder of a run"
        return UsageError(f"{path}: a file, not the folder of a run", hint=hint)
    below = f"there is no {MANIFEST} in it, nor a run below it"
    what = below if path.is_dir() else f"there is no folder {str(path)!r}"
    newest = f"; {LATEST} is the newest run in {runs}" if _runs(runs) else ""
    return UsageError(
        f"{path}: not the folder of a run: {what}{_guess(_near_runs(path, runs))}",
        hint=f"a run's folder is printed at the end of `probe run`{newest}",
    )


def _guess(near: Iterable[str]) -> str:
    names = list(dict.fromkeys(near))[:MOST_NEAR]
    return f". Near it: {', '.join(names)}" if names else ""


def _near_runs(path: Path, runs: Path) -> list[str]:
    """Return runs, and folders of runs, with a name like the last part of a path, where it or a run may lie."""
    found: dict[str, str] = {}
    for place in (path.parent, runs):
        for one in _folders_of_runs(place):
            found.setdefault(one.name, str(one))
    wanted = path.name
    # A run's name is long: a few letters of its beginning, or of its suite or model, mean it.
    begun = [name for name in found if wanted and name.startswith(wanted)]
    long = [name for name in found if wanted and (wanted in name or _shared(wanted, name) > len(wanted) / 2)]
    close = difflib.get_close_matches(wanted, found, n=MOST_NEAR, cutoff=0.5)
    return [found[name] for name in dict.fromkeys([*reversed(begun), *close, *reversed(long)])]


def _shared(one: str, other: str) -> int:
    """Return how many letters two names begin with alike."""
    return len(os.path.commonprefix([one, other]))


def _folders_of_runs(place: Path) -> Iterator[Path]:
    """Return the entries of a folder that are runs, or that hold one."""
    try:
        entries = list(islice(place.iterdir(), MOST_LOOKED_AT))
    except OSError:
        return
    for one in sorted(entries):
        if one.name.startswith("."):
            continue
        try:
            if is_run(one) or (one.is_dir() and any(map(is_run, islice(one.iterdir(), MOST_LOOKED_INTO)))):
                yield one
        except OSError:
            continue
