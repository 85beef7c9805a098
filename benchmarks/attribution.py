"""Measure how often the intervals of `probe attribute` hold the truth: simulated experiments with planted components.

    python benchmarks/attribution.py [--repeats N] [--items N]

Outcomes are an item's level, six factors with effects alone and by item, and a residual, all normal, in the design of 16
runs. A third of the factors does nothing. Prints, by kind of component, the true share, the mean estimate, and the share of
experiments whose 95 % interval holds the truth. Then the same for the factors' shares of the spread.
"""

from __future__ import annotations

import argparse

import numpy as np

from probe.metrics.attribution import decompose, design

MAIN = np.array([0.0, 0.0, 0.3, 0.0, 0.2, 0.1])
CROSSED = np.array([0.0, 0.0, 0.0, 0.6, 0.2, 0.1])
ITEM, REST = 1.5, 0.6


def outcomes(runs: np.ndarray, num_items: int, rng: np.random.Generator) -> np.ndarray:
    """Return outcomes (1, N, R) of one simulated experiment."""
    slopes = np.sqrt(MAIN) + np.sqrt(CROSSED) * rng.normal(size=(num_items, len(MAIN)))
    level = rng.normal(0, np.sqrt(ITEM), (num_items, 1))
    return (level + slopes @ runs.T + rng.normal(0, np.sqrt(REST), (num_items, len(runs))))[None]


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--items", type=int, default=75)
    args = parser.parse_args()
    rng, runs = np.random.default_rng(0), design(len(MAIN))
    names = [f"factor {index}" for index in range(len(MAIN))]
    parts = np.array([ITEM, *MAIN, *CROSSED, REST])
    moved = np.array([*(MAIN + CROSSED), REST])
    truth = [*(parts / parts.sum()), *(moved / moved.sum())]
    found = []
    for repeat in range(args.repeats):
        one = decompose(outcomes(runs, args.items, rng), runs, names, seed=repeat)
        found.append([(row.share, row.ci_low, row.ci_high) for row in (*one.components, *one.spread)])
    table = np.array(found)
    heads = [f"{row.kind}: {row.name}" for row in one.components] + [f"of the spread: {row.name}" for row in one.spread]
    print(f"{args.repeats} experiments, {args.items} items x {len(runs)} runs")
    print(f"{'':34}  truth  estimate  held")
    for place, head in enumerate(heads):
        share, low, high = table[:, place].T
        held = np.mean((low - 1e-12 <= truth[place]) & (truth[place] <= high))
        print(f"{head:34}  {truth[place]:.3f}  {share.mean():.3f}     {held:.3f}")


if __name__ == "__main__":
    main()
