"""What options say of one another: "Both A and B" names two by their symbols, "None of the above" all by their place."""

from __future__ import annotations

import re
from functools import lru_cache

from probe.perturb.helpers.option_letters import (
    DIGITS,
    EVERY,
    LETTERS,
    OPTION,
    ROMAN,
    WRITTEN,
    References,
    any_of,
    framing,
)
from probe.perturb.helpers.option_texts import of_text
from probe.perturb.words import table
from probe.prompt.render import MAX_SYMBOLS, symbol
from probe.types import Layout, Numbering

LONGEST = 160
"""Characters of an option that may speak of the others; a longer one is a text of its own."""

_WHOLE = (
    r"(?:all|any|none|neither|both|either|each|every|most|two|three|four|some|one|more|only|not|no|nothing|everything)"
)
_BACK = (
    r"(?:above|below|following|foregoing|preceding|previous|aforementioned|others|options?|answers|choices|alternatives|listed|mentioned"
    r"|given|named)"
)
_JUDGED = r"(?:correct|right|true|false|wrong|incorrect|valid|acceptable)"
_PLACES = re.compile(
    rf"\b{_WHOLE} (?:of )?(?:the|these|those) (?:\w+ )?{_BACK}\b(?!-)"
    rf"|\b(?:all|none|both|neither|either|any) (?:above|below)\b(?= {OPTION}|\W*\Z)"
    rf"|\b(?:previous|preceding|other|above|former|latter) {OPTION}\b"
    rf"|\b{OPTION} (?:listed |mentioned |given )?(?:above|below)\b|\b(?:listed|mentioned|stated|given) (?:above|below)\b"
    r"|\bthe above(?=\W*\Z| (?:are|is|only|except|but|two|three)\b)|\bthe (?:two|three) above\b|\b(?:same )?as above\b"
    r"|\A(?:everything|nothing|those|these|anything) above\Z"
    r"|\A(?:none|not|everything|nothing|all) (?:is |are )?listed(?: here)?\Z"
    rf"|\b(?:the|correct|right) {OPTION} (?:is |are )?not (?:listed|given|shown|included|here|above)(?: here)?\b"
    rf"|\A(?:(?:all|both|neither|either|every|any|none)(?: of)?(?: the)?|no) {OPTION}"
    rf"(?: (?:is|are)(?: all| both| equally)? {_JUDGED})\Z"
    rf"|\A(?:all|both|neither|either|every|any|none of the|all the|both the) (?:options?|answers?|choices?)\Z"
    rf"|\A(?:all|both|none|neither)(?: of them)?(?: (?:is|are)(?: all| both| equally)?)? {_JUDGED}\Z(?<!all right)",
    re.IGNORECASE,
)
"""What an English option says of others by their place; "above sea level" says nothing of the kind."""

_MARKS = " \t\n.,;:!?\u3002\u061f\u0964\u00a1\u00bf\"'()[]"


