"""Which of two is right, computed from their quantities: the proof of an edit that swaps them or turns the question.

    Anna is 17. Ali is 75.        | Who is older?   anna is #, ali is #     alike    age     the second
    It was 9 above, ... 5 below   | colder?         unlike words around the numbers           not computed
    Ben has 5 more than Kim       | Who has more?   "more" and "than" say what a number is    not computed

Two clauses are alike where they say the same around their quantities: word for word, or the second leaves words out.

Covered: two quantities of one kind in two clauses that are alike, each with its own thing, and a question of that kind.
Not covered: a third number, numbers in words, and every text with a word that may turn or change what a number says.
"""

from __future__ import annotations

import re
from functools import lru_cache

from probe.perturb.contrast.asking import Asked, mentions
from probe.perturb.contrast.quantities import Quantity, common_kind, is_more, quantities
from probe.perturb.helpers.english import is_plural, whole_words
from probe.perturb.helpers.item_structure import MAX_LENGTH, ORDINAL
from probe.perturb.words import pairs, table, word_list, word_set
from probe.types import Item

_STOP = re.compile(r"[.;:!?\n](?=\s|$)")
_JOINT = re.compile(r"[.;] |,? (?:but|while|and|whereas) |, ")
_WORD = re.compile(r"[a-z@#]+(?:'[a-z]+)?")
_EMPTY = frozenset({"the", "a", "an", "my", "our", "only", "just", "exactly", "'s"})
_HELPING = frozenset({"is", "was", "are", "were", "has", "had", "it", "on", "in", "for", "up", "place"})
_PLACES = frozenset({"at", "in", "on", "for", "from"})
_MOST_OWN = 5
"""Words that a clause may have for itself where nothing names its thing: "the old oak table"."""


def proof(item: Item, asked: Asked) -> tuple[Quantity, Quantity] | None:
    """Return the two quantities of an item whose own answer is what they say; None where it is not, or cannot be computed."""
    found = compared(item, asked)
    return found if found is not None and _answer(item, asked, *found) == item.target else None


def is_denied(item: Item, asked: Asked) -> bool:
    """Return whether the quantities of an item, taken for those that the question asks for, say another answer than its own."""
    found = compared(item, asked)
    said = None if found is None else _answer(item, asked, *found, any_deed=True)
    return said is not None and said != item.target


def is_proved(item: Item, asked: Asked) -> bool:
    """Return whether the quantities of an item say its answer."""
    return proof(item, asked) is not None


def compared(item: Item, asked: Asked) -> tuple[Quantity, Quantity] | None:
    """Return the two quantities that a text gives of two things in clauses that are alike."""
    text = text_of(item, asked)
    if text is None or _may_turn().search(_without(text, item.prompt.choices)) or _says_more(item.prompt.choices):
        return None
    hidden = _without(text, item.prompt.choices, blank=True)
    found = quantities(text, hidden)
    if found is None or len(found) != 2 or common_kind(*found) is None or is_more(*found) is None:
        return None
    one, two = found
    return (one, two) if _are_alike(text, one, two, item.prompt.choices) else None


def _says_more(choices: tuple[str, ...]) -> bool:
    """Return whether a thing's name says which is more: "the heavier box"."""
    compared = tuple(pairs("contrast", "comparative")) + ("earlier", "later", "winner", "loser")
    return any(whole_words(compared).search(choice) for choice in choices)


def text_of(item: Item, asked: Asked) -> str | None:
    """Return the text before the question: the field before it, or what stands before it in its own."""
    place, start = asked.question.field, asked.question.start
    if len(item.prompt.fields) > 2 or place != len(item.prompt.fields) - 1:
        return None
    text = item.prompt.fields[0].text if place else item.prompt.fields[0].text[:start]
    is_whole = not place or not item.prompt.fields[1].text[:start].strip()
    return text if is_whole and len(text) <= MAX_LENGTH else None


def _answer(item: Item, asked: Asked, one: Quantity, two: Quantity, *, any_deed: bool = False) -> str | None:
    """Return the choice that is right by the quantities; None where the question asks for another measure."""
    sign = direction(asked, common_kind(one, two) or "", text_of(item, asked) or "", one, any_deed=any_deed)
    if not sign:
        return None
    is_first = is_more(one, two) == (sign > 0)
    choices = item.prompt.choices
    ordered = _in_order(choices, text_of(item, asked) or "")
    return None if ordered is None else ordered[0 if is_first else 1]


