"""Punctuation: what is set, left out and changed, and where nothing is."""

import pytest
from seen import field_texts, instructions, samples

from probe.perturb.helpers.commas import clause_commas, serial_commas
from probe.types import Field, Item, Prompt


def toggled(finder, text):
    """Return the text with every place that the finder finds filled, from the last to the first."""
    for [place], [[new]] in reversed(list(finder(text))):
        text = text[: place.start] + new + text[place.stop :]
    return text


def test_a_final_mark_is_left_out_and_changed_at_ends_of_lines_alone():
    assert instructions("punctuation-final-drop@1", "Mr. Bo ran 3.5 miles. Why? Say so.") == {
        "Mr. Bo ran 3.5 miles. Why? Say so"
    }
    assert instructions("punctuation-final-drop", "Read it.\nIs it so?") == {"Read it\nIs it so?", "Read it.\nIs it so"}
    assert instructions("punctuation-final-change", "Is it so?") == {"Is it so.", "Is it so ?"}
    assert instructions("punctuation-final-change", "It is so.") == {"It is so!", "It is so .", "It is so;"}
    assert instructions("punctuation-final-change", "It is so!") == {"It is so.", "It is so !"}
    assert instructions("punctuation-final-drop", "Meet at 5 p.m.") == set()


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("Election board debates the border plan", "Election board debates the border plan."),
        ("What is the capital of France", "What is the capital of France?"),
        ("Did it rain today", "Did it rain today?"),
        ("How the lab team beat noise", "How the lab team beat noise."),
        ("The capital of France is", None),
        ("too late to say", None),
        ("Two words", None),
        ("It has ended.", None),
        ("Options are given:\n(A) It rained a lot", None),
        ("((-1 + 2 + 9)) =", None),
    ],
)
def test_a_sentence_without_a_final_mark_gets_one(text, ended):
    assert field_texts("punctuation-final-add", text) == ({ended} if ended else set())


def test_a_template_gets_no_final_mark_but_may_lose_those_of_its_sentences():
    prompt = Prompt("Judge it now please", (), is_template=True)
    assert samples("punctuation-final-add", Item("1", prompt, "x")) == []
    template = Prompt("Judge it.\nReview: {Review}\nSentiment:", (Field("Review", "Good"),), is_template=True)
    seen = {asked.prompt.instruction for asked in samples("punctuation-final-drop", Item("1", template, "x"))}
    assert seen == {"Judge it\nReview: {Review}\nSentiment:"}


def test_marks_are_doubled_but_not_those_of_numbers_and_abbreviations():
    assert instructions("punctuation-double@1", "Well, so 3.5 is it, i.e. ok? Row: Ann, 7, 50.") == {
        "Well,, so 3.5 is it,, i.e. ok?? Row: Ann, 7, 50.",
        "Well,, so 3.5 is it,, i.e. ok??? Row: Ann, 7, 50.",
    }
    assert instructions("punctuation-double", "It ended.") == {"It ended.."}
    assert instructions("punctuation-double", "It ended...") == set()


def test_quotation_marks_and_apostrophes_change_their_style_and_keep_what_they_hold():
    assert instructions("punctuation-quotes", 'He said "stop it" to us') == {
        "He said \u201cstop it\u201d to us",
        "He said 'stop it' to us",
        "He said \u2018stop it\u2019 to us",
        "He said \u00abstop it\u00bb to us",
    }
    assert instructions("punctuation-quotes", "It doesn't matter") == {"It doesn\u2019t matter"}
    assert instructions("punctuation-quotes", 'He said "don\'t" to us') == {
        "He said \u201cdon't\u201d to us",
        "He said \u00abdon't\u00bb to us",
    }
    assert instructions("punctuation-quotes", 'x = "a" and {"key": "b"} and <path d="M 1"/> and ["c", "d"]') == set()


