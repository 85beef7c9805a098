"""A premise turned round: role and quantifier, after which the hypothesis follows no longer, or follows now.

    The editor paid the coach. | The editor paid the coach.   yes  ->  The coach paid the editor. | The editor ...   no
    All the guests ate. | Some of the guests ate.             yes  ->  None of the guests ate. | Some of ...         no

Minimal edits after Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets", section 2. Whether the
hypothesis follows is computed from both sentences, and must be the item's answer.

Covered: premises and hypotheses of one plain sentence. Not covered: verbs that may hold both ways (meet, know), pronouns.
"""

from __future__ import annotations

import re
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.english import is_plural
from probe.perturb.helpers.item_structure import entailment, turned_label, with_text
from probe.perturb.helpers.language import in_english
from probe.perturb.words import word_set
from probe.types import Item

_THING = r"(?:[Tt]he [a-z]+|[A-Z][a-z]+)"
_ACTION = re.compile(rf"(?P<one>{_THING}) (?P<verb>[a-z]+) (?P<two>{_THING})(?= [a-z]|\.)")
_JOINED = re.compile(r"\b(?:and|or|but|while|who|which|that|if|unless|not|by)\b|[,;:]")
_PRONOUN = re.compile(
    r"\b(?:he|she|him|her|his|hers|they|them|their|it|its|himself|herself|each other|one another|back)\b", re.IGNORECASE
)
_ALL = r"(?:All|All of|Every one of|Each of)"
_NONE = r"(?:None of|Not one of)"
_SOME = r"(?:Some of|A few of|Several of|Many of|Most of)"
_QUANTIFIED = re.compile(
    rf"(?:(?P<all>{_ALL})|(?P<none>{_NONE})|(?P<some>{_SOME})) the (?P<rest>[a-z]+ [^.,;:!?\n]*)\."
)
_TAKES_SINGULAR = frozenset({"Every one of", "Each of", "Not one of"})
_SINGULAR = re.compile(r"\b(?:is|was|has|does)\b")
"""Verbs that agree with one: "each of the rooms has a desk" becomes "not one of the rooms has a desk"."""
_LIMITED = re.compile(
    r"\b(?:any|anything|anyone|ever|yet|no|not|nothing|little|hardly|only|never|but|except|each|either|nor|until|much|"
    r"who|that|which|whose|together)\b|n't\b"
)
_BEFORE = re.compile(r"[A-Z][a-z]+(?: [a-z]+)+\. ")
"""A sentence before the one that counts: "The clock struck ten."."""
_RETOLD = re.compile(
    r"\b(?:sa(?:y|ys|id)|tell|tells|told|claim\w*|false|untrue|true|lie[sd]?|lying|rumou?rs?|dream\w*|imagin\w*|suppos\w*|stor(?:y|ies)|"
    r"wrong|th(?:ink|inks|ought)|believ\w*|hop(?:e|es|ed)|fear\w*|pretend\w*|heard|if|would|not|never|read|reads|wrote)\b"
)


@item_perturbation("contrast-role", family="contrast", effect="label-altering")
@in_english
def contrast_role(item: Item, rng: Random) -> Item | None:
    """Swap subject and object in the premise.

    Covered: yes-no entailment whose hypothesis is the premise's own plain sentence, or that sentence with the two swapped.
    Not covered: verbs that may hold both ways, premises with pronouns.
    """
    places = entailment(item)
    if places is None:
        return None
    premise, hypothesis = (item.prompt.fields[place].text for place in places)
    made = swapped_roles(premise, hypothesis) if says_no_more(premise, hypothesis) else None
    target = no_longer(item, is_yes=action(hypothesis) == action(premise)) if made else None
    return None if made is None or target is None else with_text(item, places[0], made, target)


