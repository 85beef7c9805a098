"""How far apart a model holds what means the same, compared with what does not: hidden states of variants and items.

    alignment     mean ||z - z+||^2 over pairs that mean the same         0: held as one; 4: opposite
    uniformity    log mean exp(-2 ||z - z'||^2) over pairs of items       0: all in one place; the lower, the more spread out
    distance      mean ||z - z+|| / mean ||z - z'||                       0: same; 1: a rephrasing is as far as another item

z is a hidden state divided by its length. Alignment alone is low for a model that holds everything in one place; beside
uniformity it is not. Wang and Isola 2020, "Understanding Contrastive Representation Learning through Alignment and
Uniformity on the Hypersphere", arXiv 2005.10242 (alpha = 2, t = 2); the relative distance after the comparison of prompt
formulations in arXiv 2410.19920.

Covered: the three, on arrays. Not covered: where the states come from (`probe.models.representation`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probe.metrics.cells import Bools, Floats
from probe.metrics.intervals import bootstrap, percentile

# P points, D wide; N items under M variants; B resamples

TEMPERATURE = 2.0
RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer's figure, over the variants of all families or of one."""

    layer: int
    """0 is what the embedding gives, 1 the first block, and so on."""
    metric: str
    family: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    num_items: int
    num_pairs: int


def normalised(points: Floats) -> Floats:
    """Return points (..., D) on the unit sphere; a point at the origin stays there."""
    length = np.linalg.norm(points, axis=-1, keepdims=True)
    return np.asarray(points / np.where(length > 0, length, 1.0))


def alignment(first: Floats, second: Floats) -> float:
    """Return the mean squared distance of pairs (P, D); NaN where there is none. Range [0, 4], lower: closer."""
    return float(np.mean(((first - second) ** 2).sum(axis=-1))) if len(first) else float("nan")


def uniformity(points: Floats) -> float:
    """Return the log mean Gaussian potential of distinct pairs of points (P, D); NaN for fewer than two. Range [-8, 0]."""
    if len(points) < 2:
        return float("nan")
    pairs = np.triu_indices(len(points), k=1)
    return float(np.log(np.mean(np.exp(-TEMPERATURE * _squared_distances(points)[pairs]))))


ROUNDING = 1e-5
"""Unit vectors nearer than this are the same but for rounding: in the first layer all prompts that end alike are."""


def relative_distance(first: Floats, second: Floats, points: Floats) -> float:
    """Return the mean distance of pairs (P, D) over that of distinct points; NaN where it is not defined."""
    if not len(first) or len(points) < 2:
        return float("nan")
    between = np.sqrt(_squared_distances(points)[np.triu_indices(len(points), k=1)]).mean()
    within = np.linalg.norm(first - second, axis=-1).mean()
    return float(within / between) if between > ROUNDING else float("nan")


def layer_rows(clean: Floats, variants: Floats, asked: Bools, *, layer: int, family: str, seed: int) -> list[LayerRow]:
    """Return a layer's rows from its states as written (N, D) and under variants (N, M, D), those `asked` (N, M).

    Intervals are a bootstrap over items; a pair of one item with itself, which resamples hold, does not count.
    """
    points, moved = normalised(clean), normalised(variants)
    squared = np.where(asked, ((moved - points[:, None]) ** 2).sum(axis=-1), 0.0)
    plain = np.sqrt(squared)
    counts = asked.sum(axis=1).astype(np.float64)
    between = _squared_distances(points)
    apart = np.where(between > ROUNDING**2, np.sqrt(between), 0.0)
    potential = np.exp(-TEMPERATURE * between)
    for matrix in (potential, apart):
        np.fill_diagonal(matrix, 0.0)

    def aligned(weights: Floats) -> Floats:
        return _ratio(weights @ squared.sum(axis=1), weights @ counts)

    def uniform(weights: Floats) -> Floats:
        mean = _over_pairs(potential, weights)
        return np.asarray(np.log(mean, out=np.full_like(mean, np.nan), where=mean > 0))

    def relative(weights: Floats) -> Floats:
        return _ratio(_ratio(weights @ plain.sum(axis=1), weights @ counts), _over_pairs(apart, weights))

    functions = {"alignment": aligned, "uniformity": uniform, "relative_distance": relative}
    num_items, num_pairs = len(clean), int(counts.sum())
    whole = np.ones((1, num_items))
    resampled = bootstrap(list(functions.values()), num_items=num_items, seed=seed, resamples=RESAMPLES)
    rows = []
    for (name, function), drawn in zip(functions.items(), resampled, strict=True):
        value = float(function(whole)[0])
        known = None if np.isnan(value) else value
        low, high = (None, None) if known is None else percentile(known, drawn)
        rows.append(LayerRow(layer, name, family, known, low, high, num_items, num_pairs))
    return rows


def _squared_distances(points: Floats) -> Floats:
    """Return (P, P); by the inner products, cut off at zero against rounding."""
    inner = points @ points.T
    length = np.diag(inner)
    return np.asarray(np.maximum(length[:, None] + length[None, :] - 2 * inner, 0.0))


def _over_pairs(matrix: Floats, weights: Floats) -> Floats:
    """Return (B,), the mean of a symmetric matrix with an empty diagonal over pairs of distinct items."""
    pairs = weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1)
    return _ratio(((weights @ matrix) * weights).sum(axis=1), pairs)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0))
