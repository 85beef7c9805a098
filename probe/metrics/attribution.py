"""Which factor of a prompt moves the answers: a two-level design and the variance components of what it measured.

    run   separator  wording  order        every run is asked on the same items; "-" original, "+" the other level
     0        -         -       -
     1        +         -       +          y[n,r] = mean + item_n + sum_f x[r,f] (beta_f + gamma_{n,f}) + rest
     2        -         +       +
     3        +         +       -          components: Var(item), beta_f^2, Var(gamma_f), Var(rest)
     ...

The design is a Hadamard matrix with its foldover: an orthogonal array of strength three, in which no factor is mixed up
with another or with an interaction of two others (Plackett and Burman 1946, Biometrika 33; Box and Wilson 1951 for the
foldover). Its sums of squares are orthogonal, so that type I, II and III are the same and the parts add up.

Components by the method of moments (Searle, Casella and McCulloch 1992, Variance Components, chapter 4): observed mean
squares set equal to their expectations. An estimate below zero stands for none and is counted as zero. Intervals: BCa bootstrap
over items; where no resample differs, Wilson. The levels drawn are taken as given.

Covered: the design, components and shares with intervals, effects. Not covered: what the levels are
(`probe.experiments.factors`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from probe.metrics.base import command_metric
from probe.metrics.cells import Floats
from probe.metrics.statistics import intervals
from probe.metrics.statistics.intervals import (
    Interval,
    bca,
    bootstrap,
    jackknife,
    percentile,
    unmoved,
    unmoved_difference,
)

# T = blocks (draws of the other levels), N = items, R = runs, K = factors, B = resamples

SIZES = (4, 8, 12, 16)
"""Of the Hadamard matrices: up to that many factors in twice as many runs."""
MAX_FACTORS = SIZES[-1]
RESAMPLES = 1000
TINY = 1e-12

Kind = Literal["item", "factor", "item x factor", "residual"]


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the variance of the outcomes, and its share of the whole; None where nothing varies."""

    name: str
    kind: Kind
    variance: float
    share: float | None
    ci_low: float | None
    ci_high: float | None
    outcome: str = ""
    """The outcome whose variance is split."""


@dataclass(frozen=True, slots=True)
class SpreadShare:
    """A factor's part, alone and with the items, of what changes as the prompt changes."""

    name: str
    share: float | None
    ci_low: float | None
    ci_high: float | None
    outcome: str = ""
    """The outcome whose variance is split."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How much the mean outcome changes from the original level to the other one, in one block."""

    name: str
    block: int
    value: float
    ci_low: float
    ci_high: float
    outcome: str = ""
    """The outcome whose variance is split."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The components add up to the variance of one outcome; the spread shares to one."""

    components: tuple[Component, ...]
    spread: tuple[SpreadShare, ...]
    effects: tuple[Effect, ...]


def num_runs(num_factors: int) -> int:
    """Return the number of runs of the design.

    Raises:
        ValueError: there is no factor, or there are too many.
    """
    if not 1 <= num_factors <= MAX_FACTORS:
        raise ValueError(f"{num_factors} factors; the design takes 1 to {MAX_FACTORS}")
    return 2 * next(size for size in SIZES if size >= num_factors)


