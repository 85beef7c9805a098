"""A run under a budget: some of the (item, variant) cells are asked, all of them are estimated.

    item     orig.  format 0  format 1  ...  wording 0       a call is one variant of one item asked,
    s-001      x       x         .               .           however many requests that takes
    s-002      x       .         x               .
    s-003      .       .         .               .           an item that gets no call at all is left out

Every item that is asked under a variant is also asked in its original form: without that there is no flip. Those calls
count, and at most half of the budget goes into them; where there are more items than that, a seeded part of them is
taken. The rest is sampled over the variants that must keep the answer, in balance both ways: the next cell goes to a
variant with the fewest cells so far, and there to an item with the fewest (Polo et al. 2024, arXiv 2405.17202, section
4). Reruns for the noise floor and contrast sets are not asked under a budget; what was not run is counted by family.

Covered: sharing a budget among suites, sampling, covariates of prompts from their text, the estimate in the summary.
Not covered: the statistical model (`probe.metrics.statistics.estimate`), stopping early.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from probe.errors import UsageError
from probe.evaluation.variants import VariantSet
from probe.metrics import NULL, Column
from probe.metrics.cells import Bools, Floats
from probe.metrics.statistics.estimate import LEVEL, QUANTILES, Estimate, estimate, full_rank, naive
from probe.seeds import rng_for
from probe.types import Score, Variant

FEWEST_CALLS = 8
"""For one suite."""
READ_ITEMS = 8
"""Items whose texts are read for the covariates of a variant."""
WORD = re.compile(r"\S+")
MARKS = "?:.,;!-'\"()[]{}<>*#|/\t"
FRAMING = ("question", "answer", "options", "choose", "select", "following", "please", "task", "sentence", "text")


INTERVALS = (
    "the intervals of the estimated accuracies are meant to hold the truth in 95 of 100 cases; that is calibrated, not "
    "guaranteed: on simulated grids and grids of real accuracies they held it in 88 to 100, by grid, budget and quantile "
    "(docs/methodology/budgets.md)"
)


@dataclass(frozen=True, slots=True)
class NotRun:
    """How many variants of a family the budget left out, over all items."""

    suite: str
    family: str
    cells: int


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """How accuracy is estimated to lie over all prompts of a family, at the budget's quantiles."""

    suite: str
    family: str
    """A family's name or "all"."""
    num_prompts: int
    num_items: int
    cells: int
    calls: int
    mean: float
    naive_mean: float
    values: tuple[float, ...]
    ci_low: tuple[float, ...]
    ci_high: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReport:
    """What was asked under a budget, what was not, and the estimates over all cells."""

    budget: int
    calls: int
    cells: int
    not_run: tuple[NotRun, ...]
    estimator: str
    quantiles: tuple[float, ...]
    level: float = LEVEL
    intervals: str = ""
    """How far the intervals of the estimates can be trusted."""
    estimates: tuple[EstimateRow, ...]


def thinned(sets: Mapping[str, VariantSet], *, budget: int, seed: int) -> dict[str, VariantSet]:
    """Return the variant sets with `budget` calls in all; the variants left out are in `not_run`.

    Raises:
        UsageError: the budget is too small to say anything.
    """
    possible = {name: sum(_counts(variant) for variant in one.variants) for name, one in sets.items()}
    shares = shared_out(budget, list(possible.values()))
    least = FEWEST_CALLS * len(sets)
    if budget < least:
        raise UsageError(f"--budget {budget}: at least {least} calls are needed, {FEWEST_CALLS} for each suite")
    return {name: _thinned(one, calls, seed=seed) for (name, one), calls in zip(sets.items(), shares, strict=True)}


