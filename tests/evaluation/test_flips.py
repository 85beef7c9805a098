"""Which answers moved, which moved worst, and which only seemed to."""

from dataclasses import replace
from random import Random

import pytest

from probe.evaluation.flips import convincing, worst
from probe.evaluation.results import evaluate
from probe.evaluation.variants import VariantSet
from probe.evaluation.worst import worst_flips
from probe.record.summarise import flip_row
from probe.types import Field, Item, Prompt, Score, Suite, Variant


def item(number):
    return Item(f"i{number}", Prompt("Say.", (Field("Text", str(number)),), ("yes", "no", "maybe")), "yes")


def scored(
    number, family, prediction, *, sample=0, effect="label-preserving", target="yes", confidence=0.9, margin=1.0
):
    one = item(number)
    asked = replace(one, target=target)
    variant = Variant(one, asked, family, family, sample, effect, f"{family} {sample} {number}")
    reading = "ranked" if prediction else "unreadable"
    return Score(variant, prediction, prediction == target, reading, (confidence,), margin, confidence)


def results(scores):
    return evaluate(VariantSet(Suite("toy", "1", "", ()), (), {}), scores)


def flips_of(scores):
    return list(results(scores).flips)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("yes", "no", "right to wrong"),
        ("no", "yes", "wrong to right"),
        ("no", "maybe", "wrong to wrong"),
        ("yes", "", "right to wrong"),
    ],
)
def test_each_kind_of_flip_has_its_name(before, after, kind):
    (flip,) = flips_of([scored(1, "original", before), scored(1, "typos", after)])
    assert flip.kind == kind


@pytest.mark.parametrize("answer", ["yes", "no", ""])
def test_an_answer_that_stays_is_no_flip(answer):
    assert flips_of([scored(1, "original", answer), scored(1, "typos", answer)]) == []


def test_a_rerun_is_noise_and_no_flip():
    assert flips_of([scored(1, "original", "yes"), scored(1, "null", "no")]) == []


def test_an_answer_that_should_have_moved_and_did_not_is_no_flip_but_a_contrast_failure():
    stuck = scored(1, "contrast", "yes", effect="label-altering", target="no")
    moved = scored(2, "contrast", "no", effect="label-altering", target="no")
    cleans = [scored(1, "original", "yes"), scored(2, "original", "yes")]
    astray = scored(1, "contrast", "maybe", sample=1, effect="label-altering", target="no", confidence=0.5)
    found = results([*cleans, stuck, moved, astray])
    assert found.flips == ()
    assert [(one.kind, one.after) for one in found.contrast_failures] == [
        ("should have moved", stuck),
        ("should have moved", astray),
    ]


def test_an_edit_of_an_item_that_is_wrong_as_written_is_no_contrast_failure():
    found = results(
        [scored(1, "original", "maybe"), scored(1, "contrast", "yes", effect="label-altering", target="no")]
    )
    assert found.contrast_failures == found.flips == ()


def test_the_surest_broken_answer_comes_first():
    scores = [scored(n, "original", "yes") for n in (1, 2, 3)]
    scores += [scored(1, "typos", "no", confidence=0.6), scored(2, "typos", "no", confidence=0.99)]
    scores += [scored(3, "typos", "no", confidence=0.8)]
    assert [flip.after.variant.item.id for flip in flips_of(scores)] == ["i2", "i3", "i1"]


def test_a_flip_within_the_noise_is_a_near_tie_and_comes_late():
    scores = [scored(1, "original", "yes", margin=0.001), scored(2, "original", "yes")]
    scores += [scored(1, "null", "yes", margin=0.003), scored(2, "null", "yes")]
    scores += [scored(1, "typos", "no"), scored(2, "typos", "no", confidence=0.5)]
    assert results(scores).noise == pytest.approx(0.002)
    flips = flips_of(scores)
    assert [(flip.before.variant.item.id, flip.is_near_tie) for flip in flips] == [("i2", False), ("i1", True)]


def test_the_worst_take_turns_by_family_and_show_an_item_once():
    scores = [scored(n, "original", "yes") for n in range(6)]
    scores += [scored(n, "format", "no", sample=d) for n in range(5) for d in range(3)]
    scores += [scored(5, "typos", "no", confidence=0.5)]
    chosen = worst(flips_of(scores), 4)
    assert {flip.after.variant.family for flip in chosen[:2]} == {"format", "typos"}
    assert len({flip.after.variant.item.id for flip in chosen}) == 4


