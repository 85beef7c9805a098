"""The designed experiment behind "61 % of the spread is option order": switch factors on and off, ask, split the variance.

    factors x runs of the design x items  -->  outcomes (blocks, items, runs)  -->  components, shares, one sentence

A block is the whole design with newly drawn other levels; the components are averaged over the blocks. Two outcomes are
split: whether the answer is right, and, for choice questions, the log-odds of the right answer.

Covered: sizing by a budget of evaluations (one item asked in one form), asking, the figures as one object.
Not covered: factors that interact in threes and more: they are in the residual.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from probe.errors import NothingToEvaluate, UsageError
from probe.evaluation.asking import CHUNK, answer
from probe.evaluation.faults import Faults
from probe.evaluation.variants import with_demonstrations
from probe.experiments.attribution import Attribution, DesignRun, FactorRow, LeftOut
from probe.experiments.factors import Factor, asked_as, draw_factors
from probe.metrics.attribution import Decomposition, SpreadShare, decompose, design
from probe.metrics.cells import Floats
from probe.models.base import Model
from probe.prompt.render import render
from probe.seeds import rng_for
from probe.types import Item, Score, Suite, Variant

MAX_BLOCKS = 4
ENOUGH_ITEMS = 50
"""Items that a block should have before another block is worth more than more items."""
FEWEST_ITEMS = 8
SURE = 1e-6
"""Probabilities nearer to 0 or 1 than this count as this, so that log-odds stay finite."""

Progress = Callable[[str, float, int, int], None]


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is asked: every item in every run of every block."""

    suite: Suite
    """With the items that are asked, and their demonstrations."""
    factors: tuple[Factor, ...]
    left_out: dict[str, str]
    runs: Floats
    """(R, K) of -1 (original) and 1 (the other level)."""
    blocks: int
    seed: int

    @property
    def num_evaluations(self) -> int:
        """Count the prompts to be answered."""
        return self.blocks * len(self.runs) * len(self.suite.items)

    def variants(self, item: Item) -> list[Variant]:
        """Return an item in every run of every block, block by block; the first of each is the original."""
        asked = [asked_as(item, self.factors, [x > 0 for x in run], b) for b in range(self.blocks) for run in self.runs]
        return [
            Variant(item, one, "attribution", "attribution", number, "label-preserving", render(one.prompt))
            for number, one in enumerate(asked)
        ]


def plan_experiment(
    suite: Suite, *, budget: int, seed: int = 0, num_fewshot: int = 0, limit: int | None = None
) -> Experiment:
    """Size and draw the experiment that fits a budget of evaluations.

    Raises:
        NothingToEvaluate: no item is left, or no factor applies.
        UsageError: the budget is too small for the design.
    """
    if not suite.items:
        raise NothingToEvaluate(f"suite {suite.name!r}: no item to evaluate", hint="add rows to its items.jsonl")
    shown = with_demonstrations(replace(suite, items=suite.items[:limit]), num_fewshot, seed=seed)
    factors = draw_factors(shown.items, blocks=MAX_BLOCKS, seed=seed)
    if not factors.chosen:
        raise NothingToEvaluate(
            f"suite {suite.name!r}: none of the factors applies: "
            + "; ".join(f"{name}: {reason}" for name, reason in factors.left_out.items())
        )
    runs = design(len(factors.chosen))
    blocks, num_items = _sized(len(runs), len(shown.items), budget)
    rng = rng_for(seed, "attribution", "items")
    places = sorted(rng.sample(range(len(shown.items)), num_items))
    items = tuple(shown.items[place] for place in places)
    return Experiment(replace(shown, items=items), factors.chosen, factors.left_out, runs, blocks, seed)


def ask(experiment: Experiment, model: Model, *, progress: Progress = lambda *_: None) -> list[Score]:
    """Ask everything and score it: item by item, block by block, run by run."""
    scores: list[Score] = []
    batch: list[Variant] = []
    faults = Faults()
    items = experiment.suite.items
    for place, item in enumerate(items):
        batch += experiment.variants(item)
        if len(batch) * max(1, len(item.prompt.choices)) >= CHUNK or place == len(items) - 1:
            scores += answer(model, batch, experiment.suite, faults=faults)
            batch = []
            progress(experiment.suite.name, len(scores), experiment.num_evaluations, model.usage.unique_tokens)
    faults.report(model)
    return scores


