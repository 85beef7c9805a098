"""Responses to scores: the predicted answer, whether it is right, and how it was read.

A choice question is answered by the likeliest choice: the sum of its tokens' log-probabilities, without length normalisation, as
lm-eval's `acc`, or, where the suite says so, divided by the characters of its text, as its `acc_norm`, by the bytes, as its
`acc_bytes`, or less what it is without a context, as its `acc_mutual_info`.

A free-text answer is read by the suite's own rule, if it has one; else it is right if it is the target or an alias but for
what does not count (`free_reading`), or, where the suite gives a least overlap, shares as many words with one of them
(`token_f1`). What a structure holds is decoded first: an answer in JSON is a JSON string. Where a suite rates its targets, an
answer is right if each token of the target is the likeliest one; what else the model would say is not known then.

Three outcomes are no answer, neither dropped nor counted as another wrong answer:

    unreadable   there is nothing in it to read
    tie          two choices, or two tokens of a written answer, are the likeliest, and no rule says which the model would
                 give; right only if both choices are
    non-finite   a score that decides it is no number (NaN, +inf)

lm-eval gives a tie to the first choice, so that a model without any preference is right wherever the first choice is. Scores
are tied if they are equal up to the rounding of the model's arithmetic (`Model.resolution`). A choice with the log-probability
-inf is impossible, which is an answer to the question about it; where all of them are, they are tied.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from probe.evaluation.choice_reading import read_choice
from probe.evaluation.free_reading import folded, is_same, normalised, readings
from probe.prompt.render import answer_text
from probe.types import Completion, LogProb, Normalisation, Prompt, Reading, Score, Suite, Variant

ROUNDING = 1e-12
"""Relative difference of two sums of double precision that is rounding."""
NUMBER = r"(?:(?<![\w)])-)?(?:\d+(?:[.,]\d+)*|\.\d+)"
WORD = re.compile(rf"{NUMBER}|[^\W\d_]+(?:'[^\W\d_]+)*")
ANOTHER = "(another)"
"""Stands for what a model would say instead of a target that was rated."""


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
        if first.is_tied:
            return Score(variant, "", correct=False, reading="tie", margin=0.0)
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
    return score_choice(variant, values, _normalised(variant, [_rounding(r, resolution) for r in rated], how, sign=1))


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


def token_f1(answer: str, accepted: str) -> float:
    """Return the F1 of the words that two answers share, in [0, 1]: 1 for the same words, 0 where their numbers differ.

    Dua et al. 2019, "DROP: A Reading Comprehension Benchmark Requiring Discrete Reasoning Over Paragraphs", section 5: words
    without case, punctuation and articles; the answer must hold a number of the accepted one. Deviations: the spans of an answer
    are one bag of words and are not aligned one with another; a minus sign and a leading point belong to their number.
    """
    ours, theirs = _words(answer), _words(accepted)
    shared = sum((ours & theirs).values())
    numbers = {word for word in theirs if re.fullmatch(NUMBER, word)}
    if not shared or (numbers and not numbers & set(ours)):
        return 0.0
    return 2 * shared / (ours.total() + theirs.total())


def _words(text: str) -> Counter[str]:
    found = WORD.findall(folded(text))
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
    sizes = [size_of(prompt, choice, how) for choice in prompt.choices]
    return [value / (size or 1) for value, size in zip(values, sizes, strict=True)]


def size_of(prompt: Prompt, choice: str, how: Normalisation) -> int | None:
    """Return what a choice's log-probability is divided by, at least 1; None where it is not divided."""
    if how not in ("characters", "bytes"):
        return None
    text = answer_text(prompt, choice)
    return max(len(text) if how == "characters" else len(text.encode("utf-8", "surrogatepass")), 1)


def _score_rated(variant: Variant, answer: LogProb) -> Score:
    """Score a target that was rated; its own probability, a token, is a confidence only where it is the likeliest token."""
    target = variant.perturbed.target
    if not answer.is_greedy:
        return Score(variant, ANOTHER, correct=False, reading="other")
    return Score(variant, target, True, "exact", confidence=math.exp(answer.value / max(answer.num_tokens, 1)))


def score_choice(variant: Variant, values: Sequence[float], rounding: Sequence[float]) -> Score:
    """Score the choice of the largest value; both are in nats, in the order of the choices asked.

    `rounding` is what of each value says nothing. It is also what scores made from several answers are read by.
    """
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
    # Choices that are accepted alike, or of one text, are one answer.
    if len({choices[index] for index in tied}) > 1 and not all(choices[index] in accepted for index in tied):
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
    named = (read_choice(variant.perturbed.prompt, text) for text in _readings(variant, completion))
    choice = next(filter(None, named), "")
    return _written(variant, completion, choice, choice in (variant.perturbed.target, *variant.perturbed.aliases))


def _parsed(variant: Variant, completion: Completion, suite: Suite) -> Score:
    """Score a generated answer by the suite's own rule."""
    assert suite.parse_answer is not None
    tried = [suite.parse_answer(variant.item, text) for text in _readings(variant, completion)]
    parsed = next((one for one in tried if one.correct), tried[0])
    prediction = variant.perturbed.target if parsed.correct else parsed.prediction
    return _written(variant, completion, prediction, parsed.correct)


def _score_text(variant: Variant, completion: Completion, min_overlap: float | None) -> Score:
    said = _readings(variant, completion)
    target, accepted = variant.perturbed.target, (variant.perturbed.target, *variant.perturbed.aliases)
    correct = any(is_same(one, other) for one in said for other in accepted)
    if not correct and min_overlap is not None and normalised(said[0]):
        correct = any(token_f1(said[0], one) >= min_overlap for one in accepted)
    # Where only a mark is right, such as `?`, another mark is another answer and not an unreadable one.
    answer = normalised(said[0]) or ("" if normalised(target) else folded(said[0]))
    return _written(variant, completion, (normalised(target) or folded(target)) if correct else answer, correct)


def _readings(variant: Variant, completion: Completion) -> tuple[str, ...]:
    """Return what an answer may say, likeliest first; a template is one text, whatever its structure."""
    prompt = variant.perturbed.prompt
    return readings(completion.text, "plain" if prompt.is_template else prompt.structure)


def _written(variant: Variant, completion: Completion, prediction: str, correct: bool) -> Score:
    """Return the score of a written answer: unreadable where nothing was predicted."""
    reading: Reading = "exact" if correct else "other" if prediction.strip() else "unreadable"
    confidence = math.exp(completion.mean_logprob) if completion.num_tokens else None
    return Score(variant, prediction, correct, reading, confidence=confidence, is_truncated=completion.is_truncated)
