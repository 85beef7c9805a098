"""Places: found where nothing protected is cut, filled in a share."""

from random import Random

import pytest

from probe.perturb.helpers.spans import changed, edited, find_places, spot
from probe.types import Field, Item, Prompt

ITEM = Item("1", Prompt('Say "b b" b', (Field("Text", "b {b} b"), Field("More", "none"))), "answer")


def every_b(text):
    return (spot(place, place + 1, "X") for place, letter in enumerate(text) if letter == "b")


def before_every_b(text):
    return (spot(place, place, "|") for place, letter in enumerate(text) if letter == "b")


def test_places_lie_outside_of_what_is_protected():
    places = find_places(ITEM, every_b)
    assert [(place.which, place.spots[0].start) for place in places] == [(0, 10), (1, 0), (1, 6)]
    assert len(find_places(ITEM, every_b, quotes=False)) == 5


def test_a_gap_may_touch_what_is_protected_and_not_lie_within():
    item = Item("1", Prompt("", (Field("Text", "bb b"),)), "bb")
    assert [place.spots[0].start for place in find_places(item, before_every_b)] == [0, 3]


@pytest.mark.parametrize(("strength", "count"), [(0.01, 1), (0.34, 1), (0.67, 2), (1.0, 3)])
def test_a_share_of_the_places_is_filled_and_at_least_one(strength, count):
    asked = changed(ITEM, find_places(ITEM, every_b), Random(0), strength)
    texts = asked.prompt.instruction + "".join(field.text for field in asked.prompt.fields)
    assert texts.count("X") == count and asked.target == ITEM.target


def test_nothing_is_made_of_nothing():
    assert changed(ITEM, [], Random(0), 1.0) is None
    assert edited(ITEM, []) is None


def test_of_edits_that_overlap_the_first_is_made():
    asked = edited(ITEM, [(2, slice(1, 3), "--"), (2, slice(0, 2), "+"), (2, slice(4, 4), "!")])
    assert asked.prompt.fields[1].text == "+ne!"