def _in_order(choices: tuple[str, ...], text: str) -> tuple[str, str] | None:
    """Return the two choices in the order of their things: by their mention, else the first and the second."""
    places = [[match.start() for match in mentions(text, choice)] for choice in choices]
    one, two = choices
    if all(len(mine) == 1 for mine in places):
        return (one, two) if places[0] < places[1] else (two, one)
    if any(places) or not ORDINAL.issuperset(choice.lower() for choice in choices):
        return None
    return (one, two) if "first" in one.lower() else (two, one)


def direction(asked: Asked, kind: str, text: str, one: Quantity, *, any_deed: bool = False) -> int:
    """Return 1 where the question asks for the greater value of a kind, -1 for the lesser, 0 where it asks for another thing."""
    base, _, named = kind.partition(":")
    if base == "point" and asked.word in ("older", "younger", "newer") and not _says_age(asked, text):
        return 0
    if asked.word in ("won", "lost"):
        scores = named in ("point", "goal", "") and re.search(r"\bscore[sd]?\b|\bpoints\b", text) is not None
        return (1 if asked.word == "won" else -1) if base == "count" and scores else 0
    if not (any_deed or _is_same_deed(asked, text)) or (asked.noun and not _is_measured(asked, base, named, text, one)):
        return 0
    if not asked.noun and not _is_of_kind(asked, base, text, one):
        return 0
    word = asked.word
    if base == "count" and not named and word in ("older", "younger"):
        base = "age"
    if base == "age" and asked.verb == "was born":
        word = {"first": "older", "earlier": "older", "last": "younger", "later": "younger", "second": "younger"}.get(
            word, ""
        )
    return _sign(base, word)


def _says_age(asked: Asked, text: str) -> bool:
    """Return whether the dates of a text are those of births, or of when things were made: who graduated first may be younger."""
    if asked.question.text.startswith(("Who ", "Whose ")):
        return re.search(r"\bborn\b", text) is not None
    return whole_words(word_list("contrast", "begun")).search(text) is not None


def _is_same_deed(asked: Asked, text: str) -> bool:
    """Return whether the question asks who did what the text says: who left at 7 and at 9 does not tell who arrived later."""
    verb = asked.verb.removesuffix(" it").split(" ", 1)
    is_named = any(asked.noun in nouns for nouns in table("contrast", "measures").values())
    is_state = len(verb) == 1 and verb[0] in ("is", "was", "are", "were", "has", "had")
    if is_state and (is_named or asked.word not in ("more", "fewer", "less")):
        return True
    if is_named and asked.verb in ("is on", "was on"):
        return True
    said = set(_WORD.findall(text.lower()))
    own = {word for word in asked.verb.split(" ") if word not in _HELPING or len(verb) == 1}
    groups = [set(row) for row in table("contrast", "deeds_alike").values()]
    return any(not said.isdisjoint(alike) for alike in [own, *(group for group in groups if not own.isdisjoint(group))])


def _is_of_kind(asked: Asked, base: str, text: str, one: Quantity) -> bool:
    """Return whether a word without a noun asks for what the numbers measure: not "the longer" of what is so many metres high.

    Greater, larger, higher and so on say it only of a measure: "Which dose is larger?", "When was it lower?".
    """
    if asked.word in word_set("contrast", "general") and not (base == "length" and asked.word in ("higher", "lower")):
        return asked.verb in ("is it", "was it") or asked.thing.lower() in table("contrast", "measures").get(base, ())
    if base == "duration" and asked.word in ("faster", "slower", "quicker"):
        return re.search(r"\b(?:takes?|took|needs?|needed|finished|in)\b", text) is not None
    dimension = re.match(r" (long|high|tall|deep|wide|thick)\b", text[one.stop :])
    if base != "length" or dimension is None:
        return True
    return asked.word in table("contrast", "dimensions")[dimension[1]]


def _sign(base: str, word: str) -> int:
    if word in table("contrast", "asks_more").get(base, ()):
        return 1
    return -1 if word in table("contrast", "asks_less").get(base, ()) else 0


