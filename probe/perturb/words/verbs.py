"""The verbs that instructions open with, and their forms.

    decide   deciding   decided
    choose   choosing   chosen

A verb whose name is a noun too ("name", "answer", "order") counts as one only where the word after it shows it.

Covered: about a hundred verbs of instructions, the base form, the -ing form, the participle.
Not covered: other verbs; a sentence that opens with one is not taken for a command.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as a text."""
    return frozenset(text.split())


_REGULAR = (
    "state indicate identify pick select evaluate assess classify categorize categorise predict infer deduce solve compute "
    "calculate provide recommend explain describe translate summarize summarise complete verify examine consider compare "
    "detect clarify generate extract respond determine decide convert simplify arrange remove add replace insert "
    "recall recognise recognize specify pinpoint ascertain establish follow imagine mention sum fill decode suggest "
    "distinguish judge"
)
_NOUNS_TOO = (
    "name answer order sort list rank label check count rate test match reply return output look use report estimate guess "
    "print work figure point question review study state judge complete"
)
_IRREGULAR = {
    "choose": ("choosing", "chosen"),
    "find": ("finding", "found"),
    "give": ("giving", "given"),
    "keep": ("keeping", "kept"),
    "make": ("making", "made"),
    "put": ("putting", "put"),
    "read": ("reading", "read"),
    "rewrite": ("rewriting", "rewritten"),
    "say": ("saying", "said"),
    "spell": ("spelling", "spelled"),
    "take": ("taking", "taken"),
    "tell": ("telling", "told"),
    "think": ("thinking", "thought"),
    "write": ("writing", "written"),
    "sum": ("summing", "summed"),
    "infer": ("inferring", "inferred"),
}

AMBIGUOUS = frozenset(_NOUNS_TOO.split())
VERBS = frozenset(_REGULAR.split()) | AMBIGUOUS | frozenset(_IRREGULAR)

TELLING = words(
    "the a an this that these those each every all any your my whether if which what how who whom whose when where why it "
    "them me us with by in as from only exactly just out at one two three yes no both true questions"
)
"""Words that follow a verb, and not a noun that opens a sentence."""

TAKES_CLAUSE = words(
    "decide determine judge say state indicate check establish identify assess predict infer deduce verify examine explain "
    "specify ascertain estimate clarify calculate"
)
"""Verbs of which "it has to be ... whether" can be said."""


def ing(verb: str) -> str:
    """Return the -ing form."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb][0]
    return (verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else verb) + "ing"


def participle(verb: str) -> str:
    """Return the past participle."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb][1]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"


def is_verb(word: str, following: str) -> bool:
    """Return whether a word that opens a clause is a verb there, by the word that follows it."""
    bare = word.lower()
    if bare not in VERBS:
        return False
    return bare not in AMBIGUOUS or following.lower() in TELLING
