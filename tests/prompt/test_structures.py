"""Headings, tags and keys: what a part is called in each, and what an answer ends with."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.prompt.structures import MARKUPS, quoted, tag


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Review", "review"), ("Text one", "text_one"), ("Wrong answer", "wrong_answer"), ("Q&A", "q_a"), ("!?", "text")]
    + [("\u05d8\u05e7\u05e1\u05d8", "\u05d8\u05e7\u05e1\u05d8"), ("", "text"), (" Question: ", "question")],
)
def test_a_descriptor_becomes_a_tag(name, expected):
    assert tag(name) == expected


@given(st.text(max_size=20))
def test_a_tag_is_one_word_and_never_empty(name):
    assert re.fullmatch(r"\w+", tag(name))


@given(st.text(max_size=40))
def test_a_quoted_text_is_one_line_of_json(text):
    assert json.loads(quoted(text)) == text and "\n" not in quoted(text)


def test_a_part_without_a_name_stands_bare_but_in_json():
    assert MARKUPS["markdown"].alone(("", "x")) == MARKUPS["xml"].alone(("", "x")) == "x"
    assert MARKUPS["json"].alone(("", "x")) == '{"options": "x"}'


def test_what_closes_an_answer_is_what_its_slot_opened():
    for name in ("Answer", "Two words"):
        slot = MARKUPS["xml"].block([], name)
        assert slot.replace("<", "</").strip() == MARKUPS["xml"].close(name).strip()
        assert json.loads(
            MARKUPS["json"].block([], name) + MARKUPS["json"].answer("a") + MARKUPS["json"].close(name)
        ) == {tag(name): "a"}
