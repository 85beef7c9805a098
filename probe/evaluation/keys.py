r"""What items ask about, so that one is known again in other letters, marks, markup, label words, or as a demonstration.

    "The <b>boat</b> sank&nbsp;!"    "the boat\n  sank"    -->  "the boat sank"
    positive | negative              answers that all items of a suite share are no part of what an item asks
    A violin | A drum                options of its own are

Covered: character references, tags, compatibility forms, invisible characters, case, whitespace, quotation marks, marks that end
words. Not covered: other words, typos, accents.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from probe.evolve import evolve
from probe.prompt.render import render
from probe.types import Demonstration, Field, Item, Prompt, Suite, Variant

Key = tuple[str, ...]

TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
ENDING = re.compile(r"[.,;:!?…。、`]+(?!\w)")
"""Marks that end a word or a sentence. Others, such as hyphens and brackets, may be what an item is about: 5 - 3, (2 + 3) 4."""
QUOTE = re.compile(r"(?<!\w)['\"]+|['\"]+(?!\w)")
STRAIGHT = str.maketrans(dict.fromkeys("‘’‚‛‹›", "'") | dict.fromkeys("“”„‟«»", '"'))


@dataclass(frozen=True)
class Keys:
    """How the items of some suites are told from one another."""

    classes: frozenset[Key] = frozenset()
    """The answers of each suite whose items all have the same."""

    @classmethod
    def of_suites(cls, suites: Iterable[Suite]) -> Keys:
        """Return the keys of suites that are compared with one another."""
        found = [{_options(item.prompt.choices) for item in (*suite.items, *suite.train)} for suite in suites]
        return cls(frozenset(one for sets in found if len(sets) == 1 for one in sets))

    def of_prompt(self, prompt: Prompt) -> Key:
        """Return what a prompt asks about: the texts of its fields and its options; of one without fields, all of its text."""
        if not prompt.fields:
            return (said(render(evolve(prompt, demonstrations=()))),)
        return self._of_fields(prompt.fields, prompt.choices)

    def of_shots(self, shots: Iterable[Demonstration], choices: Sequence[str]) -> set[Key]:
        """Return what demonstrations are about: with the options that they show, and with those of the item that follows."""
        return {self._of_fields(one.fields, options) for one in shots for options in (one.choices or choices, choices)}

    def of_item(self, item: Item) -> list[Key]:
        """Return what an item and its contrast members ask about."""
        edits = [self._of_fields(one.fields, one.choices or item.prompt.choices) for one in item.contrasts]
        return [self.of_prompt(item.prompt), *edits]

    def of_variant(self, variant: Variant) -> set[Key]:
        """Return what a variant asks about: as it is asked, under its item's own options, and as its item is written."""
        asked, item = variant.perturbed.prompt, variant.item.prompt
        return {self.of_prompt(item), self.of_prompt(asked), self.of_prompt(evolve(asked, choices=item.choices))}

    def _of_fields(self, fields: Sequence[Field], choices: Sequence[str]) -> Key:
        options = _options(choices)
        return (*(said(one.text) for one in fields), "", *(() if options in self.classes else options))


def folded(text: str) -> str:
    """Return text without case, each run of whitespace as a blank."""
    return " ".join(text.casefold().split())


@lru_cache(maxsize=65_536)
def said(text: str) -> str:
    """Return what a text says, whoever typed it and whatever page it was copied from."""
    plain = unicodedata.normalize("NFKC", html.unescape(TAG.sub(" ", text))).translate(STRAIGHT)
    seen = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    bare = folded(ENDING.sub(" ", QUOTE.sub(" ", seen)))
    return bare or folded(text)  # a text of marks alone is told by them


@lru_cache(maxsize=4096)
def _sorted(choices: tuple[str, ...]) -> Key:
    return tuple(sorted(map(folded, choices)))


def _options(choices: Sequence[str]) -> Key:
    return _sorted(tuple(choices))
