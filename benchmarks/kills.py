"""Kill runs of the pocket model at random times, resume them, and print how many seconds of work each kill lost.

python benchmarks/kills.py --chains 8 --kills 5 --seed 1

A chain is one command: it is killed (SIGKILL) some times, each time begun again, and at last left to finish. Each process
writes down when its answers became known. What a kill lost is the time from the last answer that is kept, in the cache or among
the reruns of the run, or from the first question, to the kill, the forward pass under way included. At the end the run's tables
and figures are compared with those of a run that nobody killed. Numbers may differ in their last digits, for what is asked after
a kill is computed in other batches.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import random
import sqlite3
import statistics
import tempfile
import time
from multiprocessing.context import ForkProcess
from pathlib import Path

COMMAND = ["run", "facts", "--model", "pocket", "--samples", "2", "--device", "cpu"]
TABLES = ("variants", "dropped", "scores", "requests")
TIMES = ("run", "timing", "engine")
"""What of a summary differs between two runs: the id, the time, what came from the cache."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chains", type=int, default=8)
    parser.add_argument("--kills", type=int, default=5, help="kills of a chain")
    parser.add_argument("--seconds", type=float, default=3.0, help="longest time from the first question to a kill")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    import torch
    import transformers  # noqa: F401

    torch.set_num_threads(1)  # threads do not survive a fork
    with tempfile.TemporaryDirectory() as scratch:
        _kill_all(args, Path(scratch))


def _kill_all(args: argparse.Namespace, scratch: Path) -> None:
    rng, lost, differences = random.Random(args.seed), [], []
    whole = _content(_finish(scratch / "whole"))
    for chain in range(args.chains):
        place = scratch / str(chain)
        for _ in range(args.kills):
            if (seconds := _killed(place, rng.uniform(0, args.seconds))) is not None:
                lost.append(seconds)
        differences.append(_difference(_content(_finish(place)), whole))
        print(f"chain {chain + 1}: {len(lost)} kills, at most {max(lost, default=0):.2f} s lost", flush=True)
    print(
        f"{len(lost)} kills; seconds of work lost: median {statistics.median(lost):.2f}, most {max(lost):.2f};"
        f" {differences.count(0.0)} of {args.chains} chains ended as the run that nobody killed, to the last digit;"
        f" largest difference of a number {max(differences):.1g} (inf: not the same answers)"
    )


def _start(place: Path) -> ForkProcess:
    """Begin the command in a process that finds the libraries imported, so that a kill costs seconds less of waiting."""
    place.mkdir(exist_ok=True)
    (place / "trace").unlink(missing_ok=True)
    process = multiprocessing.get_context("fork").Process(target=_child, args=(place / "trace", str(place / "runs")))
    process.start()
    return process


def _finish(place: Path) -> Path:
    """Run the command to its end; return the run's folder."""
    process = _start(place)
    process.join()
    if process.exitcode != 0:
        raise SystemExit("the run failed")
    return next((place / "runs").glob("2*/manifest.json")).parent


def _killed(place: Path, after: float) -> float | None:
    """Kill the command some seconds after it began to ask; return the seconds lost, None where it was done before."""
    before = _num_saved(place)
    process, trace = _start(place), place / "trace"
    while process.is_alive() and not (trace.exists() and trace.stat().st_size):
        time.sleep(0.01)
    time.sleep(after)
    if not process.is_alive():
        return None
    at = time.monotonic()
    process.kill()
    process.join()
    kept = _num_saved(place) - before
    known = [line.split() for line in trace.read_text(encoding="ascii").splitlines()]
    if int(known[-1][1]) <= kept and at - float(known[-1][0]) > _idle(known):
        return None  # all was answered, and the run was being written
    return at - max(float(when) for when, number in known if int(number) <= max(kept, 0))


def _idle(known: list[list[str]]) -> float:
    """Return a time without an answer after which the model is not at work: ten times the longest between two answers."""
    times = [float(when) for when, _ in known]
    return 10 * max([0.5, *(later - earlier for earlier, later in zip(times, times[1:], strict=False))])


def _num_saved(place: Path) -> int:
    """Return how many answers are kept, those to reruns included."""
    files = (place / "runs").glob("*.sqlite") if (place / "runs").exists() else ()
    return sum(int(sqlite3.connect(one).execute("SELECT count(*) FROM answers").fetchone()[0]) for one in files)


def _content(folder: Path) -> list[object]:
    """Return what two runs of one command have in common."""
    import pyarrow.parquet

    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return [pyarrow.parquet.read_table(folder / f"{name}.parquet").to_pylist() for name in TABLES] + [
        {key: value for key, value in summary.items() if key not in TIMES}
    ]


def _difference(one: object, other: object) -> float:
    """Return the largest difference between two numbers at the same place; infinite where anything else differs."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other)
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return max((_difference(one[key], other[key]) for key in one), default=0.0)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return max(map(_difference, one, other), default=0.0)
    return 0.0 if one == other else math.inf


def _child(trace: Path, out: str) -> None:
    """Run the command in this process; write down when answers became known."""
    from probe.cli import exit_code
    from probe.models import saved
    from probe.models.cache import Cached

    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    file, number = trace.open("w", encoding="ascii", buffering=1), 0
    add, answers = saved.SavedAnswers.add, Cached._answers

    def asked(self: Cached, *args: object) -> object:
        if not trace.stat().st_size:
            file.write(f"{time.monotonic()} 0\n")
        return answers(self, *args)  # type: ignore[arg-type]

    def told(self: saved.SavedAnswers, rows: object) -> None:
        nonlocal number
        kept = list(rows)  # type: ignore[call-overload]
        number += len(kept)
        if kept:
            file.write(f"{time.monotonic()} {number}\n")
        add(self, kept)

    saved.SavedAnswers.add = told  # type: ignore[method-assign]
    Cached._answers = asked  # type: ignore[assignment]
    raise SystemExit(exit_code([*COMMAND, "--out", out]))


if __name__ == "__main__":
    main()
