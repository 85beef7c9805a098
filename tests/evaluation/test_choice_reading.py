"""What a written answer to a choice question is taken for."""

from dataclasses import replace

import pytest

from probe.evaluation.choice_reading import read_choice
from probe.types import Field, Layout, Prompt

SENTIMENT = Prompt("", (Field("Review", "A joy."),), choices=("positive", "negative"))
CITIES = Prompt("", (Field("Question", "Where?"),), choices=("Paris", "Rome", "New York"), list_choices=True)


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("positive", "positive"),
        (" Negative.", "negative"),
        ("**Positive**", "positive"),
        ("negative, because it drags on", "negative"),
        ("It is hard to say", None),
        ("positively not", None),
        ("", None),
    ],
)
def test_an_answer_that_equals_a_choice_or_begins_with_it_names_it(said, choice):
    assert read_choice(SENTIMENT, said) == choice


@pytest.mark.parametrize(
    ("said", "choice"),
    [("B", "Rome"), ("(c)", "New York"), ("A. Paris", "Paris"), ("rome", "Rome"), ("B) Rome, of course", "Rome"),
     ("A joy to behold", None), ("new york city", "New York"), ("D", None)],
)  # fmt: skip
def test_a_listed_option_is_named_by_its_symbol_its_text_or_both(said, choice):
    assert read_choice(CITIES, said) == choice


def test_symbols_are_those_of_the_layout():
    roman = replace(CITIES, layout=Layout(numbering="roman-lower", option_wrapper="({})"), answer_with="symbol")
    assert [read_choice(roman, said) for said in ("ii", "(iii) New York", "i)")] == ["Rome", "New York", "Paris"]


def test_the_word_that_is_shown_for_a_choice_comes_before_the_choice_itself():
    swapped = replace(SENTIMENT, verbalizer=(("positive", "negative"), ("negative", "positive")))
    assert read_choice(swapped, "negative") == "positive"
    renamed = replace(SENTIMENT, verbalizer=(("positive", "foo"), ("negative", "bar")))
    assert [read_choice(renamed, said) for said in ("foo", "Bar!", "negative")] == ["positive", "negative", "negative"]


@pytest.mark.parametrize(
    ("choices", "said", "choice"),
    [
        (("5", "-5"), "-5", "-5"),
        (("5", "-5"), "\u22125 degrees", "-5"),
        (("5", "-5"), "5.", "5"),
        (("5", "-5"), "- 5", "-5"),
        (("C", "C++", "C#"), "C++", "C++"),
        (("C", "C++", "C#"), "**C#**, since", "C#"),
        (("C", "C++", "C#"), "C.", "C"),
        (("C", "Java"), "C++", None),
        (("15", "20"), "15.5", None),
        (("15", "20"), "15.", "15"),
        (("15", "20"), "(15) because", "15"),
        (("10:30", "10"), "10:30 it is", "10:30"),
        (("10", "11"), "10:30", None),
        (("15", "15%"), "15% of them", "15%"),
        ((".5", "5"), ".5", ".5"),
        (("$5", "5"), "$5 a day", "$5"),
        (("positive", "negative"), "- positive", "positive"),
        (("positive", "negative"), "\u00abpositive\u00bb, I think", "positive"),
        (("positive", "negative"), "\u00a1Positive!", "positive"),
        (("x\u00b2", "x2"), "x^2", "x\u00b2"),
        (("[0, 1)", "(0, 1)"), "[0, 1)", "[0, 1)"),
        (("(0, 1)", "[0, 1)"), "[0, 1) because the end is out", "[0, 1)"),
        (("(0, 1)", "[0, 1]"), "[0, 1) because", None),
        (("(1, 2)", "1"), "(1, 2) is the pair", "(1, 2)"),
        (("15", "16"), "15% of them", None),
        (("15", "16"), "15 % of them", None),
        (("15", "16"), "15\u00b0 north", None),
        (("15", "16"), "15\u00b2 is", None),
        (("15", "16"), "15/16 of it", None),
        (("15", "16"), "15!", None),
        (("15", "16"), "15! Yes", "15"),
        (("15", "16"), "15 of them", "15"),
        (("5 km", "5 m"), "5 km/h or so", None),
        (("5 km", "5 m"), "5 km\u00b2 of it", None),
        (("5 km", "5 m"), "5 km, or so", "5 km"),
        (("Visual C", "Java"), "Visual C++ is it", None),
        (("Visual C", "Java"), "Visual C is it", "Visual C"),
        (("Visual C", "Java"), "Visual C### Question", "Visual C"),
        (("positive", "negative"), "positive/negative", None),
        (("positive", "negative"), "**Positive**: great", "positive"),
        (("positive", "negative"), "positive\U0001f642", "positive"),
        (("positive", "negative"), "Positive\u3002\u56e0\u4e3a", "positive"),
        (("A", "B"), "B-", None),
        (("A", "B"), "A-B", None),
        (("A", "B"), "B- because", "B"),
        (("A", "B"), "A\u3001\u5df4\u9ece", "A"),
        (("A", "B"), "A\u3002\u5df4\u9ece", "A"),
        (("A", "B"), "\u3010B\u3011", "B"),
        (("A", "B"), "**B** because", "B"),
        (("A", "B"), '"B" because', "B"),
        (("A", "B"), "[B] it is", "B"),
        (("A", "B"), "B joy", None),
        (("A", "B"), "**A** B", "A"),
        (("f", "g"), "f' is it", None),
    ],
)
def test_a_sign_or_a_unit_makes_another_choice(choices, said, choice):
    assert read_choice(Prompt("", (Field("Q", "?"),), choices=choices), said) == choice
