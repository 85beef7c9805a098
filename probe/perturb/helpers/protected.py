"""Protected text, which an edit of the surface must not touch because it decides the answer.

Covered: machine text (`probe.perturb.helpers.machine`); answers and the words of short answers wherever they occur; words with
digits and spelled-out numbers; placeholders; quotations; capitalised words (names) except where they only open a sentence of the
instruction; descriptors; words that turn the meaning (not, never, before, most, ...).
Not covered: technical terms that are neither quoted nor capitalised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from probe.perturb.helpers.english import whole_words, words_of
from probe.perturb.helpers.machine.text import machine_text
from probe.perturb.words import word_set
from probe.types import Item

_LATIN = "A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u024f"
WORD = re.compile(rf"(?<![\w'\u2019@/\\.&#-])[{_LATIN}]{{2,}}(?![\w\u0300-\u036f'\u2019@/\\-]|\.\w)")
"""A plain word: Latin letters alone, no part of a contraction, a compound, a path or an address."""

SPANS = re.compile(
    r"""\{[^{}\n]*\}|`[^`\n]+`|"[^"\n]*"|\u201c[^\u201c\u201d\n]*\u201d|\u00ab[^\u00ab\u00bb\n]*\u00bb"""
    r"""|\u2018[^\u2018\u2019\n]*\u2019|(?<!\w)'[^'\n]*'(?!\w)|<[^<>\n]*>|(?<!\S)\S*(?:://|@)\S*"""
)
"""Placeholders, code, quotations, tags, addresses; written so that a long text is read in linear time."""

UNQUOTED = re.compile(r"""\{[^{}\n]*\}|`[^`\n]+`|<[^<>\n]*>|(?<!\S)\S*(?:://|@)\S*""")
"""The same without quotations: what closes a text to those who restyle its quotation marks."""

OPTION_MARK = re.compile(r"(?<!\w)[(\[]\w{1,4}[)\]](?!\w)|^[ \t]*\w{1,4}[.)](?=[ \t])", re.MULTILINE)
"""The symbol of an option that a text lists itself, as in "(B) blue" or "B. blue"."""

SHORT_ANSWER = 3
"""Up to so many words an answer's words are protected one by one; of a longer one only the whole is."""


def answers(item: Item) -> tuple[str, ...]:
    """Return all possible answers: choices, target, aliases, and the words of a long free answer."""
    return _answers(item.prompt.choices, item.target, item.aliases)


@lru_cache(maxsize=1024)
def _answers(choices: tuple[str, ...], target: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
    found = [*choices, target, *aliases]
    if not choices and len(words := target.split()) > SHORT_ANSWER:
        found += [word for word in words if word.isalpha() and word.lower() not in word_set("protected", "common")]
    return tuple(dict.fromkeys(answer for answer in found if answer))


def descriptors(item: Item) -> frozenset[str]:
    """Return the words of the item's descriptors, lower-cased."""
    prompt = item.prompt
    return _words((*[field.name for field in prompt.fields], prompt.answer_field, prompt.options_field))


@lru_cache(maxsize=1024)
def _words(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words_of("\n".join(names)))


@lru_cache(maxsize=2048)
def open_words(text: str, guarded: tuple[str, ...], names: frozenset[str], is_instruction: bool) -> tuple[slice, ...]:
    """Return the slices of words that may be edited, in the order of the text."""
    words = guarded_words(guarded) | names
    return tuple(
        slice(*match.span())
        for match in outside(WORD.finditer(text), _closed_spans(text, guarded))
        if match[0].lower() not in words and not _is_name(text, match, is_instruction)
    )


def outside(matches: Iterable[re.Match[str]], closed: Sequence[slice]) -> Iterator[re.Match[str]]:
    """Return the matches that overlap no closed stretch; both come in the order of the text."""
    position = 0
    for match in matches:
        while position < len(closed) and closed[position].stop <= match.start():
            position += 1
        if position == len(closed) or closed[position].start >= match.end():
            yield match


@lru_cache(maxsize=4096)
def guarded_words(guarded: tuple[str, ...]) -> frozenset[str]:
    """Return the words protected anywhere: those of short answers, numbers, words that turn the meaning."""
    return _answer_words(guarded) | word_set("protected", "numbers") | word_set("protected", "turning")


def mentions(text: str, guarded: tuple[str, ...]) -> bool:
    """Return whether a text holds one of the answers as whole words."""
    return bool(guarded) and may_mention(text, guarded) and whole_words(guarded).search(text) is not None


def may_mention(text: str, guarded: tuple[str, ...]) -> bool:
    """Return whether a text may hold one of the answers: a test ten times cheaper than `mentions`."""
    lowered = _lowered(guarded)
    if not lowered or not text.isascii():
        return True
    text = text.lower()
    return any([answer in text for answer in lowered])


@lru_cache(maxsize=4096)
def _lowered(guarded: tuple[str, ...]) -> tuple[str, ...]:
    """Return the answers lower-cased; none where one is not ASCII, since `lower` does not fold all of Unicode."""
    return tuple(answer.lower() for answer in guarded) if all(map(str.isascii, guarded)) else ()


def closed_spans(text: str, guarded: tuple[str, ...], *, machine: bool = True) -> list[str]:
    """Return the protected spans of a text: quotations, answers, numbers and the like, and with `machine` machine text."""
    return [text[span] for span in _closed_spans(text, guarded, machine=machine)]


@lru_cache(maxsize=2048)
def closed_slices(text: str, guarded: tuple[str, ...], *, quotes: bool = True) -> tuple[slice, ...]:
    """Return the slices of protected spans and option symbols, with quotations or without."""
    spans = SPANS if quotes else UNQUOTED
    return tuple(_closed_spans(text, guarded, (spans, OPTION_MARK)))


def _closed_spans(
    text: str, guarded: tuple[str, ...], patterns: tuple[re.Pattern[str], ...] = (SPANS,), *, machine: bool = True
) -> list[slice]:
    """Return the protected spans in the order of the text, overlapping ones merged."""
    # Most texts have no such mark and no digit: a search for one costs a tenth of looking for what they make.
    able = [pattern for pattern in patterns if pattern not in (SPANS, UNQUOTED) or _OPENING.search(text)]
    found = [match.span() for pattern in able for match in pattern.finditer(text)]
    if guarded and may_mention(text, guarded):
        found += [match.span() for match in whole_words(guarded).finditer(text)]
    if machine:
        found += [(span.start, span.stop) for span in machine_text(text).spans]
    if _DIGIT.search(text):
        found += [match.span() for match in _WITH_DIGIT.finditer(text)]
    merged: list[slice] = []
    for start, stop in sorted(found):
        if merged and start < merged[-1].stop:
            merged[-1] = slice(merged[-1].start, max(stop, merged[-1].stop))
        elif stop > start:
            merged.append(slice(start, stop))
    return merged


_OPENING = re.compile(r"[{`\"'<@\u201c\u00ab\u2018]|://")
"""What every one of `SPANS` has in it."""

_DIGIT = re.compile(r"\d")
_WITH_DIGIT = re.compile(r"(?<!\w)\w*\d[\w.,:/%]*")


@lru_cache(maxsize=4096)
def _answer_words(guarded: tuple[str, ...]) -> frozenset[str]:
    split = (re.findall(r"\w+", answer.lower()) for answer in guarded)
    return frozenset(word for words in split if len(words) <= SHORT_ANSWER for word in words)


def _is_name(text: str, match: re.Match[str], is_instruction: bool) -> bool:
    """Return whether a word may be a name: it has a capital and does not just open a sentence of the instruction."""
    word = match[0]
    if word.islower():
        return False
    before = text[max(0, match.start() - 8) : match.start()].rstrip(" \t")
    opens = not before or before[-1] in ".!?:\n"
    return not (is_instruction and opens and word[1:].islower())
