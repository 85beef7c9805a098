"""Which demonstrations, how many, of which labels, and with wrong answers."""

from collections import Counter
from dataclasses import replace

import pytest

from probe.evaluation.variants import make_variants, with_demonstrations
from probe.perturb import select
from probe.prompt.render import render
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Item, Prompt, Suite

LABELS = ("positive", "negative")
POOL = tuple(Demonstration((Field("Review", f"Text {n}."),), LABELS[n % 2], LABELS) for n in range(20))
ASKED = Prompt("Say which.", (Field("Review", "A joy."),), LABELS, answer_field="Sentiment")
ITEM = Item("1", replace(ASKED, demonstrations=POOL[:4]), "positive", pool=POOL)
BARE = replace(ITEM, prompt=ASKED)
NAMES = ["shot-others", "shot-count", "shot-one-label", "shot-balanced", "shot-contrastive"]


def samples(name, item=ITEM, num=60):
    [perturbation] = select([name])
    asked = [perturbation.apply(item, rng_for(name, n)) for n in range(num)]
    return [one.prompt.demonstrations for one in asked if one is not None]


def test_other_demonstrations_are_as_many_and_none_of_those_shown():
    found = samples("shot-others")
    assert {len(shots) for shots in found} == {4} and len(set(found)) > 50
    assert not {shot for shots in found for shot in shots} & set(POOL[:4])
    assert all(len(set(shots)) == 4 for shots in found)
    assert samples("shot-others", BARE) == []


def test_another_number_keeps_those_that_there_are_first():
    found = samples("shot-count")
    assert {len(shots) for shots in found} == {0, 1, 2, 3, 5, 6, 7, 8}
    assert all(shots[:4] == POOL[: min(4, len(shots))] for shots in found)
    assert {len(shots) for shots in samples("shot-count", BARE)} == {1, 2, 3, 4, 5, 6, 7, 8}
    few = replace(BARE, pool=POOL[:2])
    assert {len(shots) for shots in samples("shot-count", few)} == {1, 2}


def test_labels_are_all_one_or_balanced():
    one = samples("shot-one-label")
    assert all(len({shot.target for shot in shots}) == 1 for shots in one)
    assert {shots[0].target for shots in one} == set(LABELS) and {len(shots) for shots in one} == {4}
    balanced = samples("shot-balanced")
    assert all(Counter(shot.target for shot in shots) == {"positive": 2, "negative": 2} for shots in balanced)
    assert len({tuple(shot.target for shot in shots) for shots in balanced}) > 3
    assert {len(shots) for shots in samples("shot-one-label", BARE)} == {2, 3, 4}


def test_labels_of_the_items_own_cannot_be_balanced():
    own = replace(ITEM, pool=tuple(replace(shot, choices=(shot.target, f"other {n}")) for n, shot in enumerate(POOL)))
    assert samples("shot-one-label", own) == samples("shot-balanced", own) == []
    only = replace(ITEM, pool=POOL[::2])
    assert samples("shot-balanced", only) == [] and {s.target for x in samples("shot-one-label", only) for s in x} == {
        "positive"
    }


def test_a_wrong_answer_stands_before_each_right_one():
    [shots, *_] = samples("shot-contrastive")
    assert [shot.wrong for shot in shots] == ["negative", "positive", "negative", "positive"]
    assert [replace(shot, wrong="") for shot in shots] == list(POOL[:4])
    text = render(replace(ITEM.prompt, demonstrations=shots))
    assert "Review: Text 1.\nWrong sentiment: positive\nSentiment: negative\n\n" in text
    assert {len(x) for x in samples("shot-contrastive", BARE)} == {2, 3, 4}
    template = replace(ITEM, prompt=replace(ITEM.prompt, instruction="{Review}", is_template=True))
    assert samples("shot-contrastive", template) == []


def test_a_wrong_free_answer_never_holds_the_right_one():
    answers = ("red", "dark red", "blue", "green")
    pool = tuple(Demonstration((Field("Question", f"q{n}"),), answer) for n, answer in enumerate(answers))
    item = Item("1", Prompt("", (Field("Question", "q"),), demonstrations=pool[:2]), "x", pool=pool)
    wrongs = {(shot.target, shot.wrong) for shots in samples("shot-contrastive", item) for shot in shots}
    assert wrongs == {(right, wrong) for right in ("red", "dark red") for wrong in ("blue", "green")}
    alone = replace(item, pool=pool[:2])
    assert samples("shot-contrastive", alone) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [20, 400], ids=["few", "many"])
def test_all_items_of_a_suite_see_the_same_demonstrations_and_none_is_evaluated(name, size):
    pool = tuple(Demonstration((Field("Review", f"Text {n}."),), LABELS[n % 2], LABELS) for n in range(size))
    other = replace(ITEM, id="2", target="negative", prompt=replace(ITEM.prompt, fields=(Field("Review", "No."),)))
    first, second = (samples(name, replace(one, pool=pool), 12) for one in (ITEM, other))
    assert first == second != []
    assert {replace(shot, wrong="") for shots in first for shot in shots} <= set(pool)
    assert samples(name, replace(BARE, pool=())) == []


def test_a_suite_with_training_items_gives_them_to_every_item():
    train = tuple(Item(f"t{n}", replace(ASKED, fields=shot.fields), shot.target) for n, shot in enumerate(POOL))
    suite = with_demonstrations(Suite("s", "1", "", (replace(BARE, pool=()),), train=train), 2, seed=0)
    made = make_variants(suite, select(["shots"]), samples=10, seed=0)
    assert made.counts["shots"]["asked"] == 10 == sum(made.counts["shots"].values())
    assert {v.perturbation for v in made.variants} == {"original", *NAMES}
