"""A user's table and prompt as a suite: what is found, what is said of it, and what is refused."""

from pathlib import Path

import pytest

from probe.errors import UsageError
from probe.prompt.render import render
from probe.sources.examples import Ask, name_of, suite_from_table
from probe.sources.tables import Row, Table

PROMPT = "Positive or negative?\nReview: {text}\nSentiment:\n"
EXAMPLES = [("A joy.", "positive"), ("A bore.", "negative"), ("Fine.", "positive"), ("Awful.", "negative")]


def table(rows=EXAMPLES, columns=("text", "label")):
    numbered = [Row(line, dict(zip(columns, row, strict=True))) for line, row in enumerate(rows, start=2)]
    return Table(Path("data.csv"), tuple(columns), tuple(numbered))


def made(rows=EXAMPLES, columns=("text", "label"), prompt=PROMPT, **asked):
    return suite_from_table(table(rows, columns), ask=Ask(prompt, "prompt.txt", **asked), name="mine")


def refusal(*args, **asked):
    with pytest.raises(UsageError) as caught:
        made(*args, **asked)
    return str(caught.value)


def test_a_table_and_a_prompt_become_a_suite_of_choices():
    suite, notes = made().suite, made().notes
    assert render(suite.items[0].prompt) == "Positive or negative?\nReview: A joy.\nSentiment:"
    assert [item.target for item in suite.items] == ["positive", "negative", "positive", "negative"]
    assert suite.items[0].prompt.choices == ("negative", "positive")
    assert [item.id for item in suite.items] == ["1", "2", "3", "4"]
    assert notes == (
        "prompt: read as an instruction, Review and Sentiment; its layout and wording can be varied",
        'answers: column "label", one of "negative", "positive" (found there; other ones: --choices a,b, '
        "or none in suite.toml)",
    )


def test_many_different_answers_are_free_text():
    capitals = [("France", "Paris"), ("Peru", "Lima"), ("Kenya", "Nairobi")]
    built = made(capitals, ("text", "target"))
    assert not built.suite.is_choice
    assert built.notes[1] == (
        'answers: column "target", free text (3 different ones in 3 rows; for a choice: --choices a,b)'
    )


def test_long_free_answers_get_room():
    built = made([("a", "x" * 100), ("b", "short")])
    assert built.suite.max_new_tokens == 50


def test_a_prompt_of_another_form_is_kept_as_a_template():
    built = made(prompt="Is {text} good?")
    assert built.suite.items[1].prompt.is_template
    assert render(built.suite.items[1].prompt) == "Is A bore. good?"
    assert built.notes[0].startswith('prompt: kept as a fixed template around "text"; its layout cannot be varied')


def test_rows_that_say_the_same_are_kept_once():
    built = made([*EXAMPLES, EXAMPLES[0]])
    assert len(built.suite.items) == 4
    assert built.notes[2] == "left out 1 row asking what another row asks: line 6"


def test_a_share_of_the_rows_is_kept_for_training_whatever_their_order():
    rows = [(f"Review {i}", "yes" if i % 2 else "no", f"r{i}") for i in range(40)]
    columns = ("text", "label", "key")
    first, second = (made(order, columns, id="key", train_share=0.25).suite for order in (rows, rows[::-1]))
    assert (len(first.items), len(first.train)) == (30, 10)
    assert {item.id for item in first.train} == {item.id for item in second.train}
    assert not {item.id for item in first.train} & {item.id for item in first.items}


def test_answers_that_differ_in_case_only_are_doubted():
    rows = [("a", "Yes"), ("b", "yes"), ("c", "Yes"), ("d", "yes")]
    assert made(rows).notes[1].endswith("; some differ only in upper and lower case, is that meant?")


def test_an_answer_that_stands_there_once_is_doubted():
    rows = [(f"Review {i}", "yes" if i % 2 else "no") for i in range(20)]
    assert made([*rows, ("Odd.", "yes!")]).notes[1].endswith('; "yes!" stands there only once, is that meant?')


