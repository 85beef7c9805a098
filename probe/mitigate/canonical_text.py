r"""One way to write the same prompt: plain spaces, straight quotation marks, lines that end in \n, no shouting.

    it \u00a0rains.\t\n     it rains.         \u201cwet\u201d, don\u2019t     "wet", don't
    it \u200brains.\r\n     it rains.         IS THE REVIEW GOOD?     Is the review good?

Canonical is what stays as it is when this is applied again: the rules are applied until nothing changes.

Spaces      Kinds of space are plain ones, and so are tabs between words; several are one. Characters of no width go, and so do
            blanks at ends of lines, at both ends of a text, and empty lines beyond one. Left: line breaks within a text, which
            may be a list or a poem; blanks that indent a line; joiners in emoji and scripts; the wide space of Chinese.
Quotes      Curly, low and angled quotation marks are straight, double ones double and single ones single; so are apostrophes.
            Left: which of the two kinds stands there; primes; letters that look like an apostrophe.
Case        An English text of three words or more, all in capitals, gets a capital at the beginning of its sentences alone.
            Words that the choices or the rest of the prompt spell otherwise are spelled so. Known acronyms, words without a
            vowel, days and months keep theirs. Lost: the capitals of other names (MARTA is marta). Left: lower case and title
            case, in which nobody can tell the names; one or two words, which may be a name.
Line ends   \r\n and \r are \n, in the layout too.

Left alone whatever it holds: placeholders, code, JSON and other machine text, tags, addresses; a template whose author says to
the letter what stands where; choices, answers and label words. A step is left out where the instruction speaks of what it takes
away: a question about capital letters keeps them. The right answer plays no part in any of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from probe.evolve import evolve
from probe.perturb.helpers.language import has_dotted_i, is_english_text
from probe.perturb.helpers.machine.text import machine_text
from probe.perturb.helpers.protected import UNQUOTED, outside
from probe.prompt.render import shown
from probe.types import Layout, Prompt

ROUNDS = 6

NO_WIDTH = "\u200b\u2060\ufeff"
SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
SPACE_RULES = (
    (re.compile("\r\n?"), "\n"),
    (re.compile(f"[{NO_WIDTH}]"), ""),
    (re.compile(f"[{SPACES}]"), " "),
    (re.compile(r"(?<=\S)[ \t\v\f]{2,}(?=\S)|(?<=\S)[\t\v\f](?=\S)"), " "),
    (re.compile(r"(?<=\S)[ \t\v\f]+(?=\n)|(?<=\n)[ \t\v\f]+(?=\n)"), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
    (re.compile(r"\A\s+|\s+\Z"), ""),
)

QUOTE_RULES = (
    (re.compile(rf"\u00ab[ {SPACES}]([^\u00ab\u00bb\n]*?)[ {SPACES}]\u00bb"), r'"\1"'),
    (re.compile("[\u201c\u201d\u201e\u201f\u00ab\u00bb]"), '"'),
    (re.compile("[\u2018\u2019\u201a\u201b\u2039\u203a]|(?<=[^\\W\\d_])\u00b4(?=[^\\W\\d_])"), "'"),
)

ABOUT_SPACES = re.compile(
    r"\bwhite[- ]?spaces?\b|\bspac(?:es|ing)\b|\b(?:double|extra|trailing|leading|single) space\b|\btabs?\b|\bindent\w*|\btypo\w*"
    r"|\bline[- ]?(?:ends?|endings?|breaks?)\b|\bformatted\b",
    re.IGNORECASE,
)
ABOUT_QUOTES = re.compile(r"\bquot(?:es?|ed|ing|ations?)\b|\bapostrophes?\b|\bpunctuat\w*|\btypo\w*", re.IGNORECASE)
ABOUT_CASE = re.compile(
    r"\b(?:upper|lower|title|sentence)[- ]?cased?\b|\bcapital(?:s\b|i[sz]\w*|\s+letters?\b)|\bcasing\b|\bcase[- ]sensitive\b"
    r"|\ball caps\b|\btypo\w*",
    re.IGNORECASE,
)
"""What an instruction says where a step would take away what is asked about."""

MIN_WORDS = 3
"""Words in capitals that make a text one that shouts; fewer may be a name."""

_ACRONYMS = """
AI API ATM BBC BCE CEO CFO CIA CNN COVID CTO DNA EPA ESPN EU FAQ FBI FIFA GDP HIV IBM IMF IPO IQ IRS MIT
NASA NATO NBA OK OPEC PC PM RNA TV UAE UCLA UEFA UFO UI UK UN UNESCO UNICEF URL USA USB
"""
_CAPITALISED = """
I Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February April July September October November December
English French German Spanish Italian Chinese Japanese American British European
"""
KEPT = {word.lower(): word for word in (_ACRONYMS + _CAPITALISED).split()}
"""English words that have capitals wherever they stand, and are no other words without them: US is none."""

_ENDING = re.compile(rf"[\s{NO_WIDTH}]+\Z")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_OPENS = re.compile(r"(?:\A|(?<=[.!?]\s)(?<!\W\w\.\s)|(?<=[.!?][\"']\s)|(?<=\n))[\"'(]?(?=[^\W\d_])")
_THE_US = re.compile(r"\bthe us\b(?! all\b)")


def canonical_prompt(prompt: Prompt, instruction: str) -> Prompt:
    """Return a prompt with canonical texts; `instruction` is the original one, which may speak of what a step takes away."""
    about = (ABOUT_SPACES.search(instruction), ABOUT_QUOTES.search(instruction), ABOUT_CASE.search(instruction))
    spaces, quotes, case = (found is None for found in about)
    # One step may show what another one acts on: a table behind an odd line end, a name in a text that shouted.
    found = prompt
    for _ in range(ROUNDS):
        before, found = found, _plainer(found, spaces=spaces, quotes=quotes, case=case)
        if found == before:
            return found
    return prompt


def _plainer(prompt: Prompt, *, spaces: bool, quotes: bool, case: bool) -> Prompt:
    """Return a prompt whose texts went through the steps that are wanted."""
    own = _words_of_choices(prompt)
    spelled = _names(prompt, frozenset(own)) | own if case else {}

    told = (frozenset(own), tuple(sorted(spelled.items())))

    def of(text: str, *, is_template: bool = False) -> str:
        calms = case and is_english_text(text, prompt) and not has_dotted_i(text, prompt)
        return _plain(text, (spaces, quotes, calms, is_template), *told)

    fields = tuple(evolve(field, text=of(field.text)) for field in prompt.fields)
    shots = tuple(
        replace(one, fields=tuple(evolve(field, text=of(field.text)) for field in one.fields))
        for one in prompt.demonstrations
    )
    says = prompt.instruction
    if not (prompt.is_template and prompt.delimiters is not None):
        says = of(says, is_template=prompt.is_template)
    layout = _plain_line_ends(prompt.layout) if spaces else prompt.layout
    return evolve(prompt, instruction=says, fields=fields, demonstrations=shots, note=of(prompt.note), layout=layout)


def shouts(text: str, own: frozenset[str] = frozenset()) -> bool:
    """Return whether a text is all in capitals but for some words of `own`, and long enough to be no name."""
    words = [match[0] for match in outside(_WORD.finditer(text), _closed(text))]
    told = [word for word in words if word.lower() not in own]
    return sum(1 for word in words if len(word) > 1 and word.isupper()) >= MIN_WORDS and all(map(str.isupper, told))


@lru_cache(maxsize=8192)
def _plain(
    text: str, rules: tuple[bool, bool, bool, bool], own: frozenset[str], spelled: tuple[tuple[str, str], ...]
) -> str:
    """Return a text after the steps that are wanted: spaces, quotes, case; the last says whether it is a template's."""
    spaces, quotes, calms, is_template = rules
    # What a template ends in parts the question from the answer.
    end = len(_ENDING.sub("", text)) if is_template else len(text)
    found, tail = text[:end], text[end:]
    steps = [*(SPACE_RULES if spaces else ()), *(QUOTE_RULES if quotes else ())]
    for _ in range(ROUNDS):
        before = found
        for pattern, new in steps:
            found = _replaced(found, pattern, new)
        found = _in_sentence_case(found, dict(spelled)) if calms and shouts(found, own) else found
        if found == before:
            return found + tail
    return text


