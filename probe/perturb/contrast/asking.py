"""Questions which of two is more: the word that compares, in the place of a predicate, and nothing beside it that is not known.

    Which is heavier?            Which train takes longer?          Who scored more points, Ann or Bob?
    Which odd number is larger?  the class may hold for one alone   not read
    Which is more acidic?        less of another measure            read, and its measure is not known
    Who taught the older boy?    an attribute                       not read

Covered: one comparative or word of time after the verb. Not covered: every other question; what is not read is not turned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from probe.perturb.helpers.english import is_plural, whole_words
from probe.perturb.helpers.item_structure import ORDINAL, Question, other_of_two, question
from probe.perturb.words import pairs, word_list, word_set
from probe.types import Item

_WON = re.compile(r"(?:Who|Which(?: (?P<thing>team|side))?) (?P<word>won|lost)\?")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question which of two, by its parts."""

    question: Question
    start: int
    """Of the word, within the question."""
    word: str
    """What compares: heavier, more, first."""
    noun: str
    """What follows it: points in "more points", distance in "the longer distance"."""
    thing: str
    """The class that it asks about: train in "Which train", else nothing."""
    verb: str
    is_listed: bool
    """Whether the question names the two itself: ", Ann or Bob?"."""
    other: str
    """The choice that is not the answer."""


def asked_of(item: Item) -> Asked | None:
    """Return what an item asks of two; None where it asks something else, or in words that are not known."""
    other, asked = other_of_two(item), question(item)
    if other is None or asked is None or not are_two(item.prompt.choices):
        return None
    if won := _WON.fullmatch(asked.text):
        return Asked(asked, won.start("word"), won["word"].lower(), "", won["thing"] or "", "", False, other)
    match = _pattern().fullmatch(asked.text)
    if match is None:
        return None
    noun, listed = match["noun"] or "", match["listed"] or ""
    if listed and not all(names(listed, choice) == 1 for choice in item.prompt.choices):
        return None
    if " " in noun and noun.lower() not in " ".join(field.text for field in item.prompt.fields[:-1]).lower():
        return None
    thing = match["thing"] or match["whose"] or ""
    word = match["word"].lower()
    is_noun_known = not noun or word in ("more", "fewer", "less") or bool(match["the"])
    if not is_noun_known or thing.lower() in word_set("contrast", "no_class"):
        return None
    return Asked(asked, match.start("word"), word, noun, thing, match["verb"], bool(listed), other)


def are_two(choices: tuple[str, ...]) -> bool:
    """Return whether two choices are two things, neither of which says both, neither, the same or that nobody knows."""
    return not any(whole_words(word_list("contrast", "no_thing")).search(choice) for choice in choices)


def names(text: str, choice: str) -> int:
    """Return how often a text names a choice."""
    return len(mentions(text, choice))


def mentions(text: str, choice: str) -> list[re.Match[str]]:
    """Return where a text names a choice, as a whole word, with or without its article."""
    bare = choice if choice.lower() in ORDINAL else re.sub(r"^(?:the|an?) ", "", choice, flags=re.IGNORECASE)
    return list(re.finditer(rf"(?<![\w-]){re.escape(bare)}(?![\w-])", text, re.IGNORECASE))


def turned_word(asked: Asked, whole: str, *, is_measured: bool) -> str | None:
    """Return the word that asks for the other one of two: fewer for more points, less for more time; None where it depends.

    Where no unit says in which sense a word is meant, it is "less": the less hot one of two chillies is not the colder one.
    """
    word, noun = asked.word, asked.noun
    if word == "more" and noun:
        return _less_of(noun)
    is_state = asked.verb in ("is", "was", "are", "were") or bool(noun)
    if word in ("longer", "higher", "farther") and not is_state:
        return pairs("contrast", "after_verb").get(f"{asked.verb} {word}")
    if word == "older" and (is_measured or asked.question.text.startswith("Who ")):
        is_made = re.search(r"\b(?:built|founded|opened|made|published|signed|dates?|from)\b", whole) is not None
        return "newer" if is_made and not asked.question.text.startswith("Who ") else "younger"
    if word == "shorter" and is_state and re.search(r"\blong\b", whole):
        return "longer"
    lessened = pairs("contrast", "less_form").get(word)
    if lessened is not None and not is_measured:
        return lessened if is_state else None
    if word == "shorter":
        return "taller" if re.search(r"\b(?:tall|high)\b", whole) else "longer"
    return pairs("contrast", "comparative").get(word) or pairs("contrast", "temporal").get(word)


def _less_of(noun: str) -> str | None:
    """Return fewer for what can be counted, less for the rest; None for a plural with another word after it: "guests today"."""
    *others, last = noun.split(" ")
    if is_plural(last) and noun not in word_set("contrast", "masses"):
        return "fewer"
    return None if any(map(is_plural, others)) else "less"


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Return the pattern of the questions that are read."""
    compared = dict.fromkeys([*pairs("contrast", "comparative"), *pairs("contrast", "temporal")])
    words = "|".join(compared.keys() - {"before", "after"})
    verbs = "|".join(sorted(word_list("contrast", "ask_verbs"), key=len, reverse=True))
    return re.compile(
        r"(?:(?:Which|What|Who|Where|When)(?: one| of (?:the two|them|these)| (?P<thing>[a-z]+))?|Whose (?P<whose>[a-z]+)|"
        r"(?:In|On|At) which (?P<at>[a-z]+))"
        rf" (?P<verb>{verbs})(?: (?P<the>the|a|an))? (?P<word>{words})(?: (?P<noun>[a-z]+(?: [a-z]+)?))?"
        r"(?P<listed>[,:] [^?,]+ or [^?,]+)?\?",
        re.IGNORECASE,
    )
