"""Other words for the descriptors of a prompt, by the table in `words/format.toml`.

A head that the instruction names keeps its name if there are several fields, so that "the premise" can still be found.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import lru_cache

from probe.perturb.helpers.english import whole_words
from probe.perturb.words import table
from probe.types import Field, Prompt

SHORT_NAMES = {"Q": "A", "A": "Q"}
"""Abbreviations go together: Q with A."""
MOST_SETS = 200

Names = tuple[str, ...]


@lru_cache(maxsize=1024)
def fitting(names: Names, instruction: str) -> tuple[Names, ...]:
    """Return every other set of names for the fields, the answer and the options (the last two of `names`), up to a number."""
    *fields, answer, options = names
    several = len(fields) > 1
    ways = [[name, *_ways("inputs", name, instruction if several else "")] for name in fields]
    ways += [[answer, *_ways("answers", answer, "")], [options, *_ways("options", options, "")]]
    found = [made for made in itertools.islice(itertools.product(*ways), 20 * MOST_SETS) if _fits(names, made)]
    return tuple(found[:: max(1, len(found) // MOST_SETS)])


def renamed(prompt: Prompt, names: Names) -> Prompt:
    """Return the prompt under the names of its fields, its answer and its options, in its demonstrations too."""
    *fields, answer, options = names
    now = {field.name: name for field, name in zip(prompt.fields, fields, strict=True)}
    shots = tuple(replace(one, fields=_called(one.fields, now)) for one in prompt.demonstrations)
    return replace(
        prompt, fields=_called(prompt.fields, now), answer_field=answer, options_field=options, demonstrations=shots
    )


def _called(fields: tuple[Field, ...], names: dict[str, str]) -> tuple[Field, ...]:
    return tuple(replace(field, name=names.get(field.name, field.name)) for field in fields)


def _ways(kind: str, name: str, instruction: str) -> list[str]:
    """Return the other words for a descriptor, in its casing; none where the instruction needs its name."""
    if name and whole_words((name,)).search(instruction):
        return []
    case = str.lower if name.islower() else str.upper if name.isupper() and len(name) > 1 else str
    return [case(word) for word in table("format", kind).get(name.lower(), ())]


def _fits(old: Names, new: Names) -> bool:
    """Return whether the new names differ from the old ones and from one another; Q stands only with A, and A with Q."""
    shown = [name.lower() for name in new if name]
    short = {name.upper() for name in new} & set(SHORT_NAMES)
    return new != old and len(set(shown)) == len(shown) and len(short) in (0, 2)
