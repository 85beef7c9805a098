"""Questions which of two, turned round: comparative and order in time.

    Which is heavier?                           the first  ->  Which is lighter?                          the second
    Which comes first?                          the first  ->  Which comes last?                          the second
    Did it rain before it snowed?               yes        ->  Did it rain after it snowed?               no

Minimal edits after Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets", section 2.
The new answer
follows in one of three ways: it is computed from two quantities; of two things of which one is heavier, the other is lighter;
the passage says once in which order two events were.

Covered: the last question of an item. Not covered: more than two choices, questions with a negation or a class of their own.
"""

from __future__ import annotations

import re
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.contrast.asking import Asked, asked_of, mentions, turned_word
from probe.perturb.contrast.comparing import compared, direction, is_denied, is_proved, text_of
from probe.perturb.contrast.events import is_done_once, said_order
from probe.perturb.contrast.quantities import common_kind
from probe.perturb.helpers.english import like, with_article
from probe.perturb.helpers.item_structure import ORDINAL, question, turned, with_text
from probe.perturb.helpers.language import in_english
from probe.perturb.words import pairs, table, word_set
from probe.types import Item

_OTHER_NAME = re.compile(r"(?<=[a-z,;&] )[A-Z][a-z]+")
_LINK = re.compile(r"\b(before|after)\b", re.IGNORECASE)


@item_perturbation("contrast-comparative", family="contrast", effect="label-altering")
@in_english
def contrast_comparative(item: Item, rng: Random) -> Item | None:
    """Ask for the lesser of two instead of the greater: "Which is lighter?".

    Covered: questions that ask which of two choices, with one comparative as predicate. Not covered: superlatives, attributes.
    """
    asked = asked_of(item)
    return _turned(item, asked) if asked is not None and asked.word not in pairs("contrast", "temporal") else None


@item_perturbation("contrast-temporal", family="contrast", effect="label-altering")
@in_english
def contrast_temporal(item: Item, rng: Random) -> Item | None:
    """Reverse the order in time: "first" becomes "last", "before" becomes "after".

    Covered: which of two came first or last, earlier or later; yes-no questions with one "before" or "after" about two events of
    which the passage says once which was first. Not covered: events without such a sentence, events that happen more than once.
    """
    asked = asked_of(item)
    if asked is not None:
        return _turned(item, asked) if asked.word in pairs("contrast", "temporal") else None
    where, no = question(item), turned(item)
    links = list(_LINK.finditer(where.text)) if where is not None else []
    if where is None or no is None or len(links) != 1 or len(item.prompt.fields) != 2 or where.field != 1:
        return None
    order, is_yes = said_order(item.prompt.fields[0].text, where.text), item.target.lower() == "yes"
    if order is None or (order == links[0][0].lower()) != is_yes or (is_yes and not is_done_once(where.text)):
        return None
    new = pairs("contrast", "temporal")[links[0][0].lower()]
    start = where.start + links[0].start()
    text = item.prompt.fields[1].text
    return with_text(item, 1, text[:start] + like(links[0][0], new) + text[start + len(links[0][0]) :], no)


def _turned(item: Item, asked: Asked) -> Item | None:
    """Ask for the other one of two, where that is computed or follows."""
    found = compared(item, asked)
    text = text_of(item, asked)
    is_measured = found is not None and direction(asked, common_kind(*found) or "", text or "", found[0]) != 0
    new = turned_word(asked, text or "", is_measured=is_measured)
    if (
        new is None
        or is_denied(item, asked)
        or not (is_proved(item, asked) if is_measured else _follows(item, asked, text))
    ):
        return None
    start = asked.question.start + asked.start
    old = item.prompt.fields[asked.question.field].text
    before = with_article(old[:start], new)
    made = before + like(old[start : start + len(asked.word)], new) + old[start + len(asked.word) :]
    return with_text(item, asked.question.field, made, asked.other)


def _follows(item: Item, asked: Asked, text: str | None) -> bool:
    """Return whether the other one of two must be the answer to the turned question, whatever the two are.

    It must where nothing but the two is asked about: no class that one of them may not belong to ("Which fish is bigger, the
    shark or the whale?"), and nobody who came last while both of them were among the first.
    """
    if text is None or asked.word in ("won", "lost") or asked.verb in ("needs", "needed"):
        return False
    if asked.noun and asked.word not in ("more", "fewer", "less"):
        nouns = {noun for row in table("contrast", "measures").values() for noun in row}
        if asked.noun.lower() not in nouns:
            return False
    choices = item.prompt.choices
    if asked.thing and asked.thing.lower() not in word_set("contrast", "any_thing"):
        thing = re.compile(rf"\b{re.escape(asked.thing)}\b", re.IGNORECASE)
        if asked.question.text.startswith("Which") and not all(thing.search(choice) for choice in choices):
            return False
    if asked.word == "second" or (asked.word in ("first", "last") and not asked.is_listed):
        return False
    if asked.is_listed:
        return True
    if len(re.findall(r"\d+", text)) > 2 or _OTHER_NAME.search(_unnamed(text, choices)):
        return False  # a third one may be less than both
    is_ordinal = ORDINAL.issuperset(choice.lower() for choice in choices)
    return is_ordinal or not text.strip() or all(mentions(text, choice) for choice in choices)


def _unnamed(text: str, choices: tuple[str, ...]) -> str:
    """Return a text without the mentions of its choices."""
    for choice in choices:
        for match in reversed(mentions(text, choice)):
            text = text[: match.start()] + text[match.end() :]
    return text
