"""Models of known behaviour for the self-test, each with its expected answers and figures.

`answer` says what is answered to a variant, from what was drawn; `model` makes the scripted model, from what is sent. The rules
are in `probe.selftest.oracle_rules`.

Covered: ways to be right, wrong, fragile or locked, and to be unsteady, cut off, unsure. Not covered: their comparison.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from probe.models.scripted import Scripted
from probe.selftest import oracle_rules as rules
from probe.types import Variant

Stated = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Written:
    """An answer in words to every prompt, and the log-probability (nats) of any words under any prompt."""

    says: Callable[[str], str]
    rates: Callable[[str, str], float]
    items: int


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
    likes: Callable[[Variant], Mapping[str, float]] | None = None
    """Of each choice, as log-probability up to a constant (nats); None: 1 for what is answered, 0 for the others."""
    is_cut: Callable[[Variant], bool] = lambda variant: False
    sure: Callable[[Variant], float | None] = lambda variant: 1.0
    """Of free text: the geometric mean of its words' probabilities; None where there is no word."""
    writes: Written | None = None
    """What it writes and how it rates what is written, where its POSIX is to be known."""
    samples: int = 4
    limit: int = 40

    def liking(self, variant: Variant) -> Mapping[str, float]:
        """Return how much it likes each choice; nothing for free text."""
        answer, choices = self.answer(variant), variant.perturbed.prompt.choices
        return (
            self.likes(variant) if self.likes is not None else {choice: float(choice == answer) for choice in choices}
        )


ALWAYS_RIGHT: Stated = {
    ("original", "accuracy"): 1.0, ("all", "accuracy_worst"): 1.0, ("all", "spread"): 0.0, ("all", "flip_rate"): 0.0,
    ("all", "pss"): 0.0, ("contrast", "contrast_consistency"): 1.0,
}  # fmt: skip
ALWAYS_WRONG: Stated = {
    ("original", "accuracy"): 0.0, ("all", "accuracy_best"): 0.0, ("all", "spread"): 0.0, ("all", "pss"): 0.0,
    ("all", "flip_wrong_to_right"): 0.0, ("contrast", "contrast_accuracy"): 0.0,
}  # fmt: skip

