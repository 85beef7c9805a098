"""The family `contrast` by rule: each edit is minimal, and the answer that it declares follows from the item."""

import pytest

import probe.perturb  # noqa: F401  registers what is shipped
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.types import Field, Item, Prompt

ORDINALS = ("the first", "the second")


def made(name, texts, target, choices=(), *, samples=40, **more):
    """Return every (texts, target) that a perturbation makes of an item."""
    fields = tuple(Field(key, text) for key, text in texts.items())
    item = Item("i", Prompt("", fields, tuple(choices), **more), target)
    asked = [perturbations.get(name).apply(item, rng_for(seed)) for seed in range(samples)]
    return {(*(field.text for field in one.prompt.fields), one.target) for one in asked if one is not None}


@pytest.mark.parametrize(
    ("question", "turned"),
    [
        ("Which is heavier?", "Which is lighter?"),
        ("Who owns more books?", "Who owns fewer books?"),
        ("Who saved more?", "Who saved less?"),
        ("Who is older?", "Who is younger?"),
        ("Which is older?", "Which is newer?"),
        ("Which one is cheaper?", "Which one is more expensive?"),
        ("Which takes longer?", "Which takes less time?"),
        ("Who covered the longer distance?", "Who covered the shorter distance?"),
        ("Which one rises higher?", "Which one rises less high?"),
        ("Who won?", "Who lost?"),
    ],
)
def test_a_comparative_turned_makes_the_other_of_two_right(question, turned):
    texts = {"Text": "One has 7. Two has 9.", "Question": question}
    assert made("contrast-comparative", texts, "the first", ORDINALS) == {(texts["Text"], turned, "the second")}


@pytest.mark.parametrize(
    ("question", "choices"),
    [
        ("Which is the heaviest?", ORDINALS),
        ("Which is not heavier?", ORDINALS),
        ("Which is heavier than the other?", ORDINALS),
        ("Which is heavier?", ("a", "b", "c")),
        ("Is the first heavier?", ("yes", "no")),
        ("How much more did Ann save?", ORDINALS),
        ("Which is shorter?", ORDINALS),
        ("Who has lived longer?", ORDINALS),
    ],
)
def test_a_comparison_that_does_not_turn_for_certain_stays(question, choices):
    assert made("contrast-comparative", {"Text": "One, two.", "Question": question}, choices[0], choices) == set()


def test_the_order_in_time_is_turned():
    texts = {"Text": "The match is on May 3, the talk on May 9.", "Question": "Which comes first?"}
    assert made("contrast-temporal", texts, "the first", ORDINALS) == {
        (texts["Text"], "Which comes last?", "the second")
    }
    yes_no = {"Text": "It rained, then it snowed.", "Question": "Did it rain before it snowed?"}
    expected = {(yes_no["Text"], "Did it rain after it snowed?", "no")}
    assert made("contrast-temporal", yes_no, "yes", ("yes", "no")) == expected
    assert made("contrast-temporal", yes_no, "no", ("yes", "no")) == set(), "neither need be true"


def test_a_complement_turns_a_yes_no_question_both_ways():
    text = 'Is the following sentence plausible? "Ann scored."'
    turned = text.replace("plausible", "implausible")
    assert made("contrast-antonym", {"Input": text}, "yes") == {(turned, "no")}
    assert made("contrast-antonym", {"Input": text}, "no") == {(turned, "yes")}
    assert made("contrast-antonym", {"Input": "Is it valid or invalid?"}, "no") == set()


@pytest.mark.parametrize(
    ("review", "target", "turned"),
    [
        ("The cover was beautiful.", "positive", "The cover was ugly."),
        ("This trip was far from brilliant.", "negative", "This trip was far from hopeless."),
        ("A bad bistro with a bad coffee.", "negative", "A great bistro with a great coffee."),
        ("Such an awful book.", "negative", "Such a superb book."),
    ],
)
def test_a_short_opinion_is_turned_word_by_word(review, target, turned):
    other = {"positive": "negative", "negative": "positive"}[target]
    assert made("contrast-antonym", {"Review": review}, target, ("positive", "negative")) == {(turned, other)}


@pytest.mark.parametrize(
    ("review", "target"),
    [
        ("The cover was beautiful, but the story was bad.", "negative"),
        ("The cover was beautiful.", "negative"),
        ("The room was great. Never again.", "negative"),
        ("I was fed up with that show as the band was stale.", "negative"),
        ("It was a film.", "positive"),
    ],
)
def test_an_opinion_that_is_mixed_or_not_understood_stays(review, target):
    assert made("contrast-antonym", {"Review": review}, target, ("positive", "negative")) == set()


def test_a_hypothesis_that_follows_is_negated():
    texts = {"Premise": "Mei met Paul in spring.", "Hypothesis": "Mei met Paul."}
    asked = made("contrast-negation", texts, "yes", ("yes", "no"))
    assert asked == {
        (texts["Premise"], f"{opening} Mei met Paul.", "no")
        for opening in ("It is not true that", "It is false that", "It is not the case that")
    }
    assert made("contrast-negation", texts, "no", ("yes", "no")) == set(), "its negation need not follow"


