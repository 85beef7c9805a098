"""Rank correlations between features of prompts (length, readability, ...) and outcomes of variants (accuracy, flip rate).

    accuracy of a variant     against    the feature's change from the original prompt, with its sign
    flip_rate of a variant    against    the size of that change

Spearman's rho over the variants of a run, after "The Language of Prompting" (Leidinger, van Rooij and Shutova 2023, arXiv
2311.01967). Each item is compared with its own original, so that a variant which was asked on long items is not called long.

    rho           over all variants; its interval is a bootstrap over items and variants at once (Owen 2007, Annals of Applied
                  Statistics 1(2)), and describes how families differ as well
    rho within    the same after the ranks of each family are centred: typos are shorter and flip less than formats, and that
                  alone must not pass for an explanation
    p-value       of rho within: permutation of the variants within their family
    q-value       Benjamini and Hochberg over everything that was tried
    interval      of rho within: the permutation test inverted at the level that the correction leaves (Benjamini and Yekutieli
                  2005, Journal of the American Statistical Association 100(469)), so that it leaves 0 out where q <= 0.05 only

Few variants explain nothing: below `FEWEST` no correlation is given. A correlation is no cause.

Covered: correlations and the sentence about them. Not covered: the features (`probe.metrics.text_features`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from probe.metrics.accuracy import variant_table
from probe.metrics.base import command_metric, ratio
from probe.metrics.cells import ORIGINAL, Cells, Floats, Ints
from probe.metrics.flips import flipped
from probe.metrics.statistics.intervals import bootstrap, percentile
from probe.metrics.statistics.multiplicity import benjamini_hochberg

Outcome = Literal["accuracy", "flip_rate"]
OUTCOMES: tuple[Outcome, ...] = ("accuracy", "flip_rate")
FEWEST = 6
"""Variants: of five, even a perfect order comes about by chance in 1 of 60 cases, either way."""
RESAMPLES = 1000
PERMUTATIONS = 4000
TINY = 1e-9
LEVEL = 0.05
ALL = "all"


@dataclass(frozen=True, slots=True)
class Correlation:
    """Correlation of an outcome of the variants with a feature of their prompts; None with a reason where not defined."""

    suite: str
    family: str
    outcome: Outcome
    feature: str
    rho: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    """Of `rho_within`."""
    q_value: float | None
    num_variants: int
    num_items: int
    reason: str = ""
    rho_within: float | None = None
    """Without what differs between families."""
    within_low: float | None = None
    within_high: float | None = None
    """Adjusted for all correlations that were tried."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A correlation before it is adjusted for the others, with what chance makes of it."""

    row: Correlation
    by_chance: Floats
    """`rho_within` under each permutation; empty where it is not defined."""


def ranks(values: Floats) -> Floats:
    """Return the ranks along the last axis, from 1; equal values share the mean of theirs."""
    less = (values[..., None, :] < values[..., :, None]).sum(axis=-1)
    equal = (values[..., None, :] == values[..., :, None]).sum(axis=-1)
    return np.asarray(less + (equal + 1) / 2)


@command_metric(
    "explain",
    direction="neither",
    range=(-1.0, 1.0),
    formula="Pearson correlation of ranks over variants",
    source="Leidinger, van Rooij and Shutova 2023, The Language of Prompting, arXiv 2311.01967",
)
def spearman(first: Floats, second: Floats) -> Floats:
    """How accuracy and flips of variants go with perplexity, length, frequency, ambiguity, readability, formality.

    Return Spearman's rho along the last axis; NaN where one of the two does not vary.
    """
    x, y = (ranks(values) - (values.shape[-1] + 1) / 2 for values in (first, second))
    scale = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    product = np.asarray((x * y).sum(axis=-1))
    return ratio(product, scale)


def permuted(first: Floats, second: Floats, groups: Sequence[object], rng: np.random.Generator) -> tuple[float, Floats]:
    """Return Spearman's rho with the ranks centred within their groups, and the same under permutations within them.

    NaN and no permutations where one of the two does not vary within any group.
    """
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    group = np.array([codes[one] for one in groups])
    x, y = (_centred(ranks(values), group) for values in (first, second))
    scale = math.sqrt(float((x**2).sum() * (y**2).sum()))
    if scale < TINY:
        return math.nan, np.empty(0)
    # Sorting by group and by chance within: the n-th place of a group receives a random member of it.
    shuffled = np.argsort(group + rng.random((PERMUTATIONS, len(x))), axis=1)
    return float(x @ y) / scale, np.asarray(x[shuffled] @ y[np.argsort(group, kind="stable")] / scale)


def permutation_p(found: float, by_chance: Floats) -> float:
    """Return the two-sided p-value of a permutation test; never 0.

    Phipson and Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9(1).
    """
    return float((1 + (np.abs(by_chance) >= abs(found) - TINY).sum()) / (1 + len(by_chance)))


def reach(by_chance: Floats, level: float) -> float:
    """Return the correlation that a permutation test at a level cannot tell from chance, 1 where it can tell none.

    `permutation_p` is at most the level exactly for what lies farther out.
    """
    allowed = math.floor(level * (1 + len(by_chance)) - 1 + TINY)
    return 1.0 if allowed < 0 else float(np.sort(np.abs(by_chance))[::-1][allowed]) + TINY


