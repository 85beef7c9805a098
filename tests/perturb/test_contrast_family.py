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
        ("Which is older?", "Which is less old?"),
        ("Which one is cheaper?", "Which one is more expensive?"),
        ("Which takes longer?", "Which takes less time?"),
        ("Who covered the longer distance?", "Who covered the shorter distance?"),
        ("Which one rises higher?", "Which one rises less high?"),
        ("What is hotter, ice or tea?", "What is less hot, ice or tea?"),
        ("Which has the higher price?", "Which has the lower price?"),
        ("Who is more famous?", "Who is less famous?"),
        ("Who has more clues?", "Who has fewer clues?"),
    ],
)
def test_a_comparative_turned_makes_the_other_of_two_right(question, turned):
    texts = {"Text": "Nothing is said of the two.", "Question": question}
    if " or " in question:
        expected = {(texts["Text"], turned, "tea")}
        assert made("contrast-comparative", texts, "ice", ("ice", "tea")) == expected
        return
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
        ("Who wants more soup?", ORDINALS),
        ("Who won?", ORDINALS),
        ("Which odd number is larger?", ("7", "12")),
        ("Which fish is bigger, the shark or the whale?", ("the shark", "the whale")),
        ("Who lost the ring?", ORDINALS),
        ("Which is larger?", ("the sun", "both")),
        ("Which burns brighter?", ORDINALS),
        ("Who has more guests today?", ORDINALS),
    ],
)
def test_a_comparison_that_does_not_turn_for_certain_stays(question, choices):
    assert made("contrast-comparative", {"Text": "One, two.", "Question": question}, choices[0], choices) == set()


def test_the_order_in_time_is_turned():
    texts = {"Text": "The match is on May 3, the talk on May 9.", "Question": "Which comes first?"}
    assert made("contrast-temporal", texts, "the first", ORDINALS) == {
        (texts["Text"], "Which comes last?", "the second")
    }
    yes_no = {"Text": "Ann paid, then Bob left.", "Question": "Did Ann pay before Bob left?"}
    expected = {(yes_no["Text"], "Did Ann pay after Bob left?", "no")}
    assert made("contrast-temporal", yes_no, "yes", ("yes", "no")) == expected
    assert made("contrast-temporal", yes_no, "no", ("yes", "no")) == set(), "the passage says that it did"


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
        ("To be honest, this trip was really brilliant.", "positive", "To be honest, this trip was really hopeless."),
        ("The bistro is bad and the coffee is stale.", "negative", "The bistro is good and the coffee is fresh."),
        ("We loved the boat tour.", "positive", "We hated the boat tour."),
        ("I found the plot dull.", "negative", "I found the plot brilliant."),
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
        ("This trip was far from brilliant.", "negative"),
        ("The poor child waited for two hours.", "negative"),
        ("The delay was great.", "negative"),
        ("The bad guy is played to perfection.", "positive"),
        ("The headache was terrible.", "negative"),
        ("The excellent menu was terrible.", "negative"),
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
    texts = {"Premise": "The man sleeps.", "Hypothesis": "The man runs."}
    labels = ("entailment", "neutral", "contradiction")
    others = {"Premise": "A man sleeps.", "Hypothesis": "A man runs."}
    assert made("contrast-negation", others, "contradiction", labels) == set(), "another man may run"
    assert {target for *_, target in made("contrast-negation", texts, "contradiction", labels)} == {"entailment"}
    assert made("contrast-negation", texts, "neutral", labels) == set()


def test_a_statement_judged_true_or_false_is_negated_both_ways():
    statement = {"Statement": "The sun is a star."}
    for target, other in (("true", "false"), ("false", "true")):
        asked = made("contrast-negation", statement, target, ("true", "false"))
        assert ("It is not true that the sun is a star.", other) in asked
    assert made("contrast-negation", {"Passage": "x.", "Statement": "It is."}, "true", ("true", "false")) == set()


def test_a_first_word_that_may_be_a_name_keeps_its_capital():
    asked = made("contrast-negation", {"Statement": "Copper conducts electricity."}, "true", ("true", "false"))
    assert asked == {
        (f"The following is {word}: Copper conducts electricity.", "false") for word in ("false", "not true")
    }
    asked = made("contrast-negation", {"Statement": "Sharks are mammals."}, "false", ("true", "false"))
    assert ("It is false that sharks are mammals.", "true") in asked


