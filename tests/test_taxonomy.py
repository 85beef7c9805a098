"""Why answers flip: each for one reason, reasons that add up, and places that are measured."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.flips import flips_of
from probe.metrics import measure, metrics, stack, tabulate
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.prompt import continuations
from probe.run import Plan, prepare, run
from probe.selftest import suite_of
from probe.taxonomy import CAUSES, cause, followed_place, followings, is_flip, place
from probe.types import Field, Item, Layout, Prompt, Score, Variant

CHOICES = ("foal", "cub", "kid")
PROMPT = Prompt("Choose.", (Field("Question", "?"),), CHOICES, list_choices=True, answer_with="symbol")


def scored(prediction, *, choices=CHOICES, family="order", draw=0, numbering="upper", answer_with="symbol", **more):
    """Give a score of an item with three listed options whose right answer is foal."""
    item = Item("i", replace(PROMPT, answer_with=answer_with), "foal")
    asked = replace(item.prompt, choices=choices, layout=Layout(numbering=numbering))
    variant = Variant(item, replace(item, prompt=asked), family, family, draw, "same", f"{family} {draw}")
    facts = {"reading": "ranked" if prediction else "unreadable", "margin": 1.0} | more
    return Score(variant, prediction, prediction == "foal", **facts)


def clean(prediction, **more):
    return scored(prediction, family="clean", **more)


ROTATED = ("kid", "foal", "cub")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (clean("foal"), scored(""), "unreadable"),
        (clean(""), scored("foal"), "unreadable"),
        (clean("foal", margin=None), scored("cub", margin=None, is_truncated=True, reading="other"), "truncated"),
        (clean("foal", margin=None, is_truncated=True), scored("cub", margin=None, reading="other"), "truncated"),
        (clean("foal", margin=0.001), scored("kid", choices=ROTATED), "near_tie"),
        (clean("foal"), scored("kid", choices=ROTATED, margin=0.01), "near_tie"),
        (clean("foal"), scored("kid", choices=ROTATED), "symbol"),
        (clean("foal", answer_with="text"), scored("kid", choices=ROTATED, answer_with="text"), "position"),
        (clean("foal"), scored("kid", choices=ROTATED, numbering="digit"), "position"),
        (clean("foal"), scored("cub", choices=ROTATED), "content"),
        (clean("foal"), scored("cub", family="typos"), "content"),
    ],
)
def test_each_flip_has_its_cause(before, after, expected):
    assert is_flip(before, after)
    assert cause(before, after, noise=0.01) == expected


def test_the_same_symbol_at_another_place_is_the_symbol_followed():
    letters = tuple(f"choice {n}" for n in range(9))
    before = clean(letters[8], choices=letters, numbering="lower")  # the ninth of a, b, c, ... is i
    after = scored(letters[3], choices=(letters[3], *letters[:3], *letters[4:]), numbering="roman-lower")  # i is first
    assert (place(before), place(after)) == (8, 0)
    assert cause(before, after, noise=0.0) == "symbol"


@pytest.mark.parametrize(
    ("renumbered", "expected"), [(["foal", "foal", "cub"], "position"), (["cub", "foal", "kid"], "symbol")]
)
def test_where_place_and_symbol_coincide_other_symbols_in_the_written_order_decide(renumbered, expected):
    before, after = clean("foal"), scored("kid", choices=ROTATED)
    others = [scored(p, family="format", draw=d, numbering="digit") for d, p in enumerate(renumbered)]
    assert cause(before, after, noise=0.0, siblings=[before, after, *others]) == expected


def test_what_was_not_listed_has_no_place():
    unlisted = replace(clean("foal").variant.asked.prompt, list_choices=False)
    score = clean("foal")
    score = replace(score, variant=replace(score.variant, asked=replace(score.variant.asked, prompt=unlisted)))
    assert place(score) is None


def test_a_place_is_followed_only_where_the_written_answer_went_elsewhere():
    before = clean("foal")
    assert followed_place(before, scored("kid", choices=ROTATED)) is True
    assert followed_place(before, scored("foal", choices=ROTATED)) is False
    assert followed_place(before, scored("cub", choices=ROTATED)) is False
    assert followed_place(before, scored("foal", choices=("foal", "kid", "cub"))) is None
    assert followed_place(before, scored("cub", family="typos")) is None


answers = st.sampled_from([*CHOICES, ""])
variants = st.lists(
    st.tuples(
        answers,
        st.permutations(CHOICES),
        st.sampled_from(["upper", "digit"]),
        st.sampled_from([0.0, 0.005, 1.0]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(first=answers, rest=variants)
def test_the_causes_add_up_to_the_flip_rate_and_agree_with_counting(first, rest):
    scores = [clean(first), clean(first, margin=1.01)]
    scores[1] = replace(scores[1], variant=replace(scores[1].variant, family="null", perturbation="null"))
    for draw, (prediction, choices, numbering, margin, cut) in enumerate(rest):
        facts = {"margin": margin, "is_truncated": cut}
        scores.append(scored(prediction, choices=tuple(choices), draw=draw, numbering=numbering, **facts))
    cells = tabulate(scores).of("order")
    rates = {name: metrics.get(f"flip_{name}").value(cells) for name in CAUSES}
    assert sum(rates.values()) == pytest.approx(metrics.get("flip_rate").value(cells), abs=1e-12)
    found = [flip.cause for flip in flips_of("s", scores, noise=0.01)]
    assert {name: found.count(name) / len(rest) for name in CAUSES} == pytest.approx(rates)


def facts_run(prefers, *, perturb=("order",), limit=24):
    suite = suite_of("facts")
    plan = Plan(tuple(select(perturb)), draws=4, limit=limit)
    record = run([suite], Scripted(prefers=prefers), plan)
    return record.scores["facts"]


def in_place(wanted):
    """Prefer the option at a place: the symbols of every numbering, in their order."""
    orders = ["ABCD", "abcd", "1234", ("i", "ii", "iii", "iv"), ("I", "II", "III", "IV"), "\u2160\u2161\u2162\u2163"]
    chosen = {order[wanted] for order in orders}
    return lambda request: float(request.continuation.strip() in chosen)


def figures(scores):
    return {(row.family, row.metric): row.value for row in measure("facts", tabulate(scores), seed=0, resamples=20)}


def test_a_position_locked_model_is_caught():
    """A model that always answers where the right answer stood before must not look consistent.

    The options-consistency rate of another harness gives such a model 1.00; by place it follows every time, by content
    it flips whenever the option there is another one.
    """
    scores = facts_run(in_place(1), perturb=("order", "format"))
    found = figures(scores)
    assert found["order", "position_following"] == 1.0
    assert found["order", "flip_rate"] == found["order", "flip_position"] > 0.5
    assert found["format", "flip_rate"] == 0.0


def test_a_symbol_locked_model_is_told_from_a_position_locked_one():
    def prefers(request):
        said = request.continuation.strip()
        return 1.0 if said == "B" else 1e-9 * sum(map(ord, said))

    found = figures(facts_run(prefers, perturb=("order", "format")))
    assert found["order", "position_following"] == 1.0
    assert found["order", "flip_rate"] == found["order", "flip_symbol"] > 0.5
    assert found["format", "flip_rate"] > 0.0


def test_a_model_that_knows_follows_no_place():
    suite = suite_of("facts")
    plan = Plan(tuple(select(["order"])), draws=4, limit=24)
    right = {}
    for variant in prepare(suite, plan).variants:
        for choice, said in zip(variant.asked.prompt.choices, continuations(variant.asked.prompt), strict=True):
            right[variant.text, said] = float(choice == variant.asked.target)
    scores = run([suite], Scripted(prefers=lambda r: right[r.context, r.continuation]), plan).scores["facts"]
    found = figures(scores)
    assert found["order", "position_following"] == 0.0
    assert found["order", "flip_rate"] == 0.0


def test_a_model_that_guesses_follows_the_place_about_as_often_as_chance():
    rng = Random(7)
    scores = facts_run(lambda request: rng.random(), limit=200)
    assert figures(scores)["order", "position_following"] == pytest.approx(1 / 4, abs=0.06)
    (row,) = followings("facts", scores)
    assert (row.chance, row.family) == (1 / 4, "order")
    assert row.place / row.num_pairs == figures(scores)["order", "position_following"]
    assert row.place + row.content + row.other == row.num_pairs


def test_pooled_suites_keep_their_causes():
    scores = facts_run(in_place(0))
    one = tabulate(scores)
    both = stack([one, one])
    assert both.cause is not None
    assert np.array_equal(both.cause, np.concatenate([one.cause, one.cause]))
    assert metrics.get("flip_symbol").value(both.of("order")) == metrics.get("flip_symbol").value(one.of("order"))
