"""The grammar of layouts, against the counts of the published one."""

from dataclasses import replace

import pytest

from probe.perturb.helpers.format_grammar import FULL, Grammar, check, combinations, layouts, sample, signature, size
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Layout, Prompt

ONE = Prompt("", (Field("Passage", "p"),))
TWO = Prompt("", (Field("Premise", "p"), Field("Hypothesis", "h")), ("yes", "no"))
LISTED = Prompt("", (Field("Question", "q"),), ("x", "y", "z"), options_field="Options", list_choices=True)


@pytest.mark.parametrize("prompt", [ONE, TWO], ids=["one field", "two fields"])
def test_a_task_of_plain_fields_has_480_formats(prompt):
    legal = [layout for layout in combinations(prompt) if not check(layout, prompt)]
    assert size(prompt) == 960
    assert len(legal) == 680
    assert len(set(legal)) == 640
    assert len({signature(layout, prompt) for layout in legal}) == 480
    assert len(layouts(prompt, num=500, rng=rng_for(0))) == 480


def test_descriptors_that_title_case_changes_tell_all_casings_apart():
    prompt = replace(TWO, fields=(Field("first text", "p"),))
    assert len(layouts(prompt, num=1000, rng=rng_for(0))) == 640


def test_listed_options_add_four_degrees_of_freedom():
    assert size(LISTED) == 960 * 6 * 6 * 4 * 16
    drawn = [replace(LISTED.layout, **_values(rng_for("raw", n))) for n in range(4000)]
    legal = sum(not check(layout, LISTED) for layout in drawn) / len(drawn)
    assert 0.58 < legal < 0.64, "of 15 * 16 * 16 separators and spaces, 2350 are legal: 0.612"


def _values(rng):
    degrees = ("separator", "space", "casing", "option_wrapper", "numbering", "option_separator", "option_space")
    return {degree: rng.choice(getattr(FULL, degree)) for degree in degrees}


@pytest.mark.parametrize(
    ("prompt", "change", "problem"),
    [
        (ONE, {"separator": ""}, "separator is empty"),
        (ONE, {"space": ""}, "space between components is empty"),
        (ONE, {"separator": "\n ", "space": ", "}, "separator breaks the line"),
        (LISTED, {"option_space": ""}, "space between options is empty"),
        (LISTED, {"separator": "\n\t", "option_space": ", "}, "list of options breaks"),
        (LISTED, {"option_separator": "\n", "option_space": "; \n", "space": " "}, "option separator breaks"),
        (LISTED, {"option_wrapper": "()"}, "does not hold one"),
        (LISTED, {"option_wrapper": "{}{"}, "does not hold one"),
        (replace(LISTED, choices=tuple(map(str, range(13)))), {"numbering": "roman-unicode"}, "at most 12"),
        (replace(LISTED, choices=tuple(map(str, range(16)))), {"numbering": "roman-lower"}, "at most 15"),
        (replace(LISTED, layout=Layout(option_space="")), {"option_space": ", "}, "only become whitespace"),
    ],
)
def test_an_illegal_layout_is_told_why(prompt, change, problem):
    found = check(replace(Layout(), **change), prompt)
    assert len([text for text in found if problem in text]) == 1
    assert all(problem in text for text in found if "option" in problem or len(found) == 1)


@pytest.mark.parametrize(
    ("prompt", "change"),
    [
        (Prompt("Go.", ()), {"separator": "\n ", "space": ""}),
        (ONE, {"separator": "\n ", "space": "; \n"}),
        (replace(LISTED, options_field=""), {"option_space": ", "}),
        (LISTED, {"separator": "\n ", "option_space": "\n "}),
        (replace(LISTED, choices=tuple(map(str, range(12)))), {"numbering": "roman-unicode"}),
        (ONE, {"option_wrapper": "no braces"}),
    ],
    ids=["answer slot alone", "both break", "no header", "all break", "twelve options", "unseen wrapper"],
)
def test_a_rule_does_not_reach_further_than_it_says(prompt, change):
    assert check(replace(Layout(), **change), prompt) == []


def test_the_longest_list_of_a_demonstration_counts_for_the_numbering():
    shot = Demonstration((Field("Question", "q"),), "0", tuple(map(str, range(14))))
    prompt = replace(LISTED, demonstrations=(shot,))
    assert check(Layout(numbering="roman-unicode"), prompt) and not check(Layout(numbering="roman-upper"), prompt)


def test_many_layouts_of_a_large_grammar_are_distinct_and_legal():
    drawn = layouts(LISTED, num=300, rng=rng_for(3))
    assert len({signature(layout, LISTED) for layout in drawn}) == 300
    assert all(check(layout, LISTED) == [] for layout in drawn)
    assert drawn == layouts(LISTED, num=300, rng=rng_for(3))


def test_a_part_of_the_grammar_gives_only_its_own_values():
    part = Grammar(separator=(": ", " - "), space=("\n", " "), casing=("upper",))
    assert size(ONE, grammar=part) == 4
    assert {layout.casing for layout in layouts(ONE, num=9, rng=rng_for(0), grammar=part)} == {"upper"}
    assert len(layouts(ONE, num=9, rng=rng_for(0), grammar=part)) == 4


def test_a_grammar_in_which_nothing_is_legal_gives_none():
    assert sample(ONE, rng_for(0), grammar=Grammar(separator=("",))) is None
    assert layouts(ONE, num=3, rng=rng_for(0), grammar=Grammar(separator=("",))) == ()
