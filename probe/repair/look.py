"""A look at the validation items while a model is trained: how well it answers them, the worst formulation first.

    validation items x (as written + formulations of the validation part)  -->  accuracies by formulation  -->  worst, mean, clean
    hidden states of some of them                                         -->  alignment and uniformity

The checkpoint is chosen by the worst formulation, and the training stops where the mean over formulations falls.
Evaluation items and held-out families have no part in it.

Covered: what is asked, its figures, whether states collapse. Not covered: when to look (`probe.repair.train`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from probe.evaluation.asking import answer
from probe.evaluation.variants import make_variants
from probe.metrics.representation import Layer, alignment, uniformity
from probe.models.huggingface import HuggingFace
from probe.models.representation import last_states
from probe.repair.history import Look
from probe.repair.settings import RepairSettings
from probe.repair.split import Split
from probe.seeds import rng_for
from probe.types import Item, Score, Suite, Variant

STATES = 48
"""Items whose hidden states are compared: uniformity is a mean over pairs."""
FEWEST_OF_COLUMN = 0.5
"""Share of the items that a formulation must apply to, to be the worst one."""


class Examiner:
    """Asks the validation items; the same questions at every look."""

    def __init__(self, split: Split, settings: RepairSettings) -> None:
        self.layer = settings.layer
        chosen = _chosen(split, settings)
        asked = [one for one in split.restricted("validation") if one.effect == "label-preserving"]
        self.questions: list[tuple[Suite, tuple[Variant, ...]]] = []
        for suite in split.suites:
            items = tuple(item for item in chosen if split.suite_of[item.id].name == suite.name)
            made = make_variants(
                replace(suite, items=items),
                asked,
                samples=settings.validation_samples,
                seed=settings.seed,
                validate=split.reviews.validate,
            )
            fitting = tuple(one for one in made.variants if not split.fault("validation", one))
            split.check("validation", fitting)
            self.questions.append((suite, fitting))
        self.columns = {one.name: one.scope for one in split.perturbations}
        self.right: dict[str, str | None] | None = None

    def take_as_right(self, engine: HuggingFace) -> None:
        """Take what a model answers now, as written, for the right answers: training without labels does not choose by them."""
        originals = [(suite, [one for one in asked if one.family == "original"]) for suite, asked in self.questions]
        scores = [score for suite, asked in originals for score in answer(engine, asked, suite)]
        self.right = {score.variant.item.id: score.answer for score in scores}

    def look(self, engine: HuggingFace, *, step: int, tokens: int) -> Look:
        """Ask the model as it is now.

        Raises:
            ModelError: its answers are no numbers.
        """
        scores = [score for suite, asked in self.questions for score in answer(engine, asked, suite)]
        columns = self._by_formulation(scores)
        means = {name: float(np.mean(found)) for name, found in columns.items()}
        worst = min(means, key=lambda name: means[name])
        originals = {score.variant.item.id: score for score in scores if score.variant.family == "original"}
        others = [score for score in scores if score.variant.family != "original"]
        flips = [score.answer != originals[score.variant.item.id].answer for score in others]
        aligned, uniform = self._states(engine)
        return Look(
            step=step,
            tokens=tokens,
            worst=means[worst],
            worst_of=worst,
            mean=float(np.mean(list(means.values()))),
            clean=means["original"],
            flip_rate=float(np.mean(flips)) if flips else 0.0,
            alignment=aligned,
            uniformity=uniform,
            num_items=len(originals),
            num_variants=len(scores),
        )

    def _by_formulation(self, scores: Sequence[Score]) -> Mapping[str, list[bool]]:
        """Return which answers are right, by formulation: a sample that all items share, or a family that each has its own of."""
        columns: dict[str, list[bool]] = {"original": []}
        for score in scores:
            one = score.variant
            is_shared = self.columns.get(one.perturbation) == "suite"
            name = f"{one.perturbation}/{one.sample}" if is_shared else one.family
            is_right = score.correct if self.right is None else score.answer == self.right[one.item.id]
            columns.setdefault(name, []).append(is_right)
        least = FEWEST_OF_COLUMN * len(columns["original"])
        return {name: found for name, found in columns.items() if len(found) >= least}

    def _states(self, engine: HuggingFace) -> tuple[float, float | None]:
        """Return alignment and uniformity of some items' states at the chosen layer, under one rephrasing each."""
        pairs = list(_pairs(self.questions))[:STATES]
        if not pairs:
            return 0.0, None
        states = last_states(engine, [variant.text for pair in pairs for variant in pair]).astype(np.float64)
        at = round(self.layer * (states.shape[1] - 1))
        original, moved = states[0::2, at], states[1::2, at]
        layer = Layer(original, moved[:, None], np.ones((len(pairs), 1), dtype=bool))
        whole = np.ones((1, len(pairs)))
        uniform = float(uniformity(layer)(whole)[0])
        return float(alignment(layer)(whole)[0]), uniform if np.isfinite(uniform) else None


def _chosen(split: Split, settings: RepairSettings) -> list[Item]:
    """Return the validation items that are asked: at most so many, as many of each suite as it has a share of them."""
    items = sorted(split.validation, key=lambda item: rng_for(split.seed, "look", item.id).random())
    kept = {item.id for item in items[: settings.validation_items]}
    return [item for item in split.validation if item.id in kept]


def _pairs(questions: Iterable[tuple[Suite, Sequence[Variant]]]) -> Iterable[tuple[Variant, Variant]]:
    """Yield each item's original with its first rephrasing, suite by suite in turn."""
    for _, asked in questions:
        original: Variant | None = None
        for variant in asked:
            if variant.family == "original":
                original = variant
            elif original is not None:
                yield original, variant
                original = None
