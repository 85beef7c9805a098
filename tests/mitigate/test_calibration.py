"""Calibration: golden numbers, classes and not places, formats of their own, and what happens where classes are unequal."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from benches import CLASSES, answered, asked_of, bench_of, suite_of, variant_of
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.errors import UsageError
from probe.metrics import tabulate
from probe.mitigate.base import NotApplicable
from probe.mitigate.batch_calibration import batch_calibration, log_prior
from probe.mitigate.batch_calibration_strength import Trial, batch_calibration_strength, layouts_tried, strength_of
from probe.mitigate.contextual_calibration import contextual_calibration
from probe.mitigate.matching import matched
from probe.mitigate.null_input import null_input
from probe.mitigate.prior_matching import prior_matching, prior_matching_train
from probe.models.scripted import Scripted
from probe.seeds import rng_for
from probe.types import Score

GOLDEN = np.array([[0.7, 0.2, 0.1], [0.6, 0.35, 0.05], [0.5, 0.45, 0.05], [0.8, 0.1, 0.1]])
"""Class probabilities of four answers: prior (.65, .275, .075), argmax 0, 0, 0, 0, calibrated 2, 1, 1, 2."""

FORMAT = ("format", "format-layout", 0)
BIASED = {"yes": 2.0, "no": 0.0}
"""What a scripted model adds to each class (nats), whatever it reads."""


def predictions(scores):
    return [score.prediction for score in scores]


def leaning(bias, *, right=1.0, seed=0, num=90):
    """Return answers (num, 3) that know their target by `right` nats, and lean by `bias` (nats) whatever the target."""
    noise = np.random.default_rng(rng_for(seed).getrandbits(32)).normal(0, 0.6, (num, 3))
    logs = noise + np.array(bias) + right * np.eye(3)[np.arange(num) % 3]
    weights = np.exp(logs)
    return weights / weights.sum(axis=1, keepdims=True)


def test_the_golden_prior_moves_the_golden_answers():
    assert np.exp(log_prior(GOLDEN)) == pytest.approx([0.65, 0.275, 0.075])
    suite = suite_of(40)
    bench = bench_of(suite, answered(suite, np.tile(GOLDEN, (10, 1))))
    outcome = batch_calibration(bench)
    assert predictions(bench.before[:4]) == ["yes"] * 4
    assert predictions(outcome.scores[:4]) == ["maybe", "no", "no", "maybe"]
    first = outcome.scores[0]
    ratios = GOLDEN[0] / (0.65, 0.275, 0.075)
    assert first.probabilities == pytest.approx(ratios / ratios.sum())
    assert first.margin == pytest.approx(math.log(ratios[2] / ratios[0]))
    assert first.confidence == max(first.probabilities)
    assert first.correct is (first.variant.item.target == "maybe")
    assert outcome.keeps
    assert outcome.details["prior"]["original"] == pytest.approx(dict(zip(CLASSES, (0.65, 0.275, 0.075), strict=True)))


def test_each_format_has_a_prior_and_what_is_made_item_by_item_takes_the_originals():
    suite = suite_of(60)
    plain, relaid, typos = (
        leaning(bias, num=60, seed=seed) for seed, bias in enumerate(([2, 0, 0], [0, 0, 2], [0, 3, 0]))
    )
    columns = [("original", "original", 0), FORMAT, ("typos", "typo-swap", 0), ("contrast", "contrast-set", 0)]
    tables = [plain, relaid, typos, plain]
    before = [one for column, table in zip(columns, tables, strict=True) for one in answered(suite, table, column)]
    outcome = batch_calibration(bench_of(suite, before))
    after = [predictions(outcome.scores[60 * n : 60 * n + 60]) for n in range(4)]
    for names, table in zip(after, tables, strict=True):
        prior = relaid.mean(axis=0) if table is relaid else plain.mean(axis=0)
        assert names == [CLASSES[place] for place in (table / prior).argmax(axis=1)]
    assert list(outcome.details["prior"]) == ["original", "format-layout 0"]


def test_a_format_with_few_answers_takes_the_originals_prior():
    suite = suite_of(40)
    few = answered(suite, np.tile(GOLDEN, (10, 1)), FORMAT)[:29]
    before = [*answered(suite, np.tile(GOLDEN[::-1], (10, 1))), *few]
    assert list(batch_calibration(bench_of(suite, before)).details["prior"]) == ["original"]
    more = [*before, replace(few[0], variant=variant_of(suite.items[29], FORMAT))]
    assert list(batch_calibration(bench_of(suite, more)).details["prior"]) == ["original", "format-layout 0"]


def test_too_few_answers_make_no_prior():
    suite = suite_of(29)
    with pytest.raises(NotApplicable, match="29 answers to one prompt are too few .* it takes 30"):
        batch_calibration(bench_of(suite, answered(suite, leaning([1, 0, 0], num=29))))


@given(st.permutations(range(36)))
@settings(max_examples=10, deadline=None)
def test_no_calibration_depends_on_the_order_of_the_answers(order):
    suite = suite_of(36)
    before = answered(suite, leaning([1.5, 0, -1], num=36))
    for apply in (batch_calibration, prior_matching):
        straight = apply(bench_of(suite, before)).scores
        shuffled = apply(bench_of(suite, [before[place] for place in order])).scores
        for place, score in zip(order, shuffled, strict=True):
            assert score.variant is straight[place].variant
            assert score.probabilities == pytest.approx(straight[place].probabilities, abs=1e-9)


@given(st.permutations(CLASSES), st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_calibration_goes_by_class_whatever_the_order_or_the_words_of_the_choices(choices, seed):
    suite = suite_of(45)
    table = leaning([1.5, 0, 0], seed=seed, num=45)
    straight = answered(suite, table)
    rng = rng_for(seed)
    turned = []
    for item, row in zip(suite.items, table, strict=True):
        own = tuple(rng.sample(choices, 3))
        words = tuple((name, name.upper()) for name in CLASSES)
        variant = variant_of(item, choices=own, verbalizer=words)
        logs = [math.log(row[CLASSES.index(name)]) for name in own]
        turned.append(replace(straight[0], variant=variant, probabilities=tuple(np.exp(logs))))
    for apply in (batch_calibration, prior_matching):
        one, other = apply(bench_of(suite, straight)).scores, apply(bench_of(suite, turned)).scores
        assert predictions(one) == predictions(other)
        for a, b in zip(one, other, strict=True):
            by_name = dict(zip(b.variant.perturbed.prompt.choices, b.probabilities, strict=True))
            assert [by_name[name] for name in CLASSES] == pytest.approx(a.probabilities, abs=1e-9)


@given(st.floats(0.55, 0.99), st.integers(12, 40))
@settings(max_examples=20, deadline=None)
def test_balanced_answers_that_are_well_apart_stay_as_they_are(sure, rounds):
    suite = suite_of(3 * rounds)
    table = np.tile(np.where(np.eye(3) == 1, sure, (1 - sure) / 2), (rounds, 1))
    bench = bench_of(suite, answered(suite, table))
    for apply in (batch_calibration, prior_matching):
        outcome = apply(bench)
        assert predictions(outcome.scores) == predictions(bench.before)
        assert outcome.warnings == ()
        for score, kept in zip(outcome.scores, bench.before, strict=True):
            assert score.probabilities == pytest.approx(kept.probabilities, abs=1e-9)


def accuracy(scores):
    return float(np.mean([score.correct for score in scores]))


def test_calibration_helps_a_biased_model_where_classes_are_balanced_and_collapses_where_they_are_not():
    helped, collapsed, held, learned = [], [], [], []
    for seed in range(5):
        for targets, found in ((CLASSES, helped), (("yes",) * 9 + ("no",), collapsed)):
            suite = suite_of(120, ("yes", "no"), targets=None if targets is CLASSES else targets)
            rng = np.random.default_rng(seed)
            side = np.array([1.0 if item.target == "yes" else -1.0 for item in suite.items])
            lean = 1.0 if targets is CLASSES else 0.0
            chance = 1 / (1 + np.exp(-(side + lean + rng.normal(0, 0.7, 120))))
            bench = bench_of(suite, answered(suite, np.stack([chance, 1 - chance], axis=1)))
            found.append(accuracy(batch_calibration(bench).scores) - accuracy(bench.before))
            if targets is not CLASSES:
                known = bench_of(suite, bench.before, prior={"yes": 0.9, "no": 0.1})
                held.append(accuracy(prior_matching(known).scores) - accuracy(bench.before))
                learned.append(accuracy(prior_matching_train(bench).scores) - accuracy(bench.before))
                (warning,) = batch_calibration(bench).warnings
                assert "takes the truth for bias" in warning
                assert prior_matching(known).warnings == ()
    assert min(helped) > 0.05
    assert max(collapsed) < -0.1
    assert np.mean(held) > -0.02 and np.mean(learned) > -0.02
    assert min(a - b for a, b in zip(held, collapsed, strict=True)) > 0.1


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_prior_matching_meets_any_shares_to_1e10(seed):
    rng = np.random.default_rng(seed)
    num_classes, num = int(rng.integers(2, 8)), int(rng.integers(1, 120))
    logs = rng.normal(size=(num, num_classes)) * rng.choice([0.1, 1, 10, 60]) + rng.normal(
        size=num_classes
    ) * rng.choice([0, 9])
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    shares = rng.dirichlet(np.ones(num_classes)) + 1e-3
    shares /= shares.sum()
    found = matched(probabilities, shares)
    moved = probabilities * np.exp(found.offsets - found.offsets.max())
    with np.errstate(invalid="ignore"):
        mean = (moved / moved.sum(axis=1, keepdims=True)).mean(axis=0)
    assert found.is_exact
    if np.isfinite(mean).all():
        assert mean == pytest.approx(shares, abs=1e-9)


def test_prior_matching_is_the_odds_ratio_where_all_answers_are_alike():
    found = matched(np.array([[0.8, 0.2]] * 3), np.array([0.3, 0.7]))
    first, second = found.offsets
    assert first - second == pytest.approx(math.log(0.3 / 0.7 * 0.2 / 0.8), abs=1e-9)


def test_batch_calibration_is_the_first_step_to_equal_shares():
    equal = np.full(3, 1 / 3)
    near = 1 / 3 + 0.01 * (GOLDEN - GOLDEN.mean())
    near /= near.sum(axis=1, keepdims=True)
    offsets = -log_prior(near)
    assert matched(near, equal).offsets == pytest.approx(offsets - offsets.mean(), abs=1e-4)


def test_shares_that_no_offset_meets_are_told():
    table = np.tile([[1.0, 0.0, 0.0], [0.9, 0.1, 0.0]], (20, 1))
    assert not matched(table, np.full(3, 1 / 3)).is_exact
    suite = suite_of(40)
    unmet, _ = prior_matching(bench_of(suite, answered(suite, table))).warnings
    assert unmet == "the shares cannot be met under 1 formats; original misses them by 0.33"


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ({"yes": 0.5, "no": 0.5}, "does not give a share of every class: yes, no, maybe"),
        ({"yes": 0.5, "no": 0.5, "maybe": 0.5}, "do not sum to 1"),
        ({"yes": 1.0, "no": 0.0, "maybe": 0.0}, "not above 0"),
        ({"yes": "x", "no": 0.5, "maybe": 0.5}, "no number"),
        ("0.5", "does not give a share"),
    ],
)
def test_a_prior_that_is_none_is_an_error(prior, message):
    suite = suite_of(40)
    with pytest.raises(UsageError, match=message):
        prior_matching(bench_of(suite, answered(suite, np.tile(GOLDEN, (10, 1))), prior=prior))


def test_what_is_no_answer_stays_so_unless_it_has_probabilities():
    suite = suite_of(41)
    before = answered(suite, [*np.tile(GOLDEN, (10, 1)), [0.4, 0.4, 0.2]])
    assert before[-1].reading == "tie"
    broken = Score(before[0].variant, "", correct=False, reading="non-finite")
    scores = batch_calibration(bench_of(suite, [broken, *before[1:]])).scores
    assert scores[0] is broken
    assert scores[-1].reading == "ranked" and scores[-1].prediction == "maybe"


def test_a_tie_of_rounding_is_one_after_equal_offsets_too():
    suite = suite_of(45)
    table = np.tile(np.where(np.eye(3) == 1, 0.8, 0.1), (15, 1))
    before = answered(suite, table)
    probabilities = (0.4 + 1e-7, 0.4, 0.2 - 1e-7)
    tied = replace(before[0], prediction="", correct=False, reading="tie", margin=0.0, probabilities=probabilities)
    scores = prior_matching(
        bench_of(suite, [*before, replace(tied, variant=variant_of(suite.items[0], ("typos", "typo-swap", 0)))])
    )
    assert scores.scores[-1].reading == "tie"


def test_listed_options_of_every_items_own_have_a_prior_over_places():
    suite = suite_of(40, list_choices=True)
    items = tuple(
        replace(one, prompt=replace(one.prompt, choices=(f"a{n}", f"b{n}", f"c{n}")), target=f"a{n}")
        for n, one in enumerate(suite.items)
    )
    own = replace(suite, items=items)
    outcome = batch_calibration(bench_of(own, answered(own, np.tile(GOLDEN, (10, 1)))))
    assert outcome.details["by"] == "place"
    assert outcome.chose == "prior over places in the list of original: option 1 0.65, option 2 0.27, option 3 0.08"
    assert predictions(outcome.scores[:4]) == ["c0", "b1", "b2", "c3"]
    unlisted = tuple(replace(one, prompt=replace(one.prompt, list_choices=False)) for one in items)
    with pytest.raises(NotApplicable, match="no class to be biased for"):
        batch_calibration(bench_of(replace(suite, items=unlisted), answered(suite, np.tile(GOLDEN, (10, 1)))))
    with pytest.raises(NotApplicable, match="no shares"):
        prior_matching_train(bench_of(own, answered(own, np.tile(GOLDEN, (10, 1)))))


def test_free_text_has_no_classes():
    suite = suite_of(3)
    free = replace(suite, items=tuple(replace(one, prompt=replace(one.prompt, choices=())) for one in suite.items))
    with pytest.raises(NotApplicable, match="free text"):
        batch_calibration(bench_of(free, [Score(variant_of(one), "x", True, "exact") for one in free.items]))


def scripted():
    """Return a model that sees a number's class and leans to yes, more where the answer slot has no line of its own."""

    def prefers(request):
        text, word = request.context, request.continuation.strip().lower()
        bias = BIASED.get(word, -1.0) * (1.0 if "\nAnswer:" in text else 2.0)
        number = re.search(r"(\d+)\.", text)
        return bias + (1.0 if number and CLASSES[int(number[1]) % 3] == word else 0.0)

    return Scripted(prefers=prefers)


