"""Random runs that compare a metric with its reference: `disagreements("flip_rate")` in the metric's test.

A run has choices that its items share, choices of each item, or free text; variants in other orders, under other symbols
and with other answers; unreadable and truncated answers, ties, scores that are no numbers, near-ties, unknown probabilities,
items that lack variants.

Covered: the metrics of `probe run`, on all items and on resamples of them. Not covered: those of other commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from random import Random

import numpy as np

from probe.metrics import metrics, tabulate
from probe.metrics.cells import Cells
from probe.metrics.rows import Task, task_groups
from probe.prompt.render import symbols_of
from probe.selftest.reference import Answer, Family, expected, references
from probe.types import Effect, Field, Item, Layout, Prompt, Reading, Score, Variant

NUM_RUNS = 150
FEWEST = 50
"""Figures that are defined, for the comparison to say something."""
TOLERANCE = 1e-9
OPTIONS = ("yes", "no", "maybe", "never")
COLUMNS = (
    ("original", "original", 0),
    *(("format", "layout", 0), ("format", "layout", 1), ("typos", "typo-swap", 0), ("order", "order", 0)),
    *(("order", "order", 1), ("labels", "label-shift", 0), ("null", "null", 0), ("null", "null", 1)),
    *(("contrast", "contrast", 0), ("contrast", "contrast-set", 1), ("format", "negated", 0)),
)
ALTERING = ("contrast", "contrast-set", "negated")
NOTHING: tuple[Reading, ...] = ("unreadable", "tie", "tie", "non-finite")


def disagreements(name: str) -> list[str]:
    """Return where a metric and its reference disagree on random runs; empty where they never do."""
    if metrics.get(name).name not in references:
        return [f"{name} has no reference"]
    differing, num_defined = [], 0
    for seed, task, family in _runs().get(name, []):
        for counts, value in _resampled(task, seed):
            wanted = expected(name, family.resampled(counts))
            num_defined += value is not None
            if (value is None) != (wanted is None) or abs((value or 0.0) - (wanted or 0.0)) > TOLERANCE:
                differing.append(f"run {seed}, {task.family}, items {counts}: {value}, and the reference says {wanted}")
    if num_defined < FEWEST:
        differing.append(f"{name} is defined {num_defined} times only, which says too little")
    return differing


def _resampled(task: Task, seed: int) -> Iterator[tuple[list[int], float | None]]:
    """Return item counts and the metric with these counts: all items once, then two resamples."""
    rng, num_items = np.random.default_rng(seed), len(task.cells.items)
    for counts in (np.ones(num_items), *rng.multinomial(num_items, np.full(num_items, 1 / num_items), 2)):
        [value] = task.metric.function(task.cells, counts[None].astype(np.float64))
        yield [int(count) for count in counts], None if np.isnan(value) else float(value)


@cache
def _runs() -> Mapping[str, list[tuple[int, Task, Family]]]:
    """Return for each metric its runs: the seed, the task that computes it and the family for its reference."""
    found: dict[str, list[tuple[int, Task, Family]]] = {}
    for seed in range(NUM_RUNS):
        cells, families = random_run(seed)
        for task in (task for group in task_groups(cells) for task in group):
            found.setdefault(task.metric.name, []).append((seed, task, families[task.family]))
    return found


def random_run(seed: int) -> tuple[Cells, dict[str, Family]]:
    """Return a run's cells, and its families by name."""
    rng = Random(seed)
    kind, is_listed = rng.choice(["shared", "shared", "own", "free"]), rng.random() < 0.7
    how_often, names = rng.choice([1.0, 0.8, 0.6]), rng.sample(COLUMNS[1:], rng.randint(0, len(COLUMNS) - 1))
    rows = []
    for item in [_item(rng, number, kind, is_listed) for number in range(rng.randint(2, 8))]:
        asked = [column for column in COLUMNS if column in names and rng.random() < how_often]
        rows.append([_score(rng, item, column) for column in [COLUMNS[0], *asked]])
    ids = [row[0].variant.item.id for row in rows]
    posix = {name: rng.random() for name in ids if rng.random() < 0.5} if rng.random() < 0.5 else None
    cells = tabulate([score for row in rows for score in row], posix=posix)
    answers, indices = [[_answer(score) for score in row] for row in rows], [(posix or {}).get(name) for name in ids]
    names_of_families = dict.fromkeys([*(column.family for column in cells.columns), "all"])
    return cells, {name: Family(name, answers, indices) for name in names_of_families}


