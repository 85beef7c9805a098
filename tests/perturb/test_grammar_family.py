"""The family `grammar`: mood, tense, aspect, modality, voice and person of the instruction."""

import pytest

import probe.perturb  # noqa: F401  registers what is shipped
from probe.perturb.helpers.clauses import commands, sentences
from probe.perturb.helpers.english import ing, participle, verbs
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.types import Field, Item, Prompt

REVIEW = "Decide whether the review is positive or negative."


def said(name: str, instruction: str, *, samples: int = 60, **more) -> set[str]:
    prompt = Prompt(instruction, (Field("Review", "A joy."),), ("positive", "negative"), **more)
    item = Item("i", prompt, "positive")
    asked = [perturbations.get(name).apply(item, rng_for(seed)) for seed in range(samples)]
    return {one.prompt.instruction for one in asked if one is not None}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("grammar-interrogative", "Can you decide whether the review is positive or negative?"),
        ("grammar-indicative", "Your task is to decide whether the review is positive or negative."),
        ("grammar-tense", "You will decide whether the review is positive or negative."),
        ("grammar-tense", "You were asked to decide whether the review is positive or negative."),
        ("grammar-aspect", "You are deciding whether the review is positive or negative."),
        ("grammar-aspect", "You have been asked to decide whether the review is positive or negative."),
        ("grammar-modality", "You must decide whether the review is positive or negative."),
        ("grammar-passive", "It has to be decided whether the review is positive or negative."),
        ("grammar-person", "I want you to decide whether the review is positive or negative."),
        ("grammar-person", "We have to decide whether the review is positive or negative."),
    ],
)
def test_an_instruction_is_said_on_each_axis(name, expected):
    assert expected in said(name, REVIEW)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in perturbations
        if name.startswith("grammar-") and name not in ("grammar-imperative", "grammar-passive")
    ],
)
def test_each_axis_has_eight_ways_to_say_it(name):
    assert len(said(name, REVIEW, samples=200)) >= 8


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Choose the right answer and write it out.", "The right answer must be chosen and written out."),
        (
            "Read the passage and answer the question in as few words as possible.",
            "The passage must be read and the question must be answered in as few words as possible.",
        ),
        (
            "Name the topic of the headline: sports or science.",
            "The topic of the headline must be named: sports or science.",
        ),
        ("Sort a list of words.", "A list of words must be sorted."),
        ("Compare the two quantities.", "The two quantities must be compared."),
    ],
)
def test_an_object_becomes_the_subject_of_the_passive(instruction, expected):
    assert expected in said("grammar-passive", instruction)


@pytest.mark.parametrize(
    "thing", ["two quantities", "diagnoses", "people", "missing children", "criteria", "buses", "data lines"]
)
def test_a_plural_subject_takes_a_plural_verb(thing):
    asked = said("grammar-passive", f"Extract the {thing}.")
    assert {f"The {thing} have to be extracted.", f"The {thing} are to be extracted."} <= asked
    assert not any(" has to be " in text or " is to be " in text for text in asked)


@pytest.mark.parametrize(
    "thing",
    [
        "primary diagnosis",
        "latest news",
        "status",
        "statistics",
        "class",
        "main thesis",
        "bus",
        "bias",
        "camera lens",
        "data",
    ],
)
def test_a_singular_that_ends_in_s_takes_a_singular_verb(thing):
    asked = said("grammar-passive", f"Extract the {thing}.")
    assert {f"The {thing} has to be extracted.", f"The {thing} is to be extracted."} <= asked
    assert not any(" have to be " in text or " are to be " in text for text in asked)


@pytest.mark.parametrize(
    "instruction",
    [
        "Clarify the meaning of sentences with ambiguous pronouns.",
        "Detect the type of error in an English translation.",
        "Find a movie similar to Batman.",
        "Answer yes or no.",
        "Evaluate the result of a random Boolean expression.",
    ],
)
def test_an_object_whose_end_is_not_certain_has_no_passive(instruction):
    assert said("grammar-passive", instruction) == set()