def test_contextual_calibration_divides_by_the_answers_to_nothing_in_each_format():
    suite = suite_of(12)
    bench = asked_of(suite, scripted())
    outcome = contextual_calibration(bench)
    assert {score.prediction for score in bench.before} == {"yes"}
    assert all(score.correct for score in outcome.scores)
    weights = np.exp([2.0, 0.0, -1.0])
    assert outcome.details["prior"]["original"] == pytest.approx(
        dict(zip(CLASSES, weights / weights.sum(), strict=True))
    )
    formats = [key for key in outcome.details["prior"] if key != "original"]
    assert len(formats) == 2
    assert any(outcome.details["prior"][key]["yes"] > 0.97 for key in formats)
    assert bench.trying.cost.calls == 3 * 3 and bench.asker.cost.calls == 0


def test_null_input_asks_each_format_once_with_empty_fields():
    asked = []
    model = scripted()
    seen = Scripted(prefers=lambda request: (asked.append(request.context), model.prefers(request))[1])
    bench = asked_of(suite_of(12), seen)
    asked.clear()
    outcome = null_input(bench)
    assert all(score.correct for score in outcome.scores)
    assert bench.trying.cost.calls == 3
    assert "Say yes, no or maybe.\nText: \nAnswer:" in asked and not any("number" in text for text in asked)


