"""Damage the files of a run's folder, key by key and column by column, and read it.

    python benchmarks/damaged_folders.py               all damages through the reader, a sample through the commands
    python benchmarks/damaged_folders.py --schemas     writes probe/record/schemas/ anew

Each key of manifest.json and summary.json, at any depth, is left out and replaced by null and by values of other types and
beyond its range; of lists the first entry is taken, for the others are read alike. Each column of the tables is dropped, and
filled with nulls and with other types. The reader is `probe.load` with its figures and flips, and of tables its answers. What it
takes, and a few that it refuses, are drawn for the commands. Prints how many pairs of damage and command ended how; a traceback,
"this is a bug in probe" or an exit code that is not documented fails it.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.cli import exit_code
from probe.errors import EXIT_CODES, ProbeError
from probe.record import schema
from probe.record.schema import documents

VALUES: tuple[Any, ...] = (None, "x", [1], {"x": 1}, 10**299, float("nan"), -1, "", [], {})
FILES = ("manifest.json", "summary.json")
TABLES = ("scores", "variants", "dropped", "requests")
SUITES = ("facts", "sentiment")


@dataclass(frozen=True)
class Damage:
    """A change of one file of a folder."""

    file: str
    what: str
    """What is changed, as `metrics.0.value = null`."""
    write: Callable[[Path], None]
    """Writes the file into a folder anew."""


def make_run(out: Path) -> Path:
    """Return the folder of a small run of two suites."""
    asked = ["run", *SUITES, "--limit", "4", "--samples", "2", "--model", "scripted:coin", "--out", str(out)]
    assert quiet(asked)[0] == 0
    (folder,) = (path.parent for path in out.glob("*/manifest.json"))
    return folder


def commands(folder: Path, sound: Path, baseline: Path, place: Path) -> dict[str, list[str]]:
    """Return the commands that read a folder of a run, by name; `sound` is a copy that is not damaged."""
    run = str(folder)
    flip = json.loads((sound / "summary.json").read_text(encoding="utf-8"))["flips"][0]["id"]
    attribute = ["attribute", "facts", "--into", run, "--model", "scripted:coin", "--limit", "2", "--budget", "32"]
    return {
        "gate": ["gate", run, "--baseline", str(baseline), "--allow-inconclusive"],
        "page": ["report", run, "-o", str(place / "page.html")],
        "markdown": ["report", run, "-o", str(place / "page.md"), "-o", str(place / "page.sarif")],
        "table": ["report", run, "-o", str(place / "page.parquet"), "-o", str(place / "page.csv")],
        "compare": ["compare", str(sound), run],
        "bless": ["bless", run, "-o", str(place / "made.json"), "--new-chain"],
        "history": ["history", str(folder.parent)],
        "attribute": [*attribute, "--out", str(place / "attributed")],
        "review": ["review", run, "--spot-check", "1"],
        "explain": ["explain", run],
        "shrink": ["shrink", run, "--flip", flip],
        "mitigate": ["mitigate", run, "--method", "batch-calibration"],
    }


def damages(sound: Path) -> Iterator[Damage]:
    """Return every damage of a sound folder's files."""
    for name in FILES:
        value = json.loads((sound / name).read_text(encoding="utf-8"))
        for path in paths(value):
            others = [..., *VALUES] if isinstance(path[-1], str) else VALUES
            yield from (_of_key(name, value, path, other) for other in others)
    for name in TABLES:
        yield from _of_table(sound, name)


def _of_key(name: str, value: Any, path: tuple[str | int, ...], other: Any) -> Damage:
    key = ".".join(map(str, path))
    what = f"without {key}" if other is ... else f"{key} = {json.dumps(other)[:20]}"

    def write(folder: Path) -> None:
        (folder / name).write_text(json.dumps(damaged(value, path, other)), encoding="utf-8")

    return Damage(name, what, write)


def _of_table(sound: Path, name: str) -> Iterator[Damage]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(sound / f"{name}.parquet")
    number, file = len(table), f"{name}.parquet"

    def damage(what: str, other: Any) -> Damage:
        return Damage(file, what, lambda folder: pq.write_table(other, folder / file))

    yield damage("a row less", table.slice(1))
    yield damage("a row twice", pa.concat_tables([table, table.slice(0, 1)]))
    yield damage("no row", table.slice(0, 0))
    for place, column in enumerate(table.column_names):
        yield damage(f"without {column}", table.drop_columns([column]))
        for other in (None, "x", 10**9, -1, float("nan"), [1], ["x"], True, b"\xff", {"x": "y"}):
            values = pa.array([other] * number) if number else pa.array([], pa.null())
            yield damage(f"{column} = {other!r}", table.set_column(place, column, values))
            if number and (one := _first_replaced(table[column], other)) is not None:
                yield damage(f"{column}[0] = {other!r}", table.set_column(place, column, one))


