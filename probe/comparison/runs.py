"""Runs of several models on the same variants: what differs by more than chance, and whether their order holds.

    run A   item 1: clean 1, format 0 1, format 1 0
    run B   item 1: clean 1, format 0 0, format 1 0      the same items under the same variants

Everything is paired by item. A difference has an interval (Student's t over items, with the jackknife's error), a p-value
(`swap_test`: whole items change places between the two runs) and the least difference that such a comparison would find in four
cases of five. P-values are adjusted over all rows of a comparison at once: two draws of one model have a significant row, of
whatever family, metric or suite, in one comparison of 20.

Not covered: runs with different variants; they are refused, and what differs is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from probe.comparison.comparison import Difference, McNemar, Ranking, Reversal, RunComparison
from probe.comparison.rankings import rank
from probe.errors import UsageError
from probe.metrics import ALL, ORIGINAL, Cells, Metric, stack
from probe.metrics.compared_parts import Figures, Part, parts
from probe.metrics.floors import floor_value
from probe.metrics.statistics.intervals import RESAMPLES
from probe.metrics.statistics.multiplicity import benjamini_hochberg
from probe.metrics.statistics.paired import SWAPS, exact_mcnemar, swap_test
from probe.metrics.statistics.paired_interval import paired_interval
from probe.metrics.statistics.paired_power import mcnemar_detectable
from probe.metrics.statistics.power import minimum_detectable
from probe.record.design import Design, differences
from probe.record.run import Run, read_run
from probe.seeds import rng_for

LEVEL = 0.05
FIGURES = Figures(
    original=("accuracy",),
    preserving=("accuracy_mean", "flip_rate", "pss", "unreadable_rate"),
    altering=("contrast_consistency", "contrast_accuracy"),
)


def read_runs(folders: Sequence[Path]) -> dict[str, Run]:
    """Read runs that can be compared, by label: the model's name, with a number where several runs are of one model.

    Raises:
        UsageError: there is one only, one is no run, or they did not ask the same; says what differs.
    """
    if len(folders) < 2:
        raise UsageError("a comparison takes two runs or more", hint="probe compare RUN RUN")
    runs = list(map(read_run, folders))
    for run in runs[1:]:
        if differing := differences_of_design(runs[0].manifest, run.manifest):
            raise UsageError(
                f"{run.folder} did not ask what {runs[0].folder} asked: {'; '.join(differing)}",
                hint="run both models with the same suites, --perturb, --samples, --seed, --limit and --num-fewshot",
            )
    names = [run.model for run in runs]
    labels = [
        f"{name} #{names[: i + 1].count(name)}" if names.count(name) > 1 else name for i, name in enumerate(names)
    ]
    return dict(zip(labels, runs, strict=True))


def differences_of_design(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the settings in which two manifests differ; empty if every prompt was the same."""
    one, other = ({suite["name"]: suite["num_items"] for suite in manifest["suites"]} for manifest in (first, second))
    if first["prompts_digest"] == second["prompts_digest"] and one.keys() == other.keys():
        return []
    both = differences(Design.of_manifest(first), Design.of_manifest(second), names=("the first", "the other"))
    found = [text for _, text in both]
    if not found:
        counts = [(name, one[name], other[name]) for name in one if one[name] != other[name]]
        found = [f"suite {name!r} has {a} items in the first, {b} in the other" for name, a, b in counts]
    versions = [str(manifest.get("versions", {}).get("probe")) for manifest in (first, second)]
    return found or [f"the prompts that were drawn (probe {versions[0]} and {versions[1]})"]


def compare(
    runs: Mapping[str, Mapping[str, Cells]], *, seed: int = 0, resamples: int = RESAMPLES, swaps: int = SWAPS
) -> RunComparison:
    """Compare each two runs, and rank them under every variant; `runs` are the cells of each label's suites."""
    labels = list(runs)
    suites = list(runs[labels[0]])
    tables = {name: [run[name] for run in runs.values()] for name in suites}
    if len(tables) > 1:
        tables[ALL] = [stack([run[name] for name in suites]) for run in runs.values()]
    most = _most_swaps(tables)
    differences: list[tuple[Difference, bool]] = []
    tests: list[tuple[McNemar, bool]] = []
    rankings: list[Ranking] = []
    reversals: list[Reversal] = []
    for suite, cells in tables.items():
        drawn = rng_for(seed, "compare", suite).getrandbits(64)
        how = _How(seed=drawn, swaps=swaps, most=most)
        differences += list(_differences(suite, labels, cells, how))
        tests += [_mcnemar(suite, labels, cells, pair) for pair in combinations(range(len(runs)), 2)]
        if suite != ALL or len(tables) == 1:
            ranking, of_pairs = rank(suite, labels, cells, seed=drawn, resamples=resamples)
            rankings.append(ranking)
            reversals += of_pairs
    adjusted = iter(_adjusted([*differences, *tests]))
    return RunComparison(
        suites=tuple(suites),
        differences=tuple(_with_p(row, next(adjusted)) for row, _ in differences),
        tests=tuple(_with_p(row, next(adjusted)) for row, _ in tests),
        rankings=tuple(rankings),
        reversals=tuple(reversals),
    )


