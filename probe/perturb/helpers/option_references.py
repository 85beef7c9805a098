"""Whether texts speak of listed options by place, by symbol or by the kind of symbol, so that what they say could become wrong.

    C. Both A and B                         symbols     true of these symbols on these options
    D. None of the above                    places      true of this order
    Option B is known to be wrong.          symbols
    The first option is a trap.             places
    Answer with the letter.                 numberings  only letters
    B. I and III only                       numberings  no Roman numbers: those are statements of the question

Places and symbols exclude another order, symbols exclude other symbols. A text that names all symbols in order ("Answer with A,
B or C") names none of them alone: it says of what kind they are.

Covered: options, the instruction, the texts of fields and demonstrations; English and some thirty other languages
(`words/option_references.toml`). Other things have letters too: Vitamin B, plan B, "A and E department". Letters of which all
options are made ("A and B", "B and C", "A and C") are things of the question.
Not covered: what is said of options in other words ("the shortest one is never right").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import get_args

from probe.perturb.words import table
from probe.prompt.render import MAX_SYMBOLS, symbol
from probe.types import Layout, Numbering, Prompt

LONGEST = 160
"""Characters of an option that may speak of the others; a longer one is a text of its own."""

LETTERS = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "\u0410\u0411\u0412\u0413\u0414\u0415\u0416\u0417",  # Cyrillic
    "\u0391\u0392\u0393\u0394\u0395\u0396\u0397\u0398",  # Greek
    "\u05d0\u05d1\u05d2\u05d3\u05d4\u05d5\u05d6\u05d7",  # Hebrew
    "\u0915\u0916\u0917\u0918",  # Devanagari
    "\u0623\u0628\u062c\u062f",  # Arabic
)
"""Letters that stand for the first option, the second, ..., in several alphabets."""

EVERY: frozenset[Numbering] = frozenset(get_args(Numbering))
DIGITS: frozenset[Numbering] = frozenset({"digit"})
WRITTEN: frozenset[Numbering] = frozenset({"upper", "lower"})
ROMAN = EVERY - DIGITS - WRITTEN
KINDS = {"letter": WRITTEN, "digit": DIGITS}
"""The symbols that are called so."""


@dataclass(frozen=True, slots=True)
class References:
    """What a prompt says of its options."""

    places: bool = False
    """Of some by their place: the first two, none of the above."""
    symbols: bool = False
    """Of some by their symbols: both A and B, option C."""
    numberings: frozenset[Numbering] = EVERY
    """The kinds of symbols that fit what it says."""

    @property
    def fix_order(self) -> bool:
        """Return whether the options have to stay in their order."""
        return self.places or self.symbols

    def fits(self, numbering: Numbering) -> bool:
        """Return whether the options may have symbols of that kind instead of their own."""
        return not self.symbols and numbering in self.numberings


NONE = References()


def references(prompt: Prompt) -> References:
    """Return what the options, the instruction, the fields and the demonstrations say of the listed options."""
    if not prompt.list_choices or not prompt.choices:
        return NONE
    numbering, count = prompt.layout.numbering, len(prompt.choices)
    names = tuple(field.name for field in prompt.fields)
    lists = dict.fromkeys([prompt.choices, *(shot.choices for shot in prompt.demonstrations if shot.choices)])
    parts = (prompt.fields, *(shot.fields for shot in prompt.demonstrations))
    texts = dict.fromkeys(field.text for part in parts for field in part)
    is_symbol = prompt.answer_with == "symbol"
    found = [_of_options(choices, numbering) for choices in lists]
    found += [_of_text(text, numbering, count, names, False) for text in texts]
    found += [_of_text(text, numbering, count, names, True) for text in (prompt.instruction, prompt.note) if text]
    found += [_of_kind(prompt.instruction, numbering, is_symbol)]
    return References(
        any(one.places for one in found),
        any(one.symbols for one in found),
        frozenset.intersection(*(one.numberings for one in found)),
    )


def held(prompt: Prompt, layout: Layout) -> Layout:
    """Return a layout with those of the prompt's own symbols that its texts speak of."""
    found = references(prompt)
    own = prompt.layout
    if found.symbols:
        return replace(layout, numbering=own.numbering, option_wrapper=own.option_wrapper)
    return layout if found.fits(layout.numbering) else replace(layout, numbering=own.numbering)


# options

