"""Whether texts speak of listed options by place, by symbol or by the kind of symbol, so that what they say could become wrong.

    C. Both A and B                         symbols     true of these symbols on these options
    D. None of the above                    places      true of this order
    Option B is known to be wrong.          symbols
    The first option is a trap.             places
    Answer with the letter.                 numberings  only letters
    B. I and III only                       numberings  no Roman numbers: those are statements of the question

Places and symbols exclude another order, symbols exclude other symbols. A text that names all symbols in order ("Answer with A,
B or C") names none of them alone: it says of what kind they are.

Covered: options, the instruction, the texts of fields and demonstrations; English and some thirty other languages
(`words/option_references.toml`). Other things have letters too: Vitamin B, plan B, "A and E department". Letters of which all
options are made ("A and B", "B and C", "A and C") are things of the question, and so
are numbers in brackets ("Both (1) and (2)") where it numbers statements.
Not covered: what is said of options in other words ("the shortest one is never right").
"""

from __future__ import annotations

import re
from dataclasses import replace

from probe.perturb.helpers.option_letters import EVERY, NONE, References
from probe.perturb.helpers.option_lists import of_options
from probe.perturb.helpers.option_texts import of_kind, of_text
from probe.types import Layout, Prompt

__all__ = ["EVERY", "References", "held", "references"]

ENUMERATED = re.compile(r"(?:^|[\s:;,.])[(\[]?(?:1|i|I)[).\]](?=\s|\w)|\u2460|\((?:1|i|I)\)", re.MULTILINE)
"""The first of several statements or steps in a question, with its number."""


def references(prompt: Prompt) -> References:
    """Return what the options, the instruction, the fields and the demonstrations say of the listed options."""
    if not prompt.list_choices or not prompt.choices:
        return NONE
    numbering, count = prompt.layout.numbering, len(prompt.choices)
    names = tuple(field.name for field in prompt.fields)
    lists = dict.fromkeys([prompt.choices, *(shot.choices for shot in prompt.demonstrations if shot.choices)])
    parts = (prompt.fields, *(shot.fields for shot in prompt.demonstrations))
    texts = dict.fromkeys(field.text for part in parts for field in part)
    is_symbol = prompt.answer_with == "symbol"
    has_statements = any(ENUMERATED.search(text) for text in (*texts, prompt.instruction))
    found = [of_options(choices, numbering, has_statements) for choices in lists]
    found += [of_text(text, numbering, count, names, False) for text in texts]
    found += [of_text(text, numbering, count, names, True) for text in (prompt.instruction, prompt.note) if text]
    found += [of_kind(prompt.instruction, numbering, is_symbol)]
    return References(
        any(one.places for one in found),
        any(one.symbols for one in found),
        frozenset.intersection(*(one.numberings for one in found)),
    )


def held(prompt: Prompt, layout: Layout) -> Layout:
    """Return a layout with those of the prompt's own symbols that its texts speak of."""
    found = references(prompt)
    own = prompt.layout
    if found.symbols:
        return replace(layout, numbering=own.numbering, option_wrapper=own.option_wrapper)
    return layout if found.fits(layout.numbering) else replace(layout, numbering=own.numbering)
