"""Measure the statistics: a million scores, 2,000 resamples of the items, all headline metrics with their intervals.

    python benchmarks/metrics.py [--items N] [--variants M] [--resamples B] [--all]

The scores are simulated: items differ in how readily they move, variants in how much they move. The headline metrics are those
of the terminal page: accuracy, the mean, worst and best variant, spread, flip rate and its parts, any flip, PSS, unreadable
answers. `--all` takes every registered metric instead. Prints seconds, peak memory and the machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time
from contextlib import contextmanager

import numpy as np

from probe.metrics import NULL, ORIGINAL, Cells, Column, measure, metrics

HEADLINE = (
    *("accuracy", "accuracy_mean", "accuracy_worst", "accuracy_best", "spread"),
    *("flip_rate", "flip_right_to_wrong", "flip_wrong_to_right", "flip_wrong_to_wrong", "any_flip_rate"),
    *("pss", "unreadable_rate"),
)
FAMILIES = ("format", "typos", "wording", "order")


def simulated(num_items: int, num_variants: int) -> Cells:
    """Return outcomes of four families and the null family, one answer in two hundred unreadable."""
    rng = np.random.default_rng(0)
    families = [(*FAMILIES, NULL)[i % 5] for i in range(num_variants)]
    columns = (
        Column(ORIGINAL, ORIGINAL, 0, "label-preserving"),
        *(Column(family, family, i, "label-preserving") for i, family in enumerate(families)),
    )
    ready = rng.beta(0.4, 1.2, (num_items, 1)) * np.where([family == NULL for family in families], 0.02, 1.0)
    right = np.repeat(rng.random((num_items, 1)) < 0.7, num_variants + 1, axis=1)
    right[:, 1:] ^= rng.random((num_items, num_variants)) < ready
    unreadable = ~right & (rng.random(right.shape) < 0.005)
    prediction = np.where(right, 0, np.where(unreadable, 2, 1)).astype(np.int64)
    return Cells(right.astype(float), prediction, unreadable, columns, tuple(f"item-{n}" for n in range(num_items)))


@contextmanager
def only(names):
    """Leave these metrics alone in the registry."""
    everything = metrics.values
    kept = [metrics.get(name) for name in names]
    metrics.values = lambda: kept
    try:
        yield
    finally:
        metrics.values = everything


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--variants", type=int, default=99)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--all", action="store_true", help="Every registered metric, not only the headline ones.")
    asked = parser.parse_args()
    cells = simulated(asked.items, asked.variants)
    names = list(metrics) if asked.all else HEADLINE
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, used = time.perf_counter(), time.process_time()
    with only(names):
        rows = measure("simulated", cells, seed=0, resamples=asked.resamples)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"scores     {cells.correct.size:,} ({asked.items:,} items x {asked.variants + 1} columns)")
    print(f"resamples  {asked.resamples:,}")
    print(f"rows       {len(rows)} of {len(names)} metrics, {len(set(row.family for row in rows))} families")
    print(f"seconds    {seconds:.2f} ({cpu:.2f} of CPU)")
    print(f"memory     {peak / 1024:.0f} MiB at the peak, {(peak - before) / 1024:.0f} MiB more than before")
    print(f"machine    {platform.machine()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
