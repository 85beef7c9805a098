"""Expected and measured figures of the metrics of other commands than `probe run`.

    compare     three models that are right by known coins, run on the same variants     W, tau, reversals
    attribute   a model that one casing breaks, through the whole experiment             variance_share is all casing
                planted slopes, through the decomposition alone                          variance_share in part
    explain     points and ranks that can be computed by hand                            alignment, ..., spearman

Covered: values. Not covered: their intervals and p-values; hidden states of real models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from probe.comparison.runs import compare
from probe.evaluation.run import Plan, prepare, run
from probe.experiments.attribute import ask, plan_experiment, summarise
from probe.metrics.attribution import decompose, design
from probe.metrics.explanations import spearman
from probe.metrics.representation import layer_rows
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.selftest.oracle_rules import coin, right_where_text
from probe.selftest.reference import commands as reference
from probe.types import Suite

RESAMPLES = 50
SWAPS = 20
"""Few: the test is of the values."""


class Found(NamedTuple):
    """A figure of another command, with what it must be."""

    oracle: str
    family: str
    figure: str
    expected: float | None
    measured: float | None


def of_commands(suite: Suite) -> Iterator[Found]:
    """Return the figures of all of them; `suite` is one of two answers."""
    yield from _compared(suite)
    yield from _attributed(suite)
    yield from _explained()


def _compared(suite: Suite) -> Iterator[Found]:
    """Rank three models whose accuracy under every variant is known from the coins by which they are right."""
    plan = Plan(tuple(select(["format"])), samples=6, limit=30, seed=1)
    variants = prepare(suite, plan).variants
    cells, tables = {}, []
    for name, rate in (("a", 0.75), ("b", 0.7), ("c", 0.6)):

        def is_right(text: str, name: str = name, rate: float = rate) -> bool:
            return coin(name, text) < rate

        model = right_where_text(is_right)(variants)
        cells[name] = {suite.name: run([suite], model, plan).suites[suite.name].cells}
        columns: dict[tuple[str, int], list[bool]] = {}
        for variant in variants:
            columns.setdefault((variant.perturbation, variant.sample), []).append(is_right(variant.text))
        tables.append([sum(column) / len(column) for column in columns.values()])
    found = compare(cells, resamples=RESAMPLES, swaps=SWAPS)
    (ranking,) = found.rankings
    oracle = "three of known ranks"
    yield Found(oracle, "all", "kendalls_w", reference.kendalls_w(tables), ranking.kendalls_w)
    yield Found(oracle, "all", "mean_tau", reference.mean_tau(tables), ranking.mean_tau)
    for (one, other), row in zip(combinations(tables, 2), found.reversals, strict=True):
        pair = f"{row.a} and {row.b}"
        yield Found(oracle, pair, "reversal", reference.reversal(one, other), row.reversal)
        yield Found(
            oracle, pair, "reversal_of_original", reference.reversal_of_original(one, other), row.reversal_of_original
        )


def _attributed(suite: Suite) -> Iterator[Found]:
    """Attribute the spread of a model that an upper or title casing breaks, and of planted slopes."""
    experiment = plan_experiment(suite, budget=320, seed=0)
    variants = [variant for item in experiment.suite.items for variant in experiment.variants(item)]
    changed = {variant.text for variant in variants if variant.perturbed.prompt.layout.casing != "identity"}
    model: Scripted = right_where_text(lambda text: text not in changed)(variants)
    found = summarise(experiment, ask(experiment, model), model)
    for part in found.spread:
        if part.outcome == "correct":
            wanted = float(part.name == "casing")
            yield Found("brittle to casing alone", part.name, "variance_share", wanted, part.share)
    slopes = [(2.0 + n % 2, float(n % 3), -0.5) for n in range(6)]
    runs = design(3)
    outcomes = np.arange(6.0)[:, None] + np.asarray(slopes) @ runs.T
    shares = decompose(outcomes[None], runs, ("first", "second", "third"), seed=0).spread
    planted = [*(reference.variance_share(slopes, factor) for factor in range(3)), 0.0]
    for row, share in zip(shares, planted, strict=True):
        yield Found("planted slopes", row.name, "variance_share", share, row.share)


POINTS = ((1.0, 0.0), (0.8, 0.6), (0.0, 1.0), (-0.6, 0.8))
MOVED = (((0.8, 0.6), (0.6, 0.8)), ((1.0, 0.0), (0.6, 0.8)), ((0.6, 0.8), (0.0, 1.0)), ((-1.0, 0.0), (-0.8, 0.6)))
"""Of each point, where two variants put it; all on the circle."""
LENGTHS = (1.0, 2.0, 0.5, 3.0)
"""Hidden states have any length: it must not matter."""
VALUES = ((1.0, 2.0, 2.0, 5.0, 9.0), (0.3, 0.1, 0.4, 0.4, 0.9))


def _explained() -> Iterator[Found]:
    """Return the figures of points and of ranks."""
    pairs = [(point, there) for point, moved in zip(POINTS, MOVED, strict=True) for there in moved]
    wanted = {
        "alignment": reference.alignment(pairs),
        "uniformity": reference.uniformity(POINTS),
        "relative_distance": reference.relative_distance(pairs, POINTS),
    }
    scale = np.array(LENGTHS)
    original, moved = np.array(POINTS) * scale[:, None], np.array(MOVED) * scale[:, None, None]
    for row in layer_rows(original, moved, np.ones((4, 2), np.bool_), layer=0, family="all", seed=0):
        yield Found("points on a circle", row.family, row.metric, wanted[row.metric], row.value)
    for one, other in _orders():
        value = float(spearman(np.array(one), np.array(other)))
        yield Found("ranks with ties", "all", "spearman", reference.spearman(one, other), value)


def _orders() -> Iterator[tuple[Sequence[float], Sequence[float]]]:
    first, second = VALUES
    yield first, second
    yield first, second[::-1]
