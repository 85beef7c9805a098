"""Two runs side by side: what changed in how they were made, and which items broke or were fixed.

    manifests    model.chat_template_hash   "" -> 9f2c...        what decides the prompt's tokens first, then model, then versions

    item s-001   clean  format 0  format 1  typos 0
    run A        right  right     right     wrong
    run B        wrong  wrong     right     right          2 newly wrong, 1 newly right: the item is newly broken

An item is newly broken if more of its prompts (original and perturbed) went from right to wrong than back, newly fixed if it is
the other way round. Reruns of the identical prompt are not counted.

Covered: changed manifest entries, broken and fixed items with one example each. Not covered: whether the difference of two
figures is chance (`probe.comparison.runs`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from probe.comparison.comparison import Change, ComparedRun, MovedItem, RunComparison, RunPair
from probe.comparison.runs import compare, read_runs
from probe.evaluation.run import DESIGN
from probe.metrics import NULL, ORIGINAL
from probe.metrics.cells import Column, Ints, Weight
from probe.metrics.rows_of_answers import NOWHERE
from probe.record.answered import Answered, read_answered
from probe.record.design import shown
from probe.record.run import Run
from probe.record.tables import KEYS, rows_at

MAX_ITEMS = 40
"""Broken items that are given in full, and as many fixed ones; all are counted."""

UNLIKE = ("id", "created", "command", "suites", "stopped_at")
"""Entries that differ between any two runs, or that are compared suite by suite."""
PROMPT = ("prompts_digest", *DESIGN)
TOKENS = (
    *("chat_template_hash", "adds_special_tokens", "tokenizer_hash", "max_length", "tokenizer"),
    *("tokenizer_settings_hash", "chat_rendering_hash"),
)
RECORDED_LATER = frozenset(
    f"model.{name}"
    for name in (
        *("config_hash", "generation_hash", "adapter_hash", "modules_hash", "tokenizer_settings_hash"),
        *("chat_rendering_hash", "hardware", "attention", "precision", "libraries"),
    )
)
"""Facts that runs of earlier versions do not have: that one of two runs has none is no change."""

Key = tuple[str, str, str, str, int]
"""Suite, item, family, perturbation, draw."""


def compare_folders(paths: Sequence[Path], *, seed: int = 0) -> RunComparison:
    """Compare runs from their folders, and the first run with each other one entry by entry and item by item.

    Raises:
        UsageError: there is one only, one is no run, or they did not ask the same.
        StoreError: a table is missing or damaged.
    """
    runs = read_runs(paths)
    weights = {run.weight for run in runs.values()}
    weight = weights.pop() if len(weights) == 1 else "families"
    found = compare({label: run.cells(weight) for label, run in runs.items()}, seed=seed)
    (first, old), *others = runs.items()
    return replace(
        found,
        runs=tuple(_compared_run(label, run) for label, run in runs.items()),
        weight=weight,
        verdict=" ".join(filter(None, (verdict(found), _reweighed(runs, weight)))),
        verdicts={label: run.summary.verdict for label, run in runs.items()},
        pairs=tuple(_pair(first, old, label, run) for label, run in others),
    )


def verdict(found: RunComparison) -> str:
    """Return the verdict: how many differences exceed chance, and which run is better on the original prompts."""
    rows = [row for row in found.differences if row.suite == found.whole]
    differing = [row for row in rows if row.significant]
    if not differing:
        return f"None of {len(rows)} differences is larger than chance explains."
    of_original = [row for row in differing if row.metric == "accuracy"]
    first = f"{len(differing)} of {len(rows)} differences are larger than chance explains"
    if not of_original:
        return first + ", none of them in original accuracy."
    top = max(of_original, key=lambda row: abs(row.difference))
    better, worse = (top.b, top.a) if top.difference > 0 else (top.a, top.b)
    return f"{first}; on the original prompts, {better} beats {worse} by {100 * abs(top.difference):.1f} points."


def _reweighed(runs: Mapping[str, Run], weight: Weight) -> str:
    """Name the runs whose rates over all families were recomputed, because they recorded other weights."""
    others = [label for label, run in runs.items() if run.summary.weight != weight]
    if not others:
        return ""
    recorded = "pairs" if weight == "families" else "families"
    named = ", ".join(others)
    return f"Rates over all families of {named} are computed again with {weight} weighing equally; recorded were {recorded}."


def _compared_run(label: str, run: Run) -> ComparedRun:
    manifest = run.manifest
    command = manifest.get("command")
    typed = shlex.join(map(str, command)) if isinstance(command, list) else str(command or "")
    return ComparedRun(label, str(manifest["id"]), str(run.folder), str(manifest.get("created", "")), typed)


def _pair(a: str, old: Run, b: str, new: Run) -> RunPair:
    (num_broken, broken), (num_fixed, fixed) = moved_items(old.folder, new.folder).values()
    changes = manifest_changes(old.manifest, new.manifest)
    return RunPair(a, b, tuple(changes), num_broken, num_fixed, (*broken, *fixed))


def manifest_changes(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Change]:
    """Return the entries that differ, those that decide the tokens of the prompts first."""
    one, other = dict(_entries(first)), dict(_entries(second))
    in_one = one.keys() ^ other.keys()
    names = [
        name
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name) and not (name in in_one and _is_recorded_later(name))
    ]
    found = [Change(_kind(name), name, one.get(name, "(none)"), other.get(name, "(none)")) for name in names]
    weight = {"tokens": 0, "prompts": 1, "model": 2, "versions": 3, "other": 4}
    return sorted(found, key=lambda change: weight[change.kind])


def _is_recorded_later(name: str) -> bool:
    return name in RECORDED_LATER or name.startswith("suite ") and name.endswith(".normalisation")


def moved_items(first: Path, second: Path, *, limit: int = MAX_ITEMS) -> dict[str, tuple[int, list[MovedItem]]]:
    """Return how many items are newly broken and newly fixed in the second run, and the clearest `limit` of each."""
    old, new = read_answered(first), read_answered(second)
    moved = [row for suite, one in old.items() if suite in new for row in _moved(suite, one, new[suite])]
    moved.sort(key=lambda row: row.first)
    found: dict[str, tuple[int, list[MovedItem]]] = {}
    for direction, sign in (("broken", 1), ("fixed", -1)):
        rows = [row for row in moved if sign * (row.newly_wrong - row.newly_right) > 0]
        rows.sort(key=lambda row: (row.key[2] != ORIGINAL, -abs(row.newly_wrong - row.newly_right)))
        found[direction] = (len(rows), _in_full(rows[:limit], direction, first, second))
    return found


@dataclass(frozen=True, slots=True)
class _Moved:
    """An item that is newly broken or fixed, with the prompt that shows it."""

    key: Key
    places: tuple[int, int]
    """Its row in the tables of the two runs."""
    newly_wrong: int
    newly_right: int
    num_prompts: int
    first: int
    """The first row of the item's prompts that both runs asked."""


