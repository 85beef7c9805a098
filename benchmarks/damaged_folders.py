"""Damage the files that are read again, key by key and column by column, and read them.

    python benchmarks/damaged_folders.py --seconds 1200      damages in an order drawn by --seed, until the time is over
    python benchmarks/damaged_folders.py --skip 2000         goes on after the first 2000 of that order
    python benchmarks/damaged_folders.py --schemas           writes probe/record/schemas/ anew

Damaged are a run's folder with what `probe attribute` and `probe mitigate` lay into it, a baseline, reviews, paraphrases, and an
adapter's folder, finished and not. Each key, at any depth, is left out and replaced by null and by values of other types and
beyond its range; of lists the first entry is taken, for the others are read alike. Each column of the tables is dropped, and
filled with nulls and with other types. Each damage is read by Python, and what it takes by a command that reads the file; of what
it refuses a tenth is, for commands refuse it alike. Prints how many pairs of damage and reader ended how; a traceback, "this is a
bug in probe" or an exit code that is not documented fails it.
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

VALUES: tuple[Any, ...] = (None, "x", [1], {"x": 1}, 10**299, float("nan"), -1, "", [], {})
TABLES = ("scores", "variants", "dropped", "requests")
SUITES = ("facts", "sentiment")
RUN, BASELINE, ADAPTER, UNFINISHED = "run", "baseline.json", "adapter", ".adapter.unfinished"
REVIEWS, REPLIES = "reviews.jsonl", "paraphrases.jsonl"
REFUSED_SHARE = 0.1
"""Of the damages that Python refuses, those that a command reads too."""
EVERY = 30
"""Seconds between two lines of progress."""
SCRIPTED = ["--model", "scripted:coin"]


@dataclass(frozen=True)
class Damage:
    """A change of one file of a folder."""

    file: str
    """From the folder of all that is read."""
    what: str
    """What is changed, as `metrics.0.value = null`."""
    write: Callable[[Path], None]
    """Writes the file anew."""


def make_run(out: Path) -> Path:
    """Return the folder of a small run of two suites."""
    asked = ["run", *SUITES, "--limit", "4", "--samples", "2", *SCRIPTED, "--out", str(out)]
    assert quiet(asked)[0] == 0
    (folder,) = (path.parent for path in out.glob("*/manifest.json"))
    return folder


def make_sound(place: Path, run: Path, *, adapter: Path | None = None, is_whole: bool = True) -> Path:
    """Return a folder with a copy of everything that is read again; `is_whole`: with what takes seconds to make."""
    from probe.paraphrase.saved import key_of

    sound = place / "sound"
    folder = shutil.copytree(run, sound / RUN)
    assert quiet(["bless", str(folder), "-o", str(sound / BASELINE)])[0] == 0
    (sound / REVIEWS).write_text(json.dumps({"key": "00", "decision": "accept", "item": "facts-001"}) + "\n")
    reply = {"key": key_of("hf:x", "Say."), "by": "hf:x", "question": "Say.", "reply": "1. Tell."}
    (sound / REPLIES).write_text(json.dumps(reply) + "\n")
    if is_whole:
        asked = ["attribute", "facts", "--into", str(folder), *SCRIPTED, "--limit", "2", "--budget", "32"]
        assert quiet([*asked, "--out", str(place / "attributed")])[0] == 0
        assert quiet(["mitigate", str(folder), "--method", "template-ensemble"])[0] == 0
    if adapter is not None:
        shutil.copytree(adapter, sound / ADAPTER)
        _unfinish(sound / ADAPTER, sound / UNFINISHED)
    return sound


def make_adapter(out: Path) -> Path:
    """Train and judge a small adapter, which takes half a minute of a core; return its folder."""
    few = "--steps 2 --items 2 --validation-items 8 --validation-samples 1 --perturb format,casing --hold-out casing"
    asked = ["repair", "sentiment", *few.split(), "--seeds", "1", "--judged-items", "3", "--jobs", "1"]
    assert quiet([*asked, "--out", str(out)])[0] == 0
    return out


def _unfinish(adapter: Path, folder: Path) -> None:
    """Write what an adapter's folder says of its training as if it were not finished."""
    whole = json.loads((adapter / "repair.json").read_text(encoding="utf-8"))
    course = {name: whole.pop(name) for name in ("steps", "looks", "best_step", "warnings")}
    step = folder / "step-000002"
    step.mkdir(parents=True)
    state = course | {"step": len(course["steps"]), "scaler": {}, "pass_tokens": None, "checksums": {}}
    (step / "state.json").write_text(json.dumps(state), encoding="utf-8")
    (folder / "training.json").write_text(json.dumps(whole), encoding="utf-8")


