"""The whitespace before an answer, which is found without rendering the whole prompt."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from probe.prompt.render import _with_gap, continuations, gap
from probe.types import Field, Layout, Prompt

ENDS = ("Answer", "", " ", "Answer: ", "\u00a0", "the answer")
SEPARATORS = (": ", ":", "", "\n", " -\t", " \n ")


@pytest.mark.parametrize("structure", ["plain", "markdown", "xml", "json", "chat", "chat-turns"])
def test_the_gap_is_what_whitespace_ends_the_whole_prompt(structure):
    shapes = product(
        ENDS, SEPARATORS, (True, False), ("before", "after"), ("Say which.", "Say {Text}", "{Text} \n", "")
    )
    for end, separator, is_template, place, instruction in shapes:
        prompt = Prompt(instruction + (end + separator if is_template else ""), (Field("Text", "It rained. "),),
                        ("yes", "no"), end, layout=Layout(separator=separator, casing="title"), is_template=is_template,
                        structure=structure, instruction_place=place, note="Think.")  # fmt: skip
        full = _with_gap(prompt)
        space = full[len(full.rstrip()) :] or (" " if is_template else "")
        assert gap(prompt) == space, prompt
        assert all(one.startswith(space) for one in continuations(prompt))
        assert continuations(replace(prompt, choices=())) == ()