def summarise(
    experiment: Experiment, scores: Sequence[Score], model: Model, *, warnings: Sequence[str] = ()
) -> Attribution:
    """Return the figures of an experiment."""
    names = [factor.name for factor in experiment.factors]
    parts = {
        outcome: decompose(values, experiment.runs, names, seed=experiment.seed)
        for outcome, values in _outcomes(experiment, scores).items()
    }
    correct = _table(experiment, [float(score.correct) for score in scores])
    return Attribution(
        suite=experiment.suite.name,
        model=model.name,
        verdict=verdict(parts["correct"], float(np.ptp(correct.mean(axis=1)))),
        num_items=len(experiment.suite.items),
        num_runs=len(experiment.runs),
        num_blocks=experiment.blocks,
        num_evaluations=experiment.num_evaluations,
        factors=tuple(_factors(experiment, parts["correct"])),
        left_out=tuple(LeftOut(name, reason) for name, reason in experiment.left_out.items()),
        spread=tuple(replace(one, outcome=outcome) for outcome, part in parts.items() for one in part.spread),
        components=tuple(replace(one, outcome=outcome) for outcome, part in parts.items() for one in part.components),
        effects=tuple(replace(one, outcome=outcome) for outcome, part in parts.items() for one in part.effects),
        runs=tuple(_runs(experiment, correct)),
        engine=model.usage,
        warnings=tuple(warnings),
    )


def verdict(found: Decomposition, spread: float) -> str:
    """Say what most of the spread is, the largest part first."""
    shown = sorted(
        (one for one in found.spread if one.share and round(100 * one.share)), key=lambda one: -(one.share or 0)
    )
    if not shown:
        return "No answer changed between right and wrong: there is no spread to attribute."
    parts = [f"{_percent(one)} is {_called(one)}" for one in shown[:4]]
    first = f"{_percent(shown[0])} of the spread is {_called(shown[0])}"
    return f"{'; '.join([first, *parts[1:]])}. Accuracy moves by {100 * spread:.1f} points between the runs."


def _called(one: SpreadShare) -> str:
    return "several factors together, no single one" if one.name == "residual" else one.name.replace("-", " ")


def _sized(num_runs: int, available: int, budget: int) -> tuple[int, int]:
    """Return the number of blocks and of items that a budget pays for."""
    most = min(available, budget // num_runs)
    if most < min(FEWEST_ITEMS, available) or most < 2:
        fewest = max(2, min(FEWEST_ITEMS, available))
        if available < fewest:
            raise UsageError(f"{available} item: variance among items needs at least two")
        raise UsageError(
            f"--budget {budget}: the design has {num_runs} runs, each on at least {fewest} items",
            hint=f"--budget {num_runs * fewest} is the least, --budget {num_runs * min(available, ENOUGH_ITEMS)} tells more",
        )
    blocks = max(1, min(MAX_BLOCKS, budget // (num_runs * min(available, ENOUGH_ITEMS))))
    return blocks, min(available, budget // (num_runs * blocks))


def _table(experiment: Experiment, values: Sequence[float]) -> Floats:
    """Return values in the order asked as (T, N, R)."""
    shape = (len(experiment.suite.items), experiment.blocks, len(experiment.runs))
    return np.asarray(values, dtype=np.float64).reshape(shape).transpose(1, 0, 2)


def _outcomes(experiment: Experiment, scores: Sequence[Score]) -> dict[str, Floats]:
    outcomes = {"correct": _table(experiment, [float(score.correct) for score in scores])}
    odds = [log_odds(score) for score in scores]
    if all(value is not None for value in odds):
        outcomes["log_odds"] = _table(experiment, [value or 0.0 for value in odds])
    return outcomes


def log_odds(score: Score) -> float | None:
    """Return the log-odds of the right answer among the choices (nats); None for free text."""
    choices = score.variant.perturbed.prompt.choices
    if not score.probabilities or score.variant.perturbed.target not in choices or len(choices) < 2:
        return None
    right = min(max(score.probabilities[choices.index(score.variant.perturbed.target)], SURE), 1 - SURE)
    return math.log(right / (1 - right))


def _factors(experiment: Experiment, parts: Decomposition) -> Iterator[FactorRow]:
    for factor in experiment.factors:
        effects = [one for one in parts.effects if one.name == factor.name]
        for block in range(experiment.blocks):
            changed = sum(factor.applies[block](item) != item for item in experiment.suite.items)
            effect = effects[block]
            level = factor.levels[block]
            yield FactorRow(factor.name, block, level, changed, effect.value, effect.ci_low, effect.ci_high)


def _runs(experiment: Experiment, correct: Floats) -> Iterator[DesignRun]:
    names = [factor.name for factor in experiment.factors]
    for block in range(experiment.blocks):
        for run, levels in enumerate(experiment.runs):
            changed = tuple(name for name, x in zip(names, levels, strict=True) if x > 0)
            yield DesignRun(block, run, changed, float(correct[block, :, run].mean()))


def _percent(one: SpreadShare) -> str:
    return f"{100 * (one.share or 0.0):.0f} % ({100 * (one.ci_low or 0.0):.0f}\u2013{100 * (one.ci_high or 0.0):.0f})"
