"""A demonstration in a layout of its own: how it stands in each structure, and that nothing else moves."""

from dataclasses import replace

import pytest

from probe.prompt.render import continuations, messages, render
from probe.types import Demonstration, Field, Layout, Prompt

OWN = Layout(separator=" - ", space=" || ", casing="upper", option_wrapper="({})", numbering="lower", option_space=", ")
BORE = Demonstration((Field("Review", "A bore."),), "bad")
GEM = Demonstration((Field("Review", "A gem."),), "good")
PROMPT = Prompt("Good or bad?", (Field("Review", "A joy."),), ("good", "bad"), demonstrations=(BORE, GEM))
MIXED = replace(PROMPT, demonstrations=(replace(BORE, layout=OWN), GEM))


def test_a_demonstration_stands_in_its_own_layout_and_its_neighbours_in_the_prompts():
    assert render(MIXED) == (
        "Good or bad?\n\nREVIEW - A bore. || ANSWER - bad\n\nReview: A gem.\nAnswer: good\n\nReview: A joy.\nAnswer:"
    )
    assert continuations(MIXED) == (" good", " bad")


@pytest.mark.parametrize(
    ("structure", "question"),
    [
        ("markdown", "### Review\nA gem.\n\n### Answer\ngood"),
        ("xml", "<review>A gem.</review>\n<answer>\ngood\n</answer>"),
        ("json", '{"review": "A gem.", "answer": "good"}'),
    ],
)
def test_in_a_structure_it_is_plain_text_in_its_layout(structure, question):
    text = render(replace(MIXED, structure=structure))
    _, _, behind = text.partition("REVIEW - A bore. || ANSWER - bad")
    assert behind.strip().startswith(question)
    assert continuations(replace(MIXED, structure=structure)) == continuations(replace(PROMPT, structure=structure))


def test_as_turns_of_a_chat_its_question_is_in_its_layout():
    assert messages(replace(MIXED, structure="chat-system-turns")) == (
        ("system", "Good or bad?"),
        ("user", "REVIEW - A bore. || ANSWER -"),
        ("assistant", "bad"),
        ("user", "Review: A gem.\nAnswer:"),
        ("assistant", "good"),
        ("user", "Review: A joy.\nAnswer:"),
    )


def test_its_options_wrong_answer_and_symbol_are_in_its_layout():
    listed = replace(MIXED, list_choices=True, answer_with="symbol", options_field="Options")
    shown = replace(listed, demonstrations=(replace(BORE, wrong="good", layout=OWN),))
    assert "OPTIONS - (a) good, (b) bad || WRONG ANSWER - a || ANSWER - b\n\n" in render(shown)
    assert render(shown).endswith("Options: A. good\nB. bad\nAnswer:")


def test_without_one_it_renders_as_with_the_prompts_own_layout():
    its_own = tuple(replace(one, layout=PROMPT.layout) for one in PROMPT.demonstrations)
    for structure in ("plain", "chat", "chat-turns", "chat-system"):
        asked = replace(PROMPT, structure=structure)
        assert render(asked) == render(replace(asked, demonstrations=its_own))
    template = replace(PROMPT, instruction="{Review} Good?", is_template=True)
    assert render(template) == render(replace(template, demonstrations=its_own))
