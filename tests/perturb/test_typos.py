"""Typos beyond slips of the keyboard: misread letters, misspellings, look-alikes, and how many words are hit."""

import unicodedata

import pytest
from seen import field_texts, samples

from probe.perturb import select
from probe.perturb.typos import SHARE, WORDS_PER_EDIT, _misreadings, num_edits
from probe.perturb.words import table, word_set
from probe.types import Field, Item, Prompt

TYPOS = select(["typos"])


def test_letters_are_misread_as_what_they_look_like():
    assert field_texts("typo-ocr", "modem", num=200) == {"moclem", "modcm", "m0dem"}, "modern is another word"
    assert "cornputer" in field_texts("typo-ocr", "computer", num=300)
    assert field_texts("typo-ocr", "barn", num=200) == set(), "bam would be another word"


def test_no_word_ends_in_a_digit_and_no_first_letter_is_misread():
    seen = field_texts("typo-ocr", "stools", num=300)
    assert {"st0ols", "sto0ls", "stoo1s"} <= seen
    assert all(word[0] == "s" and not word[-1].isdigit() for word in seen)


def test_misreadings_say_where_and_as_what():
    assert set(_misreadings("cl")) == {(1, "l", "I"), (1, "l", "|")}
    assert (2, "rn", "m") in set(_misreadings("born"))
    assert all(old != new for old, ways in table("typos", "confusions").items() for new in ways)


def test_words_are_misspelt_as_listed_in_their_case():
    assert field_texts("typo-misspelling", "separate") == {"seperate"}
    prompt = Prompt("Separate them. SEPARATE them.", ())
    seen = {asked.prompt.instruction for asked in samples("typo-misspelling", Item("1", prompt, "x"))}
    assert seen == {"Seperate them. SEPARATE them."}, "capitals may be a name"
    assert field_texts("typo-misspelling", "wombat platypus") == set()


def test_the_list_of_misspellings_is_long_and_holds_no_real_word():
    misspellings = table("typos", "misspellings")
    known = word_set("typos", "real_words") | word_set("protected", "turning") | word_set("protected", "numbers")
    assert len(misspellings) >= 450
    for word, ways in misspellings.items():
        assert word.isalpha() and word.islower() and ways and word not in ways
        for way in ways:
            assert way.isalpha() and way.islower()
            assert way not in misspellings and way not in known, way


def test_a_homoglyph_looks_the_same_and_is_not():
    for letter, twins in table("typos", "homoglyphs").items():
        for twin in twins:
            assert twin != letter and unicodedata.name(twin).split()[0] in ("CYRILLIC", "GREEK")
            assert letter.isupper() == twin.isupper()
    assert field_texts("typo-homoglyph", "walk") == {"w\u0430lk"}
    assert field_texts("typo-homoglyph", "trunk") == set(), "no letter within it has a twin"


@pytest.mark.parametrize("name", [one.name for one in TYPOS])
def test_strength_is_the_share_of_words_hit(name):
    text = " ".join(["separate sentence describe following coffee restaurant passage something"] * 6)
    prompt = Prompt("", (Field("Text", text),))
    for share, low, high in ((1.0, 30, 48), (0.5, 20, 24), (SHARE, 4, 4)):
        asked = samples(f"{name}@{share}", Item("1", prompt, "x"), 1)[0]
        old, new = text.split(" "), asked.prompt.fields[0].text.split(" ")
        hit = len(old) - len(new) if name == "typo-space" else sum(a != b for a, b in zip(old, new, strict=True))
        assert low <= hit <= high, share
    assert samples(f"{name}@0", Item("1", prompt, "x")) == []


def test_unless_told_otherwise_one_word_in_twelve_is_hit():
    assert all(num_edits(num, SHARE) == min(num, max(1, round(num / WORDS_PER_EDIT))) for num in range(2000))
    assert {one.strength for one in TYPOS} == {SHARE}


@pytest.mark.parametrize("name", ["typo-ocr", "typo-misspelling", "typo-homoglyph"])
def test_answers_numbers_quotations_and_names_are_spared(name):
    text = 'positive Describe three B2ll "separate them" {restaurant} negative not'
    assert field_texts(f"{name}@1", text, choices=("positive", "negative")) == set()


def test_the_words_of_a_long_free_answer_are_spared():
    text = "sort: syndrome therefrom amatory dizzy"
    assert all(
        seen.endswith(": syndrome therefrom amatory dizzy")
        for seen in field_texts("typo-swap@1", text, target="amatory dizzy syndrome therefrom")
    )
