"""A written answer to a choice question, read as one of its choices.

    choices negative, positive      "Positive."             positive
                                    "positive, because ..." positive
                                    "It is hard to say."    unreadable
    A. Paris   B. Rome              "B", "(B)", "B. Rome", "Rome"     Rome

An answer names a choice if it equals one of the choice's names or begins with it: the word that the prompt shows for it, its
symbol, the listed option, and last its own text. A single letter at the beginning needs a mark after it: "A joy" is not A.

Covered: reading for models that only write (`Suite.reads_choices`). Not covered: free text (`probe.evaluation.scoring`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.prompt.render import answer_text, shown, symbols_of
from probe.types import Prompt


def read_choice(prompt: Prompt, written: str) -> str | None:
    """Return the choice that an answer names, None where it names none."""
    names: dict[str, str] = {}
    for name, choice in _names(prompt):
        names.setdefault(_folded(name), choice)
    text = _folded(written)
    if text in names:
        return names[text]
    for name in sorted(names, key=len, reverse=True):
        mark = r"\s*[.):,;\u2013\u2014-]" if len(name) == 1 else r"\W"
        if name and re.match(re.escape(name) + mark, text):
            return names[name]
    return None


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


def _folded(text: str) -> str:
    """Return a text without case, marks around it and extra white space."""
    return re.sub(r"^\W+|\W+$", "", " ".join(text.casefold().split()))
