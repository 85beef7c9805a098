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

from probe.metrics.base import Ratio, Weighted, command_metric, ratio
from probe.metrics.cells import Bools, Floats
from probe.metrics.statistics.intervals import bootstrap, percentile

# P points, D wide; N items under M variants; B resamples

TEMPERATURE = 2.0
RESAMPLES = 500
ROUNDING = 1e-5
"""Unit vectors nearer than this are the same but for rounding: in the first layer all prompts that end alike are."""
_SPHERE = "Wang and Isola 2020, Alignment and Uniformity on the Hypersphere, arXiv 2005.10242"


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


class Layer:
    """The states of a layer on the unit sphere: distances of pairs, and of distinct items."""

    def __init__(self, original: Floats, variants: Floats, asked: Bools) -> None:
        """Take states of the originals (N, D) and under variants (N, M, D), those `asked` (N, M)."""
        points, moved = normalised(original), normalised(variants)
        self.squared = np.where(asked, ((moved - points[:, None]) ** 2).sum(axis=-1), 0.0)
        self.counts = asked.sum(axis=1).astype(np.float64)
        self.between = _squared_distances(points)


@command_metric("explain", direction="lower", range=(0.0, 4.0), formula="mean ||z - z+||^2", source=_SPHERE)
def alignment(layer: Layer) -> Weighted:
    """Mean squared distance of a rephrasing's hidden state from the original's, on the unit sphere, by layer."""
    return Ratio(layer.squared.sum(axis=1), layer.counts)


@command_metric(
    "explain", direction="lower", range=(-8.0, 0.0), formula="log mean_(n != m) exp(-2 ||z_n - z_m||^2)", source=_SPHERE
)
def uniformity(layer: Layer) -> Weighted:
    """How evenly the hidden states of different items lie on the unit sphere, by layer; 0: all in one place."""
    potential = np.exp(-TEMPERATURE * layer.between)

    def value(weights: Floats) -> Floats:
        mean = _over_pairs(potential, weights)
        return np.asarray(np.log(mean, out=np.full_like(mean, np.nan), where=mean > 0))

    return value


@command_metric(
    "explain",
    direction="lower",
    range=(0.0, float("inf")),
    formula="mean ||z - z+|| / mean_(n != m) ||z_n - z_m||",
    source="after arXiv 2410.19920",
)
def relative_distance(layer: Layer) -> Weighted:
    """How far a rephrasing is held from the original, where 1 is as far as another item, by layer."""
    within = Ratio(np.sqrt(layer.squared).sum(axis=1), layer.counts)
    apart = np.where(layer.between > ROUNDING**2, np.sqrt(layer.between), 0.0)
    return lambda weights: ratio(within(weights), _over_pairs(apart, weights))


def layer_rows(
    original: Floats, variants: Floats, asked: Bools, *, layer: int, family: str, seed: int
) -> list[LayerRow]:
    """Return a layer's rows from its states of the originals (N, D) and under variants (N, M, D), those `asked` (N, M).

    Intervals are a bootstrap over items; a pair of one item with itself, which resamples hold, does not count.
    """
    states = Layer(original, variants, asked)
    functions = {one.__name__: one(states) for one in (alignment, uniformity, relative_distance)}
    num_items, num_pairs = len(original), int(asked.sum())
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
    """Return (B,), the mean of a symmetric matrix (N, N) over pairs of distinct items."""
    pairs = weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1)
    distinct = matrix - np.diag(np.diag(matrix))
    return ratio(((weights @ distinct) * weights).sum(axis=1), pairs)
