"""A prompt's note: where it stands in each structure, and that it moves nothing that is scored."""

from dataclasses import replace

import pytest

from probe.prompt.render import continuations, messages, render
from probe.types import Demonstration, Field, Prompt

PROMPT = Prompt(
    "Good or bad?",
    (Field("Review", "A joy."),),
    ("good", "bad"),
    demonstrations=(Demonstration((Field("Review", "A bore."),), "bad"),),
)
NOTED = replace(PROMPT, note="It rains.")


@pytest.mark.parametrize(
    ("structure", "ending"),
    [
        ("plain", "Review: A joy.\n\nIt rains.\nAnswer:"),
        ("markdown", "### Review\nA joy.\n\n### Note\nIt rains.\n\n### Answer"),
        ("xml", "<review>A joy.</review>\n<note>It rains.</note>\n<answer>"),
        ("json", '{"review": "A joy.", "note": "It rains.", "answer":'),
        ("chat-turns", "User: Review: A joy.\n\nIt rains.\nAnswer:\n\nAssistant:"),
    ],
)
def test_a_note_stands_before_the_answer_slot_of_the_question_alone(structure, ending):
    noted = replace(NOTED, structure=structure)
    assert render(noted).endswith(ending)
    assert render(noted).count("It rains.") == 1
    assert continuations(noted) == continuations(replace(PROMPT, structure=structure))


def test_a_note_stands_before_an_instruction_that_comes_last():
    noted = replace(NOTED, instruction_place="after")
    assert render(noted).endswith("Review: A joy.\n\nIt rains.\nGood or bad?\nAnswer:")
    assert messages(replace(noted, structure="chat"))[-1][1].endswith("It rains.\nGood or bad?\nAnswer:")


def test_a_template_has_no_note():
    template = replace(PROMPT, instruction="{Review} Good?", is_template=True)
    assert render(replace(template, note="It rains.")) == render(template)
