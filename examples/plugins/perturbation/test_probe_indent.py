"""The perturbation keeps the laws, and does what it says."""

from random import Random

import probe_indent

from probe.perturb import broken_laws
from probe.types import Field, Prompt


def test_it_keeps_the_laws():
    """Check what every perturbation must keep."""
    assert broken_laws("whitespace-indent") == []


def test_every_line_of_the_instruction_is_indented():
    """Check what this one does."""
    made = probe_indent.whitespace_indent(Prompt("Decide.\nOne word.", (Field("Text", "x"),)), Random(0))
    assert [line.lstrip() for line in made.instruction.split("\n")] == ["Decide.", "One word."]
    assert all(line.startswith("  ") for line in made.instruction.split("\n"))
