"""Other punctuation for the same words: final marks, quotation marks, commas, doubled marks, dashes, brackets.

    final     It rains.  -> It rains          quotes    "wet" -> \u201cwet\u201d, don't -> don\u2019t
    comma     Today it   -> Today, it         oxford    red, green or blue -> red, green, or blue
    double    It rains.  -> It rains..        dash      dry - and cold -> dry \u2014 and cold
    bracket   it (the lake) froze -> it [the lake] froze

Marks are found by what stands around them, so that decimal points, formulas, listed options and code keep theirs. Ribeiro
et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList" (the final mark); Seleznyov et al. 2025, "When
Punctuation Matters".

Covered: the instruction and the fields, a share of the places (the strength) in each.
Not covered: choices, demonstrations, descriptors, marks within quotations, answers, numbers, placeholders and code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.commas import clause_commas, serial_commas
from probe.perturb.helpers.spans import Found, Place, changed, find_places, span_perturbation, spot
from probe.perturb.words import word_set
from probe.types import Item

FINAL = re.compile(r"(?<=[\w)\]\"'\u201d\u2019])(?<!\.\w)[.!?](?=[ \t]*(?:\n|\Z))")
"""A mark that ends a line; the dot of "p.m." is none."""

OTHER_FINALS = {".": ("!", " .", ";"), "?": (".", " ?"), "!": (".", " !")}

_VERB = r"(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have)\b"
QUESTION = re.compile(
    rf"(?:{_VERB}|(?:who|whom|what|when|where|why|how) {_VERB}|(?:whose|what|which|how) [a-z]+ {_VERB})", re.IGNORECASE
)
"""How a question begins; "How the lab beat noise" is none."""

MIN_WORDS = 3
"""Texts of fewer words are no sentences to be ended."""

DOUBLED = re.compile(r"(?<=[\w)])(?<!\.\w)(?:[.;!?]|(?<!\d),(?!\s*\d))(?=\s|\Z)")
"""Marks at the end of words; not the commas of a row of values, where two would be an empty cell."""

PAIRS = (('"', '"'), ("\u201c", "\u201d"), ("'", "'"), ("\u2018", "\u2019"), ("\u00ab", "\u00bb"))
"""Ways to quote; the single ones only where no apostrophe stands within."""

_QUOTED = re.compile(
    r"""(?<![\w=\[{"':,])(?<!= )"(?=[^\s"])[^"\n]{1,400}"(?![\w"\]}:])"""
    r"""|\u201c[^\u201c\u201d\n]{1,400}\u201d(?!\w)|\u2018[^\u2018\u2019\n]{1,400}\u2019(?!\w)"""
    r"""|(?<![\w=\[{"':,])(?<!= )'(?=[^\s'])[^'\n]{1,400}'(?![\w"\]}:])"""
)
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['\u2019](?=[^\W\d_])")
_APOSTROPHES = "'\u2019"

_SPACED_DASH = re.compile(r"(?<=[^\W\d_]{2})(?: (?:-|--|\u2013|\u2014) |\u2014|--)(?=[^\W\d_]{2})")
_DASHES = (" - ", " \u2013 ", " \u2014 ", "\u2014", " -- ")
_HYPHEN = re.compile(r"(?<![\w-])(\w+)([-\u2010\u2011\u2013])(?=[a-z]{2,}(?![\w-]))")
_HYPHENS = ("-", "\u2010", "\u2011", "\u2013")

_BRACKETED = re.compile(r"(?<=[\w,;.] )(?:\(([^\W\d_][^()\[\]{}\n]{2,200})\)|\[([^\W\d_][^()\[\]{}\n]{2,200})\])")
_SYMBOL = re.compile(r"[ivx]+|[IVX]+|True|False")


@item_perturbation("punctuation-final-add", family="punctuation", strength=1.0)
def punctuation_final_add(item: Item, rng: Random, strength: float) -> Item | None:
    """Add a full stop or question mark to texts that end without one.

    Covered: an instruction or a field of one line that reads as a sentence.
    Not covered: templates, lists of options, texts that wait for their last word ("The capital is").
    """
    places = [
        place
        for place in find_places(item, _missing_finals, english=True)
        if place.which or not item.prompt.is_template
    ]
    return changed(item, places, rng, strength)


@span_perturbation("punctuation-final-drop", family="punctuation", strength=0.5)
def punctuation_final_drop(text: str) -> Iterable[Found]:
    """Drop the final mark of texts.

    Covered: full stops, question and exclamation marks at the end of lines of the instruction and the fields.
    Not covered: marks within a line, abbreviations.
    """
    return (spot(*match.span(), "") for match in FINAL.finditer(text))


@span_perturbation("punctuation-final-change", family="punctuation", strength=0.5)
def punctuation_final_change(text: str) -> Iterable[Found]:
    """Replace the final mark of texts by another one.

    Covered: full stop to exclamation mark, semicolon or a spaced stop; question mark to full stop or a spaced mark.
    Not covered: a question mark after a statement, marks within a line.
    """
    return (spot(*match.span(), *OTHER_FINALS[match[0]]) for match in FINAL.finditer(text))


@span_perturbation("punctuation-double", family="punctuation", strength=0.25)
def punctuation_double(text: str) -> Iterable[Found]:
    """Double or triple punctuation marks.

    Covered: full stops and commas twice, question and exclamation marks twice or three times.
    Not covered: colons, marks in numbers and abbreviations, commas beside numbers, three full stops (which trail off).
    """
    for match in DOUBLED.finditer(text):
        mark = match[0]
        yield spot(*match.span(), *((mark * 2, mark * 3) if mark in "!?" else (mark * 2,)))


@item_perturbation("punctuation-quotes", family="punctuation", strength=1.0)
def punctuation_quotes(item: Item, rng: Random, strength: float) -> Item | None:
    """Write quotation marks and apostrophes in another style: straight, curly, single, angled.

    Covered: pairs of quotation marks in one style a draw, apostrophes within words; what is quoted stays as it is.
    Not covered: quotes in code, tags, keys and lists of strings; apostrophes within quotations.
    """
    style = rng.choice(PAIRS)
    pairs = [_styled(place, style) for place in find_places(item, _pairs, quotes=False)]
    apostrophes = find_places(item, _apostrophes)
    return changed(item, [place for place in pairs if place is not None] + apostrophes, rng, strength)


@span_perturbation("punctuation-comma", family="punctuation", strength=0.5, english=True)
def punctuation_comma(text: str) -> Iterable[Found]:
    """Add or drop commas before conjunctions and after introductory words.

    Covered: commas before but, yet, and, so, or where a clause with a subject of its own follows; after words and short
    phrases that open a sentence (however, today, on Monday, at the hotel). English.
    Not covered: commas around relative clauses, which can turn the meaning; commas in lists (punctuation-oxford).
    """
    return clause_commas(text)


@span_perturbation("punctuation-oxford", family="punctuation", strength=0.5, english=True)
def punctuation_oxford(text: str) -> Iterable[Found]:
    """Add or drop the comma before the last member of a list.

    Covered: lists of short members joined by and, or. English.
    Not covered: lists of which it is not sure that they are one, such as "On Monday, Tom and Mary".
    """
    return serial_commas(text)


@span_perturbation("punctuation-dash", family="punctuation", strength=0.5)
def punctuation_dash(text: str) -> Iterable[Found]:
    """Change the length and spacing of dashes and hyphens.

    Covered: dashes between words, hyphens in compounds (hyphen, en and em dash).
    Not covered: minus signs, ranges of numbers, bullets, spelled-out numbers.
    """
    for match in _SPACED_DASH.finditer(text):
        yield spot(*match.span(), *(dash for dash in _DASHES if dash != match[0]))
    for match in _HYPHEN.finditer(text):
        if (
            match[1].islower()
            and match[1].isalpha()
            and match[1] not in word_set("protected", "numbers")
            and len(match[1]) > 1
        ):
            yield spot(*match.span(2), *(hyphen for hyphen in _HYPHENS if hyphen != match[2]))


@span_perturbation("punctuation-bracket", family="punctuation", is_default=False, strength=0.5)
def punctuation_bracket(text: str) -> Iterable[Found]:
    """Change brackets: round, square, spaced.

    Covered: words in round or square brackets after a word.
    Not covered: symbols of options, formulas, nested brackets, code.
    """
    for match in _BRACKETED.finditer(text):
        inside = match[1] or match[2]
        if _SYMBOL.fullmatch(inside.strip()) is None:
            marks = ("[", "]") if match[1] else ("(", ")")
            start, stop = match.span()
            spaced = (text[start] + " ", " " + text[stop - 1])
            yield (slice(start, start + 1), slice(stop - 1, stop)), (marks, spaced)


def _missing_finals(text: str) -> Iterator[Found]:
    stripped = text.rstrip()
    words = stripped.split(None, MIN_WORDS)
    if len(words) < MIN_WORDS or "\n" in stripped or not stripped[-1].isalpha() or not stripped[:1].isupper():
        return
    last = stripped[stripped.rfind(" ") + 1 :].lower()
    if last not in word_set("punctuation", "open_ended") and not last.endswith("ing"):
        yield spot(len(stripped), len(stripped), "?" if QUESTION.match(stripped) else ".")


def _pairs(text: str) -> Iterator[Found]:
    for match in _QUOTED.finditer(text):
        start, stop = match.span()
        own = (text[start], text[stop - 1])
        inside = text[start + 1 : stop - 1]
        is_single = any(mark in inside for mark in _APOSTROPHES)
        ways = tuple(pair for pair in PAIRS if pair != own and not (is_single and set(pair) & set(_APOSTROPHES)))
        yield (slice(start, start + 1), slice(stop - 1, stop)), ways


def _styled(place: Place, style: tuple[str, str]) -> Place | None:
    return Place(place.which, place.spots, (style,)) if style in place.ways else None


def _apostrophes(text: str) -> Iterator[Found]:
    for match in _APOSTROPHE.finditer(text):
        yield spot(*match.span(), "\u2019" if match[0] == "'" else "'")
