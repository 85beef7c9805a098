"""Sensitivity-aware decoding: its formula on golden numbers, its cost, and what it does not apply to."""

import math
from dataclasses import replace

import pytest
from benches import asked_of, suite_of

from probe.api.mitigating import Wanted
from probe.errors import UsageError
from probe.evaluation.asking import answer
from probe.evaluation.variants import original_of
from probe.mitigate.base import NotApplicable, keyed, tokens_of
from probe.mitigate.sensitivity_aware import Copied, decoded, parse_alpha, sensitivity_aware
from probe.models.scripted import Scripted
from probe.types import LogProb

SUITE = suite_of(2)


def copied(values, copies, suite=SUITE):
    responses = tuple(LogProb(value, is_greedy=False) for value in values)
    [kept] = answer(Scripted(), [original_of(suite.items[0])], suite)
    return Copied(replace(kept, responses=responses), tuple(map(tuple, copies)))


def test_each_choice_loses_the_variance_over_the_copies():
    # variances of yes: 4, of no: 0.25, of maybe: 0
    found = decoded(copied((-1.0, -2.0, -4.0), [(-1, -2, -4), (-5, -2, -4), (-1, -3, -4), (-5, -3, -4)]), SUITE, 0.6)
    scores = [0.6 * -1 - 0.4 * 4, 0.6 * -2 - 0.4 * 0.25, 0.6 * -4]
    assert scores == pytest.approx([-2.2, -1.3, -2.4])
    assert (found.prediction, found.correct, found.margin) == ("no", False, pytest.approx(0.9))
    total = sum(map(math.exp, scores))
    assert found.probabilities == pytest.approx([math.exp(score) / total for score in scores])


def test_with_alpha_one_the_answer_is_the_likeliest_choice_whatever_the_copies_say():
    found = decoded(copied((-1.0, -2.0, -4.0), [(-9, -2, -4), (-math.inf, -2, -4)]), SUITE, 1.0)
    assert (found.prediction, found.margin) == ("yes", 1.0)


def test_a_choice_that_a_copy_makes_impossible_is_impossible():
    found = decoded(copied((-1.0, -2.0, -math.inf), [(-1, -2, -4), (-math.inf, -2, -4)]), SUITE, 0.6)
    assert found.prediction == "no" and found.probabilities == (0.0, 1.0, 0.0)


def test_both_terms_are_normalised_as_the_suite_says():
    by_length = replace(SUITE, normalisation="characters")
    one = copied((-3.0, -2.2, -5.0), [(-3, -2, -5), (-6, -4, -10)])
    found = decoded(one, by_length, 0.6)
    # yes: 3 characters, variance 2.25 / 9; no: 2, 1 / 4; maybe: 5, 6.25 / 25
    scores = [0.6 * -1 - 0.4 * 0.25, 0.6 * -1.1 - 0.4 * 0.25, 0.6 * -1 - 0.4 * 0.25]
    assert found.reading == "tie" and found.probabilities[1] / found.probabilities[0] == pytest.approx(
        math.exp(scores[1] - scores[0])
    )
    alone = copied((-1.0, -2.0, -4.0, -0.5, -3.0, -6.0), [(-1, -2, -4), (-1, -2, -4)])
    found = decoded(alone, replace(SUITE, normalisation="unconditional"), 0.5)
    assert (found.prediction, found.margin) == ("maybe", pytest.approx(0.5 * (2 - 1)))


def test_a_copy_without_a_number_leaves_no_answer():
    assert decoded(copied((-1.0, -2.0, -4.0), [(math.nan, -2, -4)]), SUITE, 0.6).reading == "non-finite"


def test_it_answers_every_variant_again_at_four_calls_beside_the_kept_one(make_engine):
    engine = make_engine()
    bench = asked_of(suite_of(3), engine, perturb=("format",), samples=1)
    outcome = sensitivity_aware(bench)
    assert keyed(outcome.scores).keys() == keyed(bench.before).keys() and outcome.keeps
    assert bench.asker.cost.calls == 4 * len(bench.before)
    assert bench.asker.cost.tokens == 4 * tokens_of(engine.encoder, bench.before)
    assert bench.trying.cost.calls == 0 and outcome.chose == "alpha 0.6, fixed"
    assert outcome.details["mean_deviation"] > 0.1
    again = sensitivity_aware(bench)
    assert [one.probabilities for one in again.scores] == [one.probabilities for one in outcome.scores]
    other = sensitivity_aware(replace(bench, plan=replace(bench.plan, seed=1)))
    assert [one.probabilities for one in other.scores] != [one.probabilities for one in outcome.scores]
    certain = sensitivity_aware(replace(bench, options={"alpha": 1.0}))
    assert [one.prediction for one in certain.scores] == [one.prediction for one in bench.before]


def test_answers_that_were_read_without_their_scores_are_asked_again(make_engine):
    bench = asked_of(suite_of(2), make_engine(), perturb=("format",), samples=1)
    bare = replace(bench, before=tuple(replace(one, requests=(), responses=()) for one in bench.before))
    outcome = sensitivity_aware(bare)
    assert not outcome.keeps and bare.asker.cost.calls == 5 * len(bench.before)
    assert [one.probabilities for one in outcome.scores] == [
        one.probabilities for one in sensitivity_aware(bench).scores
    ]


def test_alpha_is_chosen_on_training_items_where_that_is_asked_for(make_engine):
    bench = asked_of(suite_of(3), make_engine(), perturb=("format",), samples=1, alpha="train")
    outcome = sensitivity_aware(bench)
    found = outcome.details["training_accuracy"]
    best = [alpha for alpha in found if found[alpha] == max(found.values())]
    assert f"{outcome.details['alpha']:g}" == min(best, key=lambda alpha: abs(float(alpha) - 0.6)) and len(found) == 9
    assert outcome.chose.endswith("chosen on training items") and bench.trying.cost.calls == 5 * 3
    assert {one.variant.item.id for one in outcome.scores} == {item.id for item in bench.suite.items}


@pytest.mark.parametrize("alpha", [0, -1, 1.5, True, "best", "nan"])
def test_an_alpha_that_is_none_is_an_error(alpha):
    with pytest.raises(UsageError, match="is neither a number above 0 and up to 1 nor train"):
        parse_alpha(alpha)
    assert (parse_alpha("0.3"), parse_alpha(1), parse_alpha("train")) == (0.3, 1.0, "train")


def test_it_says_what_it_does_not_apply_to(make_engine):
    with pytest.raises(NotApplicable, match="it works on token ids, and scripted is no local model"):
        sensitivity_aware(asked_of(SUITE, Scripted()))
    free = suite_of(2, (), targets=("yes", "no"))
    with pytest.raises(NotApplicable, match="answers are written"):
        sensitivity_aware(asked_of(free, Scripted(says=lambda request: "yes")))
    with pytest.raises(NotApplicable, match="fill a blank"):
        sensitivity_aware(asked_of(suite_of(2, ending="."), make_engine(), perturb=("format",)))


def test_options_of_decoding_reach_the_methods_as_they_are_meant():
    assert Wanted(alpha="0.3", degree=2).options == {"alpha": 0.3, "degree": 2}
    assert Wanted(alpha="train").options == {"alpha": "train"} and Wanted().options == {}
    with pytest.raises(UsageError, match="alpha '2' is neither"):
        _ = Wanted(alpha="2").options