def _moved(suite: str, one: Answered, other: Answered) -> Iterator[_Moved]:
    """Return the items of a suite that moved."""
    places, in_other = one.places, _aligned(one, other)
    both = (places >= 0) & (in_other >= 0) & [column.family != NULL for column in one.rows.columns]
    right = [
        answered.rows.correct[_row_of(answered)[np.where(both, where, answered.rows.place[0])]].astype(np.bool_)
        for answered, where in ((one, places), (other, in_other))
    ]
    wrong, mended = both & right[0] & ~right[1], both & ~right[0] & right[1]
    newly_wrong, newly_right = wrong.sum(axis=1), mended.sum(axis=1)
    for n in np.flatnonzero(newly_wrong != newly_right).tolist():
        moved = np.flatnonzero(wrong[n] if newly_wrong[n] > newly_right[n] else mended[n])
        # Where the original moved it is the example, else what was asked first.
        shown = 0 if moved[0] == 0 else moved[places[n, moved].argmin()]
        column = one.rows.columns[shown]
        yield _Moved(
            (suite, one.items[n], column.family, column.perturbation, column.sample),
            (int(places[n, shown]), int(in_other[n, shown])),
            int(newly_wrong[n]),
            int(newly_right[n]),
            int(both[n].sum()),
            int(places[n, both[n]].min()),
        )


def _row_of(answered: Answered) -> Ints:
    """Return which of a suite's rows stands at each place of the run's tables."""
    rows = np.zeros(int(answered.rows.place.max()) + 1, np.int32)
    rows[answered.rows.place] = np.arange(len(answered.rows.place))
    return rows


def _aligned(one: Answered, other: Answered) -> Ints:
    """Return the places of the second run's rows in the items and columns of the first; -1 not asked."""
    items = {name: n for n, name in enumerate(other.items)}
    columns = {_named(column): i for i, column in enumerate(other.rows.columns)}
    rows = np.array([items.get(name, len(items)) for name in one.items])
    found = np.array([columns.get(_named(column), len(columns)) for column in one.rows.columns])
    padded = np.pad(other.places, ((0, 1), (0, 1)), constant_values=NOWHERE)
    return np.asarray(padded[np.ix_(rows, found)])


def _named(column: Column) -> tuple[str, str, int]:
    return column.family, column.perturbation, column.sample


def _entries(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return a manifest's entries by their dotted names, suites by their own."""
    for suite in manifest.get("suites", ()):
        for key, value in suite.items():
            if key not in ("name", "path"):
                yield f"suite {suite.get('name')}.{key}", shown(value)
    for key, value in manifest.items():
        if key not in UNLIKE:
            yield from _flat(key, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    else:
        yield name, shown(value)


def _kind(name: str) -> str:
    last = name.rpartition(".")[2]
    if last in TOKENS:
        return "tokens"
    if name in PROMPT or name.startswith("suite "):
        return "prompts"
    return {"model": "model", "asked_model": "model", "versions": "versions"}.get(name.partition(".")[0], "other")


def _in_full(rows: Sequence[_Moved], direction: str, first: Path, second: Path) -> list[MovedItem]:
    """Return rows with the texts and answers of their examples."""
    sides = [_asked(path, [row.places[side] for row in rows]) for side, path in enumerate((first, second))]
    moved = []
    for row, a, b in zip(rows, *sides, strict=True):
        texts = {f"{name}_{side}": _plain(value) for side, one in (("a", a), ("b", b)) for name, value in one.items()}
        counts = {"newly_wrong": row.newly_wrong, "newly_right": row.newly_right, "num_prompts": row.num_prompts}
        is_original = row.key[2] == ORIGINAL
        moved.append(
            MovedItem(
                direction=direction, as_written=is_original, **counts, **dict(zip(KEYS, row.key, strict=True)), **texts
            )
        )
    return moved


def _plain(value: Any) -> Any:
    """Return a value of a table as a text, or as a tuple of texts or rounded numbers."""
    if isinstance(value, list):
        return tuple(round(one, 4) if isinstance(one, float) else one for one in value)
    return "" if value is None else value


def _asked(path: Path, places: Sequence[int]) -> list[dict[str, Any]]:
    """Return the text, target and answer of some rows of a run's tables."""
    scores = rows_at(path, "scores", ["prediction", "probabilities"], places)
    variants = rows_at(path, "variants", ["text", "target", "choices"], places)
    return [score | variant for score, variant in zip(scores, variants, strict=True)]
