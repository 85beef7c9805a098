"""Runs of several models on the same variants: what differs by more than chance, and whether their order holds.

    run A   item 1: clean 1, format 0 1, format 1 0
    run B   item 1: clean 1, format 0 0, format 1 0      the same items under the same variants

Everything is paired by item. A difference has an interval (cluster bootstrap over items, the same resamples for all runs), a
p-value (`swap_test`: whole items change places between the two runs) and the least difference that such a comparison would
find in four cases of five. P-values are adjusted over the families of a metric.

Not covered: runs with different variants; they are refused, and what differs is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from probe.errors import UsageError
from probe.metrics import ALL, CLEAN, NULL, Cells, Metric, bootstrap, metrics, stack
from probe.metrics.accuracy import compared, over_variants
from probe.metrics.cells import Floats
from probe.metrics.intervals import RESAMPLES, TINY, percentile, wilson
from probe.metrics.multiplicity import benjamini_hochberg
from probe.metrics.paired import SWAPS, exact_mcnemar, swap_test
from probe.metrics.power import minimum_detectable
from probe.metrics.ranking import kendalls_w, mean_tau, reversal, reversal_of_clean
from probe.seeds import rng_for
from probe.store import read_cells, read_run

LEVEL = 0.05
OF_CLEAN = ("accuracy",)
OF_VARIANTS = ("accuracy_mean", "flip_rate", "pss", "unreadable_rate")
OF_CONTRASTS = ("contrast_consistency", "contrast_accuracy")
SETTINGS = {
    "seed": "--seed",
    "draws": "--draws",
    "num_fewshot": "--num-fewshot",
    "limit": "--limit",
    "target_ci": "--target-ci",
    "perturb": "--perturb",
}


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that was read back."""

    label: str
    manifest: dict[str, Any]
    cells: dict[str, Cells]


@dataclass(frozen=True, slots=True)
class Difference:
    """How far run `b` is from run `a` in one metric of one family; b minus a."""

    suite: str
    family: str
    metric: str
    a: str
    b: str
    value_a: float
    value_b: float
    difference: float
    ci_low: float
    ci_high: float
    standard_error: float
    minimum_detectable: float
    p_value: float
    num_items: int
    num_variants: int
    direction: str
    p_adjusted: float = 1.0
    significant: bool = False


def read_finished(paths: Sequence[Path]) -> list[Finished]:
    """Read runs that can be compared; those of one model are told apart by a number.

    Raises:
        UsageError: there is one only, one is no run, or they did not ask the same; says what differs.
    """
    if len(paths) < 2:
        raise UsageError("a comparison takes two runs or more", hint="probe compare RUN RUN")
    manifests = [read_run(path)[0] for path in paths]
    for path, manifest in zip(paths[1:], manifests[1:], strict=True):
        if differing := differences_of_design(manifests[0], manifest):
            raise UsageError(
                f"{path} did not ask what {paths[0]} asked: {'; '.join(differing)}",
                hint="run both models with the same suites, --perturb, --draws, --seed, --limit and --num-fewshot",
            )
    names = [str(manifest["model"]["name"]) for manifest in manifests]
    labels = [
        f"{name} #{names[: i + 1].count(name)}" if names.count(name) > 1 else name for i, name in enumerate(names)
    ]
    return [
        Finished(label, manifest, read_cells(path))
        for label, manifest, path in zip(labels, manifests, paths, strict=True)
    ]


