"""Damage every key of a run's manifest and summary, and have every command that takes a folder read it.

    python benchmarks/damaged_folders.py [SHARE [COMMAND ...]]
    python benchmarks/damaged_folders.py --schemas     writes probe/record/schemas/ anew

Each key, at any depth, is left out and replaced by null and by values of other types and beyond its range; of lists the first
two entries are taken. Prints how many pairs of damage and command ended how; a traceback, "this is a bug in probe" or an exit
code that is not documented fails it.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from probe.cli import exit_code
from probe.errors import EXIT_CODES
from probe.record import schema
from probe.record.schema import documents

VALUES: tuple[Any, ...] = (
    None, "", "x", "\x1b[31m", True, -1, 0, 1.5, 10**299, float("nan"), float("inf"), [], ["x"], [None], {}, {"x": 1},
)  # fmt: skip
FILES = ("manifest.json", "summary.json")
MOST_ENTRIES = 2
"""Entries of a list that are damaged; the others are read alike."""
Damage = tuple[str, tuple[str | int, ...], Any]
"""A file, the path of a key in it, and the value in its place; `Ellipsis`: left out."""


def make_run(out: Path) -> Path:
    """Return the folder of a small run of two suites."""
    command = [
        "run",
        "facts",
        "sentiment",
        "--limit",
        "4",
        "--samples",
        "2",
        "--model",
        "scripted:coin",
        "--out",
        str(out),
    ]
    assert quiet(command)[0] == 0
    (folder,) = (path.parent for path in out.glob("*/manifest.json"))
    return folder


def commands(folder: Path, sound: Path, baseline: Path, place: Path) -> dict[str, list[str]]:
    """Return the commands that read a folder of a run, by name; `sound` is a copy that is not damaged."""
    run = str(folder)
    flip = json.loads((sound / "summary.json").read_text(encoding="utf-8"))["flips"][0]["id"]
    return {
        "report": ["report", run, "-o", str(place / "page.html")],
        "markdown": ["report", run, "-o", str(place / "page.md")],
        "compare": ["compare", str(sound), run],
        "gate": ["gate", run, "--baseline", str(baseline)],
        "bless": ["bless", run, "-o", str(place / "made.json"), "--new-chain"],
        "history": ["history", str(folder.parent)],
        "table": ["report", run, "-o", str(place / "page.parquet")],
        "attribute": ["attribute", "facts", "--into", run, "--model", "scripted:coin", "--limit", "2", "--budget", "8"],
        "review": ["review", run, "--spot-check", "1"],
        "explain": ["explain", run],
        "shrink": ["shrink", run, "--flip", flip],
        "mitigate": ["mitigate", run, "--method", "batch-calibration"],
    }


def damages(values: dict[str, Any]) -> Iterator[Damage]:
    """Return every damage of files, whose values are given by name."""
    for name, value in values.items():
        for path in paths(value):
            if isinstance(path[-1], str):
                yield name, path, ...
            yield from ((name, path, other) for other in VALUES)


def paths(value: Any) -> Iterator[tuple[str | int, ...]]:
    """Return the path of each key and of the first entries of each list."""
    held = value.items() if isinstance(value, dict) else enumerate(value[:MOST_ENTRIES])
    for key, one in held:
        yield (key,)
        if isinstance(one, dict | list):
            yield from ((key, *path) for path in paths(one))


def damaged(value: Any, path: tuple[str | int, ...], other: Any) -> Any:
    """Return a copy of a value in which one key is another."""
    whole = copy.deepcopy(value)
    held = whole
    for key in path[:-1]:
        held = held[key]
    if other is ...:
        del held[path[-1]]
    else:
        held[path[-1]] = other
    return whole


def quiet(command: list[str]) -> tuple[int, str]:
    """Return the exit code of a command and what it printed."""
    text, stdin = io.StringIO(), sys.stdin
    sys.stdin = io.StringIO()  # nobody answers what `review` asks
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        code = exit_code(command)
    sys.stdin = stdin
    return code, text.getvalue()


def sweep(
    place: Path, *, share: float = 1.0, seed: int = 0, only: tuple[str, ...] = ()
) -> tuple[Counter[str], list[str]]:
    """Return how many damages of each command ended how, and those that must not end so."""
    sound = make_run(place / "sound")
    folder = shutil.copytree(sound, place / "damaged" / "run")
    shutil.copytree(sound, place / "damaged" / "sound")
    assert quiet(["bless", str(sound), "-o", str(place / "base.json")])[0] == 0
    asked = commands(folder, sound, place / "base.json", place)
    values = {name: json.loads((sound / name).read_text(encoding="utf-8")) for name in FILES}
    rng, found, bad = random.Random(seed), Counter[str](), []
    for name, path, other in damages(values):
        for command, words in asked.items():
            if rng.random() >= share or (only and command not in only):
                continue
            (folder / name).write_text(json.dumps(damaged(values[name], path, other)), encoding="utf-8")
            code, text = quiet(words)
            found[f"{command} {code}"] += 1
            if code not in EXIT_CODES or "bug in probe" in text or "Traceback" in text:
                bad.append(f"{command}: {name} {path} {other!r}: {code} {text[-300:]}")
        shutil.copyfile(sound / name, folder / name)
    return found, bad


def write_schemas() -> None:
    """Write the schemas into the package."""
    for name, document in documents().items():
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        (Path(schema.__file__).parent / "schemas" / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--schemas"]:
        write_schemas()
        sys.exit()
    with tempfile.TemporaryDirectory() as temporary:
        counted, failed = sweep(
            Path(temporary), share=float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, only=tuple(sys.argv[2:])
        )
    print(*(f"{name}  {number}" for name, number in sorted(counted.items())), sep="\n")
    print(*failed, sep="\n")
    print(f"{counted.total()} pairs of damage and command, {len(failed)} end in a traceback")
    sys.exit(bool(failed))
