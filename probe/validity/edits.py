"""What was edited: the stretches in which what a prompt says and what its variant says differ.

    Then Ada said it was late.          said it was late.
    Then Ada said it is not late.       said it is not late.
             ^ from here

What both share in front and behind states the same in both, so that the rules look at a few words of a long question.

Covered: what a prompt says apart from its layout, the stretches. Not covered: what they state (`probe.validity.facts`).
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
"""One that may open or close something, for it does not stand within a word."""


class Edit(NamedTuple):
    """Two texts, and the stretches of them between the first and the last word that differ."""

    before: str
    after: str
    old: str
    new: str

    def where(self, wanted: Iterable[str]) -> tuple[str, str]:
        """Return where to look for what is wanted: the stretches, or both texts where some of it is several words long.

        What has a blank in it can begin before a stretch and end within it.
        """
        is_long = any(" " in one for one in wanted)
        return (self.before, self.after) if is_long else (self.old, self.new)


def edit_of(written: Prompt, asked: Prompt) -> Edit:
    """Return what was edited of those parts of what a prompt says that are not the same; none of them reaches into another."""
    before, after = _parts(written), _parts(asked)
    if len(before) == len(after):
        apart = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        before, after = [old for old, _ in apart], [new for _, new in apart]
    return edit_between("\n".join(before), "\n".join(after))


@lru_cache(maxsize=1024)
def edit_between(before: str, after: str) -> Edit:
    """Return what was edited, with the word before it.

    Where marks open and close, the stretches are all of both texts, since what stands between the marks may be anything.
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


def said(prompt: Prompt) -> str:
    """Return what a prompt says apart from its layout, with the choices' own names for their label words."""
    return "\n".join(_parts(prompt))


def _parts(prompt: Prompt) -> list[str]:
    instruction = _by_name(prompt.instruction, prompt) if prompt.verbalizer else prompt.instruction
    return [instruction, *[field.text for field in prompt.fields]]


def _by_name(instruction: str, prompt: Prompt) -> str:
    names = {shown(prompt, choice).lower(): choice for choice in prompt.choices}
    return whole_words(tuple(names)).sub(lambda match: names[match[0].lower()], instruction)


def _num_shared(one: Iterable[str], other: Iterable[str]) -> int:
    """Return how many words are the same before the first that differs."""
    count = 0
    for word, its in zip(one, other, strict=False):
        if word != its:
            break
        count += 1
    return count
