"""Prompt files: which are taken apart, and that none of them changes on the way."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probe.errors import SuiteError
from probe.prompt.render import render
from probe.suite import prompt_from_template
from probe.suite.template import columns_of
from probe.types import Field, Layout

TAKEN_APART = {
    "lines": ("Good?\nReview: {text}\nVerdict:", "Good?", ["Review"], "Verdict", ": ", "\n"),
    "no instruction": ("Q: {text}\nA:", "", ["Q"], "A", ": ", "\n"),
    "two fields": ("Follows?\nText - {text}\nClaim - {title}\nAnswer -", "Follows?", ["Text", "Claim"], "Answer", " - ", "\n"),
    "one line": ("Good?\nReview: {text} || Verdict:", "Good?", ["Review"], "Verdict", ": ", " || "),
    "wide": ("Good?\n\nReview:\n{text}\n\nVerdict:", "Good?\n", ["Review"], "Verdict", ":\n", "\n\n"),
    "several words": ("Be brief.\nThe user's question: {text}\nShort answer:", "Be brief.", ["The user's question"],
                      "Short answer", ": ", "\n"),
    "literal braces": ("Say {{so}}.\nReview: {text}\nVerdict:", "Say {so}.", ["Review"], "Verdict", ": ", "\n"),
    "choices": ("Is it {choices}?\nReview: {text}\nVerdict:", "Is it {choices}?", ["Review"], "Verdict", ": ", "\n"),
    "windows": ("Good?\r\nReview: {text}\r\nVerdict:\r\n", "Good?", ["Review"], "Verdict", ": ", "\n"),
}  # fmt: skip


@pytest.mark.parametrize("form", list(TAKEN_APART))
def test_a_prompt_of_descriptors_is_taken_apart(form):
    text, instruction, names, answer_field, separator, space = TAKEN_APART[form]
    prompt = prompt_from_template(text, ["text", "title"])
    assert not prompt.is_template
    assert (prompt.instruction, [field.name for field in prompt.fields]) == (instruction, names)
    assert (prompt.answer_field, prompt.layout) == (answer_field, Layout(separator=separator, space=space))


@pytest.mark.parametrize(
    "text",
    [
        "Is this review good? {text}",
        "Review {text} and say how you like it",
        "Translate {text} into {title}:",
        "Review: {text}",
        "Review: {text}\nVerdict -",
        "Text: {text}\nClaim - {title}\nAnswer:",
        'Review: "{text}"\nVerdict:',
        "Text: {text}\nText: {title}\nAnswer:",
        "Text: {text}\nAgain: {text}\nAnswer:",
        "\nReview: {text}\nVerdict:",
        "Review: {text}\n\nPlease answer with one word and no more, thank you:",
        "Good?\nThe review that you are to judge now: {text}\nVerdict:",
        "# Review: {text}\n# Verdict:",
    ],
)
def test_any_other_prompt_is_kept_as_it_is(text):
    prompt = prompt_from_template(text, ["text", "title"])
    assert prompt.is_template
    assert prompt.instruction == text


WORDS = st.sampled_from(
    ["Review", "Verdict", "Q", "A", "Good?", "{text}", "{title}", "{choices}", "{{so}}", "{", "}", '"a"']
)
JOINTS = st.sampled_from([": ", "\n", " ", "", " || ", ":\n", "\n\n", " - ", "; \n"])


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(st.tuples(WORDS, JOINTS), min_size=1, max_size=8))
@example(parts=[("", "\n"), ("Q", ": "), ("{text}", "\n"), ("A", ":\n")])
def test_a_prompt_asks_in_the_same_words_whether_taken_apart_or_not(parts):
    text = "".join(word + joint for word, joint in parts)
    try:
        prompt = prompt_from_template(text, ["text", "title"])
    except SuiteError:
        right = {"{text}", "{title}", "{choices}", "{{so}}"}  # joined, the parts may make others, such as {Review}
        assert not re.search(r"(?<!\{)\{(text|title)\}(?!\})", text) or {*re.findall(r"\{+\S+?\}+", text)} - right
        return
    values = dict(zip(columns_of(prompt), ("ONE", "TWO"), strict=False))
    fields = tuple(Field(field.name, values[field.text[1:-1]]) for field in prompt.fields)
    asked = text.replace("{{so}}", "{so}").rstrip()
    for column, value in values.items():
        asked = asked.replace(f"{{{column}}}", value)
    assert render(replace(prompt, fields=fields)) == asked
