"""Casing: what changes its case, and what keeps it."""

import pytest
from seen import field_texts, instructions, samples

from probe.types import Field, Item, Prompt


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("lower", "decide what marta saw, it isn't so."),
        ("upper", "DECIDE WHAT MARTA SAW, IT ISN'T SO."),
        ("title", "Decide What Marta Saw, It Isn't So."),
    ],
)
def test_all_words_of_a_text_change_their_case(what, expected):
    assert instructions(f"casing-{what}", "Decide what Marta saw, it isn't so.") == {expected}


@pytest.mark.parametrize(
    "text",
    [
        "NASA",
        "McCoy",
        "iPhone",
        '"He Said so"',
        "{The Name}",
        "`Code Here`",
        "(B) B. b)",
        "<Tag Name>",
        "me@Example.org",
        "http://Example.org/Path",
        "some_Name/Other",
        "5 kg",
        "us",
        "US",
        "XIV iii",
        "A, b, C.",
        "7am X200R",
        "x² + y³",
    ],
)
def test_what_carries_meaning_in_its_case_keeps_it(text):
    for what in ("lower", "upper", "title", "first", "random"):
        assert instructions(f"casing-{what}", text) == set()


def test_a_name_that_is_another_word_in_lower_case_keeps_its_capital():
    assert instructions("casing-lower", "In March Frank saw Anna.") == {"in March Frank saw anna."}


def test_an_article_is_no_symbol():
    assert instructions("casing-upper", "a joy; a or b") == {"A JOY; a OR b"}
    assert instructions("casing-lower", "A joy. Say A") == {"a joy. say A"}


def test_answers_keep_their_case_and_no_free_answer_is_made_to_stand_out():
    assert field_texts("casing-upper", "is it Good or bad?", target="good", choices=("good", "bad")) == {
        "IS IT Good OR bad?"
    }
    assert field_texts("casing-upper", "Leo has a grey tent.", target="grey") == set()
    prompt = Prompt("Answer it.", (Field("Text", "Leo has a grey tent."),))
    seen = {(a.prompt.instruction, a.prompt.fields[0].text) for a in samples("casing-upper", Item("1", prompt, "grey"))}
    assert seen == {("ANSWER IT.", "Leo has a grey tent.")}


def test_a_draw_recases_all_texts_or_some():
    prompt = Prompt("Say so.", (Field("One", "Ada ran."), Field("Two", "Bo sat.")))
    seen = {
        (a.prompt.instruction.isupper(), *(field.text.isupper() for field in a.prompt.fields))
        for a in samples("casing-upper", Item("1", prompt, "x"), 200)
    }
    assert len(seen) == 7 and (False, False, False) not in seen


def test_first_letters_of_sentences_change_their_case():
    assert instructions("casing-first@1", "Say so. then Bo ran.\nIs it? NASA did.") == {
        "say so. Then Bo ran.\nis it? NASA did."
    }
    assert instructions("casing-first", "Say so. Read it.") == {"say so. Read it.", "Say so. read it."}


def test_random_letters_change_their_case_in_the_share_asked_for():
    text = "abcdefghij klmnopqrst"
    for share in (0.1, 0.5, 1.0):
        seen = instructions(f"casing-random@{share:g}", text)
        assert {sum(letter.isupper() for letter in one) for one in seen} == {round(20 * share)}
        assert all(one.lower() == text for one in seen)
    assert len(instructions("casing-random", text)) > 30


def test_letters_without_a_pair_stay():
    assert instructions("casing-upper", "stra\u00dfe \u0149a") == set()
    assert instructions("casing-upper", "\u00e9t\u00e9 \u05d4\u05d0\u05dd") == {"\u00c9T\u00c9 \u05d4\u05d0\u05dd"}


@pytest.mark.parametrize("name", ["casing-upper", "casing-lower", "casing-title", "casing-first", "casing-random@1"])
def test_turkish_names_in_an_english_text_keep_their_letters(name):
    item = Item(
        "1", Prompt("Judge the text.", (Field("Text", "İzmir and Iğdır are cities in the west."),), ("a", "b")), "a"
    )
    for asked in samples(name, item, 20):
        text = asked.prompt.fields[0].text
        assert "İzmir" in text and "Iğdır" in text, text