def test_an_apostrophe_of_the_answer_stays():
    assert field_texts("punctuation-quotes", "It isn't so", target="isn't") == set()


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Felix scored 75 points, but Frank scored 17.", "Felix scored 75 points but Frank scored 17."),
        ("It was cold but we went.", "It was cold, but we went."),
        ("It rained and he ran.", "It rained, and he ran."),
        ("On Thursday, Leo sold flowers.", "On Thursday Leo sold flowers."),
        ("On Sunday Clara was there.", "On Sunday, Clara was there."),
        ("At the hotel, Mei became a driver.", "At the hotel Mei became a driver."),
        ("However, the door stayed shut.", "However the door stayed shut."),
        ("Finally Ben came in.", "Finally, Ben came in."),
    ],
)
def test_a_comma_is_set_or_left_out_where_a_clause_begins(text, other):
    assert toggled(clause_commas, text) == other
    assert field_texts("punctuation-comma@1", text) == {other}


@pytest.mark.parametrize(
    "text",
    [
        "It was anything but good.",
        "All but the last were sold.",
        "He and she ran.",
        "However good it was, it ended.",
        "At the hotel guests eat late.",
        "At the hotel we stayed.",
        "The farmer and the librarian ran home.",
        "Then again, no.",
    ],
)
def test_commas_stay_where_they_would_turn_the_meaning(text):
    assert toggled(clause_commas, text) == text


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("sports, business, science or politics", "sports, business, science, or politics"),
        ("of three birds: a quail, an owl, and a robin.", "of three birds: a quail, an owl and a robin."),
        ("colours: red, green or blue", "colours: red, green, or blue"),
        ("Alice, Bob, and Claire trade books.", "Alice, Bob and Claire trade books."),
    ],
)
def test_the_comma_before_the_last_of_a_list_is_set_or_left_out(text, other):
    assert toggled(serial_commas, text) == other
    assert field_texts("punctuation-oxford@1", text) == {other}


@pytest.mark.parametrize(
    "text",
    [
        "On Monday, Tom and Mary left.",
        "When it rained, cats and dogs ran.",
        "In short, however, Tom and Mary left.",
        "The cat and the dog slept.",
        "He paused, turned round to them slowly and carefully, looked and left.",
    ],
)
def test_what_may_be_no_list_keeps_its_commas(text):
    assert toggled(serial_commas, text) == text


def test_dashes_and_hyphens_change_their_length():
    assert instructions("punctuation-dash", "It was dry - and cold.") == {
        "It was dry \u2013 and cold.",
        "It was dry \u2014 and cold.",
        "It was dry\u2014and cold.",
        "It was dry -- and cold.",
    }
    assert instructions("punctuation-dash", "a well-known mill") == {
        "a well\u2010known mill",
        "a well\u2011known mill",
        "a well\u2013known mill",
    }
    assert instructions("punctuation-dash", "3 - 2, -x - y, twenty-five, 1990-1995, Smith-Jones, - valid") == set()


def test_brackets_around_words_become_others():
    assert instructions("punctuation-bracket", "It froze (the lake) then.") == {
        "It froze [the lake] then.",
        "It froze ( the lake ) then.",
    }
    assert instructions("punctuation-bracket", "It froze [the lake] then.") == {
        "It froze (the lake) then.",
        "It froze [ the lake ] then.",
    }
    assert instructions("punctuation-bracket", "Say (A), (iii), ( True ), f(xyz) or (1 + 2).") == set()


def test_quoted_text_answers_and_code_keep_their_punctuation():
    text = 'Say "stop, now." or `a, b.` or {x}; the end, more or less'
    assert field_texts("punctuation-double@1", text, target="the end, more or less") == set()


def test_strength_is_the_share_of_the_places():
    text = "One.\nTwo.\nThree.\nFour."
    assert {len(text) - len(other) for other in instructions("punctuation-final-drop@0.01", text)} == {1}
    assert {len(text) - len(other) for other in instructions("punctuation-final-drop@0.75", text)} == {3}
    assert instructions("punctuation-final-drop@0", text) == set()
