"""A written answer to a choice question, read as one of its choices.

    choices negative, positive      "Positive."             positive
                                    "positive, because ..." positive
                                    "It is hard to say."    unreadable
    A. Paris   B. Rome              "B", "(B)", "B. Rome", "Rome"     Rome

An answer names a choice if it equals one of the choice's names or begins with it: the word that the prompt shows for it, its
symbol, the listed option, and last its own text. A single letter at the beginning needs a mark after it: "A joy" is not A. Signs
and brackets count, as in free text (`free_reading`): -5 is not 5, C++ is not C, 15.5 and 15% are not 15, [0, 1) is not (0, 1).

Covered: reading for models that only write (`Suite.reads_choices`). Not covered: free text (`probe.evaluation.scoring`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from probe.evaluation.free_reading import ATTACHED, BRACKETS, FACTORIAL, MEANING, VARIABLE, folded, is_mark, normalised
from probe.prompt.render import answer_text, shown, symbols_of
from probe.types import Prompt

SIGN = re.compile(rf"-(?:\d|\.\d|{VARIABLE})")
CHANGES = re.compile(r"\w|[+^%\u2030\u00b0&@/\\\u00b1\u00d7\u00f7]|#(?!#)")
"""What makes another answer of the name that it follows: C++, 15%, 15\u00b0, 5 km/h."""


def read_choice(prompt: Prompt, written: str) -> str | None:
    """Return the choice that an answer names, None where it names none."""
    for key in (folded, normalised):
        if choice := _keyed(prompt, key).get(key(written)):
            return choice
    names = _keyed(prompt, _named)
    by_length = sorted(names, key=len, reverse=True)
    openings = list(_openings(folded(written)))
    found = (names[one] for text in openings for one in by_length if _begins(text, one, is_bare=text == openings[0]))
    return next(found, None)


def _begins(text: str, name: str, *, is_bare: bool) -> bool:
    """Return whether a text begins with a name and nothing after it makes another answer of it.

    After a single letter there must be a mark. Where marks were taken from before it (not `is_bare`), the one that closes them
    does too: `"A" because`.
    """
    rest = text.removeprefix(name)
    if not text.startswith(name) or FACTORIAL.fullmatch(text):
        return False
    if name[-1].isdigit() and re.match(r"[.,:/-]?\d", rest):
        return False
    if len(name) == 1:
        return _is_closed(name, rest.lstrip(), is_bare=is_bare)
    return not CHANGES.match(rest) and unicodedata.category(rest[:1] or " ") != "Sc"


def _is_closed(name: str, rest: str, *, is_bare: bool) -> bool:
    if not is_bare and rest[:1] and rest[0] in "\"'*`]}":
        return True
    if name.isdigit():
        return bool(re.match(r"[):;\u2014]", rest))
    return bool(re.match(r"[):;\u2014]|-(?=\s|\w{2})", rest)) or bool(rest and is_mark(rest[0]))


def _keyed(prompt: Prompt, key: Callable[[str], str]) -> dict[str, str]:
    """Return the choices by their names, as `key` writes them; where two share one, the first stands for it."""
    names: dict[str, str] = {}
    for name, choice in _names(prompt):
        if key(name):
            names.setdefault(key(name), choice)
    return names


def _names(prompt: Prompt) -> Iterator[tuple[str, str]]:
    """Return each name of each choice with the choice; where two choices share a name, the first stands for it."""
    layout, choices = prompt.layout, prompt.choices
    yield from ((answer_text(prompt, choice), choice) for choice in choices)
    yield from ((shown(prompt, choice), choice) for choice in choices)
    if prompt.list_choices:
        symbols = dict(zip(choices, symbols_of(prompt, len(choices)), strict=True))
        yield from ((symbol, choice) for choice, symbol in symbols.items())
        for choice, symbol in symbols.items():
            yield layout.option_wrapper.format(symbol) + layout.option_separator + shown(prompt, choice), choice
    yield from ((choice, choice) for choice in choices)


def _named(name: str) -> str:
    """Return a name without the marks before it that say nothing; a bracket that means something stays: `[0, 1)`."""
    whole = folded(name)
    return whole if normalised(name)[:1] in BRACKETS else [*_openings(whole)][-1] or whole


def _openings(text: str) -> Iterator[str]:
    """Return a text, then what is left of it as the marks before it go one by one: brackets, quotes, a bullet."""
    yield text
    while text and not ATTACHED.match(text) and not SIGN.match(text) and _is_idle(text[0]):
        text = text[1:].strip()
        yield text


def _is_idle(char: str) -> bool:
    return char in "\"'*`" or (unicodedata.category(char)[0] == "P" and char not in MEANING)