ORACLES: tuple[Oracle, ...] = (
    Oracle(
        "always right",
        "sentiment",
        ("format", "typos", "contrast"),
        rules.right,
        rules.choosing(rules.right),
        stated=ALWAYS_RIGHT,
    ),
    Oracle(
        "always wrong",
        "sentiment",
        ("format", "typos", "contrast"),
        rules.wrong,
        rules.choosing(rules.wrong),
        stated=ALWAYS_WRONG,
    ),
    Oracle(
        "constant",
        "entailment",
        ("typos", "wording", "contrast"),
        lambda variant: "yes",
        rules.preferring(lambda request: float(request.continuation.strip() == "yes")),
        stated={("all", "flip_rate"): 0.0, ("all", "pss"): 0.0, ("contrast", "contrast_consistency"): 0.0},
    ),
    Oracle(
        "uniform random",
        "facts",
        ("format", "order", "typos", "wording"),
        rules.most_liked(rules.coins),
        rules.preferring(lambda request: rules.coin(request.context, request.continuation)),
        likes=rules.coins,
    ),
    Oracle(
        "position-locked",
        "facts",
        ("order", "format", "order-with-symbols", "label-shift"),
        rules.in_second_place,
        rules.choosing(rules.in_second_place),
        stated={
            ("order", "position_following"): 1.0,
            ("order", "position_or_symbol_following"): 1.0,
            ("labels", "symbol_following"): 0.0,
            ("format", "flip_rate"): 0.0,
            ("order", "flip_symbol"): 0.0,
            ("order", "flip_position_or_symbol"): 0.0,
        },
    ),
    Oracle(
        "position-locked, in order alone",
        "facts",
        ("order",),
        rules.in_second_place,
        rules.choosing(rules.in_second_place),
        stated={
            ("order", "position_or_symbol_following"): 1.0,
            ("order", "flip_position"): 0.0,
            ("order", "flip_symbol"): 0.0,
            ("order", "flip_content"): 0.0,
        },
        limit=20,
    ),
    Oracle(
        "symbol-locked",
        "facts",
        ("order", "format", "order-with-symbols", "label-shift"),
        rules.symbol_locked,
        rules.preferring(rules.prefers_b),
        likes=lambda variant: rules.spoken(variant, rules.liking_of_b),
        stated={
            ("order", "position_following"): 0.0,
            ("order", "position_or_symbol_following"): 1.0,
            ("labels", "symbol_following"): 1.0,
            ("labels", "flip_symbol"): 1.0,
            ("order", "flip_position"): 0.0,
            ("order", "flip_content"): 0.0,
        },
    ),
    Oracle(
        "brittle to one casing",
        "sentiment",
        ("format-casing", "wording"),
        rules.right_if(lambda variant: variant.perturbed.prompt.layout.casing != "upper"),
        rules.right_where_text(lambda text: "SENTIMENT" not in text),
        stated={("original", "accuracy"): 1.0, ("format", "accuracy_worst"): 0.0, ("wording", "flip_rate"): 0.0},
    ),
    Oracle(
        "brittle to the last character",
        "topic",
        ("format", "typos"),
        rules.right_if(rules.ends_with_colon),
        rules.right_where_text(lambda text: text[-1] == ":"),
        samples=6,
        stated={("original", "accuracy"): 1.0, ("format", "spread"): 1.0, ("typos", "flip_rate"): 0.0},
    ),
    Oracle(
        "follows lexical overlap",
        "entailment",
        ("wording", "contrast"),
        rules.overlap_answer,
        rules.preferring(rules.prefers_overlap),
    ),
    Oracle(
        "never readable",
        "reading",
        ("format", "typos", "contrast"),
        lambda variant: None,
        lambda variants: Scripted(says=lambda request: " ..."),
        stated={("all", "unreadable_rate"): 1.0, ("original", "accuracy"): 0.0, ("all", "flip_rate"): 0.0},
    ),
    Oracle(
        "reads, but is cut off or mute",
        "reading",
        ("format", "typos", "contrast"),
        rules.reads,
        rules.reader,
        is_cut=lambda variant: rules.reads(variant) == rules.RAMBLE,
        sure=lambda variant: math.exp(rules.surety(variant.text)),
        stated={("original", "accuracy"): 1.0, ("all", "flip_content"): 0.0, ("all", "flip_wrong_to_right"): 0.0},
    ),
    Oracle(
        "originally right, else in 7 of 10",
        "comparison",
        ("format", "typos", "wording"),
        rules.right_if(lambda variant: variant.text == rules.original_text(variant) or rules.coin(variant.text) < 0.7),
        rules.known_rate,
        stated={("original", "accuracy"): 1.0, ("all", "flip_wrong_to_right"): 0.0},
        limit=60,
    ),
    Oracle(
        "random, typos that fit in few items",
        "comparison",
        ("typo-space", "format"),
        rules.most_liked(rules.coins),
        rules.preferring(lambda request: rules.coin(request.context, request.continuation)),
        likes=rules.coins,
    ),
    Oracle(
        "unsteady",
        "sentiment",
        ("format", "typos"),
        rules.right_if(lambda variant: rules.unsteady_liking(variant) > 0),
        rules.unsteady,
        likes=rules.unsteady_likes,
    ),
    Oracle(
        "unsure, and writes",
        "sentiment",
        ("format", "typos", "contrast"),
        rules.most_liked(rules.doubts),
        lambda variants: Scripted(
            prefers=lambda r: rules.rated(r.context, r.continuation), says=lambda r: rules.words(r.context)
        ),
        likes=rules.doubts,
        writes=Written(rules.words, rules.rated, items=12),
    ),
)