def _first_replaced(column: Any, other: Any) -> Any:
    """Return a column whose first value is another; None where its type cannot hold that."""
    import pyarrow as pa

    try:
        return pa.array([other, *column.to_pylist()[1:]], column.type)
    except (pa.ArrowException, TypeError, OverflowError):
        return None


def paths(value: Any) -> Iterator[tuple[str | int, ...]]:
    """Return the path of each key and of the first entry of each list."""
    for key, one in value.items() if isinstance(value, dict) else enumerate(value[:1]):
        yield (key,)
        if isinstance(one, dict | list):
            yield from ((key, *path) for path in paths(one))


def damaged(value: Any, path: tuple[str | int, ...], other: Any) -> Any:
    """Return a copy of a value in which one key is another; `Ellipsis`: left out."""
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
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            code = exit_code(command)
    finally:
        sys.stdin = stdin
    return code, text.getvalue()


def load(folder: Path, *, with_tables: bool = True) -> tuple[int, str]:
    """Read a folder as Python does; return 0, or 3 with the sentence of what is wrong, or -1 with what broke."""
    from probe import load as read

    try:
        run = read(folder)
        _ = run.metrics, run.flips(), with_tables and run.scores
    except ProbeError as error:
        return 3, str(error)
    except Exception as error:  # noqa: BLE001 that is what is looked for
        return -1, f"Traceback {type(error).__name__}: {error}"
    return 0, ""


class Bench:
    """A sound folder, a copy that is damaged, and what the damages did."""

    def __init__(self, place: Path, sound: Path, *, is_tried: bool = True) -> None:
        """Make what the commands need in a place, beside a sound run; `is_tried`: have each read what is not damaged first."""
        self.sound = sound
        self.folder = shutil.copytree(self.sound, place / "damaged" / "run")
        shutil.copytree(self.sound, place / "damaged" / "sound")
        assert quiet(["bless", str(self.sound), "-o", str(place / "base.json")])[0] == 0
        self.commands = commands(self.folder, self.sound, place / "base.json", place)
        self.found, self.bad = Counter[str](), list[str]()
        if is_tried:
            for name, words in self.commands.items():
                self.found[f"{name}, not damaged: {quiet(words)[0]}"] += 1

    def tried(self, damage: Damage, name: str) -> int:
        """Return the exit code of a command on the folder with one damage, `python` is its reader; count it."""
        try:
            damage.write(self.folder)
            if name == "python":
                code, text = load(self.folder, with_tables=damage.file.endswith(".parquet"))
            else:
                code, text = quiet(self.commands[name])
        finally:
            shutil.copyfile(self.sound / damage.file, self.folder / damage.file)
        self.found[f"{name} {code}"] += 1
        if code not in EXIT_CODES or "bug in probe" in text or "Traceback" in text:
            self.bad.append(f"{name}: {damage.file}: {damage.what}: {code} {text[-300:]}")
        return code


def sweep(bench: Bench, *, sample: int, seed: int, most: int | None = None) -> int:
    """Read each damage, or `most` of them, by `python`; draw as many as `sample` for each command, ten times for the gate.

    Return how many were read. Most draws are of what the reader takes: what it refuses, all commands refuse alike.
    """
    rng, taken, refused = random.Random(seed), [], []
    found = list(damages(bench.sound))
    for damage in found if most is None else rng.sample(found, most):
        (refused if bench.tried(damage, "python") else taken).append(damage)
    for name in bench.commands:
        number = 10 * sample if name == "gate" else sample
        for damage in (*_drawn(rng, taken, number), *_drawn(rng, refused, -(-number // 4))):
            bench.tried(damage, name)
    return len(taken) + len(refused)


def _drawn(rng: random.Random, found: list[Damage], number: int) -> list[Damage]:
    return rng.sample(found, min(number, len(found)))


def write_schemas() -> None:
    """Write the schemas into the package."""
    for name, document in documents().items():
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        (Path(schema.__file__).parent / "schemas" / f"{name}.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Sweep, and print what the damages did."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--schemas", action="store_true")
    parser.add_argument(
        "--sample", type=int, default=12, help="damages for each command; for the gate ten times as many"
    )
    parser.add_argument("--most", type=int, help="damages to read, drawn at random; default: all")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.schemas:
        write_schemas()
        return
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(Path(temporary), make_run(Path(temporary) / "sound"))
        number = sweep(bench, sample=asked.sample, seed=asked.seed, most=asked.most)
    print(*(f"{name}  {count}" for name, count in sorted(bench.found.items())), sep="\n")
    print(*bench.bad, sep="\n")
    print(
        f"{number} damages, {bench.found.total() - len(bench.commands)} pairs of damage and command in "
        f"{time.monotonic() - started:.0f} s: {len(bench.bad)} end in a traceback or a code that is not documented"
    )
    sys.exit(bool(bench.bad))


if __name__ == "__main__":
    main()
