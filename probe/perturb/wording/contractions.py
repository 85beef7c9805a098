"""Contractions made and undone, only where it is certain which words they stand for.

    It is not clear that he has gone.  <->  It isn't clear that he's gone.
    "he's gone" is "he has gone", "he's a doctor" is "he is a doctor", "Ann's car" is neither and stays.

Rules after Quirk et al. 1985, "A Comprehensive Grammar of the English Language", sections 3.23 (contracted forms) and 3.39
(where they may not stand: before a gap, as in "I know where it is").

Covered: the instruction and the texts of fields, English. Not covered: demonstrations, quotations, code, what answers are
made of, questions with a negation before their subject ("Isn't it ...?"), 's and 'd whose long form is not certain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.clauses import masked
from probe.perturb.helpers.language import is_english_text
from probe.perturb.helpers.protected import answers, closed_spans
from probe.perturb.helpers.spans import edited, texts
from probe.perturb.words import word_set
from probe.types import Item

TextEdit = tuple[slice, str]
"""Where in a text, and what is put there."""

_SUBJECTS = "I|you|he|she|it|we|they"
_N_T = {"will": "won't", "can": "can't"}
_CLITICS = {"am": "'m", "is": "'s", "are": "'re", "will": "'ll", "has": "'s", "have": "'ve", "would": "'d", "had": "'d"}
_MOVED = re.compile(
    r"\b(?:wh(?:at|ich|o|om|ose|ere|en|y|ether|atever|ichever|erever|oever|enever|omever)|how|however|than|as|so)\b",
    re.IGNORECASE,
)
"""Words after which a verb may stand before a gap."""

_LONG = re.compile(
    r"\b(?P<not>(?:(?:is|are|was|were|do|does|did|has|have|had|will|would|could|should) not|cannot))(?= [a-z])|"
    rf"\b(?P<subject>{_SUBJECTS}) (?P<verb>am|is|are|(?:will|would|has|have)(?! not\b))(?= (?P<next>[a-z]+)\b)",
    re.IGNORECASE,
)
_SHORT = re.compile(
    r"\b(?P<aux>is|are|was|were|do|does|did|has|have|had|wo|would|could|should|ca)n['\u2019]t\b(?: (?P<after>[A-Za-z]+))?|"
    r"\b(?P<who>[A-Za-z]+)['\u2019](?P<clitic>s|re|ve|ll|m|d)\b(?: (?P<next>[a-z]+))?(?: (?P<second>[a-z]+))?",
    re.IGNORECASE,
)


_NOT_AFTER = re.compile(
    r"\b(?:would|could|should|might|must|may|will|can|shall|to|ought|cannot|having|not|['\u2019](?:d|ll))\s$"
    r"|\b(?:the|a|an|his|her|my|their|your|our|its|this|that|no|free|political|good|strong|every|of|iron|human|['\u2019]s) $",
    re.IGNORECASE,
)
"""What stands before a verb that is an infinitive ("would have not gone") or a noun ("the will not to")."""

_STRESSED = re.compile(r" (?:only|merely|simply|but|to)\b", re.IGNORECASE)
"""What follows a "not" that goes with it ("could not only", "cannot but") and not with the verb."""

_OPENS = re.compile(
    r"(?:\A|[.!?;:,\n(\"\u201c\u2014-]|\b(?:and|but|or|so|because|if|that|although|though|while|since|unless|until|once|yet|then|now|maybe"
    r"|perhaps|whether|when|says?|said|thinks?|thought|believes?|believed|knows?|knew|hopes?|hoped|sure|claims?|claimed|feels?|felt"
    r"|means?|meant|guess|suppose|clear|certain|true|afraid|glad|wish|today|yes|no|well))\s*$",
    re.IGNORECASE,
)
"""What stands before "it" and "you" where they are surely a subject: after "behind it" another one may follow."""

_JOINED = re.compile(
    r"(?:\A|[.!?;:,\n(]\s*|\b(?:that|if|when|because|or|[Bb]oth|[Nn]either|[Ee]ither) )"
    r"(?:[A-Z]\w+|you|he|she|they|we|it|(?:the|a|my|your|his|her|their|our|every) \w+) (?:and|or|nor) $"
)
"""What stands before a pronoun that is one of two subjects: "My brother and I are"."""

_FRONTED = re.compile(r"\b(?:here|there) $", re.IGNORECASE)
_LAST_WORDS = re.compile(
    r" (?:too|indeed|now|today|already|either|again|anyway|still|though|however|tonight|tomorrow|also|then|here|there|not)"
    r"(?=\W*(?:[.!?,;\n]|\Z))",
    re.IGNORECASE,
)
"""Words at the end of a clause after which a verb may have been stressed: "She is too.\""""