def differences_of_design(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """Say in what two manifests asked different things; nothing if every prompt was the same."""
    if first["prompts_digest"] == second["prompts_digest"] and _suites(first).keys() == _suites(second).keys():
        return []
    found = [
        f"{flag} {_said(first.get(key))} and {_said(second.get(key))}"
        for key, flag in SETTINGS.items()
        if first.get(key) != second.get(key)
    ]
    one, other = _suites(first), _suites(second)
    if one.keys() != other.keys():
        found.append(f"suites {_said(list(one))} and {_said(list(other))}")
    for name in one.keys() & other.keys():
        if one[name]["digest"] != other[name]["digest"]:
            found.append(f"suite {name!r} has other files (version {one[name]['version']}, {other[name]['version']})")
        elif one[name]["num_items"] != other[name]["num_items"]:
            found.append(f"suite {name!r} with {one[name]['num_items']} and {other[name]['num_items']} items")
    versions = [str(manifest.get("versions", {}).get("probe")) for manifest in (first, second)]
    return found or [f"the prompts that were drawn (probe {versions[0]} and {versions[1]})"]


def compare(
    runs: Sequence[Finished], *, seed: int = 0, resamples: int = RESAMPLES, swaps: int = SWAPS
) -> dict[str, Any]:
    """Compare each two of the runs, and rank them under every variant."""
    tables = {name: [run.cells[name] for run in runs] for name in runs[0].cells}
    if len(tables) > 1:
        tables[ALL] = [stack([run.cells[name] for name in runs[0].cells]) for run in runs]
    labels = [run.label for run in runs]
    differences, tests, rankings, reversals = [], [], [], []
    for suite, cells in tables.items():
        drawn = rng_for(seed, "compare", suite).getrandbits(64)
        differences += list(_differences(suite, labels, cells, seed=drawn, resamples=resamples, swaps=swaps))
        tests += [_mcnemar(suite, labels, cells, pair) for pair in combinations(range(len(runs)), 2)]
        if suite != ALL or len(tables) == 1:
            ranking, of_pairs = _ranking(suite, labels, cells, seed=drawn, resamples=resamples)
            rankings.append(ranking)
            reversals += of_pairs
    for row, adjusted in zip(tests, benjamini_hochberg([row["p_value"] for row in tests]), strict=True):
        row |= {"p_adjusted": adjusted, "significant": adjusted <= LEVEL}
    return {
        "schema_version": 1,
        "runs": [{"label": run.label, "id": run.manifest["id"]} for run in runs],
        "suite": list(runs[0].cells),
        "differences": [asdict(row) for row in _adjusted(differences)],
        "tests": tests,
        "rankings": rankings,
        "reversals": reversals,
    }


def _suites(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {suite["name"]: suite for suite in manifest["suites"]}


def _said(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else "none" if value is None else str(value)


def _parts(cells: Cells) -> Iterator[tuple[str, Metric, list[int]]]:
    """Give family, metric, and the columns that it is computed on, of everything that is compared."""
    same = [i for i, c in enumerate(cells.columns) if i and c.effect == "same" and c.family != NULL]
    families = [family for family in cells.families if family != NULL]
    groups = [(CLEAN, OF_CLEAN, []), *(((ALL, OF_VARIANTS, same),) if len(families) > 1 else ())]
    for family in families:
        for effect, names in (("same", OF_VARIANTS), ("flip", OF_CONTRASTS)):
            of_it = [i for i, c in enumerate(cells.columns) if i and c.family == family and c.effect == effect]
            groups += [(family, names, of_it)] if of_it else []
    for family, names, columns in groups:
        yield from ((family, metrics.get(name), columns) for name in names)


def _differences(
    suite: str, labels: Sequence[str], cells: Sequence[Cells], *, seed: int, resamples: int, swaps: int
) -> Iterator[Difference]:
    parts = list(_parts(cells[0]))
    chosen = [[_counted(metric, one.select(columns)) for one in cells] for _, metric, columns in parts]
    statistics = [
        partial(metric.function, one) for (_, metric, _), ones in zip(parts, chosen, strict=True) for one in ones
    ]
    drawn = bootstrap(statistics, num_items=len(cells[0].items), seed=seed, resamples=resamples)
    for place, ((family, metric, _), ones) in enumerate(zip(parts, chosen, strict=True)):
        values = [metric.value(one) for one in ones]
        mine = drawn[place * len(cells) : (place + 1) * len(cells)]
        for a, b in combinations(range(len(cells)), 2):
            if math.isnan(values[a]) or math.isnan(values[b]):
                continue
            resampled = mine[b] - mine[a]
            low, high, error = _interval(values[b] - values[a], resampled, num_items=_num_items(ones[a]))
            tested = swap_test(metric.function, ones[a], ones[b], seed=seed, swaps=swaps)
            yield Difference(
                *(suite, family, metric.name, labels[a], labels[b], values[a], values[b], values[b] - values[a]),
                *(low, high, error, minimum_detectable(error), tested.p_value),
                *(_num_items(ones[a]), ones[a].num_variants, metric.direction),
            )


def _counted(metric: Metric, cells: Cells) -> Cells:
    return compared(cells) if metric.needs == "enough" else cells


def _num_items(cells: Cells) -> int:
    asked = cells.asked
    return int((asked[:, 1:].any(axis=1) if len(cells.columns) > 1 else asked[:, 0]).sum())


def _interval(value: float, resampled: Floats, *, num_items: int) -> tuple[float, float, float]:
    """Give interval and standard error; where no resample differs, what Wilson allows for items that were not seen to."""
    low, high = percentile(value, resampled)
    if high - low < TINY:
        unseen = wilson(0.0, num_items)[1]
        return max(-1.0, value - unseen), min(1.0, value + unseen), unseen / NormalDist().inv_cdf(1 - LEVEL / 2)
    return low, high, float(np.nanstd(resampled, ddof=1))


def _adjusted(rows: Sequence[Difference]) -> Iterator[Difference]:
    """Adjust over all rows of each metric and pair, the pooled ones among them: two equal models differ in one of 20 at most."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault((row.metric, row.a, row.b), []).append(index)
    adjusted = [1.0] * len(rows)
    for indices in groups.values():
        for index, p in zip(indices, benjamini_hochberg([rows[i].p_value for i in indices]), strict=True):
            adjusted[index] = p
    for row, p in zip(rows, adjusted, strict=True):
        yield replace(row, p_adjusted=p, significant=p <= LEVEL)


def _mcnemar(suite: str, labels: Sequence[str], cells: Sequence[Cells], pair: tuple[int, int]) -> dict[str, Any]:
    a, b = pair
    tested = exact_mcnemar(cells[a].correct[:, 0], cells[b].correct[:, 0])
    return {"suite": suite, "family": CLEAN, "test": "mcnemar", "a": labels[a], "b": labels[b], **asdict(tested)}


def _ranking(
    suite: str, labels: Sequence[str], cells: Sequence[Cells], *, seed: int, resamples: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Give how well the variants' rankings agree, and for each two models how often their order turns round."""
    chosen = [compared(one.same()) for one in cells]
    num_items = len(chosen[0].items)
    drawn = np.stack(
        bootstrap([partial(over_variants, one) for one in chosen], num_items=num_items, seed=seed, resamples=resamples),
        axis=1,
    )
    table = np.stack([over_variants(one, np.ones((1, num_items)))[0] for one in chosen])
    facts = {"suite": suite, "num_items": num_items, "num_variants": table.shape[1]}
    why = "every variant ties all models" if table.shape[1] > 1 else "no variant besides the clean one"
    agreement = {
        **_with_interval("kendalls_w", kendalls_w(table), kendalls_w(drawn)),
        **_with_interval("mean_tau", mean_tau(table), mean_tau(drawn)),
    }
    ranking = facts | {"num_models": len(labels)} | agreement
    pairs = []
    for a, b in combinations(range(len(labels)), 2):
        one, other, ones, others = table[a], table[b], drawn[:, a], drawn[:, b]
        rates = {
            **_with_interval("reversal", reversal(one, other), reversal(ones, others)),
            **_with_interval("reversal_of_clean", reversal_of_clean(one, other), reversal_of_clean(ones, others)),
        }
        reason = "" if rates["reversal"] is not None else why
        pairs.append(facts | {"a": labels[a], "b": labels[b]} | rates | {"reason": reason})
    return ranking | {"reason": "" if ranking["kendalls_w"] is not None else why}, pairs


def _with_interval(name: str, value: Floats, resampled: Floats) -> dict[str, float | None]:
    if np.isnan(value):
        return {name: None, f"{name}_ci_low": None, f"{name}_ci_high": None}
    low, high = percentile(float(value), resampled)
    return {name: float(value), f"{name}_ci_low": low, f"{name}_ci_high": high}