def commands(place: Path, sound: Path, out: Path) -> dict[str, tuple[list[str], tuple[str, ...]]]:
    """Return the commands that read the files of a place, by name, each with the beginnings of the files that it reads."""
    folder, baseline = place / RUN, place / BASELINE
    run, adapter, unfinished = str(folder), str(place / ADAPTER), str(place / UNFINISHED)
    flip = json.loads((sound / RUN / "summary.json").read_text(encoding="utf-8"))["flips"][0]["id"]
    attribute = ["attribute", "facts", "--into", run, *SCRIPTED, "--limit", "2", "--budget", "32"]
    page = ["-o", str(out / "page.html")]
    of_run = (f"{RUN}/manifest", f"{RUN}/summary", *(f"{RUN}/{name}.parquet" for name in TABLES))
    laid_in = (f"{RUN}/attribution", f"{RUN}/mitigation")
    asked = ["run", "facts", "--limit", "2", "--samples", "1", *SCRIPTED, "--reviews", str(place / REVIEWS)]
    return {
        "gate": (["gate", run, "--baseline", str(baseline), "--allow-inconclusive"], (*of_run, BASELINE)),
        "page": (["report", run, *page], (*of_run, *laid_in)),
        "markdown": (["report", run, "-o", str(out / "page.md"), "-o", str(out / "page.sarif")], of_run),
        "table": (["report", run, "-o", str(out / "page.parquet"), "-o", str(out / "page.csv")], of_run),
        "compare": (["compare", str(sound / RUN), run], of_run),
        "bless": (["bless", run, "-o", str(out / "made.json"), "--new-chain"], of_run),
        "bless again": (["bless", str(sound / RUN), "-o", str(baseline)], (BASELINE,)),
        "history": (["history", str(place)], of_run),
        "attribute": ([*attribute, "--out", str(out / "attributed")], of_run),
        "review": (["review", run, "--spot-check", "1", "--reviews", str(place / REVIEWS)], (*of_run, REVIEWS)),
        "explain": (["explain", run], of_run),
        "shrink": (["shrink", run, "--flip", flip], of_run),
        "mitigate": (["mitigate", run, "--method", "batch-calibration"], of_run),
        "repair page": (["report", adapter, *page, "-o", str(out / "page.md")], (f"{ADAPTER}/",)),
        "repair": (["report", adapter], (f"{ADAPTER}/",)),
        "unfinished page": (["report", unfinished, *page], (f"{UNFINISHED}/",)),
        "reviewed": ([*asked, "--no-cache", "--out", str(out / "reviewed")], (REVIEWS,)),
    }


def damages(sound: Path) -> Iterator[Damage]:
    """Return every damage of the files of a sound folder."""
    for path in sorted((*sound.rglob("*.json"), *sound.glob("*.jsonl"))):
        name = path.relative_to(sound).as_posix()
        if path.name in ("explanation.json", "adapter_config.json"):
            continue  # nothing reads the one, another library the other
        value = json.loads(path.read_text(encoding="utf-8"))
        for place in paths(value):
            others = [..., *VALUES] if isinstance(place[-1], str) else VALUES
            yield from (_of_key(name, value, place, other) for other in others)
    for name in TABLES:
        yield from _of_table(sound, name)


def _of_key(name: str, value: Any, path: tuple[str | int, ...], other: Any) -> Damage:
    key = ".".join(map(str, path))
    what = f"without {key}" if other is ... else f"{key} = {json.dumps(other)[:20]}"

    def write(folder: Path) -> None:
        made = damaged(value, path, other)
        if name == BASELINE and path[0] == "outcomes":  # as one would who makes a baseline up
            from probe.gating.baseline import digest_of_plain

            made["digest"] = digest_of_plain(made.get("outcomes"))
        (folder / name).write_text(json.dumps(made) + "\n", encoding="utf-8")

    return Damage(name, what, write)


def _of_table(sound: Path, name: str) -> Iterator[Damage]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(sound / RUN / f"{name}.parquet")
    number, file = len(table), f"{RUN}/{name}.parquet"

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


def load(place: Path, file: str) -> tuple[int, str]:
    """Read a file of a place as Python does; return 0, or 3 with the sentence of what is wrong, or -1 with what broke."""
    try:
        _load(place, file)
    except ProbeError as error:
        return 3, str(error)
    except Exception as error:  # noqa: BLE001 that is what is looked for
        return -1, f"Traceback {type(error).__name__}: {error}"
    return 0, ""


def _load(place: Path, file: str) -> None:
    if file == BASELINE:
        from probe.gating.baseline import read_baseline

        read_baseline(place / file)
    elif file == REVIEWS:
        from probe.validity.reviews import read_reviews

        read_reviews(place / file)
    elif file == REPLIES:
        from probe.paraphrase.saved import SavedReplies

        SavedReplies(place / file)
    elif file.startswith((ADAPTER, UNFINISHED)):
        _load_adapter(place, file)
    else:
        _load_run(place / RUN, file)


