"""Questions and statements turned round by rule: comparative, temporal order, antonym, negation.

    Which is heavier?                        the first  ->  Which is lighter?                    the second
    Is the following sentence plausible?     yes        ->  Is the following sentence implausible?      no
    The sun is a star.                       true       ->  It is false that the sun is a star.  false

Minimal edits after Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets", section 2. Each rule
asks for a structure in which the new answer follows: two choices of which the other one becomes right, or yes and no.

Covered: the last question of an item; statements to be judged true or false; hypotheses of entailment.
Not covered: more than two choices, open answers, questions with a negation already.
"""

from __future__ import annotations

import re
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.english import like, whole_words, with_article, words_of
from probe.perturb.helpers.item_structure import (
    Question,
    entailment,
    lowered,
    one_of,
    other_of_two,
    question,
    turned,
    with_text,
)
from probe.perturb.words import pairs
from probe.types import Field, Item

_ASKS_ONE = re.compile(r"(?:Which|Who|Where|What|In which|At which)\b", re.IGNORECASE)
_TURNING = re.compile(
    r"\b(?:not|no|never|neither|nor|than|n't|unless|except|without|least|most|but|or|and)\b|n't", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z]+(?:-[a-z]+)?")
_ORDER = re.compile(
    r"\b(?:comes?|came|happens?|happened|is|was|occurs?|occurred|took place|takes place|started|ended) (\w+)"
)
_IS = re.compile(r"\b(?:is|are|was|were)(?= (?!not\b)[a-z])")
_NEGATED = re.compile(r" (?:did|does|do|is|are|was|were|has|have|had|will|would|could|should|can) not\b")
_QUANTIFIED = re.compile(
    r"\b(?:all|every|each|some|any|none|no|few|most|many|both|either|neither|only|or|and|never|nobody|nothing|because|if|"
    r"unless|when|until|but|although|anyone|anything)\b",
    re.IGNORECASE,
)
NEGATIONS = ("It is not true that ", "It is false that ", "It is not the case that ")
_MIXED = re.compile(
    r"\b(?:but|though|although|however|except|while|yet|despite|if|even|until|unless|too|would|could|should)\b|[.!?;].*\w"
)
_JOINED = re.compile(r"\b(?:and|as|since|because|with)\b|,")
_OPENED = re.compile(r"(?:\w+ ){0,3}\w+,|As a \w+,")
"""A short opening such as "In my opinion,", which says nothing of its own."""
_REVERSED = re.compile(
    r"\b(?:not|never|far from|anything but|hardly|isn't|wasn't|aren't|weren't|didn't)\b", re.IGNORECASE
)


@item_perturbation("contrast-comparative", family="contrast", effect="label-altering")
def contrast_comparative(item: Item, rng: Random) -> Item | None:
    """Ask for the lesser of two instead of the greater: "Which is lighter?".

    Covered: questions that ask which of two choices, with one comparative. Not covered: superlatives over more than two.
    """
    other = other_of_two(item)
    asked = question(item) if other else None
    if asked is None or other is None or not _ASKS_ONE.match(asked.text) or _TURNING.search(asked.text):
        return None
    found = [match for match in _WORD.finditer(asked.text) if match[0].lower() in pairs("contrast", "comparative")]
    temporal = pairs("contrast", "temporal")
    if len(found) != 1 or words_of(asked.text) & temporal.keys():
        return None
    new = _opposite(asked.text, found[0], " ".join(field.text for field in item.prompt.fields))
    return None if new is None else _asked(item, asked, found[0], new, other)


