"""What an instruction and the texts of fields say of listed options: "Option B is wrong", "The first option is a trap"."""

from __future__ import annotations

import re
from functools import lru_cache

from probe.perturb.helpers.option_letters import (
    EVERY,
    KINDS,
    LETTERS,
    NONE,
    OPTION,
    WORD,
    References,
    any_of,
    framing,
    row,
)
from probe.perturb.words import table
from probe.prompt.render import MAX_SYMBOLS, symbol
from probe.types import Layout, Numbering

_GAP = (
    r"(?:\s*[,/|&]\s*(?:or |and |nor )?|\s*[-\u2013]\s*"
    r"|\s*(?:[\u3001\uff0c\u30fb\u6216\u548c\u3068\u304b]|\u307e\u305f\u306f|\ub610\ub294|\uc640|\uacfc)\s*"
    r"|\s+(?:or|and|nor|to|through|y|o|e|et|ou|und|oder|en|of|och|eller|og|i|lub|\u0438|\u0438\u043b\u0438|ve|veya|v\u00e0|dan)\s+)"
)


@lru_cache(maxsize=8192)
def of_text(text: str, numbering: Numbering, count: int, names: tuple[str, ...], is_instruction: bool) -> References:
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
    symbols = symbols or _judges_one(own).search(text) is not None
    for alphabet in LETTERS[1:] if not text.isascii() else ():
        letters = tuple(alphabet[:count])
        for match in _runs(letters).finditer(text):
            is_all = tuple(re.findall(r"[^\W_]+", re.sub(_GAP, " ", match[0]))) == letters
            led = _leads(names, is_instruction).search(text[max(0, match.start() - 60) : match.start()])
            symbols = symbols or (led is not None and not is_all)
    return References(places, symbols, kinds)


@lru_cache(maxsize=256)
def _judges_one(symbols: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of a bare letter that is said to be right or wrong: "We know that B is wrong", "It is not C"."""
    letters = [symbol for symbol in symbols if symbol.isalpha()]
    one = rf"[(\"'\u2018\u201c]?(?:{'|'.join(letters) or '(?!)'})[)\"'\u2019\u201d]?"
    sure = r"(?: (?:known|said|supposed) to be| (?:not|never|always|definitely|certainly|clearly|probably|usually))*"
    wrong = (
        r"(?:wrong|incorrect|correct|right(?! angle| of\b)|not the (?:right |correct |best )?(?:answer|option|choice))"
    )
    answer = r"(?:the |a |an )(?:right |correct |best |wrong |obvious )*(?:answer|option|choice|trap|distractor|decoy)"
    before = r"(?:\A|[.!?:;(]\s*|(?<!\b[A-Z]),\s*|\n"
    before += r"|\b(?:that|and|but|or|why|if|think|thinks|me|him|her|us|know|knows|says?|said|because) )"
    be = r"(?:is|isn['\u2019]t|was|wasn['\u2019]t|cannot be|can['\u2019]t be|must be)"
    it_is = r"\b[Ii]t(?:['\u2019]s| is| isn['\u2019]t| cannot be| can['\u2019]t be| must be)"
    it_is += r"(?: not| definitely| surely| probably)?"
    return re.compile(
        rf"{before}{one} {be}{sure} (?:{wrong}|{answer})\b"
        rf"|(?i:\b{be}) {one}{sure} (?:{wrong}|{answer})\b(?!\s\w+ (?:of|to))"
        rf"|{it_is} {one}(?=\W*(?:\Z|[.,;:?!]))(?!\s*,?\s*(?:[A-Z]\b|and|or)\b)"
    )


_INITIAL = re.compile(r"\. ?[A-Z](?:\. ?|[\u2019']?[a-z]+)")
_ONES_OWN = re.compile(r"\s+(?:makes?|made|has|had|faces?|faced|took|takes|gave|gives|wants|got|gets|buys|bought)\b")
"""What a person called A does: "the choice A makes"."""


def _is_initial(before: str, after: str) -> bool:
    """Return whether a letter is part of a name: "Mark A. Smith", "A. J. Ayer"."""
    match = _INITIAL.match(after)
    if match is None:
        return False
    following = match[0].strip(". ").lower()
    is_name = len(following) > 1 and following not in table("languages", "words")["en"]
    return len(following) == 1 and match[0].endswith((".", ". ")) or (is_name and before.endswith("Mark "))


@lru_cache(maxsize=256)
def _runs(symbols: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of one symbol or several in a row, in brackets or quotation marks or bare."""
    end = rf"(?!['\u2019](?!s\b)\w|{WORD}|[+#-]|\.\w)"
    one = rf"[(\[<\"'\u2018\u201c]?(?:{'|'.join(map(re.escape, symbols))}){end}(?:[)\]>\"\u201d]|['\u2019](?!s\b))?"
    return re.compile(rf"(?<![.'\u2019+#-])(?<!{WORD}){one}(?:{_GAP}{one})*{end}")


def _is_of_options(text: str, match: re.Match[str], names: tuple[str, ...], is_instruction: bool) -> bool:
    """Return whether symbols stand for options, by the words around them."""
    before, after = text[max(0, match.start() - 60) : match.start()], text[match.end() : match.end() + 24]
    bare = match[0].strip("()[]<>\"'\u2018\u2019\u201c\u201d")
    is_word = bare in ("A", "a", "I", "i") and (bare != "A" or not _A_NOUN.search(before))
    if is_word and re.match(_NOUN_AHEAD, after):
        return False  # an article or a pronoun
    if _is_initial(before, after) or (
        re.search(r"\bthe (?:choice|option|answer) \Z", before, re.I) and _ONES_OWN.match(after)
    ):
        return False
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
        framing() | frozenset(rows["between"]) | {"if", "when", "then", "than", "be", "in", "for", "write", "say", "a"}
    )