def correlate(suite: str, cells: Cells, features: Mapping[str, Floats], *, seed: int) -> list[Tried]:
    """Correlate the outcomes of variants with features (N, M) of their prompts, NaN where unknown.

    Over the variants of all families, and over those of each family that has enough.
    """
    families = [f for f in cells.label_preserving().families if len(cells.of(f).columns) > FEWEST]
    rows = []
    for family in [ALL, *(families if len(cells.label_preserving().families) > 1 else [])]:
        columns = [
            index
            for index, column in enumerate(cells.columns)
            if column.effect == "label-preserving"
            and column.family not in (ORIGINAL, "null")
            and family in (ALL, column.family)
        ]
        part = cells.select(columns)
        for name, values in features.items():
            rows += [_row(suite, family, one, name, part, values[:, [0, *columns]], seed) for one in OUTCOMES]
    return rows


def adjusted(tested: Sequence[Tried]) -> list[Correlation]:
    """Return the rows with q-values and intervals: both are adjusted over all rows, and tell the same ones from chance."""
    tried = [one.row.p_value for one in tested if one.row.p_value is not None]
    q_values = list(benjamini_hochberg(tried)) if tried else []
    level = LEVEL * max(1, sum(q <= LEVEL for q in q_values)) / max(1, len(tried))
    left = iter(q_values)
    return [one.row if one.row.p_value is None else _adjusted(one, next(left), level) for one in tested]


def _adjusted(one: Tried, q_value: float, level: float) -> Correlation:
    rho, far = one.row.rho_within or 0.0, reach(one.by_chance, level)
    return replace(one.row, q_value=q_value, within_low=max(-1.0, rho - far), within_high=min(1.0, rho + far))


def statement(rows: Sequence[Correlation]) -> str:
    """Return a sentence that names the significant correlations, or says that there are none."""
    tried = [row for row in rows if row.q_value is not None]
    if not tried:
        return f"Too few variants to look for explanations: a correlation needs at least {FEWEST}."
    significant = sorted((r for r in tried if (r.q_value or 0.0) <= LEVEL), key=lambda row: -abs(row.rho_within or 0.0))
    if not significant:
        return (
            f"Nothing that was measured explains it: after correction for {len(tried)} correlations, none is told from chance "
            f"(smallest q {min(row.q_value or 0.0 for row in tried):.2f})."
        )
    named = [
        f"{row.outcome.replace('_', ' ')} with {row.feature.replace('_', ' ')} (rho within families {row.rho_within:+.2f}"
        f"{'' if row.family == ALL else ', ' + row.family}, {row.suite})"
        for row in significant[:3]
    ]
    more = f", and {len(significant) - 3} more" if len(significant) > 3 else ""
    count = f"After correction, {len(significant)} of {len(tried)}"
    return f"{count} correlations are told from chance: {'; '.join(named)}{more}. None of them is a cause."


def _row(suite: str, family: str, outcome: Outcome, name: str, cells: Cells, values: Floats, seed: int) -> Tried:
    change = values[:, 1:] - values[:, :1]
    known = cells.asked[:, 1:] & ~np.isnan(change)
    empty = Correlation(suite, family, outcome, name, None, None, None, None, None, change.shape[1], len(change))
    if change.shape[1] < FEWEST:
        return _untested(empty, f"needs at least {FEWEST} variants")
    if not known.any(axis=0).all():
        return _untested(empty, "unknown for some variant")
    size = np.where(known, np.abs(change) if outcome == "flip_rate" else change, 0.0)
    moved = flipped(cells).astype(np.float64)
    asked = cells.comparable.astype(np.float64)

    def predictor(weights: Floats) -> Floats:
        return _means(weights @ size, weights @ known.astype(np.float64))

    def outcomes(weights: Floats) -> Floats:
        if outcome == "flip_rate":
            return _means(weights @ moved, weights @ asked)
        return np.round(variant_table(cells, weights)[:, 1:], 9)

    whole = np.ones((1, len(change)))
    x, y = predictor(whole)[0], outcomes(whole)[0]
    rho = float(spearman(x, y))
    if math.isnan(rho):
        constant = name if np.ptp(x) == 0 else outcome
        return _untested(empty, f"{constant} is the same under every variant")
    rng = np.random.default_rng(seed)
    drawn_x, drawn_y = bootstrap((predictor, outcomes), num_items=len(change), seed=seed, resamples=RESAMPLES)
    picks = rng.integers(0, len(x), drawn_x.shape)
    resampled = spearman(np.take_along_axis(drawn_x, picks, axis=1), np.take_along_axis(drawn_y, picks, axis=1))
    low, high = percentile(rho, resampled)
    row = replace(empty, rho=rho, ci_low=low, ci_high=high)
    within, by_chance = permuted(x, y, [column.family for column in cells.columns[1:]], rng)
    if math.isnan(within):
        return _untested(row, f"{name} or {outcome} differs between families only")
    return Tried(replace(row, rho_within=within, p_value=permutation_p(within, by_chance)), by_chance)


def _untested(row: Correlation, reason: str) -> Tried:
    return Tried(replace(row, reason=reason), np.empty(0))


def _centred(values: Floats, group: Ints) -> Floats:
    """Return values less the mean of their group."""
    return values - (np.bincount(group, values) / np.bincount(group))[group]


def _means(part: Floats, whole: Floats) -> Floats:
    """Divide; 0 (no change) in the rare resample that holds no item of a variant.

    Rounded: equal means differ in the last digit, which a rank would take for an order.
    """
    return np.asarray(np.nan_to_num(ratio(part, whole)).round(9))
