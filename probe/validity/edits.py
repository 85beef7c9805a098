"""The edit between a prompt and its variant: the stretches in which their texts differ.

    Then Ada said it was late.          said it was late.
    Then Ada said it is not late.       said it is not late.
             ^ from here

The shared words in front and behind state the same, so that the rules look at a few words of a long question.

Covered: the text of a prompt without its layout, the stretches. Not covered: their facts (`probe.validity.facts`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from probe.perturb.helpers.english import whole_words
from probe.prompt.render import shown
from probe.types import Prompt

PAIRED = re.compile('["`{}\u2018\u201c\u201d\u00ab\u00bb]')
"""Marks that open or close something."""

APOSTROPHE = re.compile(r"(?<!\w)['\u2019]|['\u2019](?!\w)")
"""An apostrophe that may open or close something: none within a word."""


class Edit(NamedTuple):
    """Two texts, and their stretches from the first to the last word that differs."""

    before: str
    after: str
    old: str
    new: str

    def where(self, wanted: Iterable[str]) -> tuple[str, str]:
        """Return the stretches to search; the whole texts where a wanted phrase may reach into a stretch from outside."""
        is_long = any(" " in one for one in wanted)
        return (self.before, self.after) if is_long else (self.old, self.new)


def edit_of(written: Prompt, asked: Prompt) -> Edit:
    """Return the edit, of those parts of the prompts (instruction, fields) that differ."""
    before, after = prompt_parts(written), prompt_parts(asked)
    if len(before) == len(after):
        apart = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        before, after = [old for old, _ in apart], [new for _, new in apart]
    return edit_between("\n".join(before), "\n".join(after))


@lru_cache(maxsize=1024)
def edit_between(before: str, after: str) -> Edit:
    """Return the edit, with the word before it.

    With paired marks in a text, the stretches are both whole texts: an edit may change what the marks enclose.
    """
    if _may_enclose(before) or _may_enclose(after):
        return Edit(before, after, before, after)
    old, new = before.split(" "), after.split(" ")
    most = min(len(old), len(new))
    head = _num_shared(old, new)
    tail = min(_num_shared(reversed(old), reversed(new)), most - head)
    head = max(0, head - 1)
    return Edit(before, after, " ".join(old[head : len(old) - tail]), " ".join(new[head : len(new) - tail]))


def _may_enclose(text: str) -> bool:
    has_apostrophe = "'" in text or "\u2019" in text
    return PAIRED.search(text) is not None or (has_apostrophe and APOSTROPHE.search(text) is not None)


def prompt_text(prompt: Prompt) -> str:
    """Return the instruction and fields of a prompt, without its layout and with label words renamed to their choices."""
    return "\n".join(prompt_parts(prompt))


def prompt_parts(prompt: Prompt) -> list[str]:
    """Return the instruction, and the texts of the fields."""
    instruction = _by_name(prompt.instruction, prompt) if prompt.verbalizer else prompt.instruction
    return [instruction, *[field.text for field in prompt.fields]]


def _by_name(instruction: str, prompt: Prompt) -> str:
    names = {shown(prompt, choice).lower(): choice for choice in prompt.choices}
    return whole_words(tuple(names)).sub(lambda match: names[match[0].lower()], instruction)


def _num_shared(one: Iterable[str], other: Iterable[str]) -> int:
    """Count the words before the first that differs."""
    count = 0
    for word, its in zip(one, other, strict=False):
        if word != its:
            break
        count += 1
    return count