_AGREES = {"am": "i", "is": "he she it", "has": "he she it", "are": "you we they", "have": "i you we they"}
_ASKS_DOES = frozenset(
    {"mean", "want", "say", "do", "think", "have", "get", "go", "take", "make", "look", "eat", "need", "know", "happen"}
    | {"come", "work", "begin", "feel", "live", "stand", "fit"}
)
"""Verbs in a question that has no other: "What's that mean?" asks what it does."""


@item_perturbation("wording-contraction", family="wording", strength=1.0)
def wording_contraction(item: Item, rng: Random, strength: float) -> Item | None:
    """Contract verbs and negations: "it is not" becomes "it isn't"."""
    return _edited(item, rng, strength, _contractions)


@item_perturbation("wording-expansion", family="wording", strength=1.0)
def wording_expansion(item: Item, rng: Random, strength: float) -> Item | None:
    """Expand contractions: "isn't" becomes "is not", "he's gone" becomes "he has gone"."""
    return _edited(item, rng, strength, _expansions)


def _edited(item: Item, rng: Random, strength: float, find: Callable[[str], tuple[TextEdit, ...]]) -> Item | None:
    """Do a share of the edits in the instruction and the fields, at least one."""
    guarded = answers(item)
    found = [
        (which, *edit)
        for which, text in enumerate(texts(item))
        for edit in _open(find, text, guarded)
        if is_english_text(text, item.prompt)
    ]
    count = max(1, round(strength * len(found)))
    return edited(item, rng.sample(found, count)) if found else None


@lru_cache(maxsize=4096)
def _open(find: Callable[[str], tuple[TextEdit, ...]], text: str, guarded: tuple[str, ...]) -> tuple[TextEdit, ...]:
    """Return the edits of a text that touch nothing protected."""
    edits = find(text)
    if not edits:
        return ()
    closed = frozenset(closed_spans(text, guarded))
    free = " ".join(guarded)
    touched = [(edit, text[edit[0]]) for edit in edits]
    return tuple(edit for edit, old in touched if old not in free and not any(stretch in old for stretch in closed))


def _contractions(text: str) -> tuple[TextEdit, ...]:
    """Return what can be contracted: verb and "not", pronoun and verb where another word follows and nothing was moved."""
    found: list[TextEdit] = []
    hidden = masked(text)
    moved = _Moved(hidden)
    for match in _LONG.finditer(hidden):
        if match["not"]:
            verb = match["not"].removesuffix("not").rstrip()
            if match["not"].islower() and not _starts(hidden, match.start()) and _belongs(hidden, match):
                found.append((slice(*match.span()), _N_T.get(verb, f"{verb}n't")))
        elif _can_contract(match) and _is_subject(hidden, match) and not moved.before(match.start()):
            found.append((slice(*match.span()), match["subject"] + _CLITICS[match["verb"]]))
    return tuple(found)


def _list(key: str) -> frozenset[str]:
    return word_set("wording", key)


class _Moved:
    """Tells whether a word that moves others stands before a place, in its sentence; asked from left to right."""

    def __init__(self, text: str) -> None:
        self.marks = re.compile(rf"{_MOVED.pattern}|[.!?;:\n]", re.IGNORECASE).finditer(text)
        self.next: re.Match[str] | None = next(self.marks, None)
        self.is_moved = False

    def before(self, place: int) -> bool:
        while self.next is not None and self.next.start() < place:
            self.is_moved = self.next[0][0].isalpha()
            self.next = next(self.marks, None)
        return self.is_moved


def _starts(text: str, start: int) -> bool:
    before = text[max(0, start - 2) : start].rstrip(" ")
    return not before or before[-1] in ".!?:;,\n"


def _belongs(text: str, match: re.Match[str]) -> bool:
    """Return whether "not" goes with the verb before it, which is no infinitive and no noun."""
    before, after = text[max(0, match.start() - 16) : match.start()], text[match.end() : match.end() + 10]
    is_be = match["not"].startswith(("is ", "are ", "was ", "were "))
    return not _NOT_AFTER.search(before) and (not _STRESSED.match(after) or (is_be and after.startswith(" to ")))