@item_perturbation("contrast-quantifier", family="contrast", effect="label-altering")
@in_english
def contrast_quantifier(item: Item, rng: Random) -> Item | None:
    """Change the quantifier of the premise: "All the guests ate" becomes "None of the guests ate".

    Covered: yes-no entailment between two sentences that differ in their quantifiers. Not covered: other quantifiers.
    """
    places = entailment(item)
    if places is None:
        return None
    premise, hypothesis = (item.prompt.fields[place].text for place in places)
    before = _BEFORE.match(premise)
    start = before.end() if before is not None and not _RETOLD.search(before[0]) else 0
    one, two = _QUANTIFIED.fullmatch(premise, start), _QUANTIFIED.fullmatch(hypothesis)
    if one is None or two is None or two["none"] or not _says(one["rest"], two["rest"]):
        return None
    follows = _which(one) == "all" or (_which(one) == "some" and one["some"] == two["some"])
    target = turned_label(item, is_yes=follows)
    # whether "a few danced" follows from "all danced" is read either way
    if target is None or not (follows or two["some"] in (None, "Some of")):
        return None
    are_many = one[_which(one)] not in _TAKES_SINGULAR and not _is_each(one["rest"])
    many, single = ("None of", "Not one of") if follows else ("All of", "Every one of")
    new = many if are_many else single
    return with_text(item, places[0], premise[:start] + new + premise[one.end(_which(one)) :], target)


def _is_each(rest: str) -> bool:
    """Return whether the verb agrees with one of several: "the rooms has a desk"; not with a mass: "the cake was eaten"."""
    verb = _SINGULAR.search(rest)
    return verb is not None and any(map(is_plural, rest[: verb.start()].split()))


def _says(premise: str, hypothesis: str) -> bool:
    """Return whether what the premise says of some holds what the hypothesis says: the same, and no more than where and when."""
    is_start = premise == hypothesis or premise.startswith(f"{hypothesis} ")
    return is_start and _LIMITED.search(premise) is None


def _which(match: re.Match[str]) -> str:
    """Return the name of the quantifier that was found."""
    return next(name for name in ("all", "none", "some") if match[name])


def action(sentence: str) -> tuple[str, str, str] | None:
    """Return who did what to whom at the start of a sentence, lower-cased; None where the deed may hold both ways."""
    found = deed(sentence)
    return found if found is not None and found[1] in word_set("contrast", "one_way") else None


def deed(sentence: str) -> tuple[str, str, str] | None:
    """Return subject, verb and object at the start of a sentence, lower-cased; None where they are not certain."""
    match = _ACTION.match(sentence)
    if match is None or not (match["verb"].endswith("ed") or match["verb"] in word_set("contrast", "one_way")):
        return None
    one, two = match["one"], match["two"]
    is_alike = one.lower().startswith("the ") == two.lower().startswith("the ")
    return (one.lower(), match["verb"], two.lower()) if is_alike and one.lower() != two.lower() else None


def says_no_more(premise: str, hypothesis: str) -> bool:
    """Return whether a hypothesis says no more than its premise of where and when one did something to another."""
    match, other = _ACTION.match(premise), _ACTION.match(hypothesis)
    return match is not None and other is not None and hypothesis[other.end() :] in (".", premise[match.end() :])


def no_longer(item: Item, *, is_yes: bool) -> str | None:
    """Return the label after two are swapped: what another deed leaves open is no contradiction, and is false only for some."""
    target = turned_label(item, is_yes=is_yes)
    return None if target is None or target.lower() in ("contradiction", "false") else target


def swapped_roles(sentence: str, other: str) -> str | None:
    """Return a sentence with subject and object swapped, if the other sentence has the same verb and the same two."""
    own, theirs = action(sentence), action(other)
    if own is None or theirs is None or theirs not in (own, own[::-1]):
        return None
    match = _ACTION.match(sentence)
    assert match is not None  # action() has matched it
    one, two, rest = match["one"], match["two"], sentence[match.end() :]
    if _PRONOUN.search(sentence) or _PRONOUN.search(other) or not re.fullmatch(r"[^.\n]*\.", rest):
        return None
    if _JOINED.search(rest) or one.lower() in rest.lower() or two.lower() in rest.lower():
        return None
    return f"{two[0].upper()}{two[1:]} {match['verb']} {one.replace('The ', 'the ')}{rest}"
