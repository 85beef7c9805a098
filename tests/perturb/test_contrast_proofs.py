"""Contrast rules declare an answer only where it can be computed or follows: near cases of every rule, and the computation."""

import json
from pathlib import Path

import pytest

import probe.perturb  # noqa: F401  registers what is shipped
from probe.perturb.contrast.asking import asked_of
from probe.perturb.contrast.comparing import is_proved
from probe.perturb.contrast.events import said_order
from probe.perturb.contrast.quantities import quantities
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.types import Field, Item, Prompt

NEAR = [
    json.loads(line)
    for line in Path(__file__).with_name("contrast_near_cases.jsonl").read_text(encoding="utf-8").splitlines()
]
RULES = [one for one in perturbations.values() if one.effect == "label-altering" and one.name != "contrast-set"]


def item_of(row):
    fields, choices = tuple(Field(*pair) for pair in row["fields"].items()), tuple(row.get("choices", ()))
    return Item(row["id"], Prompt("", fields, choices, list_choices=bool(choices)), row["target"])


def two(text, question, target="the second", choices=("the first", "the second")):
    return Item("i", Prompt("", (Field("Text", text), Field("Question", question)), tuple(choices)), target)


def swapped(text, question, target, choices):
    asked = perturbations.get("contrast-number").apply(two(text, question, target, choices), rng_for(0))
    return None if asked is None else (asked.prompt.fields[0].text, asked.target)


@pytest.mark.parametrize("row", NEAR, ids=[row["id"] for row in NEAR])
def test_no_rule_declares_a_wrong_answer_on_a_near_case(row):
    """`right` are the edits that a near case may get, with the answer that is right after them; nearly all get none."""
    item, may = item_of(row), row.get("right", {})
    for one in RULES:
        for seed in range(8):
            asked = one.apply(item, rng_for(seed, one.name))
            if asked is not None:
                new = " // ".join(field.text for field in asked.prompt.fields if field not in item.prompt.fields)
                assert [new, asked.target] in may.get(one.name, ()), (one.name, new, asked.target)


def test_the_near_cases_cover_every_rule_and_few_of_them_are_edited():
    kinds = {row["id"].rpartition("-")[0] for row in NEAR}
    assert kinds == {"compare", "which", "order", "yesno", "truth", "nli", "sentiment", "reading"}
    assert len(NEAR) > 250 and sum("right" in row for row in NEAR) < 50


@pytest.mark.parametrize(
    ("text", "question", "choices", "new"),
    [
        ("Ann swam 400 m and Bob swam 1.2 km.", "Who swam farther?", "Ann Bob", "Ann swam 1.2 km and Bob swam 400 m."),
        ("A cow ate 900 g, a horse 2 kg.", "Which ate more?", "cow horse", "A cow ate 2 kg, a horse 900 g."),
        ("In Ulm it was -4 degrees, in Bonn it was \u221211 degrees.", "Where was it warmer?", "Bonn Ulm",
         "In Ulm it was \u221211 degrees, in Bonn it was -4 degrees."),
        ("The bus leaves at 6:30 pm, the tram leaves at 7:45 am.", "Which leaves later?", "tram bus",
         "The bus leaves at 7:45 am, the tram leaves at 6:30 pm."),
        ("Nero died in 68 AD, Sulla died in 78 BC.", "Who died later?", "Sulla Nero",
         "Nero died in 78 BC, Sulla died in 68 AD."),
        ("The play is on 3 April, the film is on 12 March.", "Which comes later?", "film play",
         "The play is on 12 March, the film is on 3 April."),
        ("Ann paid $5.50. Bob paid $12.", "Who paid more?", "Ann Bob", "Ann paid $12. Bob paid $5.50."),
        ("Ann scored 1 goal, Bob scored 3 goals.", "Who won?", "Ann Bob", "Ann scored 3 goals, Bob scored 1 goal."),
        ("Ann is 9 years old and Bob is 16.", "Who is older?", "Ann Bob", "Ann is 16 years old and Bob is 9."),
        ("The tram goes at 50 miles an hour and the bus at 80.", "Which is faster?", "tram bus",
         "The tram goes at 80 miles an hour and the bus at 50."),
        ("Ann needed 40 minutes, Bob needed 1 hour.", "Who was slower?", "Ann Bob",
         "Ann needed 1 hour, Bob needed 40 minutes."),
        ("Ann got 41 % of the votes, Bob got 52 % of the votes.", "Who got more votes?", "Ann Bob", None),
        ("Ann received 41 % of the votes, Bob received 52 % of the votes.", "Who received more votes?", "Ann Bob",
         "Ann received 52 % of the votes, Bob received 41 % of the votes."),
    ],
)  # fmt: skip
def test_two_quantities_are_swapped_with_all_that_decides_their_order(text, question, choices, new):
    """The right choice comes last among `choices`; after the swap it is the other one."""
    other, target = choices.split()
    assert swapped(text, question, target, (other, target)) == (None if new is None else (new, other))
    assert swapped(text, question, other, (other, target)) is None, "the target is not what the numbers say"


