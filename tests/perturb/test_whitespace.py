"""Whitespace: where it goes, and that none of it reaches what is scored."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seen import field_texts, instructions, samples

from probe.perturb import select
from probe.perturb.whitespace import LEADING, TRAILING, WIDTHS, ZERO_WIDTH
from probe.prompt.render import continuations, render
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Item, Layout, Prompt

REVIEW = Prompt("Is it good or bad?", (Field("Review", "A joy from start to end."),), ("good", "bad"))
NAMES = [one.name for one in select(["whitespace"])]


def test_the_beginning_gets_space_before_the_instruction_or_a_field():
    item = Item("1", REVIEW, "good")
    seen = {(a.prompt.instruction, a.prompt.fields[0].text) for a in samples("whitespace-leading", item, 200)}
    instruction, text = REVIEW.instruction, REVIEW.fields[0].text
    assert seen == {(space + instruction, text) for space in LEADING} | {
        (instruction, space + text) for space in LEADING
    }


def test_ends_of_lines_and_fields_get_trailing_space():
    seen = instructions("whitespace-trailing", "Read it.\nSay so.", num=300)
    assert seen == {f"Read it.{space}\nSay so." for space in TRAILING} | {
        f"Read it.\nSay so.{space}" for space in TRAILING
    }


@pytest.mark.parametrize(
    "instruction", ["Is {Review} good?\nAnswer:", "Is it good? {Review}", "{Review} ", "{Review}\n"]
)
@pytest.mark.parametrize("name", NAMES)
def test_the_end_of_a_template_is_left_alone(name, instruction):
    template = replace(REVIEW, instruction=instruction, is_template=True)
    for asked in samples(name, Item("1", template, "good"), 30):
        assert continuations(asked.prompt) == continuations(template)


@given(
    text=st.text(alphabet="ab \n\t.é\u00a0", max_size=30),
    instruction=st.sampled_from(["", "Say so.", "Say so.\n", "One.\nTwo."]),
    place=st.sampled_from(["before", "after"]),
    separator=st.sampled_from([": ", ":\n", " - "]),
    seed=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_no_whitespace_reaches_what_is_scored(text, instruction, place, separator, seed):
    prompt = Prompt(instruction, (Field("Text", text),), ("x", "y"), instruction_place=place)
    prompt = replace(prompt, layout=Layout(separator=separator))
    for one in select(["whitespace"]):
        asked = one.apply(Item("1", prompt, "x"), rng_for(seed))
        if asked is not None:
            assert continuations(asked.prompt) == continuations(prompt)
            assert render(asked.prompt) != render(prompt)


def test_spaces_between_words_are_doubled_or_become_others():
    assert instructions("whitespace-doubled", "Say so") == {"Say  so", "Say   so"}
    assert instructions("whitespace-tab", "Say so") == {"Say\tso"}
    assert instructions("whitespace-newline", "Say so") == {"Say\nso"}
    assert instructions("whitespace-nbsp", "Say so") == {"Say\u00a0so", "Say\u202fso"}
    assert instructions("whitespace-zero-width", "Say so") == {f"Say {mark}so" for mark in ZERO_WIDTH}
    assert instructions("whitespace-doubled", "It costs 10 000  euros") == {
        "It  costs 10 000  euros",
        "It   costs 10 000  euros",
    } | {
        "It costs  10 000  euros",
        "It costs   10 000  euros",
    }


@pytest.mark.parametrize("name", ["doubled", "tab", "newline", "nbsp", "zero-width"])
def test_quotations_answers_and_code_keep_their_spaces(name):
    text = '"stop it now" `a b` {x y} the right one'
    for seen in field_texts(f"whitespace-{name}@1", text):
        for stretch in ('"stop it now"', "`a b`", "{x y}", "the right one"):
            assert stretch in seen


@pytest.mark.parametrize("width", WIDTHS)
def test_lines_break_at_a_width(width, monkeypatch):
    monkeypatch.setattr("probe.perturb.whitespace.WIDTHS", (width,))
    text = " ".join(["The doctor walked towards the river and back again."] * 4)
    [wrapped] = field_texts("whitespace-wrap", text + "\nThe end of it.")
    assert wrapped.replace("\n", " ") == text + " The end of it."
    lines = wrapped.split("\n")
    assert max(map(len, lines)) <= width
    assert all(len(a) + 1 + len(b.split(" ")[0]) > width for a, b in zip(lines[:-2], lines[1:-1], strict=True))


def test_lines_end_as_on_windows():
    prompt = replace(REVIEW, fields=(Field("Review", "One.\nTwo."),), list_choices=True)
    [asked] = samples("whitespace-crlf", Item("1", prompt, "good"), 1)
    assert render(asked.prompt) == render(prompt).replace("\n", "\r\n")
    again = samples("whitespace-crlf", asked, 1)
    assert again == []
    assert samples("whitespace-crlf", Item("1", replace(prompt, structure="xml"), "good"), 1) == []
    shown = replace(prompt, demonstrations=(Demonstration((Field("Review", "x"),), "bad"),))
    [asked] = samples("whitespace-crlf", Item("1", shown, "good"), 1)
    assert "Review: x\r\n" in render(asked.prompt)


def test_a_template_ends_its_lines_as_on_windows_too():
    template = replace(REVIEW, instruction="Is it good?\n{Review}\nAnswer:\n", is_template=True)
    [asked] = samples("whitespace-crlf", Item("1", template, "good"), 1)
    assert asked.prompt.instruction == "Is it good?\r\n{Review}\r\nAnswer:\n"


def test_strength_is_the_share_of_the_spaces():
    text = "a b c d e f g h i j k"
    assert {seen.count("\t") for seen in instructions("whitespace-tab@0.3", text)} == {3}
    assert {seen.count("\t") for seen in instructions("whitespace-tab@1", text)} == {10}


def test_an_answer_of_several_lines_keeps_its_line_breaks():
    item = Item("1", Prompt("Say 0\n or 1.", (), ("0\n", "1")), "1")
    [crlf] = select(["whitespace-crlf"])
    assert crlf.apply(item, rng_for(0)) is None
    plain = replace(item, prompt=replace(item.prompt, choices=("0", "1")))
    assert "\r\n" in crlf.apply(plain, rng_for(0)).prompt.instruction
