"""Models of known behaviour for the self-test, each with what it must answer and what that must be worth.

`answer` says what is answered to a variant, from what was drawn; `model` makes the scripted model, from what is sent.
Where a rule can be read off the text (its last character, a casing, two sentences that share words) the model reads the text.

Covered: eleven ways to be right, wrong, fragile or locked, one to be unsteady, one to be cut off. Not covered: their comparison.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from probe.models.scripted import Scripted
from probe.prompt import continuations, render
from probe.types import Generation, LogLikelihood, Variant

Pick = Callable[[Variant], str]
Stated = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Oracle:
    """A model whose every answer is known beforehand."""

    name: str
    suite: str
    perturb: tuple[str, ...]
    answer: Callable[[Variant], str | None]
    """The text that must be read as its answer; None: nothing that can be read."""
    model: Callable[[Sequence[Variant]], Scripted]
    stated: Stated = field(default_factory=dict)
    """Figures in closed form, by family and metric."""
    margin: Callable[[Variant], float | None] = lambda variant: 1.0
    is_cut: Callable[[Variant], bool] = lambda variant: False
    draws: int = 4
    limit: int = 40


def coin(*parts: str) -> float:
    """Give a number in [0, 1) that depends on the parts alone."""
    digest = hashlib.sha256("\x1e".join(parts).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2.0**48


def right(variant: Variant) -> str:
    """Give the right answer."""
    return variant.asked.target


def wrong(variant: Variant) -> str:
    """Give the first choice that is not right."""
    return next(choice for choice in variant.asked.prompt.choices if choice != variant.asked.target)


def right_if(holds: Callable[[Variant], bool]) -> Pick:
    """Give the rule that answers right where something holds, and wrong elsewhere."""
    return lambda variant: right(variant) if holds(variant) else wrong(variant)


def choosing(pick: Pick) -> Callable[[Sequence[Variant]], Scripted]:
    """Give the maker of a model that prefers, by the text and the continuation, what `pick` names."""

    def model(variants: Sequence[Variant]) -> Scripted:
        table = {key: float(choice == pick(variant)) for variant in variants for key, choice in _continued(variant)}
        return Scripted(prefers=lambda request: table[request.context, request.continuation])

    return model


def right_where_text(holds: Callable[[str], bool]) -> Callable[[Sequence[Variant]], Scripted]:
    """Give the maker of a model that knows the right answers but gives them only where the text it is sent is so."""

    def model(variants: Sequence[Variant]) -> Scripted:
        table = {key: choice for variant in variants for key, choice in _continued(variant)}
        rights = {variant.text: right(variant) for variant in variants}
        wrongs = {variant.text: wrong(variant) for variant in variants}

        def prefers(request: LogLikelihood) -> float:
            wanted = (rights if holds(request.context) else wrongs)[request.context]
            return float(table[request.context, request.continuation] == wanted)

        return Scripted(prefers=prefers)

    return model


def preferring(prefers: Callable[[LogLikelihood], float]) -> Callable[[Sequence[Variant]], Scripted]:
    """Give the maker of a model that knows nothing but the request."""
    return lambda variants: Scripted(prefers=prefers)


def _continued(variant: Variant) -> list[tuple[tuple[str, str], str]]:
    prompt = variant.asked.prompt
    return [((variant.text, said), choice) for choice, said in zip(prompt.choices, continuations(prompt), strict=True)]


def _tossed(variant: Variant) -> str:
    said = dict(zip(variant.asked.prompt.choices, continuations(variant.asked.prompt), strict=True))
    return max(said, key=lambda choice: coin(variant.text, said[choice]))


def _toss_margin(variant: Variant) -> float:
    worst, best = sorted(coin(variant.text, said) for said in continuations(variant.asked.prompt))[-2:]
    return best - worst


def _symbol_locked(variant: Variant) -> str:
    """Give the option of symbol B; where there is none, the last of four, whose symbol sorts last in every numbering."""
    prompt = variant.asked.prompt
    return prompt.choices[1] if prompt.layout.numbering == "upper" else prompt.choices[3]


def _prefers_b(request: LogLikelihood) -> float:
    said = request.continuation.strip()
    order = ["1", "2", "3", "4", "a", "b", "c", "d", "i", "ii", "iii", "iv", "I", "II", "III", "IV"]
    rank = 0.5 * order.index(said) / len(order) if said in order else 0.5 * (ord(said) - 0x2160) / 4
    return 2.0 if said == "B" else rank


def _ends_with_colon(variant: Variant) -> bool:
    layout = variant.asked.prompt.layout
    return layout.separator.rstrip().endswith(":")


def _overlaps(premise: str, hypothesis: str) -> bool:
    """Tell whether every word of the hypothesis is in the premise."""
    words = [set(re.findall(r"\w+", text.lower())) for text in (premise, hypothesis)]
    return words[1] <= words[0]


def _overlap_answer(variant: Variant) -> str:
    premise, hypothesis = (one.text for one in variant.asked.prompt.fields)
    return "yes" if _overlaps(premise, hypothesis) else "no"


def _prefers_overlap(request: LogLikelihood) -> float:
    found = re.search(r"Premise: (.*)\nHypothesis: (.*)\n", request.context)
    wanted = "yes" if found is not None and _overlaps(found[1], found[2]) else "no"
    return float(request.continuation.strip() == wanted)


RAMBLE = "one two three four five six seven eight nine ten"


def _reads(variant: Variant) -> str | None:
    """Give the right answer as written; else by a coin nothing, an answer that does not end, or the right one."""
    toss = 1.0 if variant.text == _written(variant) else coin(variant.text)
    return None if toss < 0.25 else RAMBLE if toss < 0.5 else variant.asked.target.lower()


def _written(variant: Variant) -> str:
    return render(variant.item.prompt)


def _reader(variants: Sequence[Variant]) -> Scripted:
    written = {_written(variant) for variant in variants}
    answers = {variant.text: variant.asked.target for variant in variants}

    def says(request: Generation) -> str:
        toss = 1.0 if request.context in written else coin(request.context)
        return "..." if toss < 0.25 else f" {RAMBLE}." if toss < 0.5 else f" {answers[request.context]}.\nMore text"

    return Scripted(says=says)


UNSTEADY = 0.003
"""By how much the unsteady model's liking of the right answer falls each time that it is asked the same."""