@pytest.mark.parametrize(
    "text",
    [
        "Ann is 17. Bob is 17.",
        "Ann is 17, Bob is 18, Cid is 9.",
        "Ann is not 17. Bob is 18.",
        "Ann is about 3 years younger than Bob, who is 18.",
        "Ann's dog is 17, Bob is 18.",
        "Ann is 17 months old, Bob is 18 inches.",
        "Ann is 15-17, Bob is 18.",
        "Ann is (17), Bob is 18.",
        "Ann is 17th, Bob is 18th.",
        "Ann is over 17. Bob is under 18.",
        "If Ann is 17 then Bob is 18.",
        "Next year Ann is 17, Bob is 18.",
        "Of the two, the older one, Ann, is 17, and Bob is 18.",
        "Ann, Bob: 17, 18.",
    ],
)
def test_numbers_that_do_not_say_the_answer_for_certain_are_not_computed(text):
    item = two(text, "Who is older?", "Bob", ("Ann", "Bob"))
    asked = asked_of(item)
    assert asked is not None and not is_proved(item, asked)


def test_a_control_of_the_same_form_is_computed():
    item = two("Ann is 17. Bob is 18.", "Who is older?", "Bob", ("Ann", "Bob"))
    asked = asked_of(item)
    assert asked is not None and is_proved(item, asked)


@pytest.mark.parametrize("text", ["1/2 cake", "3rd", "10-12 km", "H2O", "5\u00b2", "1 h 20 min 3s", "(12)", "1.2.3"])
def test_what_is_no_plain_quantity_is_not_read(text):
    assert quantities(text, text) is None or all(one.kind for one in quantities(text, text))


@pytest.mark.parametrize(
    ("passage", "question", "order"),
    [
        ("Ann paid before Bob left.", "Did Ann pay before Bob left?", "before"),
        ("Ann paid before Bob left.", "Did Bob leave before Ann paid?", "after"),
        ("After Bob left, Ann paid the bill.", "Did Ann pay the bill before Bob left?", "after"),
        ("Ann paid, then Bob left.", "Did Bob leave after Ann paid?", "after"),
        ("Ann paid before Bob left and after Bob left.", "Did Ann pay before Bob left?", None),
        ("Ann never paid before Bob left.", "Did Ann pay before Bob left?", None),
        ("Ann paid before Bob left. Later Ann paid again.", "Did Ann pay before Bob left?", None),
        ("Ann dreamt that Bob paid before Cid left.", "Did Bob pay before Cid left?", None),
        ("Ann hit Bob before Bob hit Ann.", "Did Ann hit Bob before Bob hit Ann?", None),
        ("The shop opened in 1920.", "Did the shop open before the war began?", None),
    ],
)
def test_the_order_of_two_events_is_read_where_it_is_said_once(passage, question, order):
    assert said_order(passage, question) == order


@pytest.mark.parametrize(
    ("passage", "question", "is_asked"),
    [
        ("The fire was out before the crew came.", "Was the fire out before the crew came?", False),
        ("The gate was closed before the dog came.", "Was the gate closed before the dog came?", False),
        ("The dog barked before the bell rang.", "Did the dog bark before the bell rang?", False),
        ("The deed was signed before the king died.", "Was the deed signed before the king died?", True),
        ("The guest left before the king died.", "Did the guest leave before the king died?", True),
    ],
)
def test_an_event_that_may_go_on_is_not_denied_of_the_time_after(passage, question, is_asked):
    item = Item("i", Prompt("", (Field("P", passage), Field("Q", question)), ("yes", "no")), "yes")
    asked = perturbations.get("contrast-temporal").apply(item, rng_for(0))
    assert (asked is not None) == is_asked
    assert asked is None or (asked.target, "after" in asked.prompt.fields[1].text) == ("no", True)


def test_parity_is_computed():
    def turned(question, target):
        item = Item("i", Prompt("", (Field("Q", question),), ("yes", "no")), target)
        asked = perturbations.get("contrast-antonym").apply(item, rng_for(0))
        return None if asked is None else (asked.prompt.fields[0].text, asked.target)

    assert turned("Is 17 odd?", "yes") == ("Is 17 even?", "no")
    assert turned("Is 12 odd?", "no") == ("Is 12 even?", "yes")
    assert turned("Is 12 odd?", "yes") is None, "the target is wrong"
    assert turned("Is the function odd?", "no") is None, "it may be neither"
