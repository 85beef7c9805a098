"""How far apart a model holds what means the same, and on which tokens it hangs, before repair and after.

    layers      alignment, uniformity, relative distance of each layer: formulations of one item against other items
    salience    for answers that moved and move no more: which tokens speak for the wrong answer, before and after

After "Prompt overfitting" (arXiv 2410.19920), which compares the distance of formulations with that of observations, layer by
layer, and the salient tokens of prompts.

Covered: the two, as values. Not covered: their formulas (`probe.metrics.representation`, `probe.models.representation`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.experiments.explain import layers
from probe.models.huggingface import HuggingFace
from probe.models.representation import salience
from probe.prompt.render import continuation
from probe.repair.arms import Answers
from probe.repair.judgement import LayerChange, SalienceChange
from probe.repair.questions import Questions
from probe.seeds import rng_for
from probe.types import Score

MAX_ITEMS = 24
"""Items whose hidden states are compared: all layers of all their variants."""
MAX_SHOWN = 3
"""Answers whose salient tokens are shown, of each suite."""


def layer_changes(
    base: HuggingFace, cured: HuggingFace, questions: Sequence[Questions], before: Answers, *, seed: int
) -> tuple[LayerChange, ...]:
    """Return the figures of all layers, on variants of what was never trained: formats and families held out."""
    found: list[LayerChange] = []
    for asked, scores in zip(questions, before, strict=True):
        if asked.is_other:
            continue
        wanted = ("clean", "held-out-formats", "held-out-families")
        chosen = [score for score in scores if asked.section_of(score.variant.family) in wanted]
        sides = [layers(engine, asked.suite.name, chosen, MAX_ITEMS, seed) for engine in (base, cured)]
        found += [
            LayerChange(
                suite=asked.suite.name,
                layer=one["layer"],
                metric=one["metric"],
                family=one["family"],
                before=one["value"],
                after=other["value"],
            )
            for one, other in zip(*sides, strict=True)
        ]
    return tuple(found)


def salience_changes(
    base: HuggingFace, cured: HuggingFace, questions: Sequence[Questions], before: Answers, after: Answers, *, seed: int
) -> tuple[SalienceChange, ...]:
    """Return the salient tokens of some answers that moved before and are right after, one of each family first."""
    found: list[SalienceChange] = []
    for asked, old, new in zip(questions, before, after, strict=True):
        mended = [] if asked.is_other else list(_mended(old, new))
        rng_for(seed, "salience", asked.suite.name).shuffle(mended)
        families = list(dict.fromkeys(one.variant.family for one in mended))
        first = [next(one for one in mended if one.variant.family == family) for family in families]
        found += [_salient(base, cured, asked.suite.name, one) for one in first[:MAX_SHOWN]]
    return tuple(found)


def _mended(before: Sequence[Score], after: Sequence[Score]) -> Iterator[Score]:
    """Yield answers to rephrasings that were a wrong choice and are right now."""
    for old, new in zip(before, after, strict=True):
        prompt = old.variant.perturbed.prompt
        is_choice = old.prediction in prompt.choices and not prompt.ending
        if is_choice and old.variant.effect == "label-preserving" and not old.correct and new.correct:
            yield old


def _salient(base: HuggingFace, cured: HuggingFace, suite: str, score: Score) -> SalienceChange:
    one = score.variant
    texts = [continuation(one.perturbed.prompt, answer) for answer in (score.prediction, one.perturbed.target)]
    old, new = (salience(engine, one.text, *texts) for engine in (base, cured))
    return SalienceChange(
        suite=suite,
        item=one.item.id,
        family=one.family,
        toward=score.prediction,
        against=one.perturbed.target,
        margin_before=round(old.margin, 4),
        margin_after=round(new.margin, 4),
        tokens=old.tokens,
        before=tuple(float(f"{value:.4g}") for value in old.scores),
        after=tuple(float(f"{value:.4g}") for value in new.scores),
    )