def _liking(text: str) -> float:
    """Give how much the unsteady model prefers the right answer when first asked: as a hair for some texts, else surely."""
    hair = coin("hair", text)
    size = 0.001 + 0.02 * hair if hair < 0.4 else 1.0
    return -size if coin("sign", text) < 0.3 else size


def _unsteady_liking(variant: Variant) -> float:
    """Give the liking at a variant: reruns are asked after all else, one draw after the other."""
    times = variant.draw + 1 if variant.family == "null" else 0
    return _liking(variant.text) - UNSTEADY * times


def _unsteady(variants: Sequence[Variant]) -> Scripted:
    rights = {
        (variant.text, said): choice == right(variant)
        for variant in variants
        for (_, said), choice in _continued(variant)
    }
    asked: dict[LogLikelihood, int] = {}

    def prefers(request: LogLikelihood) -> float:
        times = asked[request] = asked.get(request, -1) + 1
        is_right = rights[request.context, request.continuation]
        return _liking(request.context) - UNSTEADY * times if is_right else 0.0

    return Scripted(prefers=prefers)


def _known_rate(variants: Sequence[Variant]) -> Scripted:
    written = {_written(variant) for variant in variants}
    return right_where_text(lambda text: text in written or coin(text) < 0.7)(variants)


ALWAYS_RIGHT: Stated = {
    ("clean", "accuracy"): 1.0, ("all", "accuracy_worst"): 1.0, ("all", "spread"): 0.0, ("all", "flip_rate"): 0.0,
    ("all", "pss"): 0.0, ("contrast", "contrast_consistency"): 1.0,
}  # fmt: skip
ALWAYS_WRONG: Stated = {
    ("clean", "accuracy"): 0.0, ("all", "accuracy_best"): 0.0, ("all", "spread"): 0.0, ("all", "pss"): 0.0,
    ("all", "flip_wrong_to_right"): 0.0, ("contrast", "contrast_accuracy"): 0.0,
}  # fmt: skip

