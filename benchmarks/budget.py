"""Measure how near an estimate under a budget comes to the accuracies of all prompts, against the mean of what was asked.

    python benchmarks/budget.py [--data FOLDER] [--tasks N] [--models N] [--seeds N] [--intervals]

FOLDER is a copy of the SLAB data (Mizrahi et al. 2024, arXiv 2401.00595): 15 tasks of BIG-Bench Hard under 136 to 189
instruction templates, accuracy of 11 models by template, `accuracies/TASK.json`. That data has no outcomes by item, so that
grids are rebuilt: each of the 100 items gets a difficulty, normal with deviation 1.5, and each template a row of outcomes that
has exactly its real accuracy, in which easy items are right more often. Templates, covariates and accuracies are real, which item
is right is simulated. Without the data only simulated grids are measured: 160 prompts x 250 items from the model itself,
half of the variance between prompts explained by counts of their text, for three deviations between prompts.

Tables: Wasserstein-1 distance x 100 to the true accuracies, by calls; with --intervals the share of 95 % intervals of the
quantiles that hold the truth; MaxP, AvgP, Sat and CPS of the real accuracies, on all and on only the correct templates; what
the search for the worst of 100 prompts misses. "one number" gives all prompts the mean of all cells: what shrinking alone can do.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from probe.evaluation.budget import balanced, features
from probe.experiments.search import SearchOptions, search
from probe.metrics.saturation import cps, sat
from probe.metrics.statistics.estimate import QUANTILES, accuracies, estimate, fit, full_rank, naive, wasserstein

ROOT = Path(__file__).resolve().parents[1]
SLAB = ROOT.parent / "shared" / "data" / "slab-bbh"
CALLS = (200, 400, 800, 1600)
ITEMS = 100
DIFFICULTY = 1.5

Grid = tuple[str, np.ndarray, np.ndarray | None]
"""Name, outcomes (prompts, items), covariates."""


def read_slab(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the templates of each task: template, correct, accs."""
    tasks = {}
    for path in sorted((folder / "accuracies").glob("*.json")):
        tasks[path.stem] = list(json.loads(path.read_text(encoding="utf-8"))["paraphrases"].values())
    return tasks