def _load_adapter(place: Path, file: str) -> None:
    if file.endswith("base.json"):
        from probe.models.base_record import read_base

        read_base(place / file)
    else:
        from probe.repair.record import read_repair

        read_repair((place / file).parent if file.startswith(ADAPTER) else place / UNFINISHED)


def _load_run(folder: Path, file: str) -> None:
    from probe import load as read
    from probe.experiments.attribution import ATTRIBUTION, read_attribution
    from probe.mitigate.mitigation import MITIGATION, read_mitigation
    from probe.record.schema import read_checked

    name = Path(file).name
    if name.startswith("attribution"):
        read_attribution(read_checked(ATTRIBUTION, folder / name, hint=""))
    elif name.startswith("mitigation"):
        read_mitigation(read_checked(MITIGATION, folder / name, hint=""))
    else:
        run = read(folder)
        _ = run.metrics, run.flips(), file.endswith(".parquet") and run.scores


class Bench:
    """Sound files, a copy that is damaged, and what the damages did."""

    def __init__(self, place: Path, sound: Path, *, is_tried: bool = True) -> None:
        """Copy what is sound to a place of its own; `is_tried`: have each command read what is not damaged first."""
        self.sound = sound
        self.place = shutil.copytree(sound, place / "damaged")
        shutil.copytree(sound / RUN, self.place / "sound")
        self.commands = commands(self.place, sound, place)
        self.found, self.bad = Counter[str](), list[str]()
        for name, (words, _) in self.commands.items() if is_tried else ():
            code = quiet(words)[0]
            if code not in EXIT_CODES:
                self.bad.append(f"{name}, not damaged: {code}")

    def readers(self, damage: Damage) -> list[str]:
        """Return the names of the commands that read what is damaged."""
        return [name for name, (_, files) in self.commands.items() if damage.file.startswith(files)]

    def tried(self, damage: Damage, name: str) -> int:
        """Return the exit code of a command on the folder with one damage, `python` is its reader; count it."""
        try:
            damage.write(self.place)
            if name == "python":
                code, text = load(self.place, damage.file)
            else:
                code, text = quiet(self.commands[name][0])
        finally:
            shutil.copyfile(self.sound / damage.file, self.place / damage.file)
        self.found[f"{name} {code}"] += 1
        if code not in EXIT_CODES or "bug in probe" in text or "Traceback" in text:
            self.bad.append(f"{name}: {damage.file}: {damage.what}: {code} {text[-300:]}")
        return code


def sweep(bench: Bench, found: list[Damage], *, seed: int, seconds: float, skip: int = 0) -> int:
    """Read damages in an order that the seed draws, after the first `skip`, for some seconds; return where it stopped."""
    rng = random.Random(seed)
    order = rng.sample(found, len(found))
    until, next_line = time.monotonic() + seconds, time.monotonic() + EVERY
    for number, damage in enumerate(order[skip:], start=skip):
        if time.monotonic() > until:
            return number
        draw = random.Random(f"{seed} {number}")  # of its own, so that a later start tries the same
        names = bench.readers(damage)
        is_taken = bench.tried(damage, "python") == 0
        if names and (is_taken or draw.random() < REFUSED_SHARE):
            bench.tried(damage, draw.choice(names))
        if time.monotonic() > next_line:
            next_line = time.monotonic() + EVERY
            print(f"{number + 1} of {len(order)} damages, {len(bench.bad)} bad", *bench.bad[-1:], flush=True)
    return len(order)


def write_schemas() -> None:
    """Write the schemas into the package."""
    from probe.api.schemas import documents

    for name, document in documents().items():
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        (Path(schema.__file__).parent / "schemas" / f"{name}.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Sweep, and print what the damages did."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--schemas", action="store_true")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="of the sweep; default: until it is done")
    parser.add_argument("--seed", type=int, default=0, help="of the order of the damages")
    parser.add_argument("--skip", type=int, default=0, help="damages of that order that were read before")
    parser.add_argument("--adapter", type=Path, help="a judged adapter's folder; default: one is trained")
    asked = parser.parse_args()
    if asked.schemas:
        write_schemas()
        return
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        adapter = asked.adapter or make_adapter(place / "trained")
        bench = Bench(place, make_sound(place, make_run(place / "made"), adapter=adapter))
        found, started = list(damages(bench.sound)), time.monotonic()
        stopped = sweep(bench, found, seed=asked.seed, seconds=asked.seconds, skip=asked.skip)
    print(*(f"{name}  {count}" for name, count in sorted(bench.found.items())), sep="\n")
    print(*bench.bad, sep="\n")
    print(
        f"damages {asked.skip} to {stopped} of {len(found)}, {bench.found.total()} pairs of damage and reader in "
        f"{time.monotonic() - started:.0f} s: {len(bench.bad)} end in a traceback or a code that is not documented"
    )
    if stopped < len(found):
        print(f"go on with: --seed {asked.seed} --skip {stopped}")
    sys.exit(bool(bench.bad))


if __name__ == "__main__":
    main()
