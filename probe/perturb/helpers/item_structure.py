"""The structure of an item: its question, its two answers, its premise and hypothesis.

    Text      Anna is 17. Ali is 75.           fields[0]
    Question  Who is older?                    fields[1], its last sentence with a question mark
    choices   the first, the second            two, of which the other one is right once the question is turned

Covered: the last question of the fields, choices that are two, labels of entailment and of truth. Not covered: instructions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from probe.evolve import evolve
from probe.perturb.helpers.clauses import masked
from probe.perturb.helpers.english import like
from probe.perturb.helpers.spans import texts, with_texts
from probe.types import Item

YES = frozenset({"yes", "true", "entailment", "entailed", "entails"})
NO = frozenset({"no", "false", "not entailment", "not_entailment", "non-entailment", "contradiction"})
ORDINAL = frozenset({"the first", "the second", "first", "second"})
_PREMISE = frozenset({"premise", "sentence1", "sentence 1", "text"})
_HYPOTHESIS = frozenset({"hypothesis", "sentence2", "sentence 2", "conclusion"})
_LOWERED = re.compile(
    r"(?:The|A|An|This|That|These|Those|All|Some|Every|Each|No|None|Not|It|He|She|They|We|You|There|Most|Many|Few)\b"
)
MAX_LENGTH = 4000
"""Longer texts are left alone: the longer a text, the less certain what an edit of it turns."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question by its place: the index of its field, where it starts and ends there."""

    field: int
    start: int
    stop: int
    text: str


def one_of(edits: Sequence[Item], rng: Random) -> Item | None:
    """Return one of the edits, the only one without asking the generator: another draw of it would say the same."""
    if len(edits) < 2:
        return edits[0] if edits else None
    return rng.choice(edits)


def question(item: Item) -> Question | None:
    """Return the last question of the last field that has one; None where it stands in quotation marks."""
    for place in range(len(item.prompt.fields) - 1, -1, -1):
        text = item.prompt.fields[place].text
        if len(text) > MAX_LENGTH:
            return None
        span = _last_question(text) if "?" in text else None
        if span is not None:
            return Question(place, *span, text[span[0] : span[1]])
    return None


@lru_cache(maxsize=4096)
def _last_question(text: str) -> tuple[int, int] | None:
    """Return where the last question of a text starts and ends."""
    hidden = masked(text)
    stop = hidden.rfind("?") + 1
    if not stop:
        return None
    start = max(hidden.rfind(mark, 0, stop - 1) for mark in ".?!\n") + 1
    while text[start].isspace():
        start += 1
    return start, stop


def other_of_two(item: Item) -> str | None:
    """Return the other one of two choices, which are neither yes nor no; None where there are not two."""
    choices = item.prompt.choices
    if len(choices) != 2 or item.target not in choices or any(choice.lower() in YES | NO for choice in choices):
        return None
    return choices[1 - choices.index(item.target)]


def turned(item: Item) -> str | None:
    """Return no for yes and yes for no, in the casing of the target; None where it is neither."""
    target = item.target
    pairs = {"yes": "no", "no": "yes", "true": "false", "false": "true"}
    new = pairs.get(target.lower())
    if new is None:
        return None
    cased = like(target, new)
    return cased if not item.prompt.choices or cased in item.prompt.choices else None


def entailment(item: Item) -> tuple[int, int] | None:
    """Return the places of premise and hypothesis; None where the item has no such fields."""
    names = [field.name.lower() for field in item.prompt.fields]
    premises = [place for place, name in enumerate(names) if name in _PREMISE]
    hypotheses = [place for place, name in enumerate(names) if name in _HYPOTHESIS]
    if len(premises) != 1 or len(hypotheses) != 1 or len(item.prompt.choices) < 2:
        return None
    if any(len(field.text) > MAX_LENGTH for field in item.prompt.fields):
        return None
    return premises[0], hypotheses[0]


def turned_label(item: Item, *, is_yes: bool) -> str | None:
    """Return the other one of two labels for yes and no; None where the item's own does not say what it should."""
    if not is_binary(item) or (item.target.lower() in YES) != is_yes:
        return None
    return next(choice for choice in item.prompt.choices if choice.lower() in (NO if is_yes else YES))


def is_binary(item: Item) -> bool:
    """Return whether the choices are yes and no, or two words for them."""
    low = [choice.lower() for choice in item.prompt.choices]
    return len(low) == 2 and len(YES.intersection(low)) == 1 and len(NO.intersection(low)) == 1


def with_text(item: Item, place: int, text: str, target: str) -> Item:
    """Return the item with another text in one field, and another answer."""
    new = texts(item)
    new[place + 1] = text
    return evolve(with_texts(item, new), target=target, aliases=())


def lowered(sentence: str) -> str | None:
    """Return a sentence as it stands after "that"; None where its first word may or may not be a name."""
    if _LOWERED.match(sentence):
        return sentence[0].lower() + sentence[1:]
    first, _, rest = sentence.partition(" ")
    return sentence if first[:1].isupper() and rest and first.isalpha() and first[1:].islower() else None
