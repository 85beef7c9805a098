"""Measure what votes and calibration do to a spread over formats, on balanced suites and on one class in nine of ten.

    python benchmarks/mitigation.py [--model pocket] [--seeds 2] [--formats 10] [--limit N] [--suite NAME ...] [--cache FILE]

The findings looked for are those of Seleznyov et al. 2025, "When Punctuation Matters", arXiv 2508.11383: where classes are
balanced batch calibration is most accurate and spreads less, and it collapses where they are not; template ensembles spread less
at as many calls as they have templates; sensitivity-aware decoding gains nothing; answers that are written and read are worse
and spread more than rated ones.

Each suite is asked as it is and in `--formats` layouts of the grammar, and its contrast edits as they are. An unbalanced suite is
the shipped one with a share of its items and training items left out, drawn by the seed, so that its first class has nine in
ten. Figures are means over suites and seeds. A difference is of the same suite and seed, and counts as lower where it is by more
than a tenth of a point.

Tables: accuracy as written, mean over formats, mean over formats of the balanced accuracy, spread and worst over formats, flip
rate, contrast consistency, calls an answer; then spread by suite; then canonicalisation, on blanks, quotation marks and case;
then votes over orders of the options of `facts`. With `--cache` no answer is computed twice, which changes no figure.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from probe.evaluation.run import Plan, prepare
from probe.metrics import metrics, tabulate
from probe.mitigate.base import Asker, Bench, NotApplicable, methods
from probe.mitigate.catalogue import catalogue
from probe.models.base import Model
from probe.models.cache import Cached
from probe.models.loaders import load_model
from probe.perturb import select
from probe.seeds import rng_for
from probe.suite import find_suite, read_suite
from probe.types import Item, Score, Suite

SUITES = ("sentiment", "entailment", "comparison", "topic")
MAJORITY = 0.9
METHODS = (
    "batch-calibration",
    "batch-calibration-strength",
    "prior-matching",
    "prior-matching, shares known",
    "prior-matching-train",
    "contextual-calibration",
    "null-input",
    "template-ensemble",
    "template-ensemble-log",
    "sensitivity-aware",
)
FIGURES = ("accuracy", "mean", "balanced", "spread", "worst", "flips", "contrast")
BEFORE, WRITTEN = "one format, rated", "one format, written and read"
SURFACE = ("whitespace", "punctuation-quotes", "casing-upper")

Row = dict[str, float]
"""Figures by name, and `calls`."""

Moved = dict[str, list[tuple[bool, bool]]]
"""Whether each variant of a perturbation flips, before and after."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A suite asked under one seed, with the figures of each method."""

    suite: str
    seed: int
    rows: dict[str, Row]


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--suite", nargs="*", default=SUITES)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--formats", type=int, default=10)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--cache", type=Path)
    args = parser.parse_args()
    started = time.perf_counter()
    catalogue()
    loaded = load_model(args.model)
    model = loaded if args.cache is None else Cached(loaded, args.cache)
    for title, shaped in (("Balanced", lambda suite, seed: suite), ("One class in nine of ten", unbalanced)):
        cases = list(measured(args.suite, shaped, model, seeds=args.seeds, formats=args.formats, limit=args.limit))
        sizes = f"{len(args.suite)} suites x {args.seeds} seeds, {args.formats} formats beside the own one"
        print(f"\n## {title}: {sizes}\n")
        main_table(cases)
        print("\nspread by suite\n")
        by_suite(cases)
    surface_table(args.suite, model, seeds=args.seeds, limit=args.limit)
    orders_table(model, seeds=args.seeds, limit=args.limit)
    print(f"\n{time.perf_counter() - started:.0f} s")


def measured(
    names: Sequence[str],
    shaped: Callable[[Suite, int], Suite],
    model: Model,
    *,
    seeds: int,
    formats: int,
    limit: int | None,
) -> Iterator[Case]:
    """Return the figures of every method for each suite and seed."""
    for name in names:
        for seed in range(seeds):
            suite = shaped(read_suite(find_suite(name)), seed)
            plan = Plan(tuple(select(["format", "contrast"])), samples=formats, seed=seed, limit=limit)
            bench = asked(suite, plan, model)
            rows = {BEFORE: figures(bench.before, calls=1.0), WRITTEN: written(bench, model)}
            for method in METHODS:
                if (row := tried(method, bench, model)) is not None:
                    rows[method] = row
            print(f"{suite.name} {seed}: {len(bench.before)} answers", flush=True)
            yield Case(name, seed, rows)


