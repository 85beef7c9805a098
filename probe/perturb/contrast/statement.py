"""Statements and yes-no questions turned round: complement, opinion, negation.

    Is the following sentence plausible?     yes       ->  Is the following sentence implausible?      no
    The soup was excellent.                  positive  ->  The soup was awful.                   negative
    The sun is a star.                       true      ->  It is false that the sun is a star.      false

Minimal edits after Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets", section 2.
A word is turned where it is the predicate of the one thing that is judged; what is true of it is false once the complement or the
negation is said of it.

Covered: complements as predicates, opinions of one plain clause, statements judged true or false, hypotheses that follow.
Not covered: attributes ("the dead bird"), quantified subjects ("Are all answers correct?"), mixed or ironic opinions.
"""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.contrast.asking import are_two
from probe.perturb.helpers.english import is_plural, like, whole_words, with_article
from probe.perturb.helpers.item_structure import (
    YES,
    entailment,
    is_binary,
    lowered,
    one_of,
    other_of_two,
    question,
    turned,
    turned_label,
    with_text,
)
from probe.perturb.helpers.language import in_english, is_english_text
from probe.perturb.words import pairs, table, word_list, word_set
from probe.types import Item

_PARITY = re.compile(r"Is (?P<number>-?\d{1,15}) (?P<word>odd|even)\?")
_TRUTH = re.compile(r"Does (?P<who>[A-Z][a-z]+) (?P<word>tell the truth|lie)\?")
_NAMED = r"(?:[Ii]t is|[Tt]his is|[Tt]hat is|[Tt]his was|[Ii]t was) (?:an? )?"
_SURE = r"(?:really |very |truly |simply |absolutely |utterly |just |so )?"
_NOT = re.compile(
    r"(?P<subject>(?:The [a-z]+|[A-Z][a-z]+)) (?P<be>did|does|do|is|are|was|were|has|have|had|will|can|could) not "
    r"(?P<rest>[A-Za-z ]+)\."
)
_NEGATED = re.compile(
    r"\b(?:not|no|never|nobody|none|nothing|neither|nor|cannot|without|hardly)\b|n't\b|\u2019t\b", re.IGNORECASE
)
_AND = re.compile(r"\band\b")
NEGATIONS = ("It is not true that ", "It is false that ", "It is not the case that ")
BEFORE_A_COLON = ("The following is false: ", "The following is not true: ")
"""For sentences whose first word may be a name, and so keeps its capital."""


@item_perturbation("contrast-antonym", family="contrast", effect="label-altering")
@in_english
def contrast_antonym(item: Item, rng: Random) -> Item | None:
    """Replace a word by its opposite: "plausible" by "implausible", "excellent" by "awful" in a review.

    Covered: complements that are the predicate of a yes-no question or of one about two choices; opinions of one plain clause
    about a thing that is known to be judged. Not covered: attributes, quantified subjects, negations, mixed or ironic opinions.
    """
    rules = [edit for rule in (_complement, _opinion) if (edit := rule(item)) is not None]
    return one_of(rules, rng)


@item_perturbation("contrast-negation", family="contrast", effect="label-altering")
@in_english
def contrast_negation(item: Item, rng: Random) -> Item | None:
    """Negate the statement or question: "It is not true that ...", "Which is not ...?".

    Covered: hypotheses that follow from their premise, statements to be judged true or false, questions which of two is
    something. Not covered: hypotheses that do not follow, whose negation need not follow either.
    """
    rules = [edit for edit in (_statement(item, rng), _which(item)) if edit is not None]
    return one_of(rules, rng)


def _complement(item: Item) -> Item | None:
    """Turn the complement that a question asks for."""
    asked = question(item)
    if asked is None:
        return None
    found = _asked_complement(asked.text, item)
    if found is None:
        return None
    start, old, new, target = found
    place = asked.start + start
    text = item.prompt.fields[asked.field].text
    before = with_article(text[:place], new)
    return with_text(item, asked.field, before + like(old, new) + text[place + len(old) :], target)


def _asked_complement(text: str, item: Item) -> tuple[int, str, str, str] | None:
    """Return where the complement stands, it, the other one, and the new answer."""
    target = turned(item)
    is_yes = item.target.lower() in YES
    opposites = pairs("contrast", "complement")
    if target is not None:
        match = _PARITY.fullmatch(text)
        if match and (int(match["number"]) % 2 == 1) == ((match["word"] == "odd") == is_yes):
            return match.start("word"), match["word"], {"odd": "even", "even": "odd"}[match["word"]], target
        match = _TRUTH.fullmatch(text)
        if match and re.search(r"\b(?:lies|tells the truth)\b", " ".join(field.text for field in item.prompt.fields)):
            return match.start("word"), match["word"], opposites[match["word"]], target
        match = _is_it().fullmatch(text) or _is_thing().fullmatch(text)
        if (
            match is None
            or not _may_be(match["thing"], match["word"])
            or not (is_yes or _is_one(match["thing"]))
            or _is_plural_no(match, is_yes=is_yes)
        ):
            return None
        return match.start("word"), match["word"], opposites[match["word"]], target
    other = other_of_two(item)
    match = _which_is().fullmatch(text) if other is not None and are_two(item.prompt.choices) else None
    return (match.start("word"), match["word"], opposites[match["word"]], other) if match and other else None