@pytest.mark.parametrize(
    "instruction",
    [
        "",
        "Is this review positive?",
        "Don't answer.",
        "Do not answer with yes.",
        "Question: what is it",
        "Name: Ann",
        "DECIDE NOW.",
    ],
)
@pytest.mark.parametrize(
    "name", [name for name in perturbations if name.startswith("grammar-") and name != "grammar-imperative"]
)
def test_what_is_no_plain_command_stays(name, instruction):
    assert said(name, instruction, samples=10) == set()


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Can you decide whether it is good?", "Decide whether it is good."),
        ("Your task is to read the text and answer the question.", "Read the text and answer the question."),
        ("You must choose the right answer.", "Choose the right answer."),
        ("I want you to sort the words: b a", "Sort the words: b a"),
    ],
)
def test_a_request_becomes_a_command(instruction, expected):
    assert said("grammar-imperative", instruction) == {expected}


def test_all_verbs_of_a_command_take_the_ing_form():
    assert "You are reading the text and answering the question." in said(
        "grammar-aspect", "Read the text and answer the question."
    )


def test_a_clause_before_the_command_stays_where_it_is():
    given = "Given a list of steps, determine whether one returns."
    assert "Given a list of steps, can you determine whether one returns?" in said("grammar-interrogative", given)
    assert "Given a list of steps, I want you to determine whether one returns." in said("grammar-person", given)


def test_only_one_command_is_said_otherwise_and_the_rest_stays():
    both = said("grammar-modality", "Read the text. Answer with one word.")
    assert "You must read the text. Answer with one word." in both
    assert "Read the text. You must answer with one word." in both
    assert not any(text.count("You") > 1 for text in both)


def test_the_first_person_is_left_out_where_someone_is_spoken_to():
    assert not any(
        text.startswith(("I have to", "We have to")) for text in said("grammar-person", "Give your answer as one word.")
    )


def test_a_placeholder_and_a_quotation_are_not_read():
    assert said("grammar-passive", "Choose the {symbols}.") == set()
    assert [c.verb for c in commands('Say "Stop. Read this." now. Read the text.')] == ["say", "read"]


def test_a_template_keeps_its_placeholders():
    template = "Decide whether the review is good.\nReview: {Review}\nSentiment:"
    asked = said("grammar-interrogative", template, is_template=True)
    assert "Can you decide whether the review is good?\nReview: {Review}\nSentiment:" in asked


def test_a_word_that_is_a_choice_is_not_put_in():
    prompt = Prompt(
        "Decide whether it is so.", (), ("must", "should", "have", "need", "ought", "expected", "supposed", "required")
    )
    item = Item("i", prompt, "must")
    assert all(perturbations.get("grammar-modality").apply(item, rng_for(seed)) is None for seed in range(20))


def test_sentences_end_at_marks_and_lines_but_not_in_quotations():
    text = "Read it. Is it so? Look:\nsay 'a. B' now"
    assert [text[start:stop] for start, stop, _ in sentences(text)] == ["Read it", "Is it so", "Look", "say 'a. B' now"]


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("decide", ("deciding", "decided")),
        ("choose", ("choosing", "chosen")),
        ("classify", ("classifying", "classified")),
        ("infer", ("inferring", "inferred")),
        ("put", ("putting", "put")),
        ("answer", ("answering", "answered")),
    ],
)
def test_verbs_are_inflected(verb, forms):
    assert (ing(verb), participle(verb)) == forms


def test_no_verb_of_the_list_has_a_doubled_or_broken_form():
    for verb in verbs():
        assert ing(verb).endswith("ing") and " " not in ing(verb)
        assert not participle(verb).endswith(("eed", "yed")) or verb.endswith(("ee", "ay", "ey", "oy"))
