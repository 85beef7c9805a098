"""The family `lexical-overlap`: the same words with another meaning, other words with the same."""

import pytest

import probe.perturb  # noqa: F401  registers what is shipped
from probe.perturb.words import pairs
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.types import Field, Item, Prompt

ORDINALS = ("the first", "the second")
YES_NO = ("yes", "no")


def made(name, texts, target, choices=(), *, samples=40):
    fields = tuple(Field(key, text) for key, text in texts.items())
    item = Item("i", Prompt("", fields, tuple(choices)), target)
    asked = [perturbations.get(name).apply(item, rng_for(seed)) for seed in range(samples)]
    return {(*(field.text for field in one.prompt.fields), one.target) for one in asked if one is not None}


def test_a_hypothesis_of_the_same_words_does_not_follow():
    texts = {"Premise": "Mei paid Paul in spring.", "Hypothesis": "Mei paid Paul."}
    asked = made("lexical-overlap-roles", texts, "yes", YES_NO)
    assert asked == {("Mei paid Paul in spring.", "Paul paid Mei.", "no")}
    [(premise, hypothesis, _)] = asked
    assert set(hypothesis.strip(".").split()) <= set(premise.strip(".").split())


def test_a_hypothesis_the_wrong_way_round_is_put_right():
    texts = {"Premise": "The coach paid the editor.", "Hypothesis": "The editor paid the coach."}
    assert made("lexical-overlap-roles", texts, "no", YES_NO) == {(texts["Premise"], texts["Premise"], "yes")}


@pytest.mark.parametrize("target", ["yes", "no"])
def test_roles_of_verbs_that_hold_both_ways_stay(target):
    texts = {"Premise": "Mei met Paul.", "Hypothesis": "Mei met Paul."}
    assert made("lexical-overlap-roles", texts, target, YES_NO) == set()


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("Ann saved 30 euros. Bob saved 5 euros.", "Bob saved 5 euros. Ann saved 30 euros."),
        ("The cup weighs 3 kilos, but the pan weighs 9 kilos.", "The pan weighs 9 kilos, but the cup weighs 3 kilos."),
        ("It is 9 degrees in Oslo; it is 30 degrees in Rome.", "It is 30 degrees in Rome; it is 9 degrees in Oslo."),
    ],
)
def test_what_is_told_in_the_other_order_turns_first_and_second(text, turned):
    texts = {"Text": text, "Question": "Which is more?"}
    assert made("lexical-overlap-order", texts, "the first", ORDINALS) == {(turned, "Which is more?", "the second")}


@pytest.mark.parametrize(
    "text",
    [
        "The van goes at 80 miles an hour, but the bus at 6.",
        "Ann saved 30 euros. Bob owns 5 books.",
        "The first patient waited 12 minutes. The second patient waited 47 minutes.",
        "Ann saved 30 euros.",
    ],
)
def test_clauses_that_are_not_alike_keep_their_order(text):
    assert made("lexical-overlap-order", {"Text": text, "Question": "Who has more?"}, "the first", ORDINALS) == set()
    alike = {"Text": "Ann saved 30 euros. Bob saved 5 euros.", "Question": "Who has more?"}
    assert made("lexical-overlap-order", alike, "Ann", ("Ann", "Bob")) == set(), (
        "the answer does not speak of the order"
    )


@pytest.mark.parametrize(
    ("text", "passive"),
    [
        ("The editor paid the coach last year.", "The coach was paid by the editor last year."),
        ("Rosa followed Priya.", "Priya was followed by Rosa."),
        ("The nurse watered the plants.", "The plants were watered by the nurse."),
        ("The nurse helped the people.", "The people were helped by the nurse."),
        ("The doctor explained the diagnosis.", "The diagnosis was explained by the doctor."),
    ],
)
def test_a_plain_sentence_is_said_in_the_passive(text, passive):
    assert made("lexical-overlap-passive", {"Text": text}, "free") == {(passive, "free")}


@pytest.mark.parametrize(
    "text", ["The author wrote the letter.", "He paid the coach.", "Ann ran home.", "The editor paid."]
)
def test_a_sentence_whose_passive_is_not_certain_stays(text):
    assert made("lexical-overlap-passive", {"Text": text}, "free") == set()


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("On Sunday, Leo lost soap at the zoo.", "Leo lost soap at the zoo on Sunday."),
        ("Because Ann cried, the guard left.", "The guard left because Ann cried."),
        ("It rained. At the station, Mark lost stamps.", "It rained. Mark lost stamps at the station."),
    ],
)
def test_what_opens_a_sentence_is_put_at_its_end(text, moved):
    assert made("lexical-overlap-clauses", {"Text": text}, "free") == {(moved, "free")}


@pytest.mark.parametrize(
    "text",
    [
        "Because Ann cried, she left.",
        "On Sunday, Leo was here and lost soap.",
        'On Sunday, Leo lost "Soap".',
        "If Ann pays, Bob or Cid leaves.",
    ],
)
def test_a_sentence_that_may_change_its_meaning_is_not_moved(text):
    assert made("lexical-overlap-clauses", {"Text": text}, "free") == set()


def test_words_are_said_otherwise_with_their_article():
    asked = made("lexical-overlap-synonyms", {"Text": "Ann bought a car."}, "free")
    assert asked == {("Ann purchased a car.", "free"), ("Ann bought an automobile.", "free")}


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Ann lost a car.", "car"),
        ("The Car Show is here.", "free"),
        ('She said "car".', "free"),
        ("List: car ape", "ape car"),
    ],
)
def test_answers_names_and_quotations_keep_their_words(text, target):
    assert made("lexical-overlap-synonyms", {"Text": text}, target) == set()


def test_the_list_names_no_word_twice_and_no_word_for_itself():
    same = pairs("lexical_overlap", "rewordings")
    for word, other in same.items():
        assert word != other and word == word.lower() and word.strip() == word
        assert same.get(other, word) in (word, *[key for key, value in same.items() if value == other])