def _may_be(thing: str, word: str) -> bool:
    """Return whether a word can be meant of a thing in its plain sense: a claim is false, an alarm or a ceiling is not."""
    noun = thing.split(" ")[-1]
    if word in ("true", "false"):
        return noun in word_set("contrast", "told")
    is_name = noun[0].isupper()
    return word not in ("alive", "dead") or is_name or noun in word_set("contrast", "living")


def _is_one(thing: str | None) -> bool:
    """Return whether a subject is one thing, of which the complement is true where the word is not."""
    return thing is None or not re.search(r"\b(?:they|these|those|we|you)\b", thing, re.IGNORECASE)


def _is_plural_no(match: re.Match[str], *, is_yes: bool) -> bool:
    """Return whether several things are asked about and the answer is no: some of them may be so."""
    return not is_yes and match["be"].lower() in ("are", "were")


def _any_of(name: str) -> str:
    """Return the pattern of any word of a list."""
    return "|".join(word_list("contrast", name))


@lru_cache(maxsize=1)
def _complements() -> str:
    words = (word for word in pairs("contrast", "complement") if " " not in word and word not in ("odd", "even", "lie"))
    return "|".join(words)


@lru_cache(maxsize=1)
def _is_it() -> re.Pattern[str]:
    """Return the pattern of "Is it legal to ...?"."""
    return re.compile(
        r"(?P<be>Is|Was) (?P<thing>it) (?P<word>plausible|implausible|possible|impossible|legal|illegal|acceptable|"
        r"unacceptable)(?: (?:to|for) [^?,;]+)?\?"
    )


@lru_cache(maxsize=1)
def _is_thing() -> re.Pattern[str]:
    """Return the pattern of "Is the claim valid?": a determined thing, a complement, and nothing after it."""
    plain = r"(?:(?!(?:{stop})\b)[a-z]+)".format(stop=_any_of("no_subject"))
    thing = (
        rf"(?:(?:the|this|that|his|her|its|their|our|my|such)(?: {plain}){{1,4}}|he|she|[A-Z][a-z]+(?: [A-Z][a-z]+)?)"
    )
    thing = rf"(?:{thing}|(?:a|an) {plain}|[Mm]r\.? [A-Z][a-z]+|[Mm]r?s\.? [A-Z][a-z]+)"
    return re.compile(rf"(?P<be>Is|Was|Are|Were) (?P<thing>{thing}) (?P<word>{_complements()})\?")


@lru_cache(maxsize=1)
def _which_is() -> re.Pattern[str]:
    """Return the pattern of "Which sentence is grammatical?"."""
    things = _any_of("any_thing")
    return re.compile(rf"Which(?: (?:{things}))?(?: of the (?:two|following))? (?:is|was) (?P<word>{_complements()})\?")


def _opinion(item: Item) -> Item | None:
    """Turn each word of praise or blame of a short opinion, if all of them say what the target says."""
    labels = {choice.lower(): choice for choice in item.prompt.choices}
    if (
        not {"positive", "negative"} <= set(labels) <= {"positive", "negative", "neutral"}
        or len(item.prompt.fields) != 1
    ):
        return None
    text = item.prompt.fields[0].text
    good, bad = pairs("contrast", "good"), pairs("contrast", "bad")
    match = next((match for pattern in _opinions() if (match := pattern.fullmatch(text))), None)
    if match is None or item.target.lower() not in ("positive", "negative"):
        return None
    words = [(name, word) for name, word in match.groupdict().items() if word and name.startswith("word")]
    is_positive = item.target.lower() == "positive"
    if any((word.lower() in good) != is_positive for _, word in words):
        return None
    for name, word in sorted(words, reverse=True):
        new = (good if is_positive else bad)[word.lower()]
        text = with_article(text[: match.start(name)], new) + like(word, new) + text[match.end(name) :]
    return with_text(item, 0, text, labels["negative" if is_positive else "positive"])