_WHOLE = (
    r"(?:all|any|none|neither|both|either|each|every|most|two|three|four|some|one|more|only|not|no|nothing|everything)"
)
_BACK = (
    r"(?:above|below|following|foregoing|preceding|previous|aforementioned|others|options?|answers|choices|alternatives|listed|mentioned"
    r"|given|named)"
)
_OPTION = r"(?:options?|answers?|choices?|alternatives?)"
_PLACES = re.compile(
    rf"\b{_WHOLE} (?:of )?(?:the|these|those) (?:\w+ )?{_BACK}\b(?!-)"
    rf"|\b(?:all|none|both|neither|either|any) (?:above|below)\b(?= {_OPTION}|\W*\Z)"
    rf"|\b(?:previous|preceding|other|above|former|latter) {_OPTION}\b"
    rf"|\b{_OPTION} (?:listed |mentioned |given )?(?:above|below)\b|\b(?:listed|mentioned|stated|given) (?:above|below)\b"
    r"|\bthe above(?=\W*\Z| (?:are|is|only|except|but)\b)|\b(?:same )?as above\b",
    re.IGNORECASE,
)
"""What an English option says of others by their place; "above sea level" says nothing of the kind."""

_MARKS = " \t\n.,;:!?\u3002\u061f\u0964\u00a1\u00bf\"'()[]"


def _any(rows: Iterable[Sequence[str]]) -> str:
    return "(?:" + "|".join(part for row in rows for part in row) + ")"


def _row(key: str, language: str) -> str:
    return _any([table("option_references", key)[language]])


@lru_cache(maxsize=1)
def _place_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of how an option opens, of what it is as a whole, and of two words of one language in it."""
    opening, whole = (_any(table("option_references", key).values()) for key in ("phrases", "places"))
    backs = table("option_references", "back")
    pairs = "|".join(
        rf"(?<!\w){_any([row])}(?!\w).*(?<!\w){_any([backs[language]])}(?!\w)"
        for language, row in table("option_references", "whole").items()
    )
    sources = (rf"{opening}", rf"{whole}(?:\W+only|\W+{_OPTION})?", pairs)
    return tuple(re.compile(source, re.IGNORECASE) for source in sources)  # type: ignore[return-value]


@lru_cache(maxsize=8192)
def _names_places(option: str) -> bool:
    """Return whether an option speaks of others by their place, or of all of them."""
    bare = option.strip(_MARKS)
    opening, whole, pairs = _place_patterns()
    found = _PLACES.search(bare) or opening.match(bare) or whole.fullmatch(bare) or pairs.search(bare)
    return found is not None


@lru_cache(maxsize=4096)
def _of_options(choices: tuple[str, ...], numbering: Numbering) -> References:
    """Return what options say of one another."""
    short = [choice if len(choice) <= LONGEST else "" for choice in choices]
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
    spoken = [_of_text(choice, numbering, count, (), False) for choice in short]
    symbols = symbols or any(one.symbols for one in spoken)
    places = any(one.places for one in spoken) or any(map(_names_places, short))
    others = [kinds for kinds in (ROMAN, DIGITS, WRITTEN) if numbering not in kinds or not symbols]
    taken = [kinds for kinds in others if any(_named(choice, _all_symbols(kinds)) for choice in short)]
    return References(places, symbols, EVERY.difference(*taken) | {numbering})


_WORD = r"[^\W\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]"
"""A character of a word; Chinese, Japanese and Korean put none between their words and a letter."""

_TOKEN = re.compile(
    r"[(\[]?[^\s,;:.!?&+/()\[\]\u3001\uff0c\u3002\u060c\u0964\"\u201c\u201d]+[)\]]?|[,;&\u3001\uff0c\u060c]|\S"
)
_CJK = re.compile(r"([\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+)")
_WEAK = frozenset({"the", "of", "is", "are", "a", "y", "e", "o", "u", "i", "as", "la", "las", "les", "los", "one"})
"""Words that join two letters, and say of one nothing."""
_SEPARATORS = ",;&:.\u3001\uff0c\u060c\u3002"
_SMALL = re.compile(r"(?<![^\W_])[a-h](?![^\W_])")
_JOINS_ALONE = frozenset({"and", "or", "nor", "et", "ou", "und", "oder"})
"""Words that only join two letters."""
_AFTER_A = frozenset({"only", "alone", "is", "but", "except"})


@lru_cache(maxsize=1)
def _frames() -> frozenset[str]:
    return frozenset(word for row in table("option_references", "frames").values() for word in row)


def _named(option: str, places: dict[str, int], *, at_least: int = 0) -> frozenset[int]:
    """Return the places of the options that an option names by their symbols and consists of: "Both A and B" is 0 and 1.

    With `at_least` so many words have to say something of the symbols: "a and b" may be two numbers, "options a and b" are none.
    """
    tokens = _TOKEN.findall(_CJK.sub(r" \1 ", option)) if option else []
    named: list[int] = []
    joints = frames = 0
    for token in tokens:
        if token in places:
            named.append(places[token])
            continue
        word = token.lower().strip("()[]")
        if word not in _frames() and token not in _SEPARATORS:
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


# instruction and fields

_GAP = (
    r"(?:\s*[,/|&]\s*(?:or |and |nor )?|\s*[-\u2013]\s*"
    r"|\s+(?:or|and|nor|to|through|y|o|e|et|ou|und|oder|en|of|och|eller|og|i|lub|\u0438|\u0438\u043b\u0438|ve|veya|v\u00e0|dan)\s+)"
)


@lru_cache(maxsize=8192)
def _of_text(text: str, numbering: Numbering, count: int, names: tuple[str, ...], is_instruction: bool) -> References:
    """Return what an instruction or the text of a field says of options; a field's name is no word for an option."""
    if not text:
        return NONE
    places = _ordinals(is_instruction).search(text) is not None
    symbols, kinds = False, EVERY
    own = tuple(symbol(Layout(numbering=numbering), place) for place in range(min(count, MAX_SYMBOLS[numbering])))
    for match in _runs(own).finditer(text):
        if not _is_of_options(text, match, names, is_instruction):
            continue
        said = re.findall(r"[^\W_]+", re.sub(_GAP, " ", match[0]))
        is_range = re.search(r"\b(?:to|through)\b|[-\u2013]", match[0]) is not None
        if tuple(said) == own or (is_range and (said[0], said[-1]) == (own[0], own[-1])):
            # The instruction's list is rewritten with the symbols, a field's is not.
            kinds = kinds if is_instruction else frozenset({numbering})
        else:
            symbols = True
    symbols = symbols or any("abcdefgh".index(match[1]) < count for match in _SMALL_OPTION.finditer(text))
    return References(places, symbols, kinds)