def shared_out(budget: int, possible: Sequence[int]) -> list[int]:
    """Return equal shares of the calls; calls that one suite cannot use go to the others."""
    shares = [0] * len(possible)
    order = sorted(range(len(possible)), key=lambda index: possible[index])
    for done, index in enumerate(order):
        shares[index] = min(possible[index], (budget - sum(shares)) // (len(order) - done))
    return shares


def balanced(possible: Bools, num: int, *, seed: int) -> Bools:
    """Sample `num` of the possible cells (I, J), in balance over rows first and then over columns.

    The mask that is given stays as it is. Where fewer cells are possible, all of them are given.
    """
    rng = np.random.default_rng(seed)
    left, sampled = possible.copy(), np.zeros_like(possible)
    by_row, by_column = np.zeros(len(possible)), np.zeros(possible.shape[1])
    by_row[~left.any(axis=1)] = np.inf
    for _ in range(min(num, int(possible.sum()))):
        row = rng.choice(np.flatnonzero(by_row == by_row.min()))
        columns = np.flatnonzero(left[row])
        column = rng.choice(columns[by_column[columns] == by_column[columns].min()])
        left[row, column], sampled[row, column] = False, True
        by_row[row] = by_row[row] + 1 if left[row].any() else np.inf
        by_column[column] += 1
    return sampled


def features(text: str) -> tuple[float, ...]:
    """Return counts of a prompt's text: words by case, lines, spaces, marks, framing words, the last character."""
    words = WORD.findall(text)
    lower, end = text.lower(), text.rstrip()[-1:]
    return (
        *(float(sum(test(word) for word in words)) for test in (str.isupper, str.islower, str.istitle)),
        *(float(text.count(mark)) for mark in ("\n", " ", "  ", "\n\n", *MARKS)),
        *(float(lower.count(word)) for word in FRAMING),
        *(float(end == mark) for mark in (":", "?", ".", "-")),
        float(len(text)),
        float(len(words)),
    )


def budget_report(
    sets: Mapping[str, VariantSet], scores: Mapping[str, Sequence[Score]], *, budget: int, seed: int
) -> BudgetReport:
    """Return what was asked under the budget, what was not, and the estimates by suite and family."""
    calls = sum(len(one.variants) for one in sets.values())
    return BudgetReport(
        budget=budget,
        calls=calls,
        cells=calls + sum(len(one.not_run) for one in sets.values()),
        not_run=tuple(
            NotRun(name, family, num)
            for name, one in sets.items()
            for family, num in Counter(variant.family for variant in one.not_run).items()
        ),
        estimator="PromptEval: logistic item-response model with covariates of the prompt's text (arXiv 2405.17202)",
        quantiles=tuple(QUANTILES),
        intervals=INTERVALS,
        estimates=tuple(row for name, one in sets.items() for row in _estimates(name, one, scores[name], seed=seed)),
    )


def _counts(variant: Variant) -> bool:
    """Return whether a variant takes part under a budget."""
    return variant.effect == "label-preserving" and variant.family != NULL


def _thinned(one: VariantSet, calls: int, *, seed: int) -> VariantSet:
    """Return `calls` of a suite's variants."""
    rng = rng_for(seed, one.suite.name, "budget")
    items = list(dict.fromkeys(variant.item.id for variant in one.variants))
    chosen = set(rng.sample(items, min(len(items), max(1, calls // 2))))
    columns = list(dict.fromkeys(map(Column.of, filter(_is_sampled, one.variants))))
    rows = {column: index for index, column in enumerate(columns)}
    place = {item: index for index, item in enumerate(sorted(chosen, key=items.index))}
    possible = np.zeros((len(rows), len(place)), np.bool_)
    for variant in filter(_is_sampled, one.variants):
        if variant.item.id in place:
            possible[rows[Column.of(variant)], place[variant.item.id]] = True
    asked = balanced(possible, calls - len(chosen), seed=rng.getrandbits(32))

    def is_asked(variant: Variant) -> bool:
        if variant.item.id not in place or not _counts(variant):
            return False
        return not _is_sampled(variant) or bool(asked[rows[Column.of(variant)], place[variant.item.id]])

    not_run = tuple(variant for variant in one.variants if not is_asked(variant))
    missing = Counter(variant.family for variant in not_run)
    counts = {
        family: {**statuses, "asked": statuses["asked"] - missing[family]} for family, statuses in one.counts.items()
    }
    return replace(one, variants=tuple(filter(is_asked, one.variants)), counts=counts, not_run=not_run)


def _is_sampled(variant: Variant) -> bool:
    return _counts(variant) and variant.family != "original"


def _estimates(suite: str, one: VariantSet, scores: Sequence[Score], *, seed: int) -> list[EstimateRow]:
    """Return the estimates over all prompts of a suite, the original among them, and over each family's."""
    every = [variant for variant in (*one.variants, *one.not_run) if _counts(variant)]
    columns = list(dict.fromkeys(map(Column.of, every)))
    items = list(dict.fromkeys(variant.item.id for variant in every))
    outcomes = np.full((len(columns), len(items)), np.nan)
    rows = {column: index for index, column in enumerate(columns)}
    place = {item: index for index, item in enumerate(items)}
    for score in scores:
        outcomes[rows[Column.of(score.variant)], place[score.variant.item.id]] = score.correct
    covariates = _covariates(every, rows)
    drawn = rng_for(seed, suite, "estimate").getrandbits(32)
    families = {"all": list(range(len(columns)))}
    for column, row in rows.items():
        if column.family != "original":
            families.setdefault(column.family, []).append(row)
    found = []
    for family, members in families.items():
        part = outcomes[members]
        if np.isnan(part).all():
            continue
        own = covariates if family == "all" or covariates is None else full_rank(covariates[members])
        found.append(_row(suite, family, part, estimate(part, covariates=own, seed=drawn)))
    return found


def _row(suite: str, family: str, outcomes: Floats, found: Estimate) -> EstimateRow:
    return EstimateRow(
        suite,
        family,
        num_prompts=len(found.accuracies),
        num_items=outcomes.shape[1],
        cells=outcomes.size,
        calls=found.num_asked,
        mean=float(found.accuracies.mean()),
        naive_mean=float(naive(outcomes).mean()),
        values=tuple(found.quantiles.tolist()),
        ci_low=tuple(found.low.tolist()),
        ci_high=tuple(found.high.tolist()),
    )


def _covariates(variants: Sequence[Variant], rows: Mapping[Column, int]) -> Floats | None:
    """Return (I, D), the mean difference of a variant's text features from those of the original, over the first items."""
    texts: dict[Column, list[Floats]] = {}
    original = {
        variant.item.id: np.array(features(variant.text)) for variant in variants if variant.family == "original"
    }
    for variant in variants:
        read = texts.setdefault(Column.of(variant), [])
        if len(read) < READ_ITEMS:
            read.append(np.array(features(variant.text)) - original[variant.item.id])
    return full_rank(np.array([np.mean(texts[column], axis=0) for column in rows]))
