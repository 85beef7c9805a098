"""Sensitivity-aware decoding: a choice counts less where its probability hangs on single tokens of the prompt.

    score(c) = alpha log p(c | x) - (1 - alpha) Var_k log p(c | x~_k)        k = 1 .. 4 scrambled copies of the prompt x

Lu et al. 2023, "How are Prompts Different in Terms of Sensitivity?", arXiv 2311.07230; Seleznyov et al. 2025, "When Punctuation
Matters", arXiv 2508.11383 (SAD), who set alpha = 0.6 and replace 20 % of the tokens. The variance is divided by the number
of copies. Both terms are of whole answers, normalised as the suite says. Deviation from Lu et al.: choices are compared, not
first tokens.

A variance is in nats squared and a log-probability in nats: which alpha weighs them fairly differs from model to model. So it can
be chosen on training items (`--alpha train`), by accuracy; by default it is fixed.

Covered: choice questions and the local engine, at five calls an answer. Not covered: free text, choices that fill a blank.
Probabilities after it are the softmax of the scores, which are flatter by alpha.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from probe.errors import UsageError
from probe.evaluation.asking import CHUNK
from probe.evaluation.requests import requests_for
from probe.evaluation.scoring import score, size_of
from probe.evaluation.variants import original_of
from probe.mitigate.base import Asker, Bench, NotApplicable, Outcome, cost_of, method
from probe.mitigate.local import engine_of
from probe.seeds import rng_for
from probe.types import LogLikelihood, LogProb, Score, Suite, Variant

if TYPE_CHECKING:
    from probe.models.huggingface import HuggingFace

ALPHA = 0.6
COPIES = 4
SHARE = 0.2
"""Of the prompt's tokens that are no special ones: so many are replaced."""

ALPHAS = tuple(round(0.1 * step, 1) for step in range(1, 10))
"""Those that Lu et al. try."""

MOST_TRAINING = 64
"""At most so many training items choose alpha."""


@method(
    "sensitivity-aware",
    kind="decoding",
    source="Lu et al. 2023, arXiv 2311.07230; Seleznyov et al. 2025, arXiv 2508.11383",
)
def sensitivity_aware(bench: Bench) -> Outcome:
    """Take from each choice's log-probability its variance over four scrambled copies of the prompt."""
    if not bench.suite.is_choice or bench.suite.reads_choices:
        raise NotApplicable("answers are written, and it rates choices")
    if any(item.prompt.ending for item in bench.suite.items):
        raise NotApplicable("its choices fill a blank in the prompt, of which the tokens are replaced")
    engine = engine_of(bench)
    alpha, details = _alpha(bench, engine)
    keeps = all(kept.responses for kept in bench.before)
    answers = bench.before if keeps else bench.ask([kept.variant for kept in bench.before])
    assert bench.asker is not None, "whoever has an engine has askers"
    copied = _copied(bench, answers, asker=bench.asker)
    scores = tuple(decoded(one, bench.suite, alpha, engine.resolution) for one in copied)
    spread = [math.sqrt(value) for one in copied for value in one.variances() if math.isfinite(value)]
    deviation = sum(spread) / len(spread) if spread else None
    facts = {"alpha": alpha, "copies": COPIES, "share": SHARE, "mean_deviation": deviation}
    how = "chosen on training items" if details else "fixed"
    return Outcome(scores, keeps=keeps, chose=f"alpha {alpha:g}, {how}", details={**facts, **details})


@dataclass(frozen=True, slots=True, eq=False)
class Copied:
    """An answer with the log-probabilities (nats) of its choices after scrambled copies of its prompt."""

    answer: Score
    copies: tuple[tuple[float, ...], ...]
    """By copy, then by choice."""

    def variances(self) -> list[float]:
        """Return the variance over the copies of each choice (nats squared); infinite where one makes a choice impossible."""
        by_choice = list(zip(*self.copies, strict=True))
        return [math.inf if -math.inf in values else float(np.var(values)) for values in by_choice]