@item_perturbation("contrast-temporal", family="contrast", effect="label-altering")
def contrast_temporal(item: Item, rng: Random) -> Item | None:
    """Reverse the order in time: "first" becomes "last", "before" becomes "after".

    Covered: which of two came first or last, earlier or later; yes-no questions with one "before" or "after" that are answered
    yes. Not covered: questions answered no, since both may be untrue.
    """
    asked, other = question(item), other_of_two(item)
    if asked is None:
        return None
    temporal = pairs("contrast", "temporal")
    words = [match for match in _WORD.finditer(asked.text) if match[0].lower() in temporal]
    if len(words) != 1 or _TURNING.search(asked.text):
        return None
    word = words[0]
    is_link = word[0].lower() in ("before", "after")
    if is_link and item.target.lower() == "yes" and re.match(r"(?:Did|Was|Were|Does|Do|Is|Has|Had)\b", asked.text):
        no = turned(item)
        return None if no is None else _asked(item, asked, word, temporal[word[0].lower()], no)
    if is_link or other is None or not _ASKS_ONE.match(asked.text):
        return None
    if word[0] in ("first", "last", "second") and not any(match[1] == word[0] for match in _ORDER.finditer(asked.text)):
        return None
    return _asked(item, asked, word, temporal[word[0].lower()], other)


@item_perturbation("contrast-antonym", family="contrast", effect="label-altering")
def contrast_antonym(item: Item, rng: Random) -> Item | None:
    """Replace the deciding word by its opposite: plausible, implausible; or the words of a short opinion.

    Covered: complements in a yes-no question or one about two choices; opinions of one sentence whose words are known and
    agree with the answer. Not covered: opinions with "but", of several sentences, or with unknown words of praise.
    """
    rules = [edit for rule in (_complement, _opinion) if (edit := rule(item, rng)) is not None]
    return one_of(rules, rng)


@item_perturbation("contrast-negation", family="contrast", effect="label-altering")
def contrast_negation(item: Item, rng: Random) -> Item | None:
    """Negate the statement or question: "It is not true that ...", "Which is not ...?".

    Covered: hypotheses that follow from their premise, statements to be judged true or false, questions which of two is
    something. Not covered: hypotheses that do not follow, whose negation need not follow either.
    """
    rules = [edit for rule in (_hypothesis, _which) if (edit := rule(item, rng)) is not None]
    return one_of(rules, rng)


def _asked(item: Item, asked: Question, word: re.Match[str], new: str, target: str) -> Item | None:
    """Put a word in the place of another one of the question."""
    start = asked.start + word.start()
    text = item.prompt.fields[asked.field].text
    before = with_article(text[:start], new)
    return with_text(item, asked.field, before + like(word[0], new) + text[start + len(word[0]) :], target)


def _opposite(asked: str, word: re.Match[str], whole: str) -> str | None:
    """Return the opposite of a comparative in its place; None where it depends."""
    old = word[0].lower()
    before = asked[: word.start()].rstrip().rpartition(" ")[2].lower()
    after = asked[word.end() :].strip(" ?").split(" ")[0]
    after_verb = pairs("contrast", "after_verb").get(f"{before} {old}")
    if after_verb:
        return after_verb
    if (old == "longer" and before not in ("is", "was", "the", "a")) or _is_odd(before, old, after):
        return None
    by_sense = {
        "more": "fewer" if after.endswith("s") and len(after) > 3 else "less",
        "older": "younger" if asked.startswith("Who") else "newer",
        "shorter": _if(r"\b(?:minutes?|hours?|takes|miles|km)\b", whole, "longer")
        or _if(r"\b(?:high|tall)\b", whole, "taller"),
        "lighter": _if(r"\bweigh|kilo|pound|ton", whole, "heavier"),
    }
    return by_sense[old] if old in by_sense else pairs("contrast", "comparative")[old]


def _is_odd(before: str, old: str, after: str) -> bool:
    """Return whether the opposite would need other words around it: "the fewer", "less high", "the best of"."""
    if old in ("better", "worse", "best", "worst"):
        return bool(after)
    return (old == "less" and after in ("high", "far", "long")) or (old in ("more", "fewer") and before == "the")


def _if(pattern: str, text: str, word: str) -> str | None:
    return word if re.search(pattern, text) else None