def _item(rng: Random, number: int, kind: str, is_listed: bool) -> Item:
    options = {"shared": OPTIONS[:3], "own": tuple(rng.sample(OPTIONS, rng.randint(1, 4))), "free": ()}[kind]
    fields = (Field("Text", "?"),)
    prompt = Prompt("Say.", fields, options, list_choices=is_listed and bool(options), answer_with="symbol")
    # Each fourth item is a member of its neighbour's contrast set, with the same answer.
    name = f"item-{number - 1}+{number}" if number % 4 == 3 else f"item-{number}"
    return Item(name, prompt, rng.choice(options or ("cat",)))


def _score(rng: Random, item: Item, column: tuple[str, str, int]) -> Score:
    family, perturbation, number = column
    prompt, target = item.prompt, item.target
    if family == "order" and rng.random() < 0.8:
        prompt = replace(prompt, choices=tuple(rng.sample(prompt.choices, len(prompt.choices))))
    if family in ("labels", "order") and rng.random() < 0.5:
        prompt = replace(prompt, symbol_shift=rng.randint(0, 3))
    if perturbation == "layout" and rng.random() < 0.5:
        prompt = replace(prompt, layout=Layout(numbering="digit"))
    if perturbation in ALTERING:
        target = rng.choice(prompt.choices or ("dog",))
    effect: Effect = "label-altering" if perturbation in ALTERING else "label-preserving"
    variant = Variant(item, replace(item, prompt=prompt, target=target), family, perturbation, number, effect, "text")
    return _ranked(rng, variant) if prompt.choices else _written(rng, variant)


def _ranked(rng: Random, variant: Variant) -> Score:
    choices = variant.perturbed.prompt.choices
    text, reading = _text(rng, choices)
    weights = [rng.random() for _ in choices]
    known = tuple(weight / sum(weights) for weight in weights) if rng.random() < 0.8 else ()
    margin, sure = rng.choice([0.05, 0.1, 0.4, 1.0]), rng.choice([0.2, 0.4, 0.8, None])
    if reading == "non-finite":
        return Score(variant, "", correct=False, reading=reading)
    margin = 0.0 if reading == "tie" else margin
    return Score(variant, text, text == variant.perturbed.target, reading, known, margin, sure, rng.random() < 0.1)


def _text(rng: Random, choices: tuple[str, ...]) -> tuple[str, Reading]:
    chance = rng.random()
    if chance < 0.15:
        return "", rng.choice(NOTHING)
    return (rng.choice(["perhaps", "well"]), "other") if chance < 0.25 else (rng.choice(choices), "ranked")


def _written(rng: Random, variant: Variant) -> Score:
    text = rng.choice(["cat", "Cat", "dog", "cow", ""])
    is_right = text.lower() == variant.perturbed.target
    reading: Reading = "unreadable" if not text else "exact" if is_right else "other"
    return Score(variant, text, is_right, reading, (), None, rng.choice([0.3, 0.9, None]), rng.random() < 0.1)


def _answer(score: Score) -> Answer:
    variant, prompt = score.variant, score.variant.perturbed.prompt
    listed = prompt.choices if prompt.list_choices else ()
    return Answer(
        (variant.family, variant.perturbation, variant.sample),
        item=variant.item.id,
        must_change=variant.effect == "label-altering",
        text=score.answer,
        is_tie=score.reading == "tie",
        is_number=score.reading != "non-finite",
        is_right=score.correct,
        choices=listed,
        symbols=symbols_of(prompt, len(listed)),
        margin=score.margin,
        is_truncated=score.is_truncated,
        target=variant.perturbed.target,
        options=variant.item.prompt.choices,
        probabilities=dict(zip(prompt.choices, score.probabilities, strict=True)) if score.probabilities else {},
        confidence=score.confidence,
    )