def _is_subject(text: str, match: re.Match[str]) -> bool:
    """Return whether a pronoun is the subject of the verb after it, and the verb is not stressed."""
    subject, before = match["subject"].lower(), text[max(0, match.start() - 40) : match.start()]
    if match["verb"] in _AGREES and subject not in _AGREES[match["verb"]].split():
        return False
    if _FRONTED.search(before) or _LAST_WORDS.match(text, match.end()) or _JOINED.search(before):
        return False
    return subject not in ("it", "you") or _OPENS.search(before) is not None


def _can_contract(match: re.Match[str]) -> bool:
    verb, following = match["verb"], match["next"].lower()
    if not verb.islower():
        return False
    if verb in ("has", "have"):
        return following in _list("has_before") - {"had"}
    return following not in ("and", "or", "but", "if", "because", "than", "as", "nor", "unless", "until", "that", "to")


def _expansions(text: str) -> tuple[TextEdit, ...]:
    """Return what can be written out: n't after its subject, and the endings of pronouns whose long form is certain."""
    found: list[TextEdit] = []
    hidden = masked(text)
    for match in _SHORT.finditer(hidden):
        stop = match.end("aux") + 3 if match["aux"] else match.end("clitic")
        is_capital = text[match.start() : stop].isupper() and stop - match.start() > 3
        if is_capital or hidden[stop : stop + 1] in ("'", "\u2019") or _asks_what_it_does(hidden, match):
            continue
        long = _negation(text, match) if match["aux"] else _ending(match)
        if long:
            found.append((slice(match.start(), stop), long))
    return tuple(found)


def _negation(text: str, match: re.Match[str]) -> str:
    """Return n't written out, where the subject stands before it or the sentence is a command."""
    aux = match["aux"]
    after = (match["after"] or "").lower()
    before = re.search(r"(\w+)\s*$", text[max(0, match.start() - 24) : match.start()])
    if after in _list("pronouns") or not after:
        return ""
    if before is None or before[1].lower() in _list("question_words"):
        is_command = (
            aux in ("Do", "do")
            and match["after"].islower()
            and after not in ("the", "all", "most", "many", "some", "any", "anyone", "anybody", "everyone", "everybody")
        )
        return f"{aux} not" if is_command and "?" not in _rest(text, match.end()) else ""
    return {"wo": "will not", "ca": "cannot", "Wo": "Will not", "Ca": "Cannot"}.get(aux, f"{aux} not")


def _asks_what_it_does(text: str, match: re.Match[str]) -> bool:
    """Return whether 's after a question word may stand for "does": "What's that mean?"."""
    if match["aux"] or (match["who"] or "").lower() not in ("what", "who", "where", "how", "when", "why"):
        return False
    return not _ASKS_DOES.isdisjoint(_rest(text, match.end("clitic")).lower().rstrip(".!?").split())


def _rest(text: str, start: int) -> str:
    """Return the rest of a sentence with its mark, from the next 300 characters at most."""
    rest = re.match(r"[^.!?\n]*[.!?]?", text[start : start + 300])
    return rest[0] if rest else ""


def _ending(match: re.Match[str]) -> str:
    """Return a pronoun with its ending written out; empty where the long form is not certain."""
    who, clitic = match["who"], match["clitic"].lower()
    bare = who.lower()
    if clitic == "m":
        return f"{who} am" if bare == "i" else ""
    if clitic == "re":
        return f"{who} are" if bare in ("you", "we", "they") else ""
    if clitic == "ll":
        return f"{who} will" if bare in _list("pronouns") | {"that", "who"} else ""
    if clitic == "ve":
        return (
            f"{who} have"
            if bare in (*_SUBJECTS.lower().split("|"), "would", "could", "should", "might", "must")
            else ""
        )
    following = _telling(match)
    if clitic == "d":
        return _with_d(who, bare, following)
    if bare == "let":
        return f"{who} us" if match["next"] else ""
    if bare not in _list("with_s"):
        return ""
    if following in _list("has_before"):
        return f"{who} has"
    is_named = bare in ("he", "she", "it", "that", "there", "here") or following in _list("determiners")
    return f"{who} is" if following in _list("is_before") and is_named else ""


def _with_d(who: str, bare: str, following: str) -> str:
    if bare not in _list("pronouns"):
        return ""
    if following in ("better", "been", "gone", "become"):
        return f"{who} had"
    return (
        f"{who} would" if following in ("like", "love", "prefer", "be", "have", "rather", "say", "want", "need") else ""
    )


def _telling(match: re.Match[str]) -> str:
    """Return the word that decides which verb an ending stands for."""
    first, second = (match["next"] or "").lower(), (match["second"] or "").lower()
    if first not in _list("neutral"):
        return first
    return second if second in _list("has_before") | _list("is_before") else ""
