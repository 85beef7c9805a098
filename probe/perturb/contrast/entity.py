"""Another thing in the same place: after which it is the answer.

    Leo lost apples. What did Leo lose?             apples  ->  Leo lost soap. What did Leo lose?                   soap
    The box contains 36 nails. How many nails ...?  36      ->  The box contains 52 nails. How many nails ...?      52

Minimal edits after Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets", section 2. The answer
stands once in the passage, the question asks for a thing of its kind, and nothing else in the passage goes with it.

Covered: colours, days, months, given names, work, goods, counts, years. Not covered: answers that are not in the passage, answers
said twice, full names, dates, goods that somebody eats, and passages with another word that goes with the answer.
"""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.english import is_plural, whole_words, with_article
from probe.perturb.helpers.item_structure import MAX_LENGTH, Question, question, with_text
from probe.perturb.helpers.language import in_english
from probe.perturb.words import table, word_list, word_set
from probe.types import Item

_PRONOUN = re.compile(r"\b(?:he|she|him|her|his|hers|they|them|their|it|its|himself|herself)\b", re.IGNORECASE)
_PLURAL = re.compile(r"\b(?:it|they|them|is|are|was|were|some|many|much)\b")
_TRADED = re.compile(
    r"\b(?:bought|sold|lost|found|ordered|shipped|delivered|brought|carried|forgot|stole|packed|sent|took|received|borrowed|"
    r"buys|sells|sell|buy|forgotten|missed|collected|stored|wanted)\b"
)
_ASKS = {
    "colour": re.compile(r"\bcolou?r\b", re.IGNORECASE),
    "day": re.compile(r"\b(?:which|what) (?:week)?day\b|^when\b", re.IGNORECASE),
    "month": re.compile(r"\b(?:which|what) month\b|^when\b", re.IGNORECASE),
    "woman": re.compile(r"\b(?:who|whom|whose)\b", re.IGNORECASE),
    "man": re.compile(r"\b(?:who|whom|whose)\b", re.IGNORECASE),
    "work": re.compile(
        r"\b(?:what do(?:es)? .+ (?:do|work as)\b|job|profession|occupation|living|who|whom)\b", re.IGNORECASE
    ),
    "goods": re.compile(r"\b(?:what|which goods|which things?)\b", re.IGNORECASE),
}
_DIGIT = re.compile(r"\d")
_GOOD_FRIDAY = re.compile(r"(?<![.!?] )\b(?!On |In |By |Until |Since |Every )[A-Z][a-z]+ $")
_ONE_OF_THEM = re.compile(r" (?:by the|of)\b| (?:black|white|raw|hot|cold)\b")
"""What follows goods, or work, of one kind: "honey by the jar", "the author of the will"."""
_AND_MORE = re.compile(r"-| and | or ")
_HOW_MANY = re.compile(r"\bhow many (?P<noun>[a-z]+)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:in )?(?:which|what) year\b|^when\b", re.IGNORECASE)
MAX_NUMBER = 15
"""Digits of a number that is replaced by another one."""
_LAST_YEAR = 2020


@item_perturbation("contrast-entity", family="contrast", effect="label-altering")
@in_english
def contrast_entity(item: Item, rng: Random) -> Item | None:
    """Replace the answer in the passage by another thing of its kind.

    Covered: colours, days, months, given names, work, goods, counts, years. Not covered: answers of no known kind, answers said
    twice, answers that other words of the passage go with.
    """
    asked = question(item)
    if asked is None or asked.field == 0 or any(len(field.text) > MAX_LENGTH for field in item.prompt.fields):
        return None
    texts = [field.text for field in item.prompt.fields]
    pattern = re.compile(rf"(?<![\w.,/-]){re.escape(item.target)}(?![\w/-]|[.,]\d)", re.IGNORECASE)
    found = [(place, match) for place, text in enumerate(texts) for match in pattern.finditer(text)]
    if len(found) != 1 or found[0][0] == asked.field:
        return None
    place, match = found[0]
    able = _numbers(item, asked, match, rng) if is_number(item.target) else _members(item, asked, match)
    able = [word for word in able if not item.prompt.choices or word in item.prompt.choices]
    if not able:
        return None
    new = rng.choice(able)
    before = with_article(texts[place][: match.start()], new)
    return with_text(item, place, before + new + texts[place][match.end() :], new)


def _members(item: Item, asked: Question, match: re.Match[str]) -> list[str]:
    """Return the other members of the answer's kind that can stand in its place."""
    kinds = table("contrast", "kinds")
    kind = next((name for name, members in kinds.items() if item.target in members), None)
    texts = " ".join(field.text for field in item.prompt.fields)
    if kind is None or match[0] != item.target or not _ASKS[kind].search(asked.text):
        return []
    if _goes_with(kind, match, texts):
        return []
    everything = texts.lower()
    return [word for word in kinds[kind] if word.lower() not in everything]