@lru_cache(maxsize=1)
def _opinions() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of plain opinions: about a thing that is judged, in words of praise or blame alone."""
    good, bad = pairs("contrast", "good"), pairs("contrast", "bad")
    deeds = word_set("contrast", "deeds")
    words = "|".join(word for word in (*good, *bad) if word not in deeds)
    done = "|".join(deeds)
    slot = rf"(?:(?!(?:{words}|{done})\b)[a-z]+ )?"
    one = "(?:" + _any_of("judged") + ")"
    thing = rf"(?:[Tt]h(?:e|is|at)|[Mm]y|[Oo]ur|[Tt]heir) {slot}{one}(?: of th(?:e|is) {one})?"
    end = r"(?: overall| in every way| as always| indeed)?[.!]"
    be = r"(?:is|was|are|were)"
    opening = r"(?:(?:In my opinion|In my view|To be honest|For me|Frankly|Honestly|All in all|In short|Overall), )?"
    found = rf"{_SURE}(?P<word1>{words})(?:,? and {_SURE}(?P<word2>{words}))?"
    return tuple(
        re.compile(opening + pattern)
        for pattern in (
            rf"{thing} {be} {found}{end}",
            rf"{thing} {be} {_SURE}(?P<word1>{words}),? and {thing} {be} {_SURE}(?P<word2>{words}){end}",
            rf"(?:{_NAMED}|[Ss]uch an? |[Aa]n? |[Ww]hat an? )(?P<word1>{words}) {slot}{one}{end}",
            rf"(?:I|[Ww]e) (?:really |absolutely |simply )?(?P<word1>{done}) (?:{thing}){end}",
            rf"(?:I|[Ww]e) found {thing} {found}{end}",
        )
    )


def _statement(item: Item, rng: Random) -> Item | None:
    """Negate a hypothesis that follows, or a statement whose truth is asked."""
    places = entailment(item)
    if places is not None:
        return _hypothesis(item, places[1], rng)
    labels = {choice.lower() for choice in item.prompt.choices}
    target = turned(item) if labels == {"true", "false"} and len(item.prompt.fields) == 1 else None
    return None if target is None else _negated(item, 0, target, rng)


def _hypothesis(item: Item, place: int, rng: Random) -> Item | None:
    """Negate a hypothesis that follows; one that contradicts, where it speaks of something that both name."""
    labels = {choice.lower(): choice for choice in item.prompt.choices}
    old = item.target.lower()
    if is_binary(item):
        target = turned_label(item, is_yes=True)
    elif old == "contradiction" and not item.prompt.fields[place].text.startswith("The "):
        target = None
    else:
        target = labels.get({"entailment": "contradiction", "contradiction": "entailment"}.get(old, ""))
    return None if target is None else _negated(item, place, target, rng)


def _negated(item: Item, place: int, target: str, rng: Random) -> Item | None:
    """Negate a sentence as a whole, or take its only "not" away."""
    text = item.prompt.fields[place].text.strip()
    if not text.endswith(".") or re.search(r"[.?!;:\n\"]", text[:-1]) or _untold().search(text):
        return None
    if not is_english_text(text, item.prompt):
        return None
    if match := _NOT.fullmatch(text):
        is_open = item.target.lower() == "false" and is_plural(match["subject"].split(" ")[-1])
        if is_open or _scoped().search(match["rest"]) or match["subject"] in word_set("contrast", "many_subjects"):
            return None
        return with_text(item, place, f"{match['subject']} {match['be']} {match['rest']}.", target)
    if _NEGATED.search(text) or text.startswith(NEGATIONS):
        return None
    # "it is not true that A and B" may deny A alone, which matters where A is what is true
    inside = None if item.target.lower() == "false" and _AND.search(text) else _as_clause(text)
    made = text if inside is None else inside
    return with_text(item, place, rng.choice(NEGATIONS if inside else BEFORE_A_COLON) + made, target)


def _as_clause(sentence: str) -> str | None:
    """Return a sentence as it stands after "that"; None where its first word may or may not be a name."""
    first, _, rest = sentence.partition(" ")
    names = (*table("contrast", "kinds")["woman"], *table("contrast", "kinds")["man"])
    if first in names:
        return sentence
    if (
        is_plural(first)
        and not is_plural(rest.partition(" ")[0])
        and first not in word_set("contrast", "named_plurals")
    ):
        return sentence[0].lower() + sentence[1:]
    return lowered(sentence) if first in word_set("contrast", "small_openers") else None


@lru_cache(maxsize=1)
def _untold() -> re.Pattern[str]:
    """Return the pattern of words with which a sentence is no plain statement, or its negation may be taken in two ways."""
    return whole_words(word_list("contrast", "untold"))


@lru_cache(maxsize=1)
def _scoped() -> re.Pattern[str]:
    """Return the pattern of words that a "not" may turn alone, or that need one beside them."""
    return whole_words(word_list("contrast", "scoped"))


def _which(item: Item) -> Item | None:
    """Ask which of two is not something."""
    asked, other = question(item), other_of_two(item)
    if asked is None or other is None or not item.prompt.list_choices or not are_two(item.prompt.choices):
        return None
    things = _any_of("any_thing")
    match = re.fullmatch(
        rf"(?P<head>Which(?: (?:{things}))?(?: of the (?:two|following))? (?:is|was)) (?P<rest>[a-z]+)\?", asked.text
    )
    if (
        match is None
        or match["rest"] in pairs("contrast", "comparative")
        or match["rest"] in pairs("contrast", "temporal")
    ):
        return None
    text = item.prompt.fields[asked.field].text
    stop = asked.start + match.end("head")
    return with_text(item, asked.field, text[:stop] + " not" + text[stop:], other)