ORACLES: tuple[Oracle, ...] = (
    Oracle("always right", "sentiment", ("format", "typos", "contrast"), right, choosing(right), stated=ALWAYS_RIGHT),
    Oracle("always wrong", "sentiment", ("format", "typos", "contrast"), wrong, choosing(wrong), stated=ALWAYS_WRONG),
    Oracle(
        "constant",
        "entailment",
        ("typos", "wording", "contrast"),
        lambda variant: "yes",
        preferring(lambda request: float(request.continuation.strip() == "yes")),
        stated={("all", "flip_rate"): 0.0, ("all", "pss"): 0.0, ("contrast", "contrast_consistency"): 0.0},
    ),
    Oracle(
        "uniform random",
        "facts",
        ("format", "order", "typos", "wording"),
        _tossed,
        preferring(lambda request: coin(request.context, request.continuation)),
        margin=_toss_margin,
    ),
    Oracle(
        "position-locked",
        "facts",
        ("order", "format"),
        lambda variant: variant.asked.prompt.choices[1],
        choosing(lambda variant: variant.asked.prompt.choices[1]),
        stated={("order", "position_following"): 1.0, ("format", "flip_rate"): 0.0, ("order", "flip_symbol"): 0.0},
    ),
    Oracle(
        "symbol-locked",
        "facts",
        ("order", "format"),
        _symbol_locked,
        preferring(_prefers_b),
        margin=lambda variant: None,
        stated={("order", "position_following"): 1.0, ("order", "flip_position"): 0.0, ("order", "flip_content"): 0.0},
    ),
    Oracle(
        "brittle to one casing",
        "sentiment",
        ("format-casing", "wording"),
        right_if(lambda variant: variant.asked.prompt.layout.casing != "upper"),
        right_where_text(lambda text: "SENTIMENT" not in text),
        stated={("clean", "accuracy"): 1.0, ("format", "accuracy_worst"): 0.0, ("wording", "flip_rate"): 0.0},
    ),
    Oracle(
        "brittle to the last character",
        "topic",
        ("format", "typos"),
        right_if(_ends_with_colon),
        right_where_text(lambda text: text[-1] == ":"),
        draws=6,
        stated={("clean", "accuracy"): 1.0, ("format", "spread"): 1.0, ("typos", "flip_rate"): 0.0},
    ),
    Oracle(
        "follows lexical overlap", "entailment", ("wording", "contrast"), _overlap_answer, preferring(_prefers_overlap)
    ),
    Oracle(
        "never readable",
        "reading",
        ("format", "typos", "contrast"),
        lambda variant: None,
        lambda variants: Scripted(says=lambda request: " ..."),
        margin=lambda variant: None,
        stated={("all", "unreadable_rate"): 1.0, ("clean", "accuracy"): 0.0, ("all", "flip_rate"): 0.0},
    ),
    Oracle(
        "reads, but is cut off or mute",
        "reading",
        ("format", "typos", "contrast"),
        _reads,
        _reader,
        margin=lambda variant: None,
        is_cut=lambda variant: _reads(variant) == RAMBLE,
        stated={("clean", "accuracy"): 1.0, ("all", "flip_content"): 0.0, ("all", "flip_wrong_to_right"): 0.0},
    ),
    Oracle(
        "right as written, else in 7 of 10",
        "comparison",
        ("format", "typos", "wording"),
        right_if(lambda variant: variant.text == _written(variant) or coin(variant.text) < 0.7),
        _known_rate,
        stated={("clean", "accuracy"): 1.0, ("all", "flip_wrong_to_right"): 0.0},
        limit=60,
    ),
    Oracle(
        "random, typos that fit in few items",
        "comparison",
        ("typo-space", "format"),
        _tossed,
        preferring(lambda request: coin(request.context, request.continuation)),
        margin=_toss_margin,
    ),
    Oracle(
        "unsteady",
        "sentiment",
        ("format", "typos"),
        right_if(lambda variant: _unsteady_liking(variant) > 0),
        _unsteady,
        margin=lambda variant: abs(_unsteady_liking(variant)),
    ),
)
