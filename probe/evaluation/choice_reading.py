"""A written answer to a choice question, read as one of its choices.

    choices negative, positive      "Positive."             positive
                                    "positive, because ..." positive
                                    "It is hard to say."    unreadable
    A. Paris   B. Rome              "B", "(B)", "B. Rome", "Rome"     Rome

An answer names a choice if it equals one of the choice's names or begins with it: the word that the prompt shows for it, its
symbol, the listed option, and last its own text. A single letter at the beginning needs a mark after it: "A joy" is not A. Signs
count, as in free text (`free_reading`): -5 is not 5, C++ is not C, 15.5 is not 15.

Covered: reading for models that only write (`Suite.reads_choices`). Not covered: free text (`probe.evaluation.scoring`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from probe.evaluation.free_reading import ATTACHED, MEANING, VARIABLE, folded, normalised
from probe.prompt.render import answer_text, shown, symbols_of
from probe.types import Prompt

SIGN = re.compile(rf"-(?:\d|\.\d|{VARIABLE})")


def read_choice(prompt: Prompt, written: str) -> str | None:
    """Return the choice that an answer names, None where it names none."""
    for key in (folded, normalised):
        if choice := _keyed(prompt, key).get(key(written)):
            return choice
    text, names = _opened(written), _keyed(prompt, _opened)
    for name in sorted(names, key=len, reverse=True):
        mark = r"\s*[.):,;\u2013\u2014-]" if len(name) == 1 else r"(?!\w)"
        if re.match(re.escape(name) + mark + (r"(?<!\d[.,:/-])(?![.,:/-]?\d)" if name[-1].isdigit() else ""), text):
            return names[name]
    return None


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


def _opened(text: str) -> str:
    """Return a text without case, extra white space and the marks before it that say nothing: brackets, quotes, a bullet."""
    rest = folded(text)
    while rest and not ATTACHED.match(rest) and not SIGN.match(rest) and _is_idle(rest[0]):
        rest = rest[1:].strip()
    return rest


def _is_idle(char: str) -> bool:
    return char in "\"'*`" or (unicodedata.category(char)[0] == "P" and char not in MEANING)