def test_a_negation_is_taken_away_where_there_is_one():
    texts = {"Premise": "Ann was too tired to pay.", "Hypothesis": "The guest did not pay."}
    assert made("contrast-negation", texts, "yes", ("yes", "no")) == {(texts["Premise"], "The guest did pay.", "no")}
    scoped = texts | {"Hypothesis": "All guests did not pay."}
    assert made("contrast-negation", scoped, "yes", ("yes", "no")) == set()


def test_contradiction_becomes_entailment_but_neutral_stays():
    texts = {"Premise": "A man sleeps.", "Hypothesis": "A man runs."}
    labels = ("entailment", "neutral", "contradiction")
    assert {target for *_, target in made("contrast-negation", texts, "contradiction", labels)} == {"entailment"}
    assert made("contrast-negation", texts, "neutral", labels) == set()


def test_a_statement_judged_true_or_false_is_negated_both_ways():
    statement = {"Statement": "The sun is a star."}
    for target, other in (("true", "false"), ("false", "true")):
        asked = made("contrast-negation", statement, target, ("true", "false"))
        assert ("It is not true that the sun is a star.", other) in asked
    assert made("contrast-negation", {"Passage": "x.", "Statement": "It is."}, "true", ("true", "false")) == set()


def test_which_of_two_listed_is_asked_with_not():
    asked = made("contrast-negation", {"Q": "Which statement is sarcastic?"}, "a", ("a", "b"), list_choices=True)
    assert asked == {("Which statement is not sarcastic?", "b")}
    assert (
        made("contrast-negation", {"Q": "Which statement is long?"}, "a", ("a", "b", "c"), list_choices=True) == set()
    )


def test_two_compared_numbers_are_swapped():
    texts = {"Text": "Ann scored 1,075 points, but Bob 17.", "Question": "Who scored more?"}
    assert made("contrast-number", texts, "the first", ORDINALS) == {
        ("Ann scored 17 points, but Bob 1,075.", "Who scored more?", "the second")
    }
    for text in ("Ann has 7, Bob 7.", "Ann has 7, Bob 8, Cid 9.", "Ann has 7."):
        assert made("contrast-number", texts | {"Text": text}, "the first", ORDINALS) == set()
    assert made("contrast-number", texts | {"Question": "Who was there?"}, "the first", ORDINALS) == set()


def test_another_thing_of_its_kind_becomes_the_answer():
    texts = {"Passage": "At the zoo, Leo became a driver.", "Question": "What does Leo do?"}
    asked = made("contrast-entity", texts, "driver")
    assert ("At the zoo, Leo became an author.", "What does Leo do?", "author") in asked
    assert len(asked) >= 8


@pytest.mark.parametrize(
    ("passage", "question", "target"),
    [
        ("Leo lost a red hat and a red coat.", "Which colour is the hat?", "red"),
        ("Leo lost a red hat.", "Is the red hat Leo's?", "red"),
        ("Leo lost his hat.", "Who lost a hat?", "Leo"),
        ("The apples are in the shop. It is noon.", "What is in the shop?", "apples"),
        ("Leo lost a gizmo.", "What did Leo lose?", "gizmo"),
    ],
)
def test_an_answer_that_says_more_than_once_stays(passage, question, target):
    assert made("contrast-entity", {"Passage": passage, "Question": question}, target) == set()


def test_roles_are_swapped_in_the_premise():
    texts = {"Premise": "The editor paid the coach last year.", "Hypothesis": "The editor paid the coach."}
    swapped = "The coach paid the editor last year."
    assert made("contrast-role", texts, "yes", ("yes", "no")) == {(swapped, texts["Hypothesis"], "no")}
    other = texts | {"Hypothesis": "The coach paid the editor."}
    assert made("contrast-role", other, "no", ("yes", "no")) == {(swapped, other["Hypothesis"], "yes")}


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [
        ("Ann met Bob.", "Ann met Bob."),
        ("Ann paid Bob and Bob paid Ann.", "Ann paid Bob."),
        ("Ann paid Bob.", "Ann saw Bob."),
        ("Ann paid the bill.", "Ann paid the bill."),
        ("The editor paid the coach his fee.", "The editor paid the coach."),
    ],
)
def test_roles_that_may_hold_both_ways_stay(premise, hypothesis):
    assert made("contrast-role", {"Premise": premise, "Hypothesis": hypothesis}, "yes", ("yes", "no")) == set()


def test_quantifiers_turn_what_follows():
    texts = {"Premise": "All the guests ate lunch.", "Hypothesis": "Some of the guests ate lunch."}
    assert made("contrast-quantifier", texts, "yes", ("yes", "no")) == {
        (f"{none} the guests ate lunch.", texts["Hypothesis"], "no") for none in ("None of", "Not one of")
    }
    texts = {"Premise": "Some of the guests ate lunch.", "Hypothesis": "All the guests ate lunch."}
    assert made("contrast-quantifier", texts, "no", ("yes", "no")) == {
        (f"{every} the guests ate lunch.", texts["Hypothesis"], "yes") for every in ("All of", "Every one of")
    }
    assert made("contrast-quantifier", texts, "yes", ("yes", "no")) == set(), (
        "the answer is not what the quantifiers say"
    )