def test_free_places_are_filled_with_an_items_further_flips_of_other_families_first():
    scores = [scored(n, "original", "yes") for n in range(2)]
    scores += [scored(0, "format", "no", sample=d, confidence=0.9 - d / 100) for d in range(6)]
    scores += [scored(0, "typos", "no", confidence=0.4), scored(1, "order", "no", confidence=0.3)]
    flips = flips_of(scores)
    chosen = [(flip.after.variant.item.id, flip.after.variant.family) for flip in worst(flips, 4)]
    assert chosen == [("i0", "format"), ("i1", "order"), ("i0", "typos"), ("i0", "format")]
    everything = worst(flips, 100)
    assert sorted(map(id, everything)) == sorted(map(id, flips)) and len(everything) == 8


def test_a_list_holds_some_flips_of_each_kind_however_many_of_one_there_are():
    scores = [scored(n, "original", "yes") for n in range(60)] + [scored(n, "original", "no") for n in range(60, 70)]
    scores += [scored(n, "format", "no") for n in range(60)]
    scores += [scored(n, "format", "maybe" if n == 60 else "yes", confidence=n / 100) for n in range(60, 70)]
    found = {"toy": results(scores)}
    kinds = [flip.kind for flip in worst_flips(found, 40)]
    assert kinds == 35 * ["right to wrong"] + ["wrong to wrong"] + 4 * ["wrong to right"]
    assert worst_flips(found, 40) == worst(found["toy"].flips, 40)
    assert [flip.after.variant.item.id for flip in worst_flips(found, 40)[35:]] == ["i60", "i69", "i68", "i67", "i66"]
    assert {flip.kind for flip in worst_flips(found, 9)} == {"right to wrong"}


def random_suite(rng, num):
    families = ("format", "typos", "order", "casing")
    scores = [scored(n, "original", rng.choice(["yes", "yes", "no"]), confidence=rng.random()) for n in range(num)]
    for n in range(num):
        for place in range(rng.randrange(9)):
            answer, margin = rng.choice(["yes", "no", "maybe", ""]), rng.choice([0.0, 1.0, 1.0])
            sure = round(rng.random(), 1)  # many are equal
            scores.append(scored(n, rng.choice(families), answer, sample=place, confidence=sure, margin=margin))
    return results(scores)


@pytest.mark.parametrize("limit", [5, 40, 150])
def test_the_worst_of_few_candidates_are_the_worst_of_all_flips_of_large_random_suites(limit):
    rng = Random(limit)
    for sizes in ((120, 60), (300,), (30,)):
        found = {f"s{place}": random_suite(rng, num) for place, num in enumerate(sizes)}
        for name, one in found.items():
            suite = replace(one.variants.suite, name=name)
            found[name] = replace(one, variants=replace(one.variants, suite=suite))
        every = [flip for one in found.values() for flip in one.flips]
        assert worst_flips(found, limit) == worst(every, limit)


def test_a_row_holds_both_texts_and_both_answers():
    (flip,) = flips_of([scored(1, "original", "yes"), scored(1, "typos", "no")])
    row = flip_row(flip, command="probe show toy i1")
    assert (row.before, row.after) == ("original 0 1", "typos 0 1")
    assert row.command == "probe show toy i1"
    assert (row.before_prediction, row.after_prediction, row.target) == ("yes", "no", "yes")


def prompts(number, family, before, after, *, confidence=0.9, kind="no"):
    """Return the two scores of an item whose prompt a perturbation of a family edited."""
    original, perturbed = scored(number, "original", "yes"), scored(number, family, kind, confidence=confidence)
    variants = (replace(one.variant, text=text) for one, text in ((original, before), (perturbed, after)))
    return [replace(one, variant=variant) for one, variant in zip((original, perturbed), variants, strict=True)]


def test_the_list_begins_with_the_shortest_edits_of_the_surest_answers_each_of_another_family():
    text = "Is the club in the city? Answer:"
    scores = [
        *prompts(1, "format", text, "IS THE CLUB IN THE CITY? ANSWER:", confidence=0.99),
        *prompts(2, "typos", text, text.replace("club", "cllub"), confidence=0.7),
        *prompts(3, "typos", text, text.replace("city", "ctiy"), confidence=0.8),
        *prompts(4, "wording", text, text.replace("Is the club in", "Can one find the club in"), confidence=0.6),
        *prompts(5, "order", text, text.replace("Is", "Was"), kind="yes"),
    ]
    flips = flips_of(scores)
    assert [flip.after.variant.item.id for flip in convincing(flips)] == ["i3", "i4", "i1"]
    assert [flip.after.variant.item.id for flip in worst(flips, 9)] == ["i3", "i4", "i1", "i2"]


def test_only_one_family_still_gives_three_other_items():
    text = "Is the club in the city?"
    scores = [score for n in range(4) for score in prompts(n, "typos", text, text.replace("club", f"cl{n}ub"))]
    assert len({flip.after.variant.item.id for flip in convincing(flips_of(scores))}) == 3
