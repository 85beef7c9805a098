"""Responses to scores: the predicted answer, whether it is right, and how it was read.

A choice question is answered by the likeliest choice: the sum of its tokens' log-probabilities, without length
normalisation, as lm-eval's `acc`, or, where the suite says so, divided by the characters of its text, as its `acc_norm`, by the
bytes, as its `acc_bytes`, or less what it is without a context, as its `acc_mutual_info`. A
free-text answer is read by the suite's own rule, if it has one; else it is right if it equals the target or an alias after
case, outer punctuation, white space and a leading article are set aside, or, where the suite gives a least overlap, shares as
many words with one of them (`token_f1`). Where a suite rates its targets, an answer is right if each token of the target is the
likeliest one; what else the model would say is not known then.

Three outcomes are no answer, neither dropped nor counted as another wrong answer:

    unreadable   there is nothing in it to read
    tie          two choices are the likeliest, and no rule says which the model would give; right only if both are
    non-finite   a score that decides it is no number (NaN, +inf)

lm-eval gives a tie to the first choice, so that a model without any preference is right wherever the first choice is. Scores
are tied if they are equal up to the rounding of the model's arithmetic (`Model.resolution`). A choice with the log-probability
-inf is impossible, which is an answer to the question about it; where all of them are, they are tied.
"""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence

from probe.evaluation.choice_reading import read_choice
from probe.prompt.render import answer_text
from probe.types import Completion, LogProb, Normalisation, Reading, Score, Suite, Variant

ARTICLE = re.compile(r"^(?:the|an?)\s+")
STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*")
NUMBER = re.compile(r"\d+(?:\.\d+)*")
ROUNDING = 1e-12
"""Relative difference of two sums of double precision that is rounding."""
ANOTHER = "(another)"
"""Stands for what a model would say instead of a target that was rated."""
EDGES = string.punctuation + string.whitespace + "\u2018\u2019\u201c\u201d\u2013\u2014\u2026"


def score(
    variant: Variant, responses: Sequence[LogProb | Completion], suite: Suite | None = None, *, resolution: float = 0.0
) -> Score:
    """Return the score of a variant from its responses, in the order of `requests_for`, by its suite's rules if it has any.

    `resolution` is the model's.
    """
    first = responses[0]
    if any(map(is_non_finite, responses)):
        return Score(variant, "", correct=False, reading="non-finite")
    if isinstance(first, Completion):
        # A suite's own rule knows the original answer; where a perturbation declares another one, ours is asked.
        has_rule = suite is not None and suite.parse_answer is not None and variant.effect == "label-preserving"
        if has_rule and suite:
            return _parsed(variant, first, suite)
        if variant.perturbed.prompt.choices:
            return _score_read(variant, first)
        return _score_text(variant, first, suite.min_overlap if suite else None)
    if not variant.perturbed.prompt.choices:
        return _score_rated(variant, first)
    rated = [r for r in responses if isinstance(r, LogProb)]
    how = suite.normalisation if suite else "none"
    values = _normalised(variant, [r.value for r in rated], how)
    return _score_choice(variant, values, _normalised(variant, [_rounding(r, resolution) for r in rated], how, sign=1))


def is_non_finite(response: LogProb | Completion) -> bool:
    """Return whether a response holds no number. A log-probability of -inf is one: the text is impossible."""
    value = response.value if isinstance(response, LogProb) else response.mean_logprob
    return math.isnan(value) or value == math.inf


def _rounding(answer: LogProb, resolution: float) -> float:
    """Return the difference (nats) of a log-probability that is rounding, each token's error being independent."""
    size = max(1.0, abs(answer.value)) / math.sqrt(max(answer.num_tokens, 1))
    return max(resolution, ROUNDING) * size if math.isfinite(size) else 0.0


def softmax(values: Sequence[float]) -> tuple[float, ...]:
    """Return probabilities from log-probabilities (nats), summing to one; all alike where everything is impossible."""
    top = max(values)
    if top == -math.inf:
        return (1 / len(values),) * len(values)
    weights = [math.exp(value - top) for value in values]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def normalised(text: str) -> str:
    """Return a free-text answer without case, outer marks, extra white space, a leading article or kind of quote."""
    straight = unicodedata.normalize("NFKC", text).translate(STRAIGHT)
    folded = " ".join(straight.casefold().split()).strip(EDGES)
    return ARTICLE.sub("", folded)