@lru_cache(maxsize=256)
def _runs(symbols: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of one symbol or several in a row, in brackets or quotation marks or bare."""
    end = rf"(?!['\u2019](?!s\b)\w|{_WORD}|[+#-]|\.\w)"
    one = rf"[(\[<\"'\u2018\u201c]?(?:{'|'.join(map(re.escape, symbols))}){end}(?:[)\]>\"\u201d]|['\u2019](?!s\b))?"
    return re.compile(rf"(?<![.'\u2019+#-])(?<!{_WORD}){one}(?:{_GAP}{one})*{end}")


def _is_of_options(text: str, match: re.Match[str], names: tuple[str, ...], is_instruction: bool) -> bool:
    """Return whether symbols stand for options, by the words around them."""
    before, after = text[max(0, match.start() - 60) : match.start()], text[match.end() : match.end() + 24]
    bare = match[0].strip("()[]<>\"'\u2018\u2019\u201c\u201d")
    is_word = bare in ("A", "a", "I", "i") and (bare != "A" or not _A_NOUN.search(before))
    if is_word and re.match(_NOUN_AHEAD, after):
        return False  # an article or a pronoun
    if _leads(names, is_instruction).search(before) or _FOLLOWS.match(after):
        return True
    if not is_instruction or bare in ("A", "a", "I", "i") and match[0] == bare:
        return False
    # An instruction speaks of the answer: a letter of its own is an option's, but not in "type B".
    word = re.search(r"([^\W\d_]+)[\s\"'(]*\Z", before)
    return word is None or word[1].lower() in _joining()


@lru_cache(maxsize=1)
def _joining() -> frozenset[str]:
    rows = table("option_references", "verbs")
    return (
        _frames() | frozenset(rows["between"]) | {"if", "when", "then", "than", "be", "in", "for", "write", "say", "a"}
    )


@lru_cache(maxsize=256)
def _leads(names: tuple[str, ...], is_instruction: bool) -> re.Pattern[str]:
    """Return the pattern of what stands before a symbol that is an option's."""
    told = " ".join(names).lower()
    nouns = [noun for row in table("option_references", "nouns").values() for noun in row if not re.search(noun, told)]
    keys = table("option_references", "verbs").keys() - {"between"} - (set() if is_instruction else {"more"})
    verbs = "|".join(
        verb for key in sorted(keys) for verb in table("option_references", "verbs")[key] if verb not in told
    )
    told_of = rf"{'|'.join(nouns) or '(?!)'}|(?:{verbs})(?: {_row('verbs', 'between')})*"
    return re.compile(
        rf"(?<!{_WORD})(?:{told_of})(?: (?:is|are|letter|number)(?: (?:not|never|always))*)?[:\s(\"']*\Z", re.IGNORECASE
    )


_SMALL_OPTION = re.compile(r"\b(?:[Oo]ption|[Aa]nswer choice)s? (?:\((?=\w\))|(?!a ))([a-h])(?![\w'\u2019-])")
"""A small letter after what options are called: "option b is wrong"."""

_A_NOUN = re.compile(
    r"\b(?:option|choice|alternative|opci[o\u00f3]n|respuesta|r\u00e9ponse|antwort|opzione|risposta|resposta)s? \Z",
    re.IGNORECASE,
)
"""Nouns after which a capital A is no article."""

_NOUN_AHEAD = (
    r"\s+(?!(?:only|if|is|for|when|means?|as|unless|over|in|and|or|but|because|before|after|than|not|stands)\b)[^\W\d_]"
)
_FOLLOWS = re.compile(
    r"\s?(?:\u9009\u9879|\u9078\u9805|\u9879|\u9805|\ubc88|\u3092\u9078|\u015f\u0131kk|se\u00e7ene\u011f)|\s+(?:option|choice)\b",
    re.IGNORECASE,
)
"""What stands after a letter that is an option's."""


@lru_cache(maxsize=2)
def _ordinals(is_instruction: bool) -> re.Pattern[str]:
    """Return the pattern of an option that is named by its place, and of what is said of the order of all."""
    ordinal = r"(?:first|second|third|fourth|fifth|last|earlier|later|former|latter|1st|2nd|3rd)"
    between = r"(?: (?:two|three|few|correct|right|true|matching|suitable|listed))*"
    parts = [
        rf"(?<!\w)(?:{ordinal}|next|previous|preceding){between} (?:options?|answer (?:options?|choices?)|alternatives?)(?!\w)",
        r"(?<!\w)(?:top|bottom|middle) (?:options?|answer choices?)(?!\w)",
        r"(?<!\w)(?:option|answer|choice)s? (?:is|are) (?:always |never |not )*(?:the )?"
        rf"{ordinal}(?: one| ones)?(?=\W*(?:\Z|[.,;:?!]))",
        r"(?<!\w)(?:option|answer choice|alternative|opci[o\u00f3]n|opzione)s? (?:number |no\. ?|#)?\d{1,2}(?!\w|[.,]\d)",
        r"(?<!\w)(?:option|answer choice)s? (?:listed )?(?:above|before|after|first|last)(?!\w)",
        rf"(?<!\w){_OPTION}\b[^.!?\n]{{0,40}}\b(?:sorted|ordered|alphabetical(?:ly)?"
        r"|(?:ascending|descending|increasing|decreasing|numerical) order)(?!\w)",
        r"(?:\u0627\u0644\u062e\u064a\u0627\u0631|\u0627\u0644\u0625\u062c\u0627\u0628\u0629)"
        r" \u0627\u0644(?:\u0623\u0648\u0644|\u062b\u0627\u0646\u064a|\u0623\u062e\u064a\u0631)",
    ]
    parts += [rf"(?<!\w)the {ordinal}{between} (?:answers?|choices?)(?!\w)"] * is_instruction
    languages = table("option_references", "ordinals")
    parts += [rf"(?<!\w){_row('ordinals', one)}\s?{_row('nouns', one)}(?!\w)" for one in languages if one != "cjk"]
    parts += [rf"{_row('ordinals', 'cjk')}\s?{_row('nouns', 'cjk')}"]
    return re.compile("|".join(parts), re.IGNORECASE)


_OF_OPTION = r"of (?:the |your |its )?(?:\w+ )?(?:option|answer|choice|alternative)"


@lru_cache(maxsize=1024)
def _of_kind(instruction: str, numbering: Numbering, answers_with_symbol: bool) -> References:
    """Return what kind of symbols an instruction asks for: "Answer with the letter of the right option"."""
    names = table("option_references", "kinds")
    for name, kind in KINDS.items():
        called = rf"(?<!{_WORD}){_any([names[name]])}(?!{_WORD})"
        is_asked = rf"{called} {_OF_OPTION}" if not answers_with_symbol or name == "digit" else called
        if numbering in kind and re.search(is_asked, instruction, re.IGNORECASE):
            return References(numberings=kind)
    return NONE
