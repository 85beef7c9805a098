"""Other things in the same places: entity, role and quantifier, after which another answer is right.

    Leo lost apples. What did Leo lose?         apples  ->  Leo lost soap. What did Leo lose?            soap
    The editor paid the coach. | The editor ...  yes    ->  The coach paid the editor. | The editor ...  no
    All the guests ate. | Some of the guests ... yes    ->  None of the guests ate. | Some of ...        no

Minimal edits after Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets", section 2.

Covered: answers that stand once in a passage and are of a known kind; premises of one plain sentence.
Not covered: answers that are not in the passage, verbs that hold both ways (meet, marry), pronouns.
"""

from __future__ import annotations

import re
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.english import with_article
from probe.perturb.helpers.item_structure import MAX_LENGTH, entailment, question, turned_label, with_text
from probe.perturb.words import table, word_set
from probe.types import Item

_THING = r"(?:[Tt]he [a-z]+|[A-Z][a-z]+)"
_ACTION = re.compile(rf"(?P<one>{_THING}) (?P<verb>[a-z]+) (?P<two>{_THING})(?= [a-z]|\.)")
_JOINED = re.compile(r"\b(?:and|or|but|while|who|which|that|if|unless|not|by)\b")
_PRONOUN = re.compile(r"\b(?:he|she|him|her|his|hers|they|them|their|it|its)\b", re.IGNORECASE)
_ALL = r"(?:All|All of|Every one of|Each of)"
_NONE = r"(?:None of|Not one of)"
_SOME = r"(?:Some of|A few of|Several of|Many of|Most of)"
_QUANTIFIED = re.compile(rf"(?:(?P<all>{_ALL})|(?P<none>{_NONE})|(?P<some>{_SOME})) the (?P<rest>[a-z]+ [^.]*)\.$")


@item_perturbation("contrast-entity", family="contrast", effect="label-altering")
def contrast_entity(item: Item, rng: Random) -> Item | None:
    """Replace the answer in the passage by another thing of its kind.

    Covered: colours, days, months, given names, work, goods. Not covered: answers of no known kind, answers said twice.
    """
    kinds = table("contrast", "kinds")
    kind = next((name for name, members in kinds.items() if item.target in members), None)
    asked = question(item) if kind else None
    if kind is None or asked is None or asked.field == 0 or any(len(f.text) > MAX_LENGTH for f in item.prompt.fields):
        return None
    texts = [field.text for field in item.prompt.fields]
    pattern = re.compile(rf"(?<![\w-]){re.escape(item.target)}(?![\w-])", re.IGNORECASE)
    found = [(place, match) for place, text in enumerate(texts) for match in pattern.finditer(text)]
    if len(found) != 1 or found[0][0] == asked.field or _changes_more(kind, " ".join(texts)):
        return None
    everything = " ".join(texts).lower()
    able = [word for word in kinds[kind] if word.lower() not in everything]
    able = [word for word in able if not item.prompt.choices or word in item.prompt.choices]
    if not able:
        return None
    place, match = found[0]
    new = rng.choice(able)
    before = with_article(texts[place][: match.start()], new)
    return with_text(item, place, before + new + texts[place][match.end() :], new)


@item_perturbation("contrast-role", family="contrast", effect="label-altering")
def contrast_role(item: Item, rng: Random) -> Item | None:
    """Swap subject and object in the premise.

    Covered: yes-no entailment whose hypothesis is the premise's own plain sentence, or that sentence with the two swapped.
    Not covered: verbs that hold both ways, premises with pronouns.
    """
    places = entailment(item)
    if places is None:
        return None
    premise, hypothesis = (item.prompt.fields[place].text for place in places)
    made = swapped_roles(premise, hypothesis)
    target = turned_label(item, is_yes=action(hypothesis) == action(premise)) if made else None
    return None if made is None or target is None else with_text(item, places[0], made, target)


@item_perturbation("contrast-quantifier", family="contrast", effect="label-altering")
def contrast_quantifier(item: Item, rng: Random) -> Item | None:
    """Change the quantifier of the premise: "All the guests ate" becomes "None of the guests ate".

    Covered: yes-no entailment between two sentences that differ in their quantifiers. Not covered: other quantifiers.
    """
    places = entailment(item)
    if places is None:
        return None
    premise, hypothesis = (item.prompt.fields[place].text for place in places)
    one, two = _QUANTIFIED.search(premise), _QUANTIFIED.match(hypothesis)
    if one is None or two is None or not one["rest"].startswith(two["rest"]) or two["none"]:
        return None
    follows = _which(one) == "all" or (_which(one) == "some" and one["some"] == two["some"])
    target = turned_label(item, is_yes=follows)
    # whether "a few danced" follows from "all danced" is read either way
    if target is None or not (follows or two["some"] in (None, "Some of")):
        return None
    new = rng.choice(("None of", "Not one of") if follows else ("All of", "Every one of"))
    return with_text(item, places[0], premise[: one.start()] + new + premise[one.end(_which(one)) :], target)


def _which(match: re.Match[str]) -> str:
    """Return the name of the quantifier that was found."""
    return next(name for name in ("all", "none", "some") if match[name])


def action(sentence: str) -> tuple[str, str, str] | None:
    """Return subject, verb and object at the start of a sentence, lower-cased; None where they are not certain."""
    match = _ACTION.match(sentence)
    if match is None or not _is_deed(match["verb"]):
        return None
    one, two = match["one"], match["two"]
    is_alike = one.lower().startswith("the ") == two.lower().startswith("the ")
    return (one.lower(), match["verb"], two.lower()) if is_alike and one.lower() != two.lower() else None


def _is_deed(verb: str) -> bool:
    """Return whether a word is the past form of a verb that does not hold both ways."""
    is_past = verb.endswith("ed") or verb in word_set("contrast", "irregular")
    return is_past and verb not in word_set("contrast", "mutual")


def swapped_roles(sentence: str, other: str) -> str | None:
    """Return a sentence with subject and object swapped, if the other sentence has the same verb and the same two."""
    own, theirs = action(sentence), action(other)
    if own is None or theirs is None or theirs not in (own, own[::-1]):
        return None
    if _PRONOUN.search(sentence) or _PRONOUN.search(other) or not re.fullmatch(r"[^.\n]*\.", other):
        return None
    match = _ACTION.match(sentence)
    assert match is not None  # action() has matched it
    one, two = match["one"], match["two"]
    if (
        _JOINED.search(sentence, match.end())
        or one.lower() in sentence[match.end() :].lower()
        or two in sentence[match.end() :]
    ):
        return None
    return f"{two[0].upper()}{two[1:]} {match['verb']} {one.replace('The ', 'the ')}{sentence[match.end() :]}"


def _changes_more(kind: str, text: str) -> bool:
    """Return whether something else in the text may go with a word of that kind: a pronoun with a name, is or are with goods."""
    if kind in ("woman", "man"):
        return _PRONOUN.search(text) is not None
    return (
        kind == "goods"
        and re.search(r"\b(?:it|they|them|is|are|was|were|some|many|much)\b", text.rpartition("?")[0]) is not None
    )
