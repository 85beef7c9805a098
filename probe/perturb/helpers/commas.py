"""Where a comma may be set or left out without another meaning: between clauses, after an opening, in lists. English.

    It was cold| but we went.        However| the door stayed shut.       At the hotel| Mei became a driver.
    red, green| or blue              a quail, an owl| and a robin

Covered: what can be told from the words next to it. Not covered: relative clauses, appositions, lists within lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from probe.perturb.helpers.spans import Found, spot
from probe.perturb.words import word_list, word_set

_SUBJECT = (
    r"(?:the|an?|this|that|these|those|he|she|it|they|we|I|you|there|my|his|her|its|our|their) [a-z]"
    r"|[A-Z][a-z]+ (?!(?:we|I|he|she|they|you|it|the|an?|and|or)\b)[a-z]"
)
"""How a clause begins: a determiner, a pronoun, or a name that a word in lower case follows."""

_DAY = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_BEGIN = r"(?:\A|(?<=[.!?] )|(?<=\n))"

_CLAUSE = re.compile(
    rf"(?<=[a-z])(?P<but>,?) (?:but|yet) (?={_SUBJECT})"
    r"|(?<=[a-z])(?P<and>,?) (?:and|so|or) (?=(?:he|she|they|we|there) [a-z])"
)

_CONJUNCTION = re.compile(r"(,?) (and|or) (?=\w)")
_MEMBER = re.compile(r"\w[\w'\u2019-]*(?: \w[\w'\u2019-]*){0,2}")
MAX_LIST = 160
"""How many characters before its last conjunction a list may be long."""
MIN_MEMBERS = 3
"""Members before the conjunction that make it sure that a row of commas is a list."""


@cache
def _opening() -> re.Pattern[str]:
    opener = "|".join(word_list("punctuation", "openers"))
    return re.compile(
        rf"{_BEGIN}(?:{opener}|[OI]n (?:{_DAY})(?: (?:morning|afternoon|evening|night))?)(?P<comma>,?) (?={_SUBJECT})"
        rf"|{_BEGIN}(?:On|In|At) (?:the|our|my) [a-z]+(?P<phrase>,?) (?=[A-Z][a-z]+ (?!(?:we|I|he|she|they|you|it)\b)[a-z])"
    )


def clause_commas(text: str) -> Iterator[Found]:
    """Return the places of commas before conjunctions that join clauses, and after what opens a sentence."""
    for match in _opening().finditer(text):
        yield _toggled(match, "comma" if match["comma"] is not None else "phrase")
    for match in _CLAUSE.finditer(text):
        name = "but" if match["but"] is not None else "and"
        before = text[max(0, match.start() - 12) : match.start()].split(" ")[-1].lower()
        if before not in word_set("punctuation", "not_but" if name == "but" else "persons"):
            yield _toggled(match, name)


def serial_commas(text: str) -> Iterator[Found]:
    """Return the places of commas before the conjunction of a list."""
    for match in _CONJUNCTION.finditer(text):
        before = text[max(0, match.start() - MAX_LIST) : match.start()]
        clause = re.split(r"[.!?;\n()]", before)[-1]
        after_colon = ":" in clause
        members = clause.rsplit(":", 1)[-1].strip().split(", ")
        if _is_list(members, after_colon=after_colon, has_comma=bool(match[1])):
            yield _toggled(match, 1)


def _toggled(match: re.Match[str], group: str | int) -> Found:
    return spot(*match.span(group), "" if match[group] else ",")


def _is_list(members: list[str], *, after_colon: bool, has_comma: bool) -> bool:
    """Return whether the text before a conjunction is a list; a clause may precede its first member."""
    needed = 2 if after_colon or has_comma else MIN_MEMBERS
    if len(members) < needed:
        return False
    inner = members if after_colon else members[1:]
    no_member = word_set("punctuation", "no_member")
    if not all(_MEMBER.fullmatch(member) and member.split(" ")[0].lower() not in no_member for member in inner):
        return False
    return len({member[0].isupper() for member in inner}) == 1