def asked(suite: Suite, plan: Plan, model: Model) -> Bench:
    """Return a suite's variants answered."""
    made = prepare(suite, plan)
    return bench_of(made.suite, plan, Asker(model, made.suite)(made.variants), model)


def bench_of(suite: Suite, plan: Plan, before: Sequence[Score], model: Model, **options: object) -> Bench:
    """Return a bench whose costs begin at nothing."""
    return Bench(suite, plan, tuple(before), Asker(model, suite), Asker(model, suite), options)


def written(bench: Bench, model: Model) -> Row:
    """Return the figures where the model writes its answer and the choice is read from it."""
    asker = Asker(model, replace(bench.suite, reads_choices=True))
    return figures(asker([score.variant for score in bench.before]), calls=1.0)


def tried(name: str, bench: Bench, model: Model) -> Row | None:
    """Return the figures after a method; None where it does not apply or is not there."""
    method, _, how = name.partition(", ")
    if method not in methods:
        return None
    options = {"prior": shares(bench.suite)} if how else {}
    fresh = bench_of(bench.suite, bench.plan, bench.before, model, **options)
    try:
        outcome = methods.get(method).apply(fresh)
    except NotApplicable as reason:
        print(f"{bench.suite.name}: {name}: {reason}")
        return None
    assert fresh.asker is not None
    own = fresh.asker.cost.calls / len(outcome.scores)
    return figures(outcome.scores, calls=own + float(outcome.keeps))


def shares(suite: Suite) -> dict[str, float]:
    """Return the share of each class among the items."""
    targets = [item.target for item in suite.items]
    return {name: targets.count(name) / len(targets) for name in suite.items[0].prompt.choices}


def unbalanced(suite: Suite, seed: int) -> Suite:
    """Return a suite whose first class has nine items in ten, the others one together, among items and training items."""
    return replace(suite, items=_thinned(suite, suite.items, seed), train=_thinned(suite, suite.train, seed))


def _thinned(suite: Suite, items: Sequence[Item], seed: int) -> tuple[Item, ...]:
    first, *others = suite.items[0].prompt.choices
    many = [item for item in items if item.target == first]
    left = round(len(many) * (1 - MAJORITY) / MAJORITY / len(others))
    kept = {item.id for item in many}
    for name in others:
        rng = rng_for(seed, suite.name, "unbalanced", name)
        kept |= {item.id for item in rng.sample([item for item in items if item.target == name], left)}
    return tuple(item for item in items if item.id in kept)


def figures(scores: Sequence[Score], *, calls: float) -> Row:
    """Return the figures of answers."""
    cells = tabulate(scores)
    formats = cells.of("format")
    contrast = metrics.get("contrast_consistency").value(cells)
    return {
        "accuracy": float(cells.correct[:, 0].mean()),
        "mean": float(np.nanmean(formats.correct)),
        "balanced": float(np.mean(list(balanced(scores)))),
        "spread": float(np.ptp(np.nanmean(formats.correct, axis=0))),
        "worst": float(np.nanmean(formats.correct, axis=0).min()),
        "flips": metrics.get("flip_rate").value(formats),
        "contrast": contrast,
        "calls": calls,
    }


def balanced(scores: Sequence[Score]) -> Iterator[float]:
    """Return the balanced accuracy of the own format and of each other one."""
    hits: dict[tuple[str, int], dict[str, list[bool]]] = {}
    for score in scores:
        if score.variant.family in ("original", "format"):
            column = (score.variant.perturbation, score.variant.sample)
            hits.setdefault(column, {}).setdefault(score.variant.item.target, []).append(score.correct)
    for of_class in hits.values():
        yield float(np.mean([np.mean(one) for one in of_class.values()]))


