"""Rules by which the self-test's models choose, from the variant and from the text that is sent.

Where a rule can be read off the text (its last character, a casing, two sentences that share words) the model reads the text.

Covered: the rules, and the scripted models that follow them. Not covered: which of them is which oracle
(`probe.selftest.oracles`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

from probe.models.scripted import Scripted
from probe.prompt.render import continuations, render, symbols_of
from probe.types import Generation, LogLikelihood, Variant

Pick = Callable[[Variant], str]


def coin(*parts: str) -> float:
    """Return a number in [0, 1) that depends on the parts alone."""
    digest = hashlib.sha256("\x1e".join(parts).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2.0**48


def right(variant: Variant) -> str:
    """Return the right answer."""
    return variant.perturbed.target


def wrong(variant: Variant) -> str:
    """Return the first choice that is not right."""
    return next(choice for choice in variant.perturbed.prompt.choices if choice != variant.perturbed.target)


def right_if(holds: Callable[[Variant], bool]) -> Pick:
    """Return the rule that answers right where something holds, and wrong elsewhere."""
    return lambda variant: right(variant) if holds(variant) else wrong(variant)


def choosing(pick: Pick) -> Callable[[Sequence[Variant]], Scripted]:
    """Return the maker of a model that prefers, by the text and the continuation, what `pick` names."""

    def model(variants: Sequence[Variant]) -> Scripted:
        table = {key: float(choice == pick(variant)) for variant in variants for key, choice in continued(variant)}
        return Scripted(prefers=lambda request: table[request.context, request.continuation])

    return model


def right_where_text(holds: Callable[[str], bool]) -> Callable[[Sequence[Variant]], Scripted]:
    """Return the maker of a model that answers right where the text it is sent meets a condition, and wrong elsewhere."""

    def model(variants: Sequence[Variant]) -> Scripted:
        table = {key: choice for variant in variants for key, choice in continued(variant)}
        rights = {variant.text: right(variant) for variant in variants}
        wrongs = {variant.text: wrong(variant) for variant in variants}

        def prefers(request: LogLikelihood) -> float:
            wanted = (rights if holds(request.context) else wrongs)[request.context]
            return float(table[request.context, request.continuation] == wanted)

        return Scripted(prefers=prefers)

    return model


def preferring(prefers: Callable[[LogLikelihood], float]) -> Callable[[Sequence[Variant]], Scripted]:
    """Return the maker of a model that knows nothing but the request."""
    return lambda variants: Scripted(prefers=prefers)


def continued(variant: Variant) -> list[tuple[tuple[str, str], str]]:
    """Return text and continuation of each choice, and the choice."""
    prompt = variant.perturbed.prompt
    return [
        ((variant.text, continuation), choice)
        for choice, continuation in zip(prompt.choices, continuations(prompt), strict=True)
    ]


def spoken(variant: Variant, rule: Callable[[str, str], float]) -> dict[str, float]:
    """Return what a rule on text and continuation gives each choice."""
    prompt = variant.perturbed.prompt
    return {
        choice: rule(variant.text, continuation)
        for choice, continuation in zip(prompt.choices, continuations(prompt), strict=True)
    }


def coins(variant: Variant) -> dict[str, float]:
    """Return each choice by a coin on text and continuation."""
    return spoken(variant, coin)


def most_liked(likes: Callable[[Variant], Mapping[str, float]]) -> Pick:
    """Return the rule that answers what is liked most."""
    return lambda variant: max((liked := likes(variant)), key=liked.__getitem__)


def symbol_locked(variant: Variant) -> str:
    """Return the option of symbol B; where there is none, the last of four, whose symbol sorts last in every numbering."""
    prompt = variant.perturbed.prompt
    names = symbols_of(prompt, len(prompt.choices))
    return prompt.choices[names.index("B") if "B" in names else 3]


def in_second_place(variant: Variant) -> str:
    """Return the option that stands second."""
    return variant.perturbed.prompt.choices[1]


def prefers_b(request: LogLikelihood) -> float:
    """Prefer the symbol B, and where there is none the last in order."""
    return liking_of_b(request.context, request.continuation)


def liking_of_b(text: str, continuation: str) -> float:
    """Return how much a continuation is liked by a model that is locked to the symbol B."""
    text = continuation.strip()
    order = ["1", "2", "3", "4", "a", "b", "c", "d", "i", "ii", "iii", "iv", "I", "II", "III", "IV"]
    rank = 0.5 * order.index(text) / len(order) if text in order else 0.5 * (ord(text) - 0x2160) / 4
    return 2.0 if text == "B" else rank


def ends_with_colon(variant: Variant) -> bool:
    """Return whether the prompt ends with a colon, by its layout."""
    layout = variant.perturbed.prompt.layout
    return layout.separator.rstrip().endswith(":")


def overlaps(premise: str, hypothesis: str) -> bool:
    """Return whether every word of the hypothesis is in the premise."""
    words = [set(re.findall(r"\w+", text.lower())) for text in (premise, hypothesis)]
    return words[1] <= words[0]


def overlap_answer(variant: Variant) -> str:
    """Answer yes where the words overlap, by the fields that were drawn."""
    premise, hypothesis = (one.text for one in variant.perturbed.prompt.fields)
    return "yes" if overlaps(premise, hypothesis) else "no"


def prefers_overlap(request: LogLikelihood) -> float:
    """Prefer yes where the words overlap, by the text that was sent."""
    found = re.search(r"Premise: (.*)\nHypothesis: (.*)\n", request.context)
    wanted = "yes" if found is not None and overlaps(found[1], found[2]) else "no"
    return float(request.continuation.strip() == wanted)


RAMBLE = "one two three four five six seven eight nine ten"


def reads(variant: Variant) -> str | None:
    """Return the right answer to the original; else by a coin nothing, an answer that does not end, or the right one."""
    toss = 1.0 if variant.text == original_text(variant) else coin(variant.text)
    return None if toss < 0.25 else RAMBLE if toss < 0.5 else variant.perturbed.target.lower()


def original_text(variant: Variant) -> str:
    """Return the text of a variant's original prompt."""
    return render(variant.item.prompt)


