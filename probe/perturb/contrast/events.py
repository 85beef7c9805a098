"""Which of two events was first, where a passage says it once.

    The nurse checked the chart before she gave the injection.   | Did the nurse check the chart before she gave ...?   before
    The tenant paid the deposit, then he received the keys.      | Did the tenant receive the keys after he paid ...?   after
    Tom ate before breakfast and after breakfast.                | Did Tom eat before breakfast?                        None

Covered: one sentence with one before, after or then between two clauses, whose words are those of the question.
Not covered: habits, states, events that happen more than once, what somebody says or what would be, passages with a negation.
"""

from __future__ import annotations

import re
from functools import lru_cache

from probe.perturb.helpers.english import whole_words
from probe.perturb.words import pairs, word_list, word_set

_QUESTION = re.compile(r"(?:Did|Was|Were|Had) (?P<first>[^?,]+) (?:before|after) (?P<second>[^?,]+)\?")
_SENTENCE = re.compile(
    r"(?P<one>[^,.;:!?]+?),? (?P<link>before|after|then|and then) (?P<two>[^,.;:!?]+)|"
    r"(?P<front>Before|After) (?P<three>[^,.;:!?]+), (?P<four>[^,.;:!?]+)"
)
_AND = re.compile(r"\band (?!then\b)")
_DETERMINERS = frozenset({"the", "a", "an", "his", "her", "their", "its"})
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def said_order(passage: str, question: str) -> str | None:
    """Return "before" or "after": what is true of the question's first event and its second; None where it is not said once."""
    asked = _QUESTION.fullmatch(question)
    sentences = [one.strip() for one in re.split(r"(?<=[.!?])\s+", passage.strip()) if one.strip()]
    linked = [one for one in sentences if _links().search(one)]
    if asked is None or len(linked) != 1 or _unsure().search(passage) or _unsure().search(question):
        return None
    said = _events(linked[0])
    if said is None:
        return None
    earlier, later = (_content(clause) for clause in said)
    first, second = _content(asked["first"]), _content(asked["second"])
    if not first or not second or not _is_one_event(asked["first"]):
        return None
    forward = _matches(first, earlier, later) and _matches(second, later, earlier)
    backward = _matches(first, later, earlier) and _matches(second, earlier, later)
    if forward == backward:
        return None
    return "before" if forward else "after"


def _events(sentence: str) -> tuple[str, str] | None:
    """Return the earlier and the later clause of a sentence; None where it is not two clauses."""
    match = _SENTENCE.fullmatch(sentence.rstrip("."))
    if match is None or len(_links().findall(sentence)) != 1 or _AND.search(sentence):
        return None
    if match["front"]:
        one, two = match["three"], match["four"]
        return (one, two) if match["front"] == "After" else (two, one)
    return (match["two"], match["one"]) if match["link"] == "after" else (match["one"], match["two"])


def _content(clause: str) -> frozenset[str]:
    """Return the stems of the words of a clause that say something."""
    words = (word for word in _WORD.findall(clause.lower()) if word not in word_set("contrast", "event_stop"))
    return frozenset(map(_stem, words))


def _stem(word: str) -> str:
    """Return a key that a verb shares with its past form, and a noun with its plural."""
    word = pairs("contrast", "past").get(word, word)
    for ending in ("ied", "ies"):
        if word.endswith(ending):
            return word[:-3] + "y"
    for ending in ("ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls" else word


def _matches(asked: frozenset[str], said: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether all that is asked of an event is said of one event, and not of the other."""
    return asked <= said and not asked <= other


def _is_one_event(clause: str) -> bool:
    """Return whether a clause speaks of one thing or of certain ones, not of vines in general."""
    words = _WORD.findall(clause.lower())
    return words[:1] in (["the"], ["a"], ["an"], ["he"], ["she"], ["it"], ["his"], ["her"]) or clause[:1].isupper()


def is_done_once(question: str) -> bool:
    """Return whether the first event of a question is over once it has been: paid, left, signed; not barked, lived, was closed.

    Only then is it untrue that it was after something, where a passage says that it was before.
    """
    match = _QUESTION.fullmatch(question)
    if match is None:
        return False
    name = "done_to" if question.startswith(("Was ", "Were ")) else "done_once"
    words = ["", *_WORD.findall(match["first"].lower())]
    nouns = {word for before, word in zip(words, words[1:], strict=False) if before in _DETERMINERS}
    return not word_set("contrast", name).isdisjoint(set(words) - nouns)


@lru_cache(maxsize=1)
def _links() -> re.Pattern[str]:
    return whole_words(
        ("before", "after", "then", "until", "since", "when", "while", "afterwards", "later", "earlier", "first")
    )


@lru_cache(maxsize=1)
def _unsure() -> re.Pattern[str]:
    """Return the pattern of words by which an event may not have been, or not once."""
    words = whole_words(word_list("contrast", "unsure_event")).pattern
    return re.compile(rf"{words}|n't\b|\u2019t\b", re.IGNORECASE)
