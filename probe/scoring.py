"""Responses to scores: what was predicted, whether it is right, and how it was read.

A choice question is answered by the likeliest choice: the sum of its tokens' log-probabilities, without length
normalisation, as lm-eval's `acc`, or divided by the characters of its text where the suite says so, as its `acc_norm`. A
free-text answer is read by the suite's own rule, if it has one; else it is right if it equals the target or an alias after
case, outer punctuation, white space and a leading article are set aside. An answer with nothing in it to read is unreadable:
its own outcome, neither dropped nor counted as another wrong answer.
"""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections.abc import Sequence

from probe.prompt import answer_text
from probe.types import Completion, LogProb, Reading, Score, Suite, Variant

ARTICLE = re.compile(r"^(?:the|an?)\s+")
STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
EDGES = string.punctuation + string.whitespace + "\u2018\u2019\u201c\u201d\u2013\u2014\u2026"


def score(variant: Variant, responses: Sequence[LogProb | Completion], suite: Suite | None = None) -> Score:
    """Score a variant from the answers to its requests, in the order of `requests_for`, by its suite's rules if it has any."""
    first = responses[0]
    if isinstance(first, Completion):
        # A suite's own rule knows the answer as written; where a perturbation declares another one, ours is asked.
        has_rule = suite is not None and suite.judge is not None and variant.effect == "same"
        return _judged(variant, first, suite) if has_rule and suite else _score_text(variant, first)
    values = [r.value for r in responses if isinstance(r, LogProb)]
    if suite is not None and suite.normalisation == "characters":
        said = [answer_text(variant.asked.prompt, choice) for choice in variant.asked.prompt.choices]
        values = [value / max(len(text), 1) for value, text in zip(values, said, strict=True)]
    return _score_choice(variant, values)


def softmax(values: Sequence[float]) -> tuple[float, ...]:
    """Give probabilities from log-probabilities (nats), summing to one."""
    top = max(values)
    weights = [math.exp(value - top) for value in values]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def normalised(text: str) -> str:
    """Give a free-text answer without what does not matter: case, outer marks, white space, a leading article, kind of quote."""
    straight = unicodedata.normalize("NFKC", text).translate(STRAIGHT)
    folded = " ".join(straight.casefold().split()).strip(EDGES)
    return ARTICLE.sub("", folded)


def _score_choice(variant: Variant, values: list[float]) -> Score:
    choices = variant.asked.prompt.choices
    order = sorted(range(len(values)), key=lambda index: -values[index])
    probabilities = softmax(values)
    best = order[0]
    return Score(
        variant,
        prediction=choices[best],
        correct=choices[best] in (variant.asked.target, *variant.asked.aliases),
        reading="ranked",
        probabilities=probabilities,
        margin=values[best] - values[order[1]] if len(order) > 1 else None,
        confidence=probabilities[best],
    )


def _judged(variant: Variant, completion: Completion, suite: Suite) -> Score:
    """Score a generated answer by the suite's own rule."""
    assert suite.judge is not None
    found = suite.judge(variant.item, completion.text)
    confidence = math.exp(completion.mean_logprob) if completion.num_tokens else None
    reading: Reading = "exact" if found.correct else "other" if found.prediction.strip() else "unreadable"
    prediction = variant.asked.target if found.correct else found.prediction
    return Score(
        variant, prediction, found.correct, reading, confidence=confidence, is_truncated=completion.is_truncated
    )


def _score_text(variant: Variant, completion: Completion) -> Score:
    said = normalised(completion.text)
    accepted = [variant.asked.target, *variant.asked.aliases]
    correct = bool(said) and any(said == normalised(answer) for answer in accepted)
    confidence = math.exp(completion.mean_logprob) if completion.num_tokens else None
    prediction = normalised(variant.asked.target) if correct else said
    reading: Reading = "exact" if correct else "other" if said else "unreadable"
    return Score(variant, prediction, correct, reading, confidence=confidence, is_truncated=completion.is_truncated)