def test_content_free_inputs_need_a_model():
    suite = suite_of(40)
    with pytest.raises(NotApplicable, match="there is none"):
        null_input(bench_of(suite, answered(suite, np.tile(GOLDEN, (10, 1)))))


def test_the_strength_is_the_one_that_training_items_are_right_with():
    # Of two answers that lean alike the one is right only with the whole prior taken out, the other without any.
    leaning_to_0 = np.log([[0.8, 0.2], [0.6, 0.4]] * 10)
    for targets, wanted in (([0, 1] * 10, (0.6, 1.4)), ([0, 0] * 10, (0.0, 0.4))):
        strength, right = strength_of([Trial(leaning_to_0, np.array(targets))])
        assert right == 1.0 and wanted[0] <= strength <= wanted[1]
    assert strength_of([Trial(np.log([[0.5, 0.5]] * 20), np.zeros(20, int))]) == (1.0, 0.0)


def test_the_strength_asks_training_items_under_several_layouts():
    suite = suite_of(36)
    asked = []
    model = scripted()
    seen = Scripted(prefers=lambda request: (asked.append(request.context), model.prefers(request))[1])
    bench = asked_of(suite, seen)
    asked.clear()
    outcome = batch_calibration_strength(bench)
    assert bench.trying.cost.calls == 4 * 36
    assert all("train text" in text for text in asked)
    assert 0.8 <= outcome.details["strength"] <= 1.3
    assert accuracy(outcome.scores) > 0.9 > accuracy(bench.before)


def test_the_layouts_that_a_strength_is_chosen_under_are_not_judged():
    suite = suite_of(2)
    kept = answered(suite, [[0.5, 0.3, 0.2]] * 2)
    free = layouts_tried(bench_of(suite, kept))
    judged = [
        one
        for n, layout in enumerate(free[1:])
        for one in answered(suite, [[0.5, 0.3, 0.2]] * 2, (*FORMAT[:2], n), layout=layout)
    ]
    tried = layouts_tried(bench_of(suite, [*kept, *judged]))
    assert len(free) == len(tried) == 4
    assert free[0] is tried[0] is None and not {*free[1:]} & {*tried[1:]}


def test_a_strength_needs_enough_training_items():
    suite = suite_of(36)
    with pytest.raises(NotApplicable, match="29 training items are too few"):
        batch_calibration_strength(asked_of(replace(suite, train=suite.train[:29]), scripted()))


def test_calibrated_answers_make_a_table_like_any_other():
    bench = asked_of(suite_of(36), scripted())
    before, after = tabulate(list(bench.before)), tabulate(list(batch_calibration(bench).scores))
    assert before.columns == after.columns
    assert after.correct[:, 0].mean() > before.correct[:, 0].mean()