REFUSALS = {
    "no answer column": (
        {"columns": ("text", "sentiment")},
        "data.csv: which column is the right answer? There is no target or label; name it with --target. "
        "Columns: text, sentiment",
    ),
    "misspelt answer column": (
        {"target": "lable"},
        "data.csv: --target 'lable' is no column. Did you mean 'label'? Columns: text, label",
    ),
    "misspelt column in the prompt": (
        {"prompt": "Good?\nReview: {txt}\nAnswer:"},
        "prompt.txt:2: {txt} is not among {text}, {label}, {choices}, {symbols}. Did you mean 'text'? "
        "For the braces themselves write {{txt}}",
    ),
    "the answer in the prompt": (
        {"prompt": "Review: {text}\nSentiment: {label}"},
        "prompt.txt:2: {label} shows the model the right answer; take it out of the prompt, or name another column "
        "with --target",
    ),
    "symbols": (
        {"prompt": "Which of {symbols}?\nReview: {text}"},
        "prompt.txt:1: {symbols} needs options, which a prompt file does not list; write {choices}",
    ),
    "choices of free text": (
        {"rows": EXAMPLES[:2], "prompt": "Which of {choices}?\nReview: {text}"},
        'prompt.txt: {choices} stands for the choices, and column "label" is free text; name them with --choices a,b',
    ),
    "empty cells": (
        {"rows": [*EXAMPLES, ("", "positive"), (" ", "negative")]},
        'data.csv:6: column "text" is empty (as in 1 more row: 7); fill it in or take the row out',
    ),
    "empty answer": (
        {"rows": [("A joy.", " "), *EXAMPLES[1:]]},
        'data.csv:2: column "label" is empty; fill it in or take the row out',
    ),
    "two answers to one question": (
        {"rows": [*EXAMPLES, ("A joy.", "negative")]},
        'data.csv:6: asks the same as line 2 and answers "negative", not "positive"; keep the right one',
    ),
    "answer that is no choice": (
        {"rows": [*EXAMPLES, ("Meh.", "negativ")], "choices": ("positive", "negative")},
        'data.csv:6: label "negativ" is not among the choices "positive", "negative". Did you mean \'negative\'? '
        "Correct it or add it to --choices",
    ),
    "one choice": (
        {"choices": ("positive",)},
        "--choices must name two or more; for free text leave --choices out",
    ),
    "id twice": (
        {"rows": [(*row, "x") for row in EXAMPLES], "columns": ("text", "label", "key"), "id": "key"},
        'data.csv:3: key "x" is already that of line 2; ids are unique',
    ),
    "answer of several lines": (
        {"rows": [("a", "one\ntwo"), ("b", "three")]},
        'data.csv:2: label "one\\ntwo" has several lines; an answer is one line',
    ),
    "all for training": (
        {"train_share": 1.0},
        "--train-share 1 is a share of the rows, from 0 up to but not including 1",
    ),
}


@pytest.mark.parametrize("mistake", list(REFUSALS))
def test_what_cannot_be_asked_is_answered_with_place_and_cure(mistake):
    asked, message = REFUSALS[mistake]
    assert refusal(**asked) == message


def test_a_name_that_is_no_folder_name_is_refused():
    with pytest.raises(
        UsageError, match=r'^--name: name "a/b" goes into file names; use letters, digits, _ and - only$'
    ):
        suite_from_table(table(), ask=Ask(PROMPT), name="a/b")


def test_the_name_of_a_table_becomes_that_of_a_suite():
    assert [name_of(stem) for stem in ("my reviews (2)", "data", "été!", "...")] == [
        "my-reviews-2",
        "data",
        "t",
        "examples",
    ]


COLUMNS = ("id", "label", "n", "review text", "title")
ROWS = [
    (str(n), ("good", "bad")[n % 2], str(n), f"A film that went on and on, number {n}.", f"Film {n}") for n in range(6)
]


@pytest.mark.parametrize("text", ["", " \n\t\n", "\ufeff", "\u200b\n", "\0", "\r\n"])
def test_an_empty_prompt_is_told_what_to_ask_and_never_the_id_or_the_answer(text):
    assert refusal(rows=ROWS, columns=COLUMNS, prompt=text) == (
        "prompt.txt:1: is empty; write the question there, with {review text} or {title} where the text of a row goes"
    )


def test_a_prompt_without_a_column_is_told_the_same():
    assert refusal(rows=ROWS, columns=COLUMNS, prompt="Is it good?\nAnswer:") == (
        "prompt.txt:1: names no column, so every item would be the same question; write the question there, with "
        "{review text} or {title} where the text of a row goes"
    )


def test_a_prompt_of_the_answer_alone_is_told_what_to_ask_instead():
    assert refusal(rows=ROWS, columns=COLUMNS, prompt="{label}") == (
        "prompt.txt:1: {label} shows the model the right answer; take it out of the prompt and write {review text} or "
        "{title}, or name another column with --target"
    )


def test_numbers_are_asked_about_where_there_is_nothing_else_and_nothing_where_there_is_nothing():
    rows = [(row[0], row[1], row[2]) for row in ROWS]
    assert "with {n} where" in refusal(rows=rows, columns=("id", "label", "n"), prompt="")
    only = [row[:2] for row in ROWS]
    assert "no column to ask about" in refusal(rows=only, columns=("id", "label"), prompt="")
