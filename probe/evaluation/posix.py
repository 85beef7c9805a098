"""POSIX of a model: it answers every variant of an item, then rates every answer under every variant.

    variants x1 x2 x3 --> answers y1 y2 y3 --> log P(y_j | x_i), 3 x 3 --> one index an item

An answer is what the model writes, up to a stop string and with its leading white space, letter for letter the same under
every variant; where it writes nothing, its answer is the stop string. Choice questions are answered in free text too.

Covered: sets of prompts; the variants of a suite whose answer must stay, the original among them. The cost is n answers
and n x n ratings for an item of n variants, which is why only the first items of a suite are taken.
Not covered: sampled answers (the answers are greedy), the formula (`probe.metrics.posix`).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from probe.metrics.posix import posix
from probe.models.base import Model
from probe.types import Generation, LogLikelihood, Suite, Variant

log = logging.getLogger(__name__)

DEFAULT_ITEMS = 20


def posix_of_sets(model: Model, sets: Sequence[Sequence[str]], suite: Suite) -> list[float]:
    """Return the index of each set of prompts; NaN of a set of one, and where a score is no number or infinite.

    All sets go to the model together: one call for the answers, one for the ratings.
    """
    asked = [Generation(prompt, suite.stop, suite.max_new_tokens) for prompts in sets for prompt in prompts]
    end = next(filter(None, suite.stop), "\n")
    answers = [completion.text or end for completion in model.generate(asked)] if asked else []
    starts = np.cumsum([0, *(len(prompts) for prompts in sets)])
    by_set = [answers[first:last] for first, last in pairwise(starts)]
    rated = [
        LogLikelihood(prompt, answer)
        for prompts, own in zip(sets, by_set, strict=True)
        for prompt in prompts
        for answer in own
    ]
    values = iter(model.loglikelihoods(rated) if rated else [])
    indices = []
    for prompts in sets:
        num = len(prompts)
        matrix = [[next(values) for _ in range(num)] for _ in range(num)]
        logprobs = np.array([[cell.value for cell in row] for row in matrix]).reshape(num, num)
        lengths = np.array([float(matrix[j][j].num_tokens) for j in range(num)])
        indices.append(posix(logprobs, lengths))
    if missing := sum(len(prompts) > 1 and math.isnan(index) for prompts, index in zip(sets, indices, strict=True)):
        log.warning(
            "POSIX leaves out %d of %d items: an answer to one of their prompts is impossible under another, or a score is "
            "no number", missing, len(sets),
        )  # fmt: skip
    return indices


def posix_of_variants(
    model: Model, variants: Sequence[Variant], suite: Suite, *, max_items: int = DEFAULT_ITEMS
) -> dict[str, float]:
    """Return the index of the first items that have label-preserving variants, by item."""
    prompts: dict[str, list[str]] = {}
    for variant in variants:
        if variant.effect == "label-preserving" and variant.family != "null":
            prompts.setdefault(variant.item.id, []).append(variant.text)
    sets = {item: list(dict.fromkeys(texts)) for item, texts in prompts.items()}
    chosen = {item: texts for item, texts in sets.items() if len(texts) > 1}
    names = list(chosen)[:max_items]
    return dict(zip(names, posix_of_sets(model, [chosen[name] for name in names], suite), strict=True))