def main_table(cases: Sequence[Case]) -> None:
    """Print the mean figures of each method, and in how many cases the spread is lower and the accuracy higher."""
    print(
        "| method | as written | mean | balanced | spread | worst | flips | contrast | calls | mean higher | spread lower |"
    )
    print("|---|" + "---:|" * 10)
    for name in (BEFORE, WRITTEN, *METHODS):
        rows = [case.rows[name] for case in cases if name in case.rows]
        if not rows:
            continue
        before = [case.rows[BEFORE] for case in cases if name in case.rows]
        cells = [mean_of(rows, figure) for figure in FIGURES]
        cells.append(f"{np.mean([row['calls'] for row in rows]):.1f}")
        for figure, sign in (("mean", 1), ("spread", -1)):
            moved = [sign * (row[figure] - old[figure]) > 0.001 for row, old in zip(rows, before, strict=True)]
            cells.append("" if name == BEFORE else f"{sum(moved)} of {len(moved)}")
        print(f"| {name} | " + " | ".join(cells) + " |")


def mean_of(rows: Sequence[Row], figure: str) -> str:
    """Return the mean of a figure over the rows that have it."""
    values = [row[figure] for row in rows if not np.isnan(row[figure])]
    return f"{np.mean(values):.3f}".removeprefix("0") if values else ""


def by_suite(cases: Sequence[Case]) -> None:
    """Print the spread of each method by suite, the mean over seeds."""
    names = list(dict.fromkeys(case.suite for case in cases))
    print(f"| method | {' | '.join(names)} |")
    print("|---|" + "---:|" * len(names))
    for method in (BEFORE, WRITTEN, *METHODS):
        cells = [
            mean_of([case.rows[method] for case in cases if case.suite == name and method in case.rows], "spread")
            for name in names
        ]
        if any(cells):
            print(f"| {method} | " + " | ".join(cells) + " |")


def surface_table(names: Sequence[str], model: Model, *, seeds: int, limit: int | None) -> None:
    """Print flip rates before and after canonicalisation by perturbation, over all suites and seeds."""
    moved: Moved = {}
    accuracies = []
    for name in names:
        for seed in range(seeds):
            plan = Plan(tuple(select(list(SURFACE))), samples=12, seed=seed, limit=limit)
            bench = asked(read_suite(find_suite(name)), plan, model)
            accuracies.append(compared(bench, "canonicalisation", moved))
    title = f"Canonicalisation: {len(names)} suites x {seeds} seeds"
    flips_table(title, accuracies, moved)


def orders_table(model: Model, *, seeds: int, limit: int | None) -> None:
    """Print flip rates before and after a vote over orders of the listed options."""
    moved: Moved = {}
    accuracies = []
    for seed in range(seeds):
        plan = Plan(tuple(select(["order", "format"])), samples=4, seed=seed, limit=limit)
        accuracies.append(compared(asked(read_suite(find_suite("facts")), plan, model), "permutation-vote", moved))
    flips_table(f"Votes over orders: facts x {seeds} seeds", accuracies, moved)


def compared(bench: Bench, method: str, moved: Moved) -> tuple[float, float]:
    """Return the accuracy as written before and after, and add to `moved` whether each variant flips."""
    after = methods.get(method).apply(bench).scores
    sides = (bench.before, after)
    originals = [{s.variant.item.id: s for s in one if s.variant.family == "original"} for one in sides]
    for pair in zip(*sides, strict=True):
        if pair[0].variant.family != "original":
            flips = [s.answer != own[s.variant.item.id].answer for s, own in zip(pair, originals, strict=True)]
            moved.setdefault(pair[0].variant.perturbation, []).append((flips[0], flips[1]))
    first, second = (float(np.mean([s.correct for s in own.values()])) for own in originals)
    return first, second


def flips_table(title: str, accuracies: Sequence[tuple[float, float]], moved: Moved) -> None:
    """Print flip rates before and after by perturbation."""
    before, after = np.mean(accuracies, axis=0)
    print(f"\n## {title}\n\naccuracy as written {before:.3f} -> {after:.3f}\n")
    print("| perturbation | variants | flips before | flips after |\n|---|---:|---:|---:|")
    for name, flips in moved.items():
        rate = np.mean(flips, axis=0)
        print(f"| {name} | {len(flips):,} | {rate[0]:.3f} | {rate[1]:.3f} |")


if __name__ == "__main__":
    main()
