"""Registering perturbations, and choosing them by name."""

from random import Random

import pytest

from probe.errors import UsageError
from probe.perturb import families, item_perturbation, perturbation, select
from probe.registry import perturbations
from probe.types import Item, Prompt


def test_the_families_come_in_the_order_in_which_they_are_shipped():
    table = (
        *(
            "format",
            "punctuation",
            "whitespace",
            "casing",
            "typos",
            "wording",
            "grammar",
            "paraphrase",
            "order",
            "labels",
        ),
        *("shots", "distraction", "structure", "contrast", "lexical-overlap", "null"),
    )
    assert families() == [family for family in table if family in families()]


def test_a_name_may_be_a_family_a_perturbation_or_all():
    assert [p.name for p in select(["typo-swap"])] == ["typo-swap"]
    assert {p.family for p in select(["order", "contrast"])} == {"order", "contrast"}
    assert [p.name for p in select(["all"])] == [p.name for p in perturbations.values() if p.is_default]


def test_a_neighbour_of_a_format_is_drawn_only_by_its_own_name():
    assert [p.name for p in select(["format"])] == ["format-layout"]
    assert [p.name for p in select(["format-casing"])] == ["format-casing"]


def test_what_is_named_twice_is_chosen_once():
    assert len(select(["typos", "typo-swap", "typos"])) == len(select(["typos"]))


def test_a_wrong_name_is_answered_with_the_near_ones():
    with pytest.raises(UsageError, match=r"unknown perturbation 'typo'.*'typos'"):
        select(["format", "typo"])


def test_a_wrong_name_is_not_answered_with_the_whole_catalogue():
    with pytest.raises(UsageError) as problem:
        select(["typo-swop"])
    said = str(problem.value)
    assert "Did you mean 'typo-swap'" in said
    names = said.partition("Available: ")[2].split(", ")
    assert len(names) == 11
    known = 1 + len(families()) + len(perturbations)
    left = known - 10 - ("null" in perturbations)  # the family and the perturbation null have one name
    assert names[-1] == f"... and {left} more: probe list perturbations"


def test_every_summary_is_one_sentence():
    assert all(p.summary.endswith(".") and p.summary[0].isupper() for p in perturbations.values())


def test_only_contrasts_and_the_same_words_in_another_order_declare_another_answer():
    flips = [p for p in select(["all"]) if p.effect == "label-altering"]
    assert {p.family for p in flips} == {"contrast", "lexical-overlap"}
    assert all(p.effect == "label-altering" for p in select(["contrast"]))


@pytest.mark.parametrize("effect", ["label-altering", "flip"])
def test_a_function_of_ones_own_becomes_a_perturbation(effect):
    @perturbation("shout", family="own")
    def shout(prompt: Prompt, rng: Random) -> Prompt | None:
        """Say it loudly."""
        return Prompt(prompt.instruction.upper(), prompt.fields)

    @item_perturbation("turn", family="own", effect=effect)
    def turn(item: Item, rng: Random) -> Item | None:
        """Ask the opposite."""
        return Item(item.id, Prompt("Not: " + item.prompt.instruction, ()), "no")

    try:
        louder, turned = select(["own"])
        item = Item("1", Prompt("say it", ()), "yes")
        assert louder.apply(item, Random(0)) == Item("1", Prompt("SAY IT", ()), "yes")
        assert turned.apply(item, Random(0)).target == "no"
        assert louder.apply(Item("1", Prompt("LOUD", ()), "yes"), Random(0)) is None, "nothing changed"
        assert (louder.summary, turned.effect) == ("Say it loudly.", "label-altering")
    finally:
        for name in ("shout", "turn"):
            perturbations._things.pop(name)


def test_a_function_without_docstring_is_refused():
    with pytest.raises(ValueError, match="docstring"):

        @perturbation("silent", family="own")
        def silent(prompt, rng):
            return None
