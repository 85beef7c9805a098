"""The same words with another meaning, and other words with the same meaning: traps for a model that only compares words.

    The editor paid the coach. | The editor paid the coach.   yes  ->  ... | The coach paid the editor.          no
    Anna saved 30 euros. Ali saved 5 euros. Who saved more?   the first  ->  Ali saved 5 euros. Anna saved ...   the second
    The editor paid the coach.                                     ->  The coach was paid by the editor.         the same
    On Sunday Leo lost soap.                                       ->  Leo lost soap on Sunday.                  the same

The heuristic of lexical overlap after McCoy et al. 2019, "Right for the Wrong Reasons" (HANS), section 2; pairs of same and
other words after Dumpala et al. 2024, "SugarCrepe++", section 3.

Covered: plain sentences of premises, passages and comparisons, in English. Not covered: instructions, sentences with pronouns.
"""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.contrast.premise import action, deed, no_longer, says_no_more, swapped_roles
from probe.perturb.helpers.clauses import masked
from probe.perturb.helpers.english import is_plural, like, with_article
from probe.perturb.helpers.item_structure import MAX_LENGTH, ORDINAL, entailment, other_of_two, with_text
from probe.perturb.helpers.language import in_english, is_english_text
from probe.perturb.helpers.protected import answers, descriptors
from probe.perturb.helpers.spans import texts, with_texts
from probe.perturb.words import pairs, word_set
from probe.types import Item

_PARTS = re.compile(r"(?P<one>[^.;,!?\n]+?)(?P<between>\. |; |, but |, while |,? and )(?P<two>[^.;,!?\n]+)(?P<end>\.)")
_NUMBERED = re.compile(r"\b(?:first|second|former|latter|previous|next|same|other)\b", re.IGNORECASE)
"""Words by which a clause says itself that it is the first or the second, wherever it stands."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_SUBJECT = re.compile(
    r"(?:[Tt]he(?: [a-z]+){1,3}?|[A-Z][a-z]+|[Ii]t)(?= (?:is|was|has|had|[a-z]+s|[a-z]+ed|ran|won|sold|at|on)\b)"
)
_FRONTED = re.compile(
    r"(?P<front>(?:On|In|At) (?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:January|February|March|April|May|June|July|August|"
    r"September|October|November|December)|the [a-z]+)),? (?P<rest>(?:[A-Z][a-z]+|the [a-z]+) [a-z][^.;:!?,\n]*)\."
)
_CLAUSES = re.compile(
    r"(?P<link>Because|Although|Even though|As soon as|After|Before|If|Unless|When) (?P<one>[^.;:!?,\n]+), "
    r"(?P<two>[^.;:!?,\n]+)\."
)
_PRONOUN = re.compile(
    r"\b(?:he|she|him|her|his|hers|they|them|their|it|its|this|that|there|we|I|you|who|which)\b", re.IGNORECASE
)
_THING = r"(?:[Tt]he [a-z]+|[A-Z][a-z]+)"
_DEED = re.compile(
    rf"(?P<one>{_THING}) (?P<verb>[a-z]+) (?P<two>{_THING})(?P<rest>(?: (?:in|on|at|last|this) [^.,;]+| yesterday)?)\."
)


@item_perturbation("lexical-overlap-roles", family="lexical-overlap", effect="label-altering")
@in_english
def lexical_overlap_roles(item: Item, rng: Random) -> Item | None:
    """Swap subject and object in the hypothesis: the premise's words with another meaning.

    Covered: yes-no entailment between plain sentences about the same two. Not covered: verbs that hold both ways.
    """
    places = entailment(item)
    if places is None:
        return None
    premise, hypothesis = (item.prompt.fields[place].text for place in places)
    made = swapped_roles(hypothesis, premise) if says_no_more(premise, hypothesis) else None
    target = no_longer(item, is_yes=action(hypothesis) == action(premise))
    if made is None or target is None or swapped_roles(premise, hypothesis) is None:
        return None
    return with_text(item, places[1], made, target)


@item_perturbation("lexical-overlap-order", family="lexical-overlap", effect="label-altering")
@in_english
def lexical_overlap_order(item: Item, rng: Random) -> Item | None:
    """Swap two compared statements, so that the first becomes the second.

    Covered: two whole clauses alike, with a number each, where the choices are the first and the second. Not covered: clauses
    without their verb ("but the bus at 6"), clauses that name the first and the second themselves.
    """
    other = other_of_two(item)
    if other is None or not ORDINAL.issuperset(choice.lower() for choice in item.prompt.choices):
        return None
    place, text = 0, item.prompt.fields[0].text if item.prompt.fields else ""
    if len(text) > MAX_LENGTH or len(_NUMBER.findall(text)) != 2 or _NUMBERED.search(text):
        return None
    for match in _PARTS.finditer(text):
        one, two = match["one"], match["two"]
        if _alike(one) and _alike(one) == _alike(two):
            first = two[0].upper() + two[1:]
            second = (
                one if match["between"] == ". " or not one.startswith(("The ", "It ")) else one[0].lower() + one[1:]
            )
            made = text[: match.start()] + first + match["between"] + second + text[match.start("end") :]
            return with_text(item, place, made, other)
    return None


@item_perturbation("lexical-overlap-passive", family="lexical-overlap")
@in_english
def lexical_overlap_passive(item: Item, rng: Random) -> Item | None:
    """Put one sentence of the fields into the passive voice.

    Covered: fields that are one plain sentence. Not covered: verbs whose participle is another form ("wrote", "written").
    """
    found = [
        (place, made)
        for place, field in enumerate(item.prompt.fields, start=1)
        if (made := _passive(field.text)) is not None
    ]
    return _one_changed(item, found, rng)


@item_perturbation("lexical-overlap-clauses", family="lexical-overlap")
@in_english
def lexical_overlap_clauses(item: Item, rng: Random) -> Item | None:
    """Move what opens a sentence to its end: "On Sunday Leo lost soap" becomes "Leo lost soap on Sunday".

    Covered: a time, a place, or a clause with because, although, after and the like, in sentences without pronouns.
    Not covered: texts in which the order is what is asked for.
    """
    if ORDINAL.issuperset(choice.lower() for choice in item.prompt.choices) and item.prompt.choices:
        return None
    found = [
        (place, made)
        for place, field in enumerate(item.prompt.fields, start=1)
        if len(field.text) <= MAX_LENGTH
        for made in _moved(field.text)
    ]
    return _one_changed(item, found, rng)


@item_perturbation("lexical-overlap-synonyms", family="lexical-overlap", strength=0.5)
@in_english
def lexical_overlap_synonyms(item: Item, rng: Random, strength: float) -> Item | None:
    """Replace words of the fields by synonyms: "bought" becomes "purchased"."""
    guarded, names = answers(item), descriptors(item)
    found = [
        (place, start, stop, new)
        for place, field in enumerate(item.prompt.fields, start=1)
        for start, stop, new in _sayable(field.text, guarded, names)
        if is_english_text(field.text, item.prompt)
    ]
    if not found:
        return None
    # A word is replaced everywhere or nowhere: "gifts" here and "presents" there would hint at two things.
    words = list(dict.fromkeys(new.split()[-1].lower() for *_, new in found))
    chosen = set(rng.sample(words, max(1, round(strength * len(words)))))
    changed = texts(item)
    for place, start, stop, new in reversed(found):
        if new.split()[-1].lower() in chosen:
            changed[place] = changed[place][:start] + new + changed[place][stop:]
    return with_texts(item, changed)


def _alike(clause: str) -> str:
    """Return a clause without its subject and number, a key for clauses of one kind; empty: no subject."""
    match = _SUBJECT.match(clause)
    if match is None:
        return ""
    rest = _NUMBER.sub("#", clause[match.end() :])
    if match[0].lower() == "it":
        rest = re.sub(r" in [A-Z]\w+$", " in ...", rest)
    return rest if "#" in rest else ""


def _passive(text: str) -> str | None:
    """Return a field that is one plain sentence in the passive; None where it is not one, or its verb's form is not certain."""
    match = _DEED.fullmatch(text) if len(text) <= 300 else None
    if match is None or deed(text) is None or _PRONOUN.search(text):
        return None
    verb = match["verb"]
    participle = None if verb in word_set("lexical_overlap", "other_participle") else verb
    if participle is None:
        return None
    one, two = match["one"], match["two"]
    was = "were" if two.lower().startswith("the ") and is_plural(two.split(" ")[1]) else "was"
    by = one.replace("The ", "the ")
    return f"{two[0].upper()}{two[1:]} {was} {participle} by {by}{match['rest']}."