_IS = (
    r"(?: (?:giusta|corretta|esatta|corret[ao]|certa|correcta|correcte|juste))?"
    r"(?: (?:is|are|was|isn['\u2019]t|wasn['\u2019]t|cannot be|can['\u2019]t be|must be|may be|might be|letter|number"
    r"|ist|es|no es|est|n['\u2019]est"
    r"|\u00e8|non \u00e8|\u00e9|n\u00e3o \u00e9|\u00e4r|er|on|jest|je|\u0435\u0441\u0442\u044c|\u2014|l\u00e0)"
    r"|(?:\u4e0d\u662f|\u662f|\u4e0d\u5e94\u4e3a|\u4e3a|\u306f|\uc740|\ub294|\uc774))?"
)
"""What may stand between "the answer" and its letter."""

_NOT = r"(?:not|never|always|usually|probably|definitely|likely|surely|known to be|nicht|pas|\u043d\u0435|nie|niet|inte|ikke)"


@lru_cache(maxsize=256)
def _leads(names: tuple[str, ...], is_instruction: bool) -> re.Pattern[str]:
    """Return the pattern of what stands before a symbol that is an option's."""
    told = " ".join(names).lower()
    nouns = [noun for row in table("option_references", "nouns").values() for noun in row if not re.search(noun, told)]
    keys = table("option_references", "verbs").keys() - {"between"} - (set() if is_instruction else {"more"})
    verbs = "|".join(
        verb for key in sorted(keys) for verb in table("option_references", "verbs")[key] if verb not in told
    )
    told_of = rf"{'|'.join(nouns) or '(?!)'}|(?:{verbs})(?: {row('verbs', 'between')})*"
    return re.compile(
        rf"(?<!{WORD})(?:{told_of})(?:{_IS}(?: {_NOT})*)?[:\s(\"'\u2018\u201c]*\Z",
        re.IGNORECASE,
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
    r"\s?(?:\u9009\u9879|\u9078\u9805|\u9879|\u9805|\ubc88|\u3092\u9078|\u015f\u0131kk|se\u00e7ene\u011f|v\u00e1lasz\b|lehet\u0151s\u00e9g)|\s+(?:option|choice)\b",
    re.IGNORECASE,
)
"""What stands after a letter that is an option's."""


_NO_OPTION = (
    r"\s(?:trad\w+|funds?|contract\w*|pric\w+|pool\w*|holder\w*|market\w*|grant\w*|writer\w*|agreement\w*|fee\w*|expir\w+|exercis\w+|deal\w*"
    r"|clause\w*|premium\w*|rock|metal band\w*|music|band\w*|medicine|energy|route|key|fuel\w*|school\w*|year|play)\b"
)
"""What follows an option of the stock market, and what is only alternative."""