def decoded(copied: Copied, suite: Suite, alpha: float, resolution: float = 0.0) -> Score:
    """Return the answer by alpha log p - (1 - alpha) Var, both normalised as the suite's choices are."""
    variant = copied.answer.variant
    prompt = variant.perturbed.prompt
    rated = [one for one in copied.answer.responses if isinstance(one, LogProb)]
    count = len(prompt.choices)
    sizes = [size_of(prompt, choice, suite.normalisation) or 1 for choice in prompt.choices]
    # Scoring divides by a choice's size once more, and takes away what it is without a context.
    weighed = [
        replace(one, value=_weighed(one.value, variance / size, alpha))
        for one, variance, size in zip(rated[:count], copied.variances(), sizes, strict=True)
    ]
    alone = [replace(one, value=alpha * one.value) for one in rated[count:]]
    return score(variant, [*weighed, *alone], suite, resolution=resolution)


def _weighed(value: float, variance: float, alpha: float) -> float:
    # Not 0 * inf, which is no number.
    return -math.inf if value == -math.inf else alpha * value - ((1 - alpha) * variance if alpha < 1 else 0.0)


def _copied(bench: Bench, answers: Sequence[Score], *, asker: Asker) -> list[Copied]:
    """Return answers with the scores of their choices after scrambled prompts; they are charged to an asker."""
    from probe.models.scrambled import scrambled_loglikelihoods

    found: list[Copied] = []
    for start in range(0, len(answers), CHUNK // 16):
        part = [_of_choices(answer, bench.suite) for answer in answers[start : start + CHUNK // 16]]
        rngs = [[_rng(bench, answer.variant, copy) for copy in range(COPIES)] for answer in part]
        groups = [cast(tuple[LogLikelihood, ...], answer.requests) for answer in part]
        rated = scrambled_loglikelihoods(bench.model, groups, rngs, share=SHARE)
        asker.charge(cost_of(bench.model, part).times(COPIES))
        for answer, copies in zip(answers[start : start + CHUNK // 16], rated, strict=True):
            found.append(Copied(answer, tuple(tuple(one.value for one in copy) for copy in copies)))
    return found


def _of_choices(answer: Score, suite: Suite) -> Score:
    """Return an answer with what was asked of its choices after the prompt alone."""
    count = len(answer.variant.perturbed.prompt.choices)
    return replace(answer, requests=requests_for(answer.variant, suite)[:count], responses=answer.responses[:count])


def _rng(bench: Bench, variant: Variant, copy: int) -> Random:
    key = (variant.item.id, variant.family, variant.perturbation, variant.sample)
    return rng_for(bench.plan.seed, bench.suite.name, "sensitivity-aware", *key, copy)


def parse_alpha(given: str | float) -> float | Literal["train"]:
    """Return alpha as a number, or "train" where it is to be chosen on training items.

    Raises:
        UsageError: it is neither that nor a number above 0 and up to 1.
    """
    if given == "train":
        return "train"
    try:
        alpha = math.nan if isinstance(given, bool) else float(given)
    except ValueError:
        alpha = math.nan
    if not 0 < alpha <= 1:
        raise UsageError(f"alpha {given!r} is neither a number above 0 and up to 1 nor train", hint=f"--alpha {ALPHA}")
    return alpha


def _alpha(bench: Bench, engine: HuggingFace) -> tuple[float, dict[str, Any]]:
    """Return alpha, and by which accuracies on training items it was chosen, if it was.

    Raises:
        NotApplicable: it is to be chosen, and there are no training items.
    """
    given = parse_alpha(bench.options.get("alpha", ALPHA))
    if given != "train":
        return given, {}
    assert bench.trying is not None, "whoever has an engine has askers"
    answers = bench.try_out([original_of(item) for item in bench.training[:MOST_TRAINING]])
    copied = _copied(bench, answers, asker=bench.trying)
    right = {alpha: [decoded(one, bench.suite, alpha, engine.resolution).correct for one in copied] for alpha in ALPHAS}
    # Where several are as right, the one that is nearest to the usual one.
    best = max(ALPHAS, key=lambda alpha: (sum(right[alpha]), -abs(alpha - ALPHA)))
    return best, {"training_accuracy": {f"{alpha:g}": sum(hits) / len(hits) for alpha, hits in right.items()}}