@pytest.mark.parametrize("statement", ["Der Mond ist ein Stern.", "La lune est une planete.", "Die Sonne ist heiss."])
def test_a_statement_in_another_language_is_not_negated_in_english(statement):
    assert made("contrast-negation", {"Statement": statement}, "true", ("true", "false")) == set()


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
        ("Leo fasted on Good Friday.", "On which day did Leo fast?", "Friday"),
        ("Today is Friday, so tomorrow is the weekend.", "What day is it today?", "Friday"),
        ("The coat is dark blue.", "What colour is the coat?", "blue"),
        ("Paul McCartney wrote it down.", "Who wrote?", "Paul"),
        ("The class of 24 pupils split into two groups.", "How many pupils are in the class?", "24"),
        ("A spider has 8 legs.", "How many legs does a spider have?", "8"),
        ("The war ended in 1945, six years after it began.", "In which year did the war end?", "1945"),
    ],
)
def test_an_answer_that_says_more_than_once_stays(passage, question, target):
    assert made("contrast-entity", {"Passage": passage, "Question": question}, target) == set()


def test_a_count_or_a_year_that_stands_alone_becomes_another_one():
    texts = {"Passage": "The box contains 36 nails.", "Question": "How many nails does the box contain?"}
    asked = made("contrast-entity", texts, "36")
    assert len(asked) > 8
    for passage, _, target in asked:
        assert passage == f"The box contains {target} nails." and target != "36" and int(target) > 1
    texts = {"Passage": "The bridge was built in 1894.", "Question": "In which year was the bridge built?"}
    asked = made("contrast-entity", texts, "1894", ("1894", "1902"))
    assert asked == {("The bridge was built in 1902.", texts["Question"], "1902")}


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
        ("Ann knew Bob.", "Ann knew Bob."),
        ("Ann paid Bob.", "Ann paid Bob in May."),
    ],
)
def test_roles_that_may_hold_both_ways_stay(premise, hypothesis):
    assert made("contrast-role", {"Premise": premise, "Hypothesis": hypothesis}, "yes", ("yes", "no")) == set()


def test_quantifiers_turn_what_follows():
    texts = {"Premise": "All the guests ate lunch.", "Hypothesis": "Some of the guests ate lunch."}
    assert made("contrast-quantifier", texts, "yes", ("yes", "no")) == {
        ("None of the guests ate lunch.", texts["Hypothesis"], "no")
    }
    texts = {"Premise": "Some of the guests ate lunch.", "Hypothesis": "All the guests ate lunch."}
    assert made("contrast-quantifier", texts, "no", ("yes", "no")) == {
        ("All of the guests ate lunch.", texts["Hypothesis"], "yes")
    }
    assert made("contrast-quantifier", texts, "yes", ("yes", "no")) == set(), (
        "the answer is not what the quantifiers say"
    )


def test_an_agreeing_verb_decides_between_none_and_not_one():
    texts = {"Premise": "Some of the shops sell milk.", "Hypothesis": "Some of the shops sell milk."}
    assert made("contrast-quantifier", texts, "yes", ("yes", "no")) == {
        ("None of the shops sell milk.", texts["Hypothesis"], "no")
    }
    texts = {"Premise": "All the beds were empty.", "Hypothesis": "Some of the beds were empty."}
    assert made("contrast-quantifier", texts, "yes", ("yes", "no")) == {
        ("None of the beds were empty.", texts["Hypothesis"], "no")
    }
    texts = {"Premise": "Each of the rooms has a desk.", "Hypothesis": "Each of the rooms has a desk."}
    assert made("contrast-quantifier", texts, "yes", ("yes", "no")) == {
        ("Not one of the rooms has a desk.", texts["Hypothesis"], "no")
    }


def test_a_swapped_deed_is_no_contradiction():
    texts = {"Premise": "The editor paid the coach.", "Hypothesis": "The editor paid the coach."}
    for name in ("contrast-role", "lexical-overlap-roles"):
        assert made(name, texts, "entailment", ("entailment", "contradiction")) == set()
        assert {one[-1] for one in made(name, texts, "entailment", ("entailment", "not_entailment"))} == {
            "not_entailment"
        }


@pytest.mark.parametrize(
    ("number", "is_replaced"),
    [("36", True), ("8000000000", True), ("9" * 5_000, False), ("\u00b2", False), ("\u0663\u0666", True)],
)
def test_a_count_of_any_size_is_replaced_without_counting_to_it(number, is_replaced):
    fields = (
        Field("Passage", f"The box contains {number} nails."),
        Field("Question", "How many nails does it contain?"),
    )
    item = Item("1", Prompt("", fields), number)
    made = perturbations.get("contrast-entity").apply(item, rng_for(1))
    assert (made is not None and made.target != number) == is_replaced