def token_f1(answer: str, accepted: str) -> float:
    """Return the F1 of the words that two answers share, in [0, 1]: 1 for the same words, 0 where their numbers differ.

    Dua et al. 2019, "DROP: A Reading Comprehension Benchmark Requiring Discrete Reasoning Over Paragraphs", section 5: words
    without case, punctuation and articles; the answer must hold a number of the accepted one. Deviation: the spans of an answer
    are one bag of words and are not aligned one with another.
    """
    ours, theirs = _words(answer), _words(accepted)
    shared = sum((ours & theirs).values())
    numbers = {word for word in theirs if NUMBER.fullmatch(word)}
    if not shared or (numbers and not numbers & set(ours)):
        return 0.0
    return 2 * shared / (ours.total() + theirs.total())


def _words(text: str) -> Counter[str]:
    found = WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return Counter(word.replace(",", "") for word in found if word not in ("a", "an", "the"))


def _normalised(variant: Variant, values: list[float], how: Normalisation, *, sign: int = -1) -> list[float]:
    """Return the values by which choices are compared, from the log-probabilities of a variant's requests.

    With `sign` 1 what is taken from them is added: so their rounding errors become those of the values.
    """
    prompt = variant.perturbed.prompt
    if how == "none":
        return values
    if how == "unconditional":
        count = len(prompt.choices)
        pairs = zip(values[:count], values[count:], strict=True)
        return [value if value == -math.inf else value + sign * alone for value, alone in pairs]
    texts = [answer_text(prompt, choice) for choice in prompt.choices]
    sizes = [len(text) if how == "characters" else len(text.encode("utf-8", "surrogatepass")) for text in texts]
    return [value / max(size, 1) for value, size in zip(values, sizes, strict=True)]


def _score_rated(variant: Variant, answer: LogProb) -> Score:
    """Score a target that was rated; its own probability, a token, is a confidence only where it is the likeliest token."""
    target = variant.perturbed.target
    if not answer.is_greedy:
        return Score(variant, ANOTHER, correct=False, reading="other")
    return Score(variant, target, True, "exact", confidence=math.exp(answer.value / max(answer.num_tokens, 1)))


def _score_choice(variant: Variant, values: list[float], rounding: list[float]) -> Score:
    """Score the likeliest choice; `rounding` is what of each value says nothing (nats)."""
    if math.inf in values:
        return Score(variant, "", correct=False, reading="non-finite")
    choices, accepted = variant.perturbed.prompt.choices, (variant.perturbed.target, *variant.perturbed.aliases)
    order = sorted(range(len(values)), key=lambda index: -values[index])
    probabilities = softmax(values)
    best, *others = order
    tied = [
        index
        for index in order
        if values[index] == values[best] or values[best] - values[index] <= max(rounding[best], rounding[index])
    ]
    if len(tied) > 1 and not all(choices[index] in accepted for index in tied):
        return Score(variant, "", correct=False, reading="tie", probabilities=probabilities, margin=0.0)
    margin = values[best] - values[others[0]] if others else None
    return Score(
        variant,
        prediction=choices[best],
        correct=choices[best] in accepted,
        reading="ranked",
        probabilities=probabilities,
        margin=None if margin == math.inf else margin,
        confidence=probabilities[best],
    )


def _score_read(variant: Variant, completion: Completion) -> Score:
    """Score a written answer to a choice question; one that names no choice is unreadable."""
    choice = read_choice(variant.perturbed.prompt, completion.text)
    return _written(variant, completion, choice or "", choice in (variant.perturbed.target, *variant.perturbed.aliases))


def _parsed(variant: Variant, completion: Completion, suite: Suite) -> Score:
    """Score a generated answer by the suite's own rule."""
    assert suite.parse_answer is not None
    parsed = suite.parse_answer(variant.item, completion.text)
    prediction = variant.perturbed.target if parsed.correct else parsed.prediction
    return _written(variant, completion, prediction, parsed.correct)


def _score_text(variant: Variant, completion: Completion, min_overlap: float | None) -> Score:
    answer = normalised(completion.text)
    accepted = [normalised(one) for one in (variant.perturbed.target, *variant.perturbed.aliases)]
    correct = bool(answer) and answer in accepted
    if answer and min_overlap is not None:
        correct = correct or any(token_f1(answer, one) >= min_overlap for one in accepted)
    return _written(variant, completion, normalised(variant.perturbed.target) if correct else answer, correct)


def _written(variant: Variant, completion: Completion, prediction: str, correct: bool) -> Score:
    """Return the score of a written answer: unreadable where nothing was predicted."""
    reading: Reading = "exact" if correct else "other" if prediction.strip() else "unreadable"
    confidence = math.exp(completion.mean_logprob) if completion.num_tokens else None
    return Score(variant, prediction, correct, reading, confidence=confidence, is_truncated=completion.is_truncated)