TestedRow = TypeVar("TestedRow", Difference, McNemar)


@dataclass(frozen=True, slots=True)
class _How:
    """How much is drawn."""

    seed: int
    swaps: int
    most: int


def _parts(cells: Cells) -> list[Part]:
    return list(parts(cells, FIGURES, all_families=ALL))


def _most_swaps(tables: Mapping[str, Sequence[Cells]]) -> int:
    """Return with how many swaps the least p is small enough to be significant beside all other rows."""
    pairs = [len(cells) * (len(cells) - 1) // 2 for cells in tables.values()]
    rows = sum(num * (1 + len(_parts(cells[0]))) for num, cells in zip(pairs, tables.values(), strict=True))
    return math.ceil(rows / LEVEL)


def _differences(
    suite: str, labels: Sequence[str], cells: Sequence[Cells], how: _How
) -> Iterator[tuple[Difference, bool]]:
    """Return the rows of a suite, each with whether it could have differed: whether any item was answered otherwise."""
    for part in _parts(cells[0]):
        metric, ones = part.metric, [part.of(one) for one in cells]
        values = [metric.value(one) for one in ones]
        own = [_floor(metric, *both) for both in zip(cells, ones, strict=True)]
        for a, b in combinations(range(len(cells)), 2):
            if math.isnan(values[a]) or math.isnan(values[b]):
                continue
            num_items = ones[a].num_items_asked
            known = paired_interval(metric.function, ones[a], ones[b], num_items=num_items, seed=how.seed)
            tested = swap_test(metric.function, ones[a], ones[b], seed=how.seed, swaps=how.swaps, most=how.most)
            row = Difference(
                suite,
                part.family,
                metric.name,
                a=labels[a],
                b=labels[b],
                value_a=values[a],
                value_b=values[b],
                difference=values[b] - values[a],
                ci_low=known.low,
                ci_high=known.high,
                standard_error=known.error,
                minimum_detectable=minimum_detectable(known.error),
                p_value=tested.p_value,
                num_items=num_items,
                num_variants=ones[a].num_variants,
                direction=metric.direction,
                floor_a=own[a],
                floor_b=own[b],
                net_a=_net(metric, values[a], own[a]),
                net_b=_net(metric, values[b], own[b]),
            )
            yield row, not known.is_alike


def _floor(metric: Metric, cells: Cells, chosen: Cells) -> float | None:
    """Return the noise floor that the run's own summary gives the row; of contrasts there is none."""
    is_same = all(column.effect == "label-preserving" for column in chosen.columns)
    return floor_value(metric, chosen.num_variants, cells) if is_same else None


def _net(metric: Metric, value: float, floor: float | None) -> float | None:
    return None if floor is None or metric.measures != "change" else value - floor


def _adjusted(rows: Sequence[tuple[Difference | McNemar, bool]]) -> list[float]:
    """Return the p of each row, adjusted over all rows that could be significant.

    Benjamini-Hochberg over everything that a reader may find starred: where no row differs, some row is starred in one of 20
    comparisons. Rows in which both runs did the same to every item could not be and are not counted (Tarone 1990,
    Biometrics 46).
    """
    tried = [index for index, (_, could_differ) in enumerate(rows) if could_differ]
    adjusted = dict(zip(tried, benjamini_hochberg([rows[i][0].p_value for i in tried]), strict=True))
    return [adjusted.get(index, 1.0) for index in range(len(rows))]


def _with_p(row: TestedRow, p_adjusted: float) -> TestedRow:
    return replace(row, p_adjusted=p_adjusted, significant=p_adjusted <= LEVEL)


def _mcnemar(suite: str, labels: Sequence[str], cells: Sequence[Cells], pair: tuple[int, int]) -> tuple[McNemar, bool]:
    a, b = pair
    tested = exact_mcnemar(cells[a].correct[:, 0], cells[b].correct[:, 0])
    least = mcnemar_detectable(tested.num_items, tested.num_discordant / max(1, tested.num_items))
    why = "" if least is not None else f"{tested.num_items} items are too few for any difference"
    facts = asdict(tested)
    row = McNemar(suite, ORIGINAL, "mcnemar", a=labels[a], b=labels[b], **facts, minimum_detectable=least, reason=why)
    return row, tested.num_discordant > 0