def reader(variants: Sequence[Variant]) -> Scripted:
    """Make the model that reads as `reads` says."""
    written = {original_text(variant) for variant in variants}
    answers = {variant.text: variant.perturbed.target for variant in variants}

    def says(request: Generation) -> str:
        toss = 1.0 if request.context in written else coin(request.context)
        return "..." if toss < 0.25 else f" {RAMBLE}." if toss < 0.5 else f" {answers[request.context]}.\nMore text"

    return Scripted(says=says, sure=lambda request: surety(request.context))


def surety(text: str) -> float:
    """Return the mean log-probability of the words that the reader writes."""
    return -coin("surety", text)


UNSTEADY = 0.003
"""By how much the unsteady model's liking of the right answer falls each time that it is asked the same."""


def liking_first(text: str) -> float:
    """Return how much the unsteady model prefers the right answer when first asked: as a hair for some texts, else surely."""
    hair = coin("hair", text)
    size = 0.001 + 0.02 * hair if hair < 0.4 else 1.0
    return -size if coin("sign", text) < 0.3 else size


def unsteady_liking(variant: Variant) -> float:
    """Return the liking at a variant: reruns are asked after all else, one draw after the other."""
    times = variant.sample + 1 if variant.family == "null" else 0
    return liking_first(variant.text) - UNSTEADY * times


def unsteady_likes(variant: Variant) -> dict[str, float]:
    """Return how much the unsteady model likes each choice."""
    rights, liking = right(variant), unsteady_liking(variant)
    return {choice: liking if choice == rights else 0.0 for choice in variant.perturbed.prompt.choices}


def unsteady(variants: Sequence[Variant]) -> Scripted:
    """Make the model whose liking of the right answer falls each time that it is asked the same."""
    rights = {
        (variant.text, continuation): choice == right(variant)
        for variant in variants
        for (_, continuation), choice in continued(variant)
    }
    asked: dict[LogLikelihood, int] = {}

    def prefers(request: LogLikelihood) -> float:
        times = asked[request] = asked.get(request, -1) + 1
        is_right = rights[request.context, request.continuation]
        return liking_first(request.context) - UNSTEADY * times if is_right else 0.0

    return Scripted(prefers=prefers)


def known_rate(variants: Sequence[Variant]) -> Scripted:
    """Make the model that is right on the original, and elsewhere in 7 of 10."""
    written = {original_text(variant) for variant in variants}
    return right_where_text(lambda text: text in written or coin(text) < 0.7)(variants)


def rated(text: str, words: str) -> float:
    """Return the log-probability of any words: three parts the words alone, one part the prompt as well."""
    return -3 * coin("words", words.strip()) - coin(text, words)


def words(text: str) -> str:
    """Return what is written to a prompt: nothing, or up to three words."""
    return " it was so"[: round(4 * coin("length", text)) * 3]


def doubts(variant: Variant) -> dict[str, float]:
    """Return how likely the unsure model rates each choice."""
    return spoken(variant, rated)
