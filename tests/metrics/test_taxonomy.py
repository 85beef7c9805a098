"""Why answers flip: each for one reason, reasons that add up, and places that are measured."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.evaluation.results import evaluate
from probe.evaluation.run import Plan, prepare, run
from probe.evaluation.variants import VariantSet
from probe.metrics import measure, metrics, stack, tabulate
from probe.metrics.answers import Answers
from probe.metrics.packed import BLANK
from probe.metrics.taxonomy import CAUSES, is_flip, position_of
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.prompt.render import continuations
from probe.selftest.check import suite_of
from probe.selftest.oracle_rules import choosing, in_second_place
from probe.types import Field, Item, Layout, Prompt, Score, Suite, Variant

CHOICES = ("foal", "cub", "kid")
PROMPT = Prompt("Choose.", (Field("Question", "?"),), CHOICES, list_choices=True, answer_with="symbol")


def scored(prediction, *, choices=CHOICES, family="order", sample=0, numbering="upper", shift=0, **more):
    """Return a score of an item with three listed options whose right answer is foal."""
    item = Item("i", replace(PROMPT, answer_with=more.pop("answer_with", "symbol")), "foal")
    asked = replace(item.prompt, choices=choices, layout=Layout(numbering=numbering), symbol_shift=shift)
    variant = Variant(
        item, replace(item, prompt=asked), family, family, sample, "label-preserving", f"{family} {sample}"
    )
    facts = {"reading": "ranked" if prediction else "unreadable", "margin": 1.0} | more
    return Score(variant, prediction, prediction == "foal", **facts)


def cause(before, after, *, noise, siblings=()):
    """Return why the second of the two answers is a flip, where margins move by so much between reruns."""
    rerun = replace(before, margin=(before.margin or 0.0) + noise)
    rerun = replace(rerun, variant=replace(rerun.variant, family="null", perturbation="null"))
    rows = Answers.of([before, after, *siblings, *([] if before.margin is None else [rerun])]).read()
    assert rows.moved[1]
    return CAUSES[rows.cause[1] - 1]


def followed(before, after):
    found = Answers.of([before, after]).read().followed()
    return tuple(None if found is None or found[1, part] == BLANK else found[1, part] == 1 for part in range(3))


def followings(suite, scores):
    return Answers.of(scores).read().followings(suite)


def original_of(prediction, **more):
    return scored(prediction, family="original", **more)


ROTATED = ("kid", "foal", "cub")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (original_of("foal"), scored(""), "unreadable"),
        (original_of(""), scored("foal"), "unreadable"),
        (original_of("foal", margin=None), scored("cub", margin=None, is_truncated=True, reading="other"), "truncated"),
        (original_of("foal", margin=None, is_truncated=True), scored("cub", margin=None, reading="other"), "truncated"),
        (original_of("foal", margin=0.001), scored("kid", choices=ROTATED), "near_tie"),
        (original_of("foal"), scored("kid", choices=ROTATED, margin=0.01), "near_tie"),
        (original_of("foal"), scored("kid", choices=ROTATED), "position_or_symbol"),
        (
            original_of("foal", answer_with="text"),
            scored("kid", choices=ROTATED, answer_with="text"),
            "position_or_symbol",
        ),
        (original_of("foal"), scored("kid", choices=ROTATED, shift=2), "position"),
        (original_of("foal"), scored("kid", shift=1), "symbol"),
        (original_of("foal"), scored("cub", shift=1), "content"),
        (original_of("foal"), scored("kid", choices=ROTATED, numbering="digit"), "position"),
        (original_of("foal"), scored("cub", choices=ROTATED), "content"),
        (original_of("foal"), scored("cub", family="typos"), "content"),
    ],
)
def test_each_flip_has_its_cause(before, after, expected):
    assert is_flip(before, after)
    assert cause(before, after, noise=0.01) == expected


def test_the_same_symbol_at_another_place_is_the_symbol_followed():
    letters = tuple(f"choice {n}" for n in range(9))
    before = original_of(letters[8], choices=letters, numbering="lower")  # the ninth of a, b, c, ... is i
    after = scored(letters[3], choices=(letters[3], *letters[:3], *letters[4:]), numbering="roman-lower")  # i is first
    assert (position_of(before), position_of(after)) == (8, 0)
    assert cause(before, after, noise=0.0) == "symbol"


@pytest.mark.parametrize(
    ("renumbered", "expected"),
    [
        (["foal", "foal", "cub"], "position"),
        (["cub", "foal", "kid"], "symbol"),
        (["cub", "foal"], "position_or_symbol"),
        ([], "position_or_symbol"),
    ],
)
def test_where_place_and_symbol_coincide_other_symbols_in_the_written_order_decide(renumbered, expected):
    before, after = original_of("foal"), scored("kid", choices=ROTATED)
    others = [scored(p, family="format", sample=d, numbering="digit") for d, p in enumerate(renumbered)]
    assert cause(before, after, noise=0.0, siblings=[before, after, *others]) == expected


@pytest.mark.parametrize(
    ("shifted", "expected"), [("foal", "position"), ("kid", "symbol"), ("cub", "position_or_symbol")]
)
def test_where_a_symbol_stands_elsewhere_only_its_place_or_the_symbol_itself_decides(shifted, expected):
    """Symbols shifted by one: A stands before kid, and foal, at the old place, is B."""
    before, after = original_of("foal"), scored("kid", choices=ROTATED)
    other = scored(shifted, family="labels", shift=1)
    assert cause(before, after, noise=0.0, siblings=[before, after, other]) == expected


def test_what_was_not_listed_has_no_place():
    unlisted = replace(original_of("foal").variant.perturbed.prompt, list_choices=False)
    score = original_of("foal")
    score = replace(score, variant=replace(score.variant, perturbed=replace(score.variant.perturbed, prompt=unlisted)))
    assert position_of(score) is None


@pytest.mark.parametrize(
    ("shown", "chosen", "expected"),
    [
        ({"choices": ROTATED}, "kid", (None, None, True)),  # A. kid, B. foal, C. cub
        ({"choices": ROTATED}, "foal", (None, None, False)),
        ({"choices": ROTATED, "shift": 2}, "kid", (True, None, None)),  # C. kid, A. foal, B. cub
        ({"choices": ROTATED, "shift": 2}, "foal", (False, None, None)),
        ({"choices": ROTATED, "numbering": "digit"}, "kid", (True, None, None)),
        ({"shift": 1}, "kid", (None, True, None)),  # B. foal, C. cub, A. kid
        ({"shift": 1}, "foal", (None, False, None)),
        ({"choices": ROTATED, "shift": 1}, "kid", (True, False, None)),  # B. kid, C. foal, A. cub
        ({"choices": ROTATED, "shift": 1}, "cub", (False, True, None)),
        ({"choices": ROTATED, "shift": 1}, "foal", (False, False, None)),
        ({"choices": ("foal", "kid", "cub")}, "kid", (None, None, None)),
        ({"numbering": "digit"}, "cub", (None, None, None)),
        ({"family": "typos"}, "cub", (None, None, None)),
    ],
)
def test_place_and_symbol_are_followed_only_where_they_part_from_the_content(shown, chosen, expected):
    assert followed(original_of("foal"), scored(chosen, **shown)) == expected


answers = st.sampled_from([*CHOICES, ""])
variants = st.lists(
    st.tuples(
        answers,
        st.permutations(CHOICES),
        st.sampled_from(["upper", "digit"]),
        st.integers(0, 2),
        st.sampled_from([0.0, 0.005, 1.0]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(first=answers, rest=variants)
def test_the_causes_add_up_to_the_flip_rate_and_agree_with_counting(first, rest):
    scores = [original_of(first), original_of(first, margin=1.01)]
    scores[1] = replace(scores[1], variant=replace(scores[1].variant, family="null", perturbation="null"))
    for sample, (prediction, choices, numbering, shift, margin, cut) in enumerate(rest):
        facts = {"margin": margin, "is_truncated": cut, "shift": shift}
        scores.append(scored(prediction, choices=tuple(choices), sample=sample, numbering=numbering, **facts))
    whole = tabulate(scores)
    cells = whole.of("order")
    rates = {name: metrics.get(f"flip_{name}").value(cells) for name in CAUSES}
    assert sum(rates.values()) == pytest.approx(metrics.get("flip_rate").value(cells), abs=1e-12)
    found = [flip.cause for flip in evaluate(VariantSet(Suite("s", "1", "", ()), (), {}), scores).flips]
    assert {name: found.count(name) / len(rest) for name in CAUSES} == pytest.approx(rates)


def facts_run(prefers, *, perturb=("order",), limit=24):
    suite = suite_of("facts")
    plan = Plan(tuple(select(perturb)), samples=4, limit=limit)
    record = run([suite], Scripted(prefers=prefers), plan)
    return record.suites["facts"].scores


def second_of(perturb, *, limit=24):
    """Return the scores of a model that answers what stands second, whatever its symbol."""
    suite = suite_of("facts")
    plan = Plan(tuple(select(perturb)), samples=4, limit=limit)
    model = choosing(in_second_place)(prepare(suite, plan).variants)
    return run([suite], model, plan).suites["facts"].scores


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
    found = figures(facts_run(in_place(1), perturb=("order", "format")))
    assert found["order", "position_or_symbol_following"] == 1.0
    assert found["order", "flip_rate"] == found["order", "flip_position"] > 0.5
    assert found["format", "flip_rate"] == 0.0


TELLING = ("order", "order-with-symbols", "label-shift")


def test_where_they_part_a_position_locked_model_follows_the_place_alone():
    found = figures(second_of(TELLING))
    assert (found["order", "position_following"], found["labels", "symbol_following"]) == (1.0, 0.0)
    assert found["order", "flip_rate"] == found["order", "flip_position"] > 0.5
    assert found["labels", "flip_rate"] == 0.0


def prefers_b(request):
    said = request.continuation.strip()
    return 1.0 if said == "B" else 1e-9 * sum(map(ord, said))


@pytest.mark.parametrize("perturb", [("order", "format"), TELLING])
def test_a_symbol_locked_model_is_told_from_a_position_locked_one(perturb):
    found = figures(facts_run(prefers_b, perturb=perturb))
    assert found["order", "position_or_symbol_following"] == 1.0
    assert found["order", "flip_rate"] == found["order", "flip_symbol"] > 0.3
    if perturb == TELLING:
        assert (found["order", "position_following"], found["labels", "symbol_following"]) == (0.0, 1.0)
        assert found["labels", "flip_rate"] == found["labels", "flip_symbol"] == 1.0


@pytest.mark.parametrize("prefers", [in_place(1), prefers_b])
def test_under_order_alone_the_two_are_not_told_apart_and_the_figures_say_so(prefers):
    rows = {(r.family, r.metric): r for r in measure("facts", tabulate(facts_run(prefers)), seed=0, resamples=20)}
    assert rows["order", "flip_position_or_symbol"].value == rows["order", "flip_rate"].value > 0.5
    assert rows["order", "flip_position"].value == rows["order", "flip_symbol"].value == 0.0
    assert rows["order", "symbol_following"].value is None
    assert "--perturb label-shift" in rows["order", "symbol_following"].reason


def test_a_model_that_knows_follows_no_place():
    suite = suite_of("facts")
    plan = Plan(tuple(select(["order"])), samples=4, limit=24)
    right = {}
    for variant in prepare(suite, plan).variants:
        for choice, said in zip(variant.perturbed.prompt.choices, continuations(variant.perturbed.prompt), strict=True):
            right[variant.text, said] = float(choice == variant.perturbed.target)
    scores = run([suite], Scripted(prefers=lambda r: right[r.context, r.continuation]), plan).suites["facts"].scores
    found = figures(scores)
    assert found["order", "position_or_symbol_following"] == 0.0
    assert found["order", "flip_rate"] == 0.0


def test_a_model_that_guesses_follows_the_place_about_as_often_as_chance():
    rng = Random(7)
    scores = facts_run(lambda request: rng.random(), limit=200)
    found = figures(scores)["order", "position_or_symbol_following"]
    assert found == pytest.approx(1 / 4, abs=0.06)
    (row,) = followings("facts", scores)
    assert (row.chance, row.family) == (1 / 4, "order")
    assert row.place_or_symbol / row.num_pairs == found
    assert row.place + row.symbol + row.place_or_symbol + row.content + row.other == row.num_pairs


def test_the_table_of_places_tells_place_from_symbol():
    rows = {row.family: row for row in followings("facts", second_of(TELLING))}
    assert (rows["labels"].content, rows["labels"].symbol) == (rows["labels"].num_pairs, 0)
    assert rows["order"].place > 0 and rows["order"].symbol == 0
    assert rows["order"].place + rows["order"].place_or_symbol == rows["order"].num_pairs


def test_pooled_suites_keep_their_causes():
    scores = facts_run(in_place(0))
    one = tabulate(scores)
    both = stack([one, one])
    assert both.cause is not None
    assert np.array_equal(both.cause, np.concatenate([one.cause, one.cause]))
    for name in ("flip_position_or_symbol", "position_or_symbol_following"):
        assert metrics.get(name).value(both.of("order")) == metrics.get(name).value(one.of("order")) > 0.5
