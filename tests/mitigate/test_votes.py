"""Votes: means by choice, disjoint ensembles, orders that cancel a bias, and majorities without a look at the target."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from benches import answered, asked_of, bench_of, suite_of, variant_of

from probe.api.mitigating import Wanted
from probe.errors import UsageError
from probe.mitigate.base import NotApplicable
from probe.mitigate.permutation_vote import orders, permutation_vote
from probe.mitigate.template_ensemble import ensembles, template_ensemble, template_ensemble_log, ways_to_ask
from probe.mitigate.templates import looks
from probe.mitigate.votes import majority, voted
from probe.models.scripted import Scripted
from probe.perturb.format import relaid
from probe.seeds import rng_for
from probe.types import Completion, ParsedAnswer, Score


def accuracy(scores):
    return float(np.mean([score.correct for score in scores]))


def one(row, **changes):
    suite = suite_of(1)
    return answered(suite, [row], **changes)[0]


def test_a_vote_is_the_mean_probability_of_each_choice_in_whatever_order_it_was_asked():
    first = one([0.5, 0.3, 0.2])
    other = one([0.1, 0.7, 0.2], choices=("maybe", "no", "yes"))
    bench = bench_of(suite_of(1), [first])
    found = voted(bench, first.variant, [first, other])
    assert found.probabilities == pytest.approx([0.35, 0.5, 0.15])
    assert (found.prediction, found.correct, found.reading) == ("no", False, "ranked")
    assert found.margin == pytest.approx(np.log(0.5 / 0.35))
    assert found.variant is first.variant and found.requests == ()


def test_a_mean_of_logs_is_another_one():
    members = [one([0.9, 0.05, 0.05]), one([0.001, 0.6, 0.399])]
    bench = bench_of(suite_of(1), members[:1])
    assert voted(bench, members[0].variant, members).prediction == "yes"
    assert voted(bench, members[0].variant, members, in_logs=True).prediction == "no"


def test_a_mean_that_is_even_is_a_tie():
    members = [one([0.6, 0.4, 0.0]), one([0.4, 0.6, 0.0])]
    found = voted(bench_of(suite_of(1), members[:1]), members[0].variant, members)
    assert (found.reading, found.correct, found.margin) == ("tie", False, 0.0)


def test_what_has_no_probabilities_has_no_part_in_a_mean():
    members = [Score(one([1, 0, 0]).variant, "", False, "non-finite"), one([0.2, 0.7, 0.1])]
    assert voted(bench_of(suite_of(1), members[1:]), members[0].variant, members).prediction == "no"


def by_layout(request):
    """Return a preference that the layout alone decides, as if by a coin for every separator of the answer slot."""
    slot = request.context[request.context.rfind("nswer") :] + request.continuation[:1]
    return rng_for(slot, request.continuation.strip()).random() + 0.4 * ("yes" in request.continuation)


def test_the_ensembles_of_two_formats_share_no_layout():
    bench = asked_of(suite_of(3), Scripted(prefers=by_layout), samples=6)
    layouts = ensembles(bench, 5)
    assert [column[0] for column in layouts] == ["original", *["format"] * 6]
    first = bench.suite.items[0].prompt
    own = [looks(score.variant.perturbed.prompt) for score in bench.before[:20] if score.variant.item.id == "item-0"
           and score.variant.family in ("original", "format")]  # fmt: skip
    fresh = [looks(relaid(first, layout)) for ways in layouts.values() for layout in ways]
    assert len(set(own)) == 7
    assert len({*own, *fresh}) == 7 * 5


def test_an_ensemble_asks_four_layouts_more_and_keeps_the_answer_that_is_there():
    bench = asked_of(suite_of(4), Scripted(prefers=by_layout), perturb=("format", "typos", "null"))
    outcome = template_ensemble(bench)
    assert outcome.keeps
    assert bench.asker.cost.calls == 4 * len(bench.before)
    assert [score.variant for score in outcome.scores] == [score.variant for score in bench.before]
    assert outcome.details == {"templates": 5, "ensembles": 3, "smaller": 0}
    ways = ways_to_ask(bench, bench.before[0].variant, ensembles(bench, 5))
    answers = [np.array(one.probabilities) for one in bench.asker(ways)]
    assert outcome.scores[0].probabilities == pytest.approx(np.mean(answers, axis=0))


def test_a_typo_stands_in_every_layout_of_the_originals_ensemble():
    bench = asked_of(suite_of(2), Scripted(prefers=by_layout))
    layouts = ensembles(bench, 5)
    typo = next(score.variant for score in bench.before if score.variant.family == "typos")
    original = next(score.variant for score in bench.before if score.variant.item is typo.item)
    texts = [way.perturbed.prompt for way in ways_to_ask(bench, typo, layouts)]
    assert {prompt.fields for prompt in texts} == {typo.perturbed.prompt.fields}
    assert [prompt.layout for prompt in texts] == [
        way.perturbed.prompt.layout for way in ways_to_ask(bench, original, layouts)
    ]


def test_what_a_variant_changes_of_the_layout_stays_in_its_ensemble():
    bench = asked_of(suite_of(2), Scripted(prefers=by_layout), perturb=("whitespace-crlf", "structure"))
    layouts = ensembles(bench, 5)
    crlf = next(score.variant for score in bench.before if score.variant.perturbation == "whitespace-crlf")
    ways = ways_to_ask(bench, crlf, layouts)
    assert len(ways) > 1 and all("\r\n" in way.perturbed.prompt.layout.space for way in ways)
    as_json = [score.variant for score in bench.before if score.variant.perturbed.prompt.structure == "json"]
    assert all(len({way.text for way in ways_to_ask(bench, one, layouts)}) < 5 for one in as_json)


def test_ensembles_spread_less_than_their_layouts():
    bench = asked_of(suite_of(8), Scripted(prefers=by_layout), perturb=("format",), samples=8)

    def spread(scores):
        by_column = [
            accuracy([s for s in scores if s.variant.sample == n and s.variant.family == "format"]) for n in range(8)
        ]
        return max(by_column) - min(by_column)

    assert spread(template_ensemble(bench).scores) < spread(bench.before)
    log = template_ensemble_log(bench).scores
    assert [a.probabilities for a in log] != [b.probabilities for b in template_ensemble(bench).scores]


def test_templates_have_no_ensemble_and_a_grammar_may_be_too_small():
    suite = suite_of(2)
    fixed = tuple(
        replace(item, prompt=replace(item.prompt, is_template=True, instruction="{Text} Yes?")) for item in suite.items
    )
    with pytest.raises(NotApplicable, match="template, which has no layout"):
        template_ensemble(asked_of(replace(suite, items=fixed), Scripted(), perturb=("typos",)))
    with pytest.raises(NotApplicable, match="it takes 4995 layouts .* the grammar has"):
        template_ensemble(asked_of(suite, Scripted(), templates=1666))
    with pytest.raises(UsageError, match="two layouts or more"):
        template_ensemble(asked_of(suite, Scripted(), templates=1))


def free_suite(target="Paris", aliases=()):
    suite = suite_of(1)
    item = replace(suite.items[0], prompt=replace(suite.items[0].prompt, choices=()), target=target, aliases=aliases)
    return replace(suite, items=(item,), train=())


def said(text, *, correct=False, prediction=None):
    variant = variant_of(free_suite().items[0])
    reading = "exact" if correct else "other" if text.strip() else "unreadable"
    return Score(variant, prediction or text, correct, reading, responses=(Completion(text, -0.1, 1),))


def test_free_answers_vote_by_what_they_say():
    members = [
        said("London"),
        said(" paris.", correct=True, prediction="paris"),
        said('"Paris"', correct=True, prediction="paris"),
    ]
    found = majority(members[0].variant, members, free_suite(), rng_for(0))
    assert (found.prediction, found.correct, found.confidence) == ("paris", True, 2 / 3)


def test_aliases_of_the_target_do_not_vote_together():
    # All three are right, and are scored as the target; which answers are the same must not be known from it.
    spread = [said(text, correct=True, prediction="paris") for text in ("Paris", "Lutetia", "City of Light")]
    found = majority(spread[0].variant, [*spread, said("Rome"), said("Rome")], free_suite(), rng_for(0))
    assert found.prediction == "Rome" and not found.correct


def test_a_tied_vote_is_drawn_with_a_seed_and_what_says_nothing_has_none():
    members = [said(" "), said("Rome"), said("Oslo")]
    drawn = Counter(majority(members[0].variant, members, free_suite(), rng_for(seed)).prediction for seed in range(40))
    assert set(drawn) == {"Rome", "Oslo"}
    assert majority(members[0].variant, members, free_suite(), rng_for(3)) == majority(
        members[0].variant, members, free_suite(), rng_for(3)
    )
    silent = majority(members[0].variant, members[:1], free_suite(), rng_for(0))
    assert silent.reading == "unreadable" and not silent.correct


def test_a_suites_own_rule_says_which_answers_are_the_same():
    rule = replace(free_suite(), parse_answer=lambda item, text: ParsedAnswer(text.split()[-1], False))
    members = [said("it is 12"), said("so we get 7"), said("thus 7")]
    assert majority(members[0].variant, members, rule, rng_for(0)).responses == ()
    assert majority(members[0].variant, members, rule, rng_for(0)).prediction == "so we get 7"
    assert majority(members[0].variant, members, free_suite(), rng_for(0)).confidence == 1 / 3


def test_an_ensemble_of_free_answers_is_asked_anew_where_their_text_is_gone():
    suite = free_suite()
    model = Scripted(says=lambda request: "Paris" if "Answer:" in request.context else "Rome")
    bench = asked_of(suite, model, perturb=("format",))
    bare = replace(bench, before=tuple(replace(score, responses=(), requests=()) for score in bench.before))
    outcome = template_ensemble(bare)
    assert not outcome.keeps and bare.asker.cost.calls == 5 * len(bare.before)
    assert template_ensemble(bench).keeps
    assert [s.prediction for s in outcome.scores] == [s.prediction for s in template_ensemble(bench).scores]


def listed(num=4, options=4):
    """Return a suite of listed options of their own, the right one in another place each time."""
    suite = suite_of(num)
    words = ("ant", "bee", "cow", "dog", "eel", "fox")[:options]
    items = tuple(
        replace(
            item,
            prompt=replace(
                item.prompt,
                list_choices=True,
                options_field="Options",
                choices=words[n % options :] + words[: n % options],
            ),
            target=words[(2 * n) % options],
        )
        for n, item in enumerate(suite.items)
    )
    return replace(suite, items=items, train=())


def locked_on_first(request):
    """Prefer the option that stands first, and the right one (ant) a little."""
    answer = request.continuation.strip()
    return 2.0 * (f"A. {answer}" in request.context) + 0.5 * (answer == "ant")


@pytest.mark.parametrize(("options", "num_orders"), [(2, 2), (3, 6), (4, 4)])
def test_a_vote_over_orders_takes_the_place_out(options, num_orders):
    suite = listed(options=options)
    ants = replace(suite, items=tuple(replace(item, target="ant") for item in suite.items))
    bench = asked_of(ants, Scripted(prefers=locked_on_first), perturb=("order",))
    assert accuracy(bench.before) < 1
    outcome = permutation_vote(bench)
    assert accuracy(outcome.scores) == 1
    assert outcome.details == {"orders": num_orders, "fixed": 0}
    assert bench.asker.cost.calls == (num_orders - 1) * len(bench.before)
    # what a place adds is added to each option as often: a question's variants get the same mean
    means = {
        score.variant.item.id: score.probabilities[score.variant.perturbed.prompt.choices.index("ant")]
        for score in outcome.scores
    }
    for score in outcome.scores:
        place = score.variant.perturbed.prompt.choices.index("ant")
        assert score.probabilities[place] == pytest.approx(means[score.variant.item.id])


def test_orders_are_rotations_or_all_and_begin_with_the_own_one():
    assert orders(tuple("abcd"), "default") == [tuple("abcd"), tuple("bcda"), tuple("cdab"), tuple("dabc")]
    assert len(set(orders(tuple("abc"), "default"))) == 6
    assert orders(tuple("abc"), "cyclic") == [tuple("abc"), tuple("bca"), tuple("cab")]
    assert len(set(orders(tuple("abcd"), "all"))) == 24 and orders(tuple("abcd"), "all")[0] == tuple("abcd")
    with pytest.raises(UsageError, match="too many orders"):
        orders(tuple("abcdef"), "all")


def test_options_that_speak_of_one_another_keep_their_order_and_answer():
    suite = listed(2)
    spoken = replace(
        suite.items[0], prompt=replace(suite.items[0].prompt, choices=("ant", "bee", "cow", "none of the above"))
    )
    bench = asked_of(
        replace(suite, items=(spoken, suite.items[1])), Scripted(prefers=locked_on_first), perturb=("typos",)
    )
    outcome = permutation_vote(bench)
    kept = [(a, b) for a, b in zip(outcome.scores, bench.before, strict=True) if a.variant.item.id == "item-0"]
    assert all(a.prediction == b.prediction for a, b in kept)
    assert outcome.warnings == (f"{len(kept)} answers keep their order: the options speak of one another",)


def test_choices_that_are_not_listed_have_no_order():
    with pytest.raises(NotApplicable, match="not listed"):
        permutation_vote(asked_of(suite_of(2), Scripted(), perturb=("typos",)))
    with pytest.raises(UsageError, match="cyclic or all"):
        permutation_vote(asked_of(listed(2), Scripted(), perturb=("typos",), permutations="some"))


def test_a_vote_needs_a_model():
    suite = suite_of(2)
    with pytest.raises(NotApplicable, match="there is none"):
        template_ensemble(bench_of(suite, answered(suite, [[0.5, 0.3, 0.2]] * 2)))


def test_how_many_layouts_and_which_orders_vote_can_be_said():
    assert Wanted(templates=3, permutations="cyclic").options == {"templates": 3, "permutations": "cyclic"}
    bench = asked_of(listed(2), Scripted(prefers=locked_on_first), perturb=("format",), templates=3, permutations="all")
    assert template_ensemble(bench).details["templates"] == 3
    assert permutation_vote(bench).details["orders"] == 24