def _moved(text: str) -> list[str]:
    """Return the text once for each sentence of which what opens it can be put at its end."""
    made = []
    for match in re.finditer(r"[^.!?\n]+\.(?!\w)", text):
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        sentence = match[0].lstrip()
        new = _front_last(sentence)
        if new is not None:
            made.append(text[:start] + new + text[match.end() :])
    return made


@lru_cache(maxsize=4096)
def _front_last(sentence: str) -> str | None:
    if len(sentence) > 300 or "_" in masked(sentence) or _PRONOUN.search(sentence):
        return None
    match = _FRONTED.fullmatch(sentence)
    if match and not re.search(r"\b(?:and|or|but|if|because|when|not)\b", match["rest"]):
        rest, front = match["rest"], match["front"]
        return f"{rest[0].upper()}{rest[1:]} {front[0].lower()}{front[1:]}."
    match = _CLAUSES.fullmatch(sentence)
    if match is None or re.search(r"\b(?:because|although|if|unless|and|or|not)\b", match["two"]):
        return None
    one = match["one"]
    return f"{match['two'][0].upper()}{match['two'][1:]} {match['link'].lower()} {one}."


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Return the pattern of a word or phrase that has others, with the article before it."""
    keys = "|".join(sorted(map(re.escape, pairs("lexical_overlap", "rewordings")), key=len, reverse=True))
    return re.compile(rf"(?<![\w'-])(?P<article>an? )?(?P<words>{keys})(?![\w'-])", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _sayable(text: str, guarded: tuple[str, ...], names: frozenset[str]) -> tuple[tuple[int, int, str], ...]:
    """Return where other words can stand, and which; nothing that is part of an answer, a descriptor, a name, a quotation."""
    found = []
    answer_text = " ".join(guarded).lower()
    rewordings = pairs("lexical_overlap", "rewordings")
    for match in _pattern().finditer(masked(text)):
        old = match["words"]
        opens = match.start("words") == 0 or text[: match.start("words")].rstrip()[-1:] in ".?!\n"
        is_plain = old.islower() or (opens and old[1:].islower())
        if not is_plain or old.lower() in answer_text or old.lower() in names:
            continue
        new = rewordings[old.lower()]
        if new.lower() in answer_text:
            continue
        new = like(old, new)
        found.append((match.start(), match.end(), with_article(match["article"] or "", new) + new))
    return tuple(found)


def _one_changed(item: Item, found: list[tuple[int, str]], rng: Random) -> Item | None:
    """Put one of the new texts in its place."""
    if not found:
        return None
    place, text = rng.choice(found)
    changed = texts(item)
    changed[place] = text
    return with_texts(item, changed)