def _is_measured(asked: Asked, base: str, named: str, text: str, one: Quantity) -> bool:
    """Return whether the noun after the word is what the numbers count, or a name of the measure."""
    noun = asked.noun.lower()
    if noun in table("contrast", "measures").get(base, ()):
        return True
    if asked.word not in ("more", "fewer", "less") and base != "count":
        return False
    following = text[one.number.stop :].strip().lower()
    return re.match(rf"{re.escape(noun)}\b", following) is not None or (
        bool(named) and noun == named and not is_plural(noun)
    )


def _without(text: str, choices: tuple[str, ...], *, blank: bool = False) -> str:
    """Return a text with the things that are the choices replaced: by an at sign each, or by as many spaces."""
    for choice in choices:
        for match in reversed(mentions(text, choice)):
            new = " " * len(match[0]) if blank else "@"
            text = text[: match.start()] + new + text[match.end() :]
    return text


def _are_alike(text: str, one: Quantity, two: Quantity, choices: tuple[str, ...]) -> bool:
    """Return whether two quantities stand in clauses that say the same of two things."""
    between = text[one.stop : two.start]
    joint = _JOINT.search(between)
    if joint is None or _STOP.search(between[joint.end() :]):
        return False
    start = max((match.end() for match in _STOP.finditer(text, 0, one.start)), default=0)
    end = _STOP.search(text, two.stop)
    clauses = (
        (text[start : one.start], between[: joint.start()]),
        (between[joint.end() :], text[two.stop : end.start() if end else len(text)]),
    )
    first, second = (
        _words(_without(before, choices)) + ["#"] + _words(_without(after, choices)) for before, after in clauses
    )
    counts = tuple(len([word for word in words if word.startswith("@")]) for words in (first, second))
    if counts == (1, 1):
        return first == second or _leaves_out(first, second)
    return counts == (0, 0) and "@" not in _without(text, choices) and _differ_in_thing(first, second)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _EMPTY]


def _leaves_out(first: list[str], second: list[str]) -> bool:
    """Return whether the second clause says the same in fewer words: without its verb, or without what follows the number.

    Of "Ann's parcel weighed # and Bob's weighed #" the noun may be left out as well, of "Ann's dog is #, Bob is #" it may not.
    """
    (before, after), (short, rest) = (
        (words[: words.index("#")], words[words.index("#") + 1 :]) for words in (first, second)
    )
    if rest != after and [word for word in rest if not word.startswith("@")]:
        return False
    named, own = ([word for word in words if word.startswith("@")] for words in (before, short))
    if named != own:
        return False
    others = [word for word in before if word not in named]
    mine = [word for word in short if word not in own]
    is_short = named == ["@'s"] or set(mine) <= _PLACES
    return mine in ([], others) or (is_short and mine == others[-len(mine) :])


def _differ_in_thing(first: list[str], second: list[str]) -> bool:
    """Return whether two clauses without names differ in one stretch, their thing, or the second leaves the verb out as well."""
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    stop = 0
    while stop < min(len(first), len(second)) - start and first[-1 - stop] == second[-1 - stop]:
        stop += 1
    own, other = first[start : len(first) - stop], second[start : len(second) - stop]
    if "#" in own or "#" in other:
        return _differ_with_elision(first, second)
    return bool(own) and bool(other) and len(own) <= _MOST_OWN + 2 and len(other) <= _MOST_OWN


def _differ_with_elision(first: list[str], second: list[str]) -> bool:
    """Return the same where words after the number are left out too, or the thing stands after it: "... and 5 in Oslo"."""
    place, other = first.index("#"), second.index("#")
    tail, other_tail = first[place + 1 :], second[other + 1 :]
    if other and (not other_tail or other_tail == tail):
        return place <= _MOST_OWN + 3 and other <= _MOST_OWN
    return (
        (not second[:other] or second[:other] == first[:place])
        and len(tail) == len(other_tail) == 2
        and tail[0] == other_tail[0]
        and tail[1] != other_tail[1]
    )


@lru_cache(maxsize=1)
def _may_turn() -> re.Pattern[str]:
    """Return the pattern of words that may turn what a number says, or say that it is not the last word."""
    compared = pairs("contrast", "comparative").keys() | {"earlier", "later", "sooner"}
    words = (*word_list("contrast", "turning"), *compared, *_number_words())
    return re.compile(rf"{whole_words(words).pattern}|n't\b|\u2019t\b|(?-i:\bmay\b)|\bhalf\b", re.IGNORECASE)


def _number_words() -> frozenset[str]:
    return word_set("contrast", "numbers")