def design(num_factors: int) -> Floats:
    """Return the design (R, K) of -1 (original) and 1 (the other level); its first run is all original."""
    half = -_hadamard(num_runs(num_factors) // 2)
    return np.concatenate([half, -half])[:, :num_factors]


def decompose(outcomes: Floats, runs: Floats, names: Sequence[str], *, seed: int) -> Decomposition:
    """Split the variance of outcomes (T, N, R) of the design (R, K) among its factors `names`.

    Raises:
        ValueError: fewer than two items, or runs without a degree of freedom for the residual.
    """
    blocks, num_items, _ = outcomes.shape
    if num_items < 2 or runs.shape[0] < runs.shape[1] + 2:
        raise ValueError(f"{num_items} items in {runs.shape[0]} runs do not tell factors from noise")
    parts = [_per_item(block, runs) for block in outcomes]

    def components(weights: Floats) -> Floats:
        return np.asarray(np.mean([_components(one, weights, len(runs)) for one in parts], axis=0))

    def shares(weights: Floats) -> Floats:
        return _shares(components(weights))

    def spread(weights: Floats) -> Floats:
        return _spread(components(weights), len(names))

    def effects(weights: Floats) -> Floats:
        means = [weights @ one[:, 1:-1] / weights.sum(axis=1, keepdims=True) for one in parts]
        return 2 * np.concatenate(means, axis=1)

    whole = np.ones((1, num_items))
    resampled = bootstrap((shares, spread, effects), num_items=num_items, seed=seed, resamples=RESAMPLES)
    left_out = [jackknife(function, num_items=num_items) for function in (shares, spread)]
    kinds = _kinds(names)
    values, moved = components(whole)[0], effects(whole)[0]
    intervals = _intervals(shares(whole)[0], resampled[0], left_out[0])
    return Decomposition(
        tuple(Component(n, k, float(v), *i) for (n, k), v, i in zip(kinds, values, intervals, strict=True)),
        tuple(
            SpreadShare(n, *i)
            for n, i in zip([*names, "residual"], _intervals(spread(whole)[0], resampled[1], left_out[1]), strict=True)
        ),
        tuple(
            Effect(names[j % len(names)], j // len(names), float(value), *_of_effect(float(value), drawn, outcomes))
            for j, (value, drawn) in enumerate(zip(moved, resampled[2].T, strict=True))
        ),
    )


def _hadamard(size: int) -> Floats:
    """Return a Hadamard matrix whose first row is all ones: Paley's for 12, Sylvester's for powers of two."""
    if size == 12:
        squares = {value * value % 11 for value in range(1, 11)}
        chi = [0] + [1 if value in squares else -1 for value in range(1, 11)]
        matrix = np.ones((12, 12))
        matrix[1:, 0] = -1
        matrix[1:, 1:] = [[chi[(j - i) % 11] + (i == j) for j in range(11)] for i in range(11)]
        return matrix
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def _per_item(outcomes: Floats, runs: Floats) -> Floats:
    """Return (N, 1 + K + 1): each item's mean, its coefficient for each factor, and its residual mean square."""
    num_runs, num_factors = runs.shape
    mean = outcomes.mean(axis=1, keepdims=True)
    slopes = outcomes @ runs / num_runs
    rest = outcomes - mean - slopes @ runs.T
    square = (rest**2).sum(axis=1, keepdims=True) / (num_runs - 1 - num_factors)
    return np.concatenate([mean, slopes, square], axis=1)


def _components(per_item: Floats, weights: Floats, num_runs: int) -> Floats:
    """Return (B, 1 + K + K + 1): item, factors, items by factors, residual; none below zero.

    With s^2 the residual, the variance over items of a mean or coefficient is expected to be that of the items plus
    s^2 / R, and the square of the mean coefficient to be beta^2 plus that variance over N.
    """
    total = weights.sum(axis=1, keepdims=True)
    mean = weights @ per_item / total
    between = np.maximum(weights @ per_item**2 / total - mean**2, 0.0) * total / np.maximum(total - 1, 1.0)
    residual = mean[:, -1:]
    over_items = between[:, :-1] - residual / num_runs
    factors = mean[:, 1:-1] ** 2 - between[:, 1:-1] / total
    parts = np.concatenate([over_items[:, :1], factors, over_items[:, 1:], residual], axis=1)
    return np.asarray(np.maximum(parts, 0.0))


def _shares(components: Floats) -> Floats:
    """Return each component's share of their sum; NaN where nothing varies."""
    total = components.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(components, total, out=np.full_like(components, np.nan), where=total > TINY))


@command_metric(
    "attribute",
    name="variance_share",
    direction="neither",
    range=(0.0, 1.0),
    formula="(beta_f^2 + Var_n(gamma_nf)) / (sum_g (beta_g^2 + Var_n(gamma_ng)) + s^2), by the method of moments",
    source="Searle, Casella and McCulloch 1992, Variance Components; Plackett and Burman 1946, Biometrika 33",
)
def _spread(components: Floats, num_factors: int) -> Floats:
    """Share of the spread over formulations that is one factor's, alone and by item; with the residual they add up to 1.

    Return (B, K + 1), the residual's share last; the items' own component has no part.
    """
    alone, crossed = components[:, 1 : 1 + num_factors], components[:, 1 + num_factors : -1]
    return _shares(np.concatenate([alone + crossed, components[:, -1:]], axis=1))


def _kinds(names: Sequence[str]) -> list[tuple[str, Kind]]:
    crossed: list[tuple[str, Kind]] = [(f"item x {name}", "item x factor") for name in names]
    return [("item", "item"), *((name, "factor") for name in names), *crossed, ("residual", "residual")]


def _intervals(
    values: Floats, resampled: Floats, left_out: Floats
) -> list[tuple[float | None, float | None, float | None]]:
    """Return each share with its BCa interval; None for all three where it is not defined."""
    return [
        (None, None, None)
        if np.isnan(value)
        else (float(value), *_of_share(float(value), resampled[:, index], left_out[:, index]))
        for index, value in enumerate(values)
    ]


def _of_share(value: float, resampled: Floats, left_out: Floats) -> Interval:
    """Return a share's interval; where no resample differs, Wilson's: eight items alike do not say that all are."""
    low, high = bca(value, resampled, left_out)
    return (low, high) if high - low > intervals.TINY else unmoved(value, len(left_out))


def _of_effect(value: float, resampled: Floats, outcomes: Floats) -> Interval:
    """Return an effect's interval; where no resample differs, what Wilson allows for items that were not asked."""
    low, high = percentile(value, resampled)
    if high - low > intervals.TINY:
        return low, high
    return unmoved_difference(value, outcomes.shape[1], reach=max(1.0, float(np.ptp(outcomes))))