def _replaced(text: str, pattern: re.Pattern[str], new: str) -> str:
    """Return a text with the matches replaced that touch nothing closed."""
    if pattern.search(text) is None:
        return text
    pieces, end = [], 0
    for match in outside(pattern.finditer(text), _closed(text)):
        pieces += [text[end : match.start()], match.expand(new)]
        end = match.end()
    return "".join([*pieces, text[end:]])


@lru_cache(maxsize=8192)
def _closed(text: str) -> tuple[slice, ...]:
    """Return where placeholders, code, tags, addresses and other machine text lie. What is the answer plays no part in it."""
    found = [match.span() for match in UNQUOTED.finditer(text)]
    found += [(span.start, span.stop) for span in machine_text(text).spans]
    merged: list[slice] = []
    for start, stop in sorted(found):
        if merged and start <= merged[-1].stop:
            merged[-1] = slice(merged[-1].start, max(stop, merged[-1].stop))
        else:
            merged.append(slice(start, stop))
    return tuple(merged)


def _in_sentence_case(text: str, spelled: Mapping[str, str]) -> str:
    """Return a text in capitals in lower case, but for what has a capital."""
    pieces, end = [], 0
    opening = {match.end() for match in _OPENS.finditer(text)}
    for match in outside(_WORD.finditer(text), _closed(text)):
        word = _recased(text, match, spelled)
        pieces += [text[end : match.start()], word[:1].upper() + word[1:] if match.start() in opening else word]
        end = match.end()
    return _THE_US.sub("the US", "".join([*pieces, text[end:]]))