def rebuilt(accuracy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return outcomes (prompts, items) whose rows have these accuracies, over items of unequal difficulty."""
    ease = rng.normal(0, DIFFICULTY, ITEMS)
    low, high = np.full(len(accuracy), -20.0), np.full(len(accuracy), 20.0)
    for _ in range(50):
        middle = (low + high) / 2
        is_low = (1 / (1 + np.exp(-(middle[:, None] + ease)))).mean(axis=1) < accuracy
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    worth = middle[:, None] + ease + rng.logistic(size=(len(accuracy), ITEMS))
    rank = (-worth).argsort(axis=1).argsort(axis=1)
    return (rank < np.rint(accuracy * ITEMS)[:, None]).astype(float)


def slab_grids(tasks: dict[str, list[dict[str, Any]]], *, num_models: int, seed: int) -> Iterator[Grid]:
    """Return a rebuilt grid for each task and some of its models."""
    for index, templates in enumerate(tasks.values()):
        covariates = full_rank(np.array([features(row["template"]) for row in templates]))
        models = sorted(templates[0]["accs"])
        for step in range(num_models):
            model = models[(index + step * max(1, len(models) // num_models)) % len(models)]
            rng = np.random.default_rng([seed, index, step])
            yield "slab", rebuilt(np.array([row["accs"][model] for row in templates]), rng), covariates


def simulated_grids(*, seed: int, prompts: int = 160, items: int = 250) -> Iterator[Grid]:
    """Return grids drawn from the model itself, for prompts that differ little, some and much."""
    for deviation in (0.2, 0.6, 1.2):
        rng = np.random.default_rng([seed, int(10 * deviation)])
        covariates = full_rank(rng.poisson(3, (prompts, 8)).astype(float))
        assert covariates is not None
        explained = covariates @ rng.normal(size=covariates.shape[1])
        theta = rng.normal(0, 0.8) + deviation * np.sqrt(0.5) * (explained / explained.std() + rng.normal(size=prompts))
        chance = 1 / (1 + np.exp(-(theta[:, None] + rng.normal(0, DIFFICULTY, items))))
        yield f"simulated, deviation {deviation}", (rng.random(chance.shape) < chance).astype(float), covariates


def missed(grid: np.ndarray, covariates: np.ndarray | None, calls: int, *, seed: int) -> dict[str, float]:
    """Return the distance of every estimate from the true accuracies."""
    truth = grid.mean(axis=1)
    seen = np.where(balanced(np.ones(grid.shape, bool), calls, seed=seed), grid, np.nan)
    # C = 100 is a penalty of 0.01; a prompt then is what its covariates say, or has an effect of its own, never both
    published = fit(seen, covariates=covariates, penalties=(0.01, 1e6, 0.01))
    return {
        "plain means": wasserstein(naive(seen), truth),
        "one number": wasserstein(np.full(len(grid), np.nanmean(seen)), truth),
        "as published, no covariates": wasserstein(accuracies(seen, fit(seen, penalties=(0.01,) * 3)), truth),
        "as published, covariates": wasserstein(accuracies(seen, published), truth),
        "estimated L2, no covariates": wasserstein(accuracies(seen, fit(seen)), truth),
        "estimated L2, covariates": wasserstein(accuracies(seen, fit(seen, covariates=covariates)), truth),
        "and corrected, no covariates": wasserstein(estimate(seen, seed=seed, resamples=15).distribution, truth),
        "and corrected, covariates (probe)": wasserstein(
            estimate(seen, covariates=covariates, seed=seed, resamples=15).distribution, truth
        ),
    }


def budget_table(grids: Sequence[Grid]) -> None:
    """Print the distances, and by how much the estimate beats the plain means at 800 calls."""
    found: dict[tuple[str, str, int], list[float]] = {}
    for number, (name, grid, covariates) in enumerate(grids):
        for calls in CALLS:
            for how, distance in missed(grid, covariates, calls, seed=number).items():
                found.setdefault((name, how, calls), []).append(100 * distance)
    for name in dict.fromkeys(name for name, _, _ in found):
        num = len(found[name, "plain means", CALLS[0]])
        print(f"\n{name}, {num} grids: Wasserstein-1 x 100\n\n| calls | {' | '.join(map(str, CALLS))} |")
        print("|---|" + "---|" * len(CALLS))
        for how in dict.fromkeys(how for other, how, _ in found if other == name):
            print(f"| {how} | " + " | ".join(f"{np.mean(found[name, how, calls]):.1f}" for calls in CALLS) + " |")
        factors = [
            np.mean(found[name, "plain means", calls])
            / np.mean(found[name, "and corrected, covariates (probe)", calls])
            for calls in CALLS
        ]
        print("| plain means / probe | " + " | ".join(f"{factor:.1f}" for factor in factors) + " |")


def interval_table(grids: Sequence[Grid]) -> None:
    """Print how often the 95 % intervals of the quantiles hold the truth, and how wide they are."""
    held: dict[tuple[str, int], list[np.ndarray]] = {}
    for number, (name, grid, covariates) in enumerate(grids):
        truth = np.quantile(grid.mean(axis=1), QUANTILES)
        for calls in CALLS[::2]:
            seen = np.where(balanced(np.ones(grid.shape, bool), calls, seed=number), grid, np.nan)
            found = estimate(seen, covariates=covariates, seed=number, resamples=100)
            row = np.array([(found.low <= truth) & (truth <= found.high), found.high - found.low])
            held.setdefault((name, calls), []).append(row)
    print("\nshare of 95 % intervals that hold the truth, by quantile, and their mean width x 100\n")
    print("| grids | calls | 5 | 25 | 50 | 75 | 95 | width |\n|---|---|---|---|---|---|---|---|")
    for (name, calls), rows in held.items():
        share, width = np.mean(rows, axis=0)
        print(f"| {name} | {calls} | " + " | ".join(f"{one:.2f}" for one in share) + f" | {100 * width.mean():.1f} |")


def saturation_table(tasks: dict[str, list[dict[str, Any]]]) -> None:
    """Print MaxP, AvgP, Sat and CPS, the mean over models, on all and on only the correct templates."""
    print("\n| task | templates | MaxP | AvgP | Sat | CPS | correct | MaxP | AvgP | Sat | CPS |\n|" + "---|" * 11)
    every = []
    for task, templates in tasks.items():
        cells: list[str] = []
        row = []
        for chosen in (templates, [one for one in templates if one["correct"]]):
            table = np.array([[one["accs"][model] for one in chosen] for model in sorted(templates[0]["accs"])])
            values = [table.max(axis=1).mean(), table.mean(), sat(table).mean(), cps(table).mean()]
            row += values
            cells += [str(len(chosen)), *(f"{value:.3f}" for value in values)]
        every.append(row)
        print(f"| {task} | " + " | ".join(cells) + " |")
    mean = [f"{value:.3f}" for value in np.mean(every, axis=0)]
    print(f"| mean | | {' | '.join(mean[:4])} | | {' | '.join(mean[4:])} |")


def search_table(*, seeds: int = 24) -> None:
    """Print by how much the worst and best found miss the worst and best there are; beside as many calls spent at random."""
    print("\n| deviation | calls | of | worst missed by | best | random arms, worst |\n|---|---|---|---|---|---|")
    for deviation in (0.08, 0.15):
        rows = []
        for seed in range(seeds):
            rng = np.random.default_rng([seed, int(100 * deviation)])
            table = rng.random((100, 150)) < np.clip(rng.normal(0.6, deviation, 100), 0, 1)[:, None]
            options = SearchOptions(budget=2000, seed=seed)
            result = search(
                lambda pairs, t=table: [bool(t[pair]) for pair in pairs], "worst", shape=(100, 150), options=options
            )
            level = table.mean(axis=1)
            calls = sum(result.calls[part] for part in ("as_written", "search", "final"))
            chance = level[rng.choice(100, calls // 150, replace=False)].min() - level.min()
            rows.append([calls, level[result.worst] - level.min(), level.max() - level[result.best], chance])
        calls, worst, best, chance = np.mean(rows, axis=0)
        print(f"| {deviation} | {calls:,.0f} | 15,000 | {100 * worst:.1f} | {100 * best:.1f} | {100 * chance:.1f} |")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=SLAB)
    parser.add_argument("--models", type=int, default=2, help="models of each task")
    parser.add_argument("--seeds", type=int, default=4, help="simulated grids of each deviation")
    parser.add_argument("--tasks", type=int, help="only the first N tasks")
    parser.add_argument("--intervals", action="store_true")
    args = parser.parse_args()
    started = time.perf_counter()
    tasks = read_slab(args.data)
    if not tasks:
        print(f"no data at {args.data}: only simulated grids")
    grids = [*slab_grids(dict(list(tasks.items())[: args.tasks]), num_models=args.models, seed=0)]
    grids += [grid for seed in range(args.seeds) for grid in simulated_grids(seed=seed)]
    if tasks and not args.intervals:
        saturation_table(tasks)
    if args.intervals:
        interval_table(grids)
    else:
        search_table()
        budget_table(grids)
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
