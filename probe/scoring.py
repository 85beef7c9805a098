"""Responses to scores: what was predicted, whether it is right, and how it was read.

A choice question is answered by the likeliest choice: the sum of its tokens' log-probabilities, without length
normalisation, as lm-eval's `acc`. A free-text answer is right if it equals the target or an alias after case, outer
punctuation, white space and a leading article are set aside. An answer with nothing in it to read is unreadable: its own
outcome, neither dropped nor counted as another wrong answer.
"""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections.abc import Sequence

from probe.types import Completion, LogProb, Reading, Score, Variant

ARTICLE = re.compile(r"^(?:the|an?)\s+")
EDGES = string.punctuation + string.whitespace + "\u2018\u2019\u201c\u201d\u2013\u2014\u2026"


def score(variant: Variant, responses: Sequence[LogProb | Completion]) -> Score:
    """Score a variant from the answers to its requests, in the order of `requests_for`."""
    first = responses[0]
    if isinstance(first, Completion):
        return _score_text(variant, first)
    return _score_choice(variant, [r.value for r in responses if isinstance(r, LogProb)])


def softmax(values: Sequence[float]) -> tuple[float, ...]:
    """Give probabilities from log-probabilities (nats), summing to one."""
    top = max(values)
    weights = [math.exp(value - top) for value in values]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def normalised(text: str) -> str:
    """Give a free-text answer without what does not matter: case, outer punctuation, white space, a leading article."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(EDGES)
    return ARTICLE.sub("", folded)


def _score_choice(variant: Variant, values: list[float]) -> Score:
    choices = variant.asked.prompt.choices
    order = sorted(range(len(values)), key=lambda index: -values[index])
    probabilities = softmax(values)
    best = order[0]
    return Score(
        variant,
        prediction=choices[best],
        correct=choices[best] == variant.asked.target,
        reading="ranked",
        probabilities=probabilities,
        margin=values[best] - values[order[1]] if len(order) > 1 else None,
        confidence=probabilities[best],
    )


def _score_text(variant: Variant, completion: Completion) -> Score:
    said = normalised(completion.text)
    accepted = [variant.asked.target, *variant.asked.aliases]
    correct = bool(said) and any(said == normalised(answer) for answer in accepted)
    confidence = math.exp(completion.mean_logprob) if completion.num_tokens else None
    prediction = normalised(variant.asked.target) if correct else said
    reading: Reading = "exact" if correct else "other" if said else "unreadable"
    return Score(variant, prediction, correct, reading, confidence=confidence, is_truncated=completion.is_truncated)