@lru_cache(maxsize=2)
def _ordinals(is_instruction: bool) -> re.Pattern[str]:
    """Return the pattern of an option that is named by its place, and of what is said of the order of all."""
    ordinal = r"(?:first|second|third|fourth|fifth|last|final|penultimate|earlier|later|former|latter|1st|2nd|3rd)"
    number = r"(?:one|two|three|four|five)"
    judged = r"(?:wrong|right|correct|incorrect|false|true|an? (?:trap|decoy|distractor))"
    between = r"(?: (?:two|three|few|correct|right|true|matching|suitable|listed))*"
    parts = [
        rf"(?<!\w)(?:{ordinal}|next|previous|preceding){between} (?:options?|answer (?:options?|choices?)|alternatives?)(?!\w)"
        rf"(?!{_NO_OPTION})",
        rf"(?<!\w)the (?:{ordinal}|top|middle|bottom) (?:answer|choice|one)"
        r" (?:is|was|isn['\u2019]t)(?: (?:not|never|always|known to be))*"
        rf" {judged}\b",
        rf"(?<!\w)option {number}(?=\W*(?:\Z|[.,;:?!)])| (?:is|isn['\u2019]t|was|and|or)\b)",
        r"(?<!\w)(?:top|bottom|middle) (?:options?|answer choices?)(?!\w)",
        r"(?<!\w)(?:option|answer|choice)s? (?:is|are) (?:always |never |not )*(?:the )?"
        rf"{ordinal}(?: one| ones)?(?=\W*(?:\Z|[.,;:?!]))",
        r"(?<!\w)(?:option|(?:answer )?choice|alternative|opci[o\u00f3]n|opzione)s? (?:number |no\. ?|#)?\d{1,2}(?!\w|[.,]\d)",
        r"(?<!\w)(?:option|answer choice) (?:above|before|after)(?!\w| \w+ing\b| (?:you|your|we|reading)\b)",
        r"(?<!\w)(?:option|answer choice)s? (?:listed|given|shown|that comes|that stands|comes|stands) (?:first|last)(?!\w)",
        rf"(?<!\w){OPTION}\b[^.!?\n]{{0,40}}\b(?:sorted|ordered|alphabetical(?:ly)?"
        r"|(?:ascending|descending|increasing|decreasing|numerical) order|(?:listed|given|arranged|shown) in order of"
        r"|from (?:top to bottom|bottom to top|first to last))(?!\w)",
        r"(?:\u0627\u0644\u062e\u064a\u0627\u0631|\u0627\u0644\u0625\u062c\u0627\u0628\u0629)"
        r" \u0627\u0644(?:\u0623\u0648\u0644|\u062b\u0627\u0646\u064a|\u0623\u062e\u064a\u0631)",
    ]
    parts += [rf"(?<!\w)the (?!final){ordinal}{between} (?:answers?|choices?)(?!\w)"] * is_instruction
    languages = table("option_references", "ordinals")
    parts += [rf"(?<!\w){row('ordinals', one)}\s?{row('nouns', one)}(?!\w)" for one in languages if one != "cjk"]
    after = table("option_references", "ordinals_after")
    parts += [rf"(?<!\w){row('nouns', one)}\s{any_of([after[one]])}(?!\w)" for one in after]
    parts += [rf"{row('ordinals', 'cjk')}\s?{row('nouns', 'cjk')}"]
    return re.compile("|".join(parts), re.IGNORECASE)


_OF_OPTION = r"of (?:the |your |its )?(?:\w+ )?(?:option|answer|choice|alternative)"


@lru_cache(maxsize=1024)
def of_kind(instruction: str, numbering: Numbering, answers_with_symbol: bool) -> References:
    """Return what kind of symbols an instruction asks for: "Answer with the letter of the right option"."""
    names = table("option_references", "kinds")
    for name, kind in KINDS.items():
        called = rf"(?<!{WORD}){any_of([names[name]])}(?!{WORD})"
        is_asked = rf"{called} {_OF_OPTION}" if not answers_with_symbol or name == "digit" else called
        if numbering in kind and re.search(is_asked, instruction, re.IGNORECASE):
            return References(numberings=kind)
    return NONE
