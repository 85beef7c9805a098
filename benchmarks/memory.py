"""Measure the memory and the processor time of runs of many items, with a model that answers at once.

python benchmarks/memory.py [items ...]        # by default 1000 20000; 100000 takes about ten minutes
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

SAMPLES = 20
WORDS = (
    "film",
    "plot",
    "scene",
    "music",
    "slow",
    "warm",
    "bright",
    "dull",
    "lovely",
    "awful",
    "great",
    "poor",
    "funny",
    "sad",
)


def write_items(num_items: int, folder: Path) -> None:
    """Write a table of so many reviews, and a prompt."""
    rng = Random(0)
    with (folder / "items.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        for number in range(num_items):
            rows.writerow([f"{' '.join(rng.choices(WORDS, k=18))} {number}.", rng.choice(["positive", "negative"])])
    (folder / "prompt.txt").write_text("Is this review positive or negative?\nReview: {text}\nAnswer:")


def seconds(folder: Path, checkout: Path | None = None) -> float:
    """Return the processor time of a run of the items in the folder, by the program of another checkout if one is given."""
    what = ["run", "csv:items.csv", "--prompt", "prompt.txt", "--model", "scripted:coin", "--perturb", "typos"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "probe", *what, "--samples", str(SAMPLES), "--no-cache"],
        cwd=folder,
        check=True,
        capture_output=True,
        env=os.environ | ({"PYTHONPATH": str(checkout.resolve())} if checkout else {}),
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(num_items: int, folder: Path) -> None:
    """Run so many items, and print the peak of the memory and the processor time a variant."""
    write_items(num_items, folder)
    each = 1000 * seconds(folder) / (num_items * SAMPLES)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"{num_items:>7,} items x {SAMPLES}: {peak:.2f} GB, {each:.2f} ms a variant", flush=True)


if __name__ == "__main__":
    for size in sorted(map(int, sys.argv[1:])) or [1000, 20_000]:
        with tempfile.TemporaryDirectory() as place:
            measure(size, Path(place))