def _recased(text: str, match: re.Match[str], spelled: Mapping[str, str]) -> str:
    word = match[0]
    low = word.lower()
    if not word.isupper() or low in spelled or low in KEPT:
        return word if not word.isupper() else spelled.get(low) or KEPT[low]
    is_alone = len(word) == 1 and low not in ("a", "o")
    is_in_number = text[match.start() - 1 : match.start()].isdigit() or text[match.end() : match.end() + 1].isdigit()
    is_dotted = (
        re.match(r"\.[^\W\d_](?!\w)", text[match.end() :]) is not None or text[match.start() - 1 : match.start()] == "."
    )
    has_vowel = re.search(r"[aeiouy\u00c0-\u024f]", low) is not None
    return word if is_alone or is_in_number or is_dotted or not has_vowel else low


def _names(prompt: Prompt, own: frozenset[str]) -> dict[str, str]:
    """Return words with a capital within a sentence of a text that does not shout, by their lower case."""
    found: dict[str, str] = {}
    for text in (prompt.instruction, *(field.text for field in prompt.fields)):
        if any(map(str.islower, text)) and not shouts(text, own):
            opening = {match.end() for match in _OPENS.finditer(text)}
            named = (match for match in _WORD.finditer(text) if match.start() not in opening)
            found |= {match[0].lower(): match[0] for match in named if match[0][0].isupper()}
    return found


def _words_of_choices(prompt: Prompt) -> dict[str, str]:
    """Return the words of the choices as they are shown, by their lower case."""
    words = (word for choice in prompt.choices for word in _WORD.findall(shown(prompt, choice)))
    return {word.lower(): word for word in words if len(word) > 1}


def _plain_line_ends(layout: Layout) -> Layout:
    parts = ("separator", "space", "option_separator", "option_space")
    ended = {part: getattr(layout, part).replace("\r\n", "\n") for part in parts if "\r\n" in getattr(layout, part)}
    return replace(layout, **ended) if ended else layout
