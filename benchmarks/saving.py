"""Measure what a kill loses, and what it costs to save answers as they are computed.

    python benchmarks/saving.py kills [--kills N]        kill -9 at random moments, then the same command again, until it ends
    python benchmarks/saving.py cost [--pairs N]         the same requests with and without saving on the way, in turns

`kills` starts `probe run` with the pocket model in a process that notes when each answer is known, and kills it after a random
time. Work that is lost is the time from the end of the last forward pass whose answers are in the cache to the kill. Every run
that was killed is resumed by the next one, until one ends; its figures are compared with those of a run that was not killed.

`cost` scores the prompts of a suite with the pocket model: through a cache that saves on the way, and through one that saves at
the end, each in an empty file, in turns. Prints the median of the ratios of the processor times and its quartiles.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = ["run", "sentiment", "reading", "--limit", "30", "--samples", "6", "--no-noise-floor", "--json"]
NOTING = """
import os, sys, time
from probe.models import huggingface
notes = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
tell = huggingface.HuggingFace.tell
def noting(self, requests, answers):
    os.write(notes, f"{time.time()} {len(requests)}\\n".encode())
    tell(self, requests, answers)
huggingface.HuggingFace.tell = noting
from probe.cli import main
main()
"""


def num_saved(cache: Path) -> int:
    """Return how many answers a cache holds."""
    if not cache.exists():
        return 0
    with sqlite3.connect(f"file:{cache}?mode=ro", uri=True, timeout=30) as db:
        try:
            return int(db.execute("SELECT count(*) FROM answers").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def lost(notes: Path, kept: int, killed: float) -> float:
    """Return the seconds of work that a kill lost: since the pass that computed the last answer that is kept."""
    known, since = 0, None
    for line in notes.read_text().splitlines() if notes.exists() else []:
        moment, num = line.split()
        known += int(num)
        since = float(moment) if since is None else since
        if known <= kept:
            since = float(moment)
    return 0.0 if since is None else killed - since


def kills(num: int) -> None:
    """Kill runs at random moments; print what was lost, and whether the resumed figures are those of a whole run."""
    rng, losses = random.Random(0), []
    folder = Path(tempfile.mkdtemp())
    started = time.time()
    metrics = [run_once(folder / "whole")["metrics"]]
    length, total = time.time() - started, num_saved(folder / "whole" / "cache.sqlite")
    out = folder / "killed"
    while len(losses) < num:
        before, notes = num_saved(out / "cache.sqlite"), folder / f"notes-{len(losses)}"
        process = subprocess.Popen(
            [sys.executable, "-c", NOTING, str(notes), *COMMAND, "--out", str(out)], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            printed, _ = process.communicate(timeout=rng.uniform(0.3, 1.0) * length)
            metrics.append(json.loads(printed)["metrics"])
            shutil.rmtree(out)
            continue
        except subprocess.TimeoutExpired:
            process.kill()
            killed = time.time()
            process.wait()
        kept = num_saved(out / "cache.sqlite")
        if kept == total:  # all was answered: no work of the model was under way
            shutil.rmtree(out)
            continue
        losses.append(lost(notes, kept - before, killed))
        print(f"{losses[-1]:.2f} s lost, {kept} of {total} answers kept", flush=True)
    metrics.append(run_once(out)["metrics"])
    same = sum(alike(one, metrics[0]) for one in metrics[1:])
    print(f"{num} kills; seconds of work lost: median {statistics.median(losses):.2f}, most {max(losses):.2f}")
    print(
        f"{same} of {len(metrics) - 1} runs that were killed and resumed have the figures of a whole run; {machine()}"
    )
    shutil.rmtree(folder)


def run_once(out: Path) -> dict[str, object]:
    """Return the summary of a run that is not killed."""
    command = [sys.executable, "-m", "probe", *COMMAND, "--out", str(out)]
    summary: dict[str, object] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return summary


def alike(one: object, other: object) -> bool:
    """Return whether figures are the same, but for rounding in the last digits of probabilities."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return abs(one - other) < 1e-4 if isinstance(one, float) and isinstance(other, float) else one == other


def cost(num: int) -> None:
    """Print what saving on the way costs."""
    from probe.evaluation.requests import by_kind, requests_for
    from probe.evaluation.run import Plan, prepare
    from probe.models.cache import Cached
    from probe.models.huggingface import HuggingFace
    from probe.models.loaders import load_model
    from probe.perturb import select
    from probe.suite import find_suite, read_suite

    suite = read_suite(find_suite("sentiment"))
    variants = prepare(suite, Plan(tuple(select(["format", "typos"])), samples=8, limit=300)).variants
    requests, _ = by_kind(one for variant in variants for one in requests_for(variant, suite))
    model, tell = load_model("pocket"), HuggingFace.tell
    ratios, folder = [], Path(tempfile.mkdtemp())
    for place in range(num):
        seconds = {}
        for saves in (True, False) if place % 2 else (False, True):
            HuggingFace.tell = tell if saves else (lambda *_: None)  # type: ignore[method-assign]
            cached, began = Cached(model, folder / f"{place}-{saves}.sqlite"), time.process_time()
            cached.loglikelihoods(requests)
            seconds[saves] = time.process_time() - began
            cached.close()
        ratios.append(seconds[True] / seconds[False])
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(f"{len(requests)} requests, {num} pairs: saving on the way takes {100 * (middle - 1):+.1f} % of the time")
    print(f"quartiles {100 * (low - 1):+.1f} % to {100 * (high - 1):+.1f} %; {seconds[True]:.1f} s a run; {machine()}")
    shutil.rmtree(folder)


def machine() -> str:
    """Return the machine in words."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["kills", "cost"])
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--pairs", type=int, default=20)
    chosen = parser.parse_args()
    kills(chosen.kills) if chosen.what == "kills" else cost(chosen.pairs)
