"""A suite that is written and read again is the same, whatever its texts are."""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_suite import TOML, write

from probe.prompt.render import MAX_SYMBOLS, continuations, render
from probe.suite import read_suite, write_suite
from probe.types import Contrast, Field, Item, Layout, Prompt, Suite

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
FILLED = TEXTS.filter(str.strip)
ANSWERS = TEXTS.map(str.strip).filter(lambda text: text and "\n" not in text)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,8}", fullmatch=True)
LAYOUTS = st.builds(
    Layout,
    separator=TEXTS,
    space=TEXTS,
    casing=st.sampled_from(["identity", "upper"]),
    option_wrapper=st.sampled_from(["{}.", "({})", "<{}>"]),
    numbering=st.sampled_from(sorted(MAX_SYMBOLS)),
)
INSTRUCTIONS = st.text(st.sampled_from("ab{} \n\"'"), max_size=14) | TEXTS | st.just("One of {choices}: {other}.")


@st.composite
def suites(draw):
    """Return any suite that a folder can hold."""
    is_choice, is_listed = draw(st.booleans()), draw(st.booleans())
    shared = tuple(draw(st.lists(ANSWERS, min_size=2, max_size=4, unique=True))) if is_choice else ()
    names = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    answer_field = names.pop()
    instruction = draw(INSTRUCTIONS)
    instruction = re.sub(r"\{+ *(choices|symbols) *\}+", r"{\1}" if is_choice and is_listed else "", instruction)
    asked = Prompt(
        instruction if instruction.strip() else "",
        (),
        answer_field=answer_field,
        list_choices=is_choice and is_listed,
        answer_with="symbol" if is_choice and is_listed else "text",
        layout=draw(LAYOUTS),
        verbalizer=draw(st.sampled_from([(), tuple((choice, f"w {n}") for n, choice in enumerate(shared))])),
    )
    questions = draw(st.lists(st.lists(FILLED, min_size=len(names), max_size=len(names)), min_size=2, unique_by=tuple))
    items = tuple(_item(draw, asked, f"i{i}", names, texts, shared) for i, texts in enumerate(questions))
    cut = draw(st.integers(1, len(items)))
    return Suite(draw(NAMES), draw(ANSWERS), draw(FILLED | st.just("")), items[:cut], items[cut:], max_new_tokens=7)


def _item(draw, asked, name, names, texts, choices):
    fields = tuple(Field(field, text) for field, text in zip(names, texts, strict=True))
    target = draw(st.sampled_from(choices)) if choices else draw(ANSWERS)
    other = next((choice for choice in choices if choice != target), target + "x")
    edited = (Field(names[0], texts[0] + "!"), *fields[1:])
    contrasts = draw(st.sampled_from([(), (Contrast(edited, other),)]))
    aliases = () if choices else tuple(draw(st.lists(ANSWERS, max_size=2, unique=True)))
    prompt = Prompt(
        asked.instruction,
        fields,
        choices,
        asked.answer_field,
        list_choices=asked.list_choices,
        answer_with=asked.answer_with,
        layout=asked.layout,
        verbalizer=asked.verbalizer,
    )
    return Item(name, prompt, target, aliases, contrasts)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(suite=suites())
def test_a_suite_that_is_written_and_read_is_the_same(tmp_path_factory, suite):
    folder = tmp_path_factory.mktemp("suite")
    write_suite(suite, folder)
    read = read_suite(folder)
    assert (read.items, read.train) == (suite.items, suite.train)
    assert (read.name, read.version, read.description) == (suite.name, suite.version, suite.description)
    assert (read.stop, read.max_new_tokens) == (suite.stop, suite.max_new_tokens)


@pytest.mark.parametrize("text", ["\x7f", "a\x7fb", '"', "\\", "a\u2028b", "#"])
def test_a_choice_of_any_sign_is_written_as_key_and_value_and_read_again(tmp_path, text):
    toml = TOML.replace("[layout]", '[verbalizer]\nnegative = "bad"\npositive = "good"\n\n[layout]')
    suite = read_suite(write(tmp_path / "first", toml=toml))

    def renamed(item):
        words = tuple((text if choice == "negative" else choice, word) for choice, word in item.prompt.verbalizer)
        choices = tuple(text if choice == "negative" else choice for choice in item.prompt.choices)
        target = text if item.target == "negative" else item.target
        return replace(
            item, prompt=replace(item.prompt, choices=choices, verbalizer=words), target=target, contrasts=()
        )

    suite = replace(suite, items=tuple(map(renamed, suite.items)), train=tuple(map(renamed, suite.train)))
    (tmp_path / "second").mkdir()
    write_suite(suite, tmp_path / "second")
    assert read_suite(tmp_path / "second").items == suite.items


def test_label_words_are_shown_and_asked_for_in_the_place_of_the_choices(tmp_path):
    toml = TOML.replace("[layout]", '[verbalizer]\nnegative = "bad"\npositive = "good"\n\n[layout]')
    suite = read_suite(write(tmp_path, toml=toml))
    prompt = suite.items[0].prompt
    assert "the review is good or bad." in render(prompt)
    assert continuations(prompt) == (" good", " bad")
    assert {item.target for item in suite.items} <= {"positive", "negative"}
    again = tmp_path / "again"
    again.mkdir()
    write_suite(suite, again)
    assert read_suite(again).items == suite.items


def test_a_template_that_is_written_and_read_is_the_same(tmp_path):
    prompt = Prompt("Is {text} one of {choices}? {other} {{", (Field("text", "x"),), ("yes", "no"), is_template=True)
    suite = Suite("t", "1", "", (Item("1", prompt, "yes"),))
    write_suite(suite, tmp_path)
    assert read_suite(tmp_path).items == suite.items