def _goes_with(kind: str, match: re.Match[str], texts: str) -> bool:
    """Return whether something else in the texts may go with a word of that kind: a pronoun with a name, a date with a day."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    if kind in ("woman", "man"):
        return any(pattern.search(texts) for pattern in (_PRONOUN, _told("name"))) or _is_full_name(before, after)
    if kind == "goods":
        is_own = _ONE_OF_THEM.match(after) or re.search(r"ing $", before) or _closes("goes_with_goods", before)
        return bool(is_own) or _PLURAL.search(texts.rpartition("?")[0]) is not None or not _TRADED.search(match.string)
    if kind == "work":
        return after.startswith(" of ")
    if kind in ("day", "month"):
        others = whole_words(tuple(name for name in table("contrast", "kinds")[kind] if name != match[0]))
        patterns = (_DIGIT, others, _told(kind))
        return _GOOD_FRIDAY.search(before) is not None or any(pattern.search(texts) for pattern in patterns)
    if kind == "colour":
        is_mixed = _closes("shades", before) or _AND_MORE.match(after) is not None
        return is_mixed or match[0][0].isupper() or _told("colour").search(texts) is not None
    return False


def _closes(name: str, before: str) -> bool:
    """Return whether a text closes with a word of a list, or with it and "of"."""
    words = re.findall(r"[a-z]+", before.removesuffix("of ").lower())
    return bool(words) and before[-1:] in " -" and words[-1] in word_set("contrast", name)


def _is_full_name(before: str, after: str) -> bool:
    """Return whether a name is part of a longer one: "Paul McCartney", "Dr. Grace", "Ivan the Terrible"."""
    opener = re.search(r"(?:^|[.!?] )([A-Z][a-z]+) $", before)
    if opener is not None and opener[1] in word_list("contrast", "openers"):
        before = ""
    return re.search(r"[A-Z][\w.]* $", before) is not None or re.match(r" [A-Z]| the [A-Z]|-", after) is not None


@lru_cache(maxsize=8)
def _told(kind: str) -> re.Pattern[str]:
    """Return the pattern of words that go with a thing of a kind: snow with a month."""
    return whole_words(table("contrast", "goes_with")[kind])


def _numbers(item: Item, asked: Question, match: re.Match[str], rng: Random) -> list[str]:
    """Return another number in the place of the only one, which counts what the question counts, or is its year."""
    texts = " ".join(field.text for field in item.prompt.fields)
    if len(re.findall(r"\d+", texts)) != 1 or _counts().search(texts):
        return []
    old = int(item.target)
    before, after = match.string[: match.start()], match.string[match.end() :]
    how_many = _HOW_MANY.search(asked.text)
    if how_many is not None:
        noun = how_many["noun"].lower()
        is_general = re.search(r"(?:^|[.!?] )(?:An?|There (?:are|is)) ", match.string) is not None
        if is_general or not re.match(rf" {re.escape(noun)}\b", after.lower()) or not is_plural(noun) or old < 3:
            return []
        if noun in word_set("contrast", "fixed_counts"):
            return []
        return _near(item, old, max(2, old // 2), old * 2 + 1, rng)
    if _YEAR.search(asked.text) and 1000 <= old < _LAST_YEAR and re.search(r"\b(?:in|since) $", before, re.IGNORECASE):
        return _near(item, old, old - 40, min(old + 40, _LAST_YEAR), rng)
    return []


def _near(item: Item, old: int, low: int, high: int, rng: Random) -> list[str]:
    """Return numbers from one to another, the old one and those that stand in the texts apart; one, or what can be chosen."""
    if item.prompt.choices:
        return [choice for choice in item.prompt.choices if is_number(choice) and int(choice) != old]
    number = low + rng.choice(
        range(high - low)
    )  # of all but the old one, which are not written out: they may be billions
    return [str(number + (number >= old))]


def is_number(text: str) -> bool:
    """Return whether a text is a whole number that can be counted to: no superscript, no thousands of digits."""
    return text.isdecimal() and len(text) <= MAX_NUMBER


@lru_cache(maxsize=1)
def _counts() -> re.Pattern[str]:
    """Return the pattern of words from which a number may be computed, or which a number may be computed into."""
    words = (
        *word_list("contrast", "numbers"),
        "half",
        "twice",
        "both",
        "each",
        "every",
        "one",
        "first",
        "second",
        "total",
        "more",
        "fewer",
        "but",
    )
    return whole_words(words)
