"""Changed copies of frozen values."""

from dataclasses import fields, replace

import pytest

from probe.diff import Edit
from probe.evolve import evolve
from probe.types import Field, Item, Prompt, Score, Variant

PROMPT = Prompt("Which?", (Field("Text", "one"),), ("a", "b"))
ITEM = Item("1", PROMPT, "a")
SCORE = Score(Variant(ITEM, ITEM, "typos", "typo-swap", 0, "label-preserving", "x"), "a", True, "ranked")


@pytest.mark.parametrize("thing", [PROMPT, ITEM, SCORE, Edit("same", "x")], ids=lambda one: type(one).__name__)
def test_a_copy_is_the_one_that_dataclasses_make_whatever_is_changed(thing):
    names = [one.name for one in fields(thing)]
    for changed in ([], *([name] for name in names), names):
        changes = {name: object() for name in changed}
        copy = evolve(thing, **changes)
        assert copy == replace(thing, **changes)
        assert copy is not thing


def test_what_a_value_does_not_have_cannot_be_changed():
    with pytest.raises(TypeError, match="Item has no attribute instruction"):
        evolve(ITEM, instruction="Which?")