@lru_cache(maxsize=1)
def _place_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of how an option opens, of what it is as a whole, and of two words of one language in it."""
    opening, whole = (any_of(table("option_references", key).values()) for key in ("phrases", "places"))
    backs = table("option_references", "back")
    pairs = "|".join(
        rf"(?<!\w){any_of([row])}(?!\w).*(?<!\w){any_of([backs[language]])}(?!\w)"
        for language, row in table("option_references", "whole").items()
    )
    sources = (rf"{opening}", rf"{whole}(?:\W+only|\W+{OPTION})?", pairs)
    return tuple(re.compile(source, re.IGNORECASE) for source in sources)  # type: ignore[return-value]


@lru_cache(maxsize=8192)
def _names_places(option: str) -> bool:
    """Return whether an option speaks of others by their place, or of all of them."""
    bare = option.strip(_MARKS)
    opening, whole, pairs = _place_patterns()
    found = _PLACES.search(bare) or opening.match(bare) or whole.fullmatch(bare) or pairs.search(bare)
    return found is not None


@lru_cache(maxsize=4096)
def of_options(choices: tuple[str, ...], numbering: Numbering, has_statements: bool) -> References:
    """Return what options say of one another; numbers in brackets may be statements that stand in the question."""
    short = [_plain(choice) if len(choice) <= LONGEST else "" for choice in choices]
    count = len(choices)
    letters = _letters(count, numbering)
    named = [
        _named(choice, letters)
        or _named(_SMALL.sub(_upper, choice), letters, at_least=1)
        or _named_in_front(choice, letters)
        for choice in short
    ]
    # Letters that only name each other's lists, or their own, are no options': they are things of the question.
    symbols = any(
        one and place not in one and not all(named[other] for other in one) for place, one in enumerate(named)
    )
    spoken = [of_text(choice, numbering, count, (), False) for choice in short]
    symbols = symbols or any(one.symbols for one in spoken)
    places = any(one.places for one in spoken) or any(map(_names_places, short))
    of_pair = [_ONE_OF_TWO.fullmatch(choice.strip(_MARKS)) is not None for choice in short]
    # Where most options are such, they name two things of the question.
    places = places or 0 < 2 * sum(of_pair) < count
    has_statements = has_statements or any(map(_ONE_NUMBER.fullmatch, short))
    places = places or (not has_statements and any(map(_BRACKETED_NUMBERS.fullmatch, short)))
    others = [kinds for kinds in (ROMAN, DIGITS, WRITTEN) if numbering not in kinds or not symbols]
    taken = [kinds for kinds in others if any(_named(choice, _all_symbols(kinds)) for choice in short)]
    return References(places, symbols, EVERY.difference(*taken) | {numbering})


_QUOTED_SYMBOL = re.compile(r"[\"'\u2018\u201c\u00ab\u201e`*]+([(\[]?\w[)\]]?)[\"'\u2019\u201d\u00bb\u201c`*]+(?!\w)")
_RANGE = re.compile(r"(?<![\w+*/-])([A-H])\s?[-\u2013]\s?([B-H])(?=\W*\Z| only\b)")
_FILLERS = re.compile(
    r"\bat (?:least|most) (?=one|two|three)|\A(?:it is|it's) (?=either|both|neither)|(?<=\bexcept) for\b", re.I
)
_MIXTURE = re.compile(r"\Aan? (?=(?:combination|mix|mixture) of\b)", re.I)


def _plain(option: str) -> str:
    """Return an option without quotation marks around symbols, and without words that say nothing of which it names."""
    plain = _MIXTURE.sub("", _FILLERS.sub("", _QUOTED_SYMBOL.sub(r"\1", option)))
    plain = re.sub(r"(?<!\w)\u05d5-(?=[\u05d0-\u05d7](?!\w))", "\u05d5 ", plain)  # Hebrew "and"
    return _RANGE.sub(lambda match: f"{match[1]} to {match[2]}" if match[1] < match[2] else match[0], plain)


_NUMBER = r"(?:\(?(?:[1-9]|i{1,3}|iv|v)\)|\[[1-9]\]|[\u2460-\u2468]|(?:#|no\. ?|nos\. ?)[1-9])"
_ONE_NUMBER = re.compile(rf"\W*(?:only )?{_NUMBER}(?: (?:only|alone))?\W*", re.IGNORECASE)
_BRACKETED_NUMBERS = re.compile(
    rf"\W*(?:(?:only|both|neither|either|all of) )?{_NUMBER}"
    r"(?:(?:\s*(?:[,&/+\u3001]|and|or|nor|\u548c|\u4e0e|\u3068|\uc640|\uacfc)\s*)*"
    rf"{_NUMBER})+"
    r"(?: (?:only|alone|are \w+))?\W*",
    re.IGNORECASE,
)
"""An option that is made of several numbers in brackets or circles: "Both (1) and (2)"."""

_ONE_OF_TWO = re.compile(
    r"(?:only |just )?the (?:former|latter|(?:first|second|third|last)(?: (?:one|answer|choice))?)(?: (?:one|only|alone))?"
    r"|(?:only|just) (?:former|latter)",
    re.IGNORECASE,
)
"""An option that names another by its place, or one of two things of the question."""

_TOKEN = re.compile(
    r"[(\[]?[^\s,;:.!?&+/()\[\]\u30fb\u00b7\uff0b\uff0f\u3001\uff0c\u3002\u060c\u0964\"\u201c\u201d]+[)\]]?|[,;&\u3001\uff0c\u060c]|\S"
)
_CJK = re.compile(r"([\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+)")
_WEAK = frozenset({"the", "of", "is", "are", "a", "y", "e", "o", "u", "i", "as", "la", "las", "les", "los", "one"})
"""Words that join two letters, and say of one nothing."""
_SEPARATORS = ",;&:.\u3001\uff0c\u060c\u3002/+\u30fb\u00b7\uff0b\uff0f"
_SMALL = re.compile(r"(?<![^\W_])[a-h](?![^\W_])")
_JOINS_ALONE = frozenset({"and", "or", "nor", "et", "ou", "und", "oder"})
"""Words that only join two letters."""
_AFTER_A = frozenset({"only", "alone", "is", "but", "except"})


def _named(option: str, places: dict[str, int], *, at_least: int = 0) -> frozenset[int]:
    """Return the places of the options that an option names by their symbols and consists of: "Both A and B" is 0 and 1.

    With `at_least` so many words have to say something of the symbols: "a and b" may be two numbers, "options a and b" are none.
    """
    tokens = _TOKEN.findall(_CJK.sub(r" \1 ", option)) if option else []
    if {"/", "+"} & set(tokens) and any(token.isdigit() for token in tokens):
        return frozenset()  # a fraction or a sum
    named: list[int] = []
    joints = frames = 0
    for token in tokens:
        if token in places:
            named.append(places[token])
            continue
        word = token.lower().strip("()[]")
        if word not in framing() and token not in _SEPARATORS:
            return frozenset()
        joints += 1
        frames += word not in _WEAK | _JOINS_ALONE and token not in _SEPARATORS
    is_list = len(set(named)) > 1 and joints > 0 and len(set(named)) == len(named) and frames >= at_least
    is_one = len(named) == 1 and frames > 0 and tokens[0] != "I" and _is_said_of_one(tokens)
    return frozenset(named) if is_list or is_one else frozenset()


_FRONT = re.compile(r"(?:both|either|neither) \W?\w\W? (?:and|or|nor) \W?\w\b[)\]]?(?=\W)", re.IGNORECASE)
"""How an option opens that says more of two others."""


def _named_in_front(option: str, places: dict[str, int]) -> frozenset[int]:
    """Return the places of the options that an option opens with: "Either A or B, depending on the weather"."""
    match = _FRONT.match(option)
    return _named(match[0], places) if match else frozenset()


def _upper(match: re.Match[str]) -> str:
    return match[0].upper()


def _is_said_of_one(tokens: list[str]) -> bool:
    """Return whether a letter that opens an option is no article: "A only", but not "A true answer"."""
    return tokens[0] != "A" or tokens[1].lower() in _AFTER_A


@lru_cache(maxsize=64)
def _letters(count: int, numbering: Numbering) -> dict[str, int]:
    """Return the symbols that may name so many options, each with its place: letters of several alphabets, and their own."""
    found = {letter: place for alphabet in LETTERS for place, letter in enumerate(alphabet[:count])}
    found |= {symbol(Layout(numbering=numbering), place): place for place in range(min(count, MAX_SYMBOLS[numbering]))}
    wrapped = {f"{a}{letter}{b}": n for letter, n in found.items() for a, b in ("()", "[]")}
    wrapped |= {f"{letter})": n for letter, n in found.items()}
    small = {one.lower(): n for one, n in wrapped.items()}
    return found | small | wrapped


@lru_cache(maxsize=8)
def _all_symbols(kinds: frozenset[Numbering]) -> dict[str, int]:
    """Return symbols of some kinds, up to nine of each."""
    bare = {symbol(Layout(numbering=kind), place): place for kind in kinds - {"lower"} for place in range(9)}
    return bare | {f"({name})": place for name, place in bare.items()}