def _complement(item: Item, rng: Random) -> Item | None:
    asked = question(item)
    if asked is None or _TURNING.search(asked.text):
        return None
    target = turned(item) if re.match(r"(?:Is|Are|Was|Were|Does|Do|Did|Can)\b", asked.text) else None
    if target is None and _ASKS_ONE.match(asked.text):
        target = other_of_two(item)
    opposites = pairs("contrast", "complement")
    found = [match for match in whole_words(tuple(opposites)).finditer(asked.text) if match[0] in opposites]
    return None if target is None or len(found) != 1 else _asked(item, asked, found[0], opposites[found[0][0]], target)


def _opinion(item: Item, rng: Random) -> Item | None:
    """Turn each word of praise or blame of a short opinion, if all of them say what the target says."""
    labels = {choice.lower(): choice for choice in item.prompt.choices}
    if set(labels) != {"positive", "negative"} or len(item.prompt.fields) != 1:
        return None
    text = item.prompt.fields[0].text
    if len(text) > 160 or _MIXED.search(text):
        return None
    good = pairs("contrast", "good")
    opposites = {**good, **pairs("contrast", "bad")}
    found = [match for match in _WORD.finditer(text) if match[0].lower() in opposites]
    if len(_JOINED.findall(_OPENED.sub("", text, count=1))) >= len(found):
        return None
    is_positive = item.target.lower() == "positive"
    num_reversed = len(_REVERSED.findall(text))
    says_good = {(match[0].lower() in good) != (num_reversed == 1) for match in found}
    if says_good != {is_positive} or num_reversed > 1 or (num_reversed and len(found) > 1):
        return None
    for match in reversed(found):
        new = opposites[match[0].lower()]
        if text[: match.start()].endswith("most ") and len(new) < 5:
            return None
        text = with_article(text[: match.start()], new) + like(match[0], new) + text[match.end() :]
    return with_text(item, 0, text, labels["negative" if is_positive else "positive"])


def _hypothesis(item: Item, rng: Random) -> Item | None:
    """Negate a hypothesis that follows, or a statement whose truth is asked."""
    labels = {choice.lower(): choice for choice in item.prompt.choices}
    places = entailment(item)
    opposite = {"entailment": "contradiction", "contradiction": "entailment", "yes": "no", "true": "false"}
    target = labels.get(opposite.get(item.target.lower(), ""))
    if places is None:
        is_judged = set(labels) == {"true", "false"} and len(item.prompt.fields) == 1
        target = turned(item) if is_judged else None
        places = (0, 0)
    if target is None:
        return None
    field = item.prompt.fields[places[1]]
    return _negated(item, places[1], field, target, rng)


def _negated(item: Item, place: int, field: Field, target: str, rng: Random) -> Item | None:
    """Negate a sentence as a whole, or take its only "not" away."""
    text = field.text.strip()
    inner = text[:-1]
    if not text.endswith(".") or any(mark in inner for mark in ".?!;\n"):
        return None
    nots = _NEGATED.findall(text)
    if nots:
        is_plain = len(nots) == 1 and not _QUANTIFIED.search(text)
        return with_text(item, place, text.replace(nots[0], nots[0][:-4]), target) if is_plain else None
    opening = rng.choice(NEGATIONS)
    # "It is not true that a few of them danced" may also say that more than a few did.
    inside = None if re.search(r"\b(?:a few|several|many)\b", text, re.IGNORECASE) else lowered(text)
    return None if inside is None or text.startswith("It is") else with_text(item, place, opening + inside, target)


def _which(item: Item, rng: Random) -> Item | None:
    """Ask which of two is not something."""
    asked, other = question(item), other_of_two(item)
    if asked is None or other is None or not re.match(r"Which\b", asked.text) or _TURNING.search(asked.text):
        return None
    verbs = list(_IS.finditer(asked.text))
    if len(verbs) != 1 or not item.prompt.list_choices:
        return None
    text = item.prompt.fields[asked.field].text
    stop = asked.start + verbs[0].end()
    return with_text(item, asked.field, text[:stop] + " not" + text[stop:], other)
