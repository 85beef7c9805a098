"""The bench: the same variants before and after, what each method costs, and that one method's end is not another's."""

import json
from dataclasses import replace

import pytest
from benches import answered, suite_of, variant_of

from probe.errors import ModelError, UsageError
from probe.evaluation.asking import answer
from probe.evaluation.run import Plan, prepare
from probe.metrics import metrics, tabulate
from probe.metrics.statistics.multiplicity import benjamini_hochberg
from probe.mitigate.base import Cost, Method, NotApplicable, Outcome, PromptFile, tokens_of
from probe.mitigate.bench import Subject, Tools, check_prior, parse_prior, run_bench
from probe.mitigate.mitigation import Mitigation, read_mitigation
from probe.models.scripted import Scripted
from probe.perturb import select

YES, NO = (0.9, 0.05, 0.05), (0.05, 0.9, 0.05)
FORMATS = [("format", "format-pair", sample) for sample in range(2)]
SUITE = suite_of(6, targets=("yes", "no"))


class Words:
    """Tokens are words."""

    def encode_pair(self, context, continuation):
        return context.split(), continuation.split()


class Wordy(Scripted):
    """A scripted model whose tokens are words."""

    encoder = Words()


def right(item):
    return YES if item.target == "yes" else NO


def kept():
    """Return answers: all originals right, the first layout moves the first two items, the second layout all."""
    originals = [right(item) for item in SUITE.items]
    wrong = [NO if row == YES else YES for row in originals]
    tables = [originals, [*wrong[:2], *originals[2:]], wrong]
    columns = [("original", "original", 0), *FORMATS]
    return [one for table, column in zip(tables, columns, strict=True) for one in answered(SUITE, table, column)]


def subject(before=None, cost=None):
    before = tuple(kept() if before is None else before)
    return Subject(SUITE, Plan(tuple(select(["format"]))), before, cost or Cost(len(before), 10 * len(before)))


def named(name, apply, **given):
    return Method(name=name, kind="calibration", summary="A test.", apply=apply, **{"asks": False, **given})


def as_original(bench):
    """Answer every variant as its original was answered."""
    first = {one.variant.item.id: one for one in bench.before if one.variant.family == "original"}
    return Outcome(tuple(replace(first[one.variant.item.id], variant=one.variant) for one in bench.before), keeps=True)


def unchanged(bench):
    return Outcome(bench.before, keeps=True)


def result(apply, *, tools=None, one=None, **given):
    (found,) = run_bench([one or subject()], [named("one", apply, **given)], tools or Tools())
    return found.methods[0]


def test_figures_before_and_after_are_the_registrys_on_the_same_variants():
    found = result(as_original)
    before, after = (
        tabulate(kept()),
        tabulate([replace(a, variant=b.variant) for a, b in zip(kept()[:6] * 3, kept(), strict=True)]),
    )
    for name in ("accuracy", "accuracy_mean", "spread", "accuracy_worst", "flip_rate"):
        change = found.change(name)
        assert change.before == pytest.approx(metrics.get(name).value(before)), name
        assert change.after == pytest.approx(metrics.get(name).value(after)), name
    flips = found.change("flip_rate")
    assert (flips.before, flips.after) == (pytest.approx(8 / 12), 0.0)
    assert flips.ci_low < flips.difference < flips.ci_high < 0
    assert found.change("contrast_consistency") is None, "no contrast was asked"


def test_what_has_no_answer_after_counts_neither_before_and_is_told():
    found = result(lambda bench: Outcome(bench.before[:12], keeps=True))
    assert (found.num_answers, found.num_left_out) == (12, 6)
    assert found.change("flip_rate").before == found.change("flip_rate").after == pytest.approx(2 / 6)


def test_an_item_whose_original_has_no_answer_after_is_left_out_whole():
    found = result(lambda bench: Outcome(bench.before[1:], keeps=True))
    assert (found.num_answers, found.num_left_out) == (15, 3)


def test_an_answer_costs_what_was_asked_for_it_and_the_kept_ones_where_it_is_made_of_them():
    model = Wordy(prefers=lambda request: 0.0)
    variants = [variant_of(item) for item in SUITE.items]
    words = [sum(map(len, Words().encode_pair(one.text, " yes no maybe"))) for one in variants]
    paid = sum(words) / len(kept())

    def asks(bench):
        bench.ask(variants)
        bench.try_out(variants[:1])
        return Outcome(bench.before, keeps=False)

    price = result(asks, tools=Tools(model), asks=True).price
    assert (price.calls, price.tokens) == (pytest.approx(6 / 18), pytest.approx(paid))
    assert (price.once_calls, price.once_tokens) == (1, words[0])
    price = result(lambda bench: replace(asks(bench), keeps=True), tools=Tools(model), asks=True).price
    assert (price.calls, price.tokens) == (pytest.approx(1 + 6 / 18), pytest.approx(10 + paid))


def test_answers_before_cost_their_contexts_once_and_reruns_are_none_of_them():
    model = Wordy(prefers=lambda request: 0.0)
    plan = Plan(tuple(select(["null", "format"])), samples=1)
    made = prepare(SUITE, plan)
    scores = answer(model, made.variants, made.suite)
    results = type("Results", (), {"scores": tuple(scores), "variants": made, "cells": tabulate(scores)})
    one = Subject.of(results, plan, Words())
    asked = [score for score in scores if score.variant.family != "null"]
    assert 0 < len(one.before) == len(asked) < len(scores)
    assert one.cost == Cost(len(asked), sum(len(s.variant.text.split()) + 3 for s in asked))
    assert Subject.of(results, plan, None).cost.tokens is None


def test_what_the_contexts_of_one_prompt_share_is_read_once_and_the_rest_of_each_too():
    [kept] = answer(Wordy(prefers=lambda request: 0.0), [variant_of(SUITE.items[0])], SUITE)
    contexts = ("the film was good and", "Answer", "the film was bad and")
    requests = tuple(replace(one, context=text) for one, text in zip(kept.requests, contexts, strict=True))
    one = replace(kept, requests=requests)
    assert tokens_of(Words(), [one]) == (5 + 2 + 1) + 3
    assert tokens_of(Words(), [one, kept]) == 11 + tokens_of(Words(), [kept])


def test_a_method_that_ends_badly_loses_the_others_nothing():
    def nothing(bench):
        raise NotApplicable("the suite is too small")

    def broken(bench):
        raise ModelError("the model went away")

    def wrong(bench):
        return {}["no such key"]

    methods = [named("nothing", nothing), named("broken", broken), named("asks", unchanged, asks=True)]
    methods += [named("wrong", wrong)]
    methods += [named("none", lambda bench: Outcome((), keeps=True)), named("fine", as_original)]
    (found,) = run_bench([subject()], methods, Tools(no_model="no model here"))
    ends = [(one.method, one.status, one.reason.partition(" (")[0]) for one in found.methods]
    assert ends == [
        ("nothing", "not-applicable", "the suite is too small"),
        ("broken", "failed", "the model went away"),
        ("asks", "not-applicable", "no model here"),
        ("wrong", "failed", "KeyError: 'no such key'"),
        ("none", "not-applicable", "it answered none of the variants"),
        ("fine", "judged", ""),
    ]


def test_p_values_are_adjusted_over_all_figures_of_all_methods():
    def one_of_them(bench):
        after = as_original(bench).scores
        return Outcome((*bench.before[:6], after[6], *bench.before[7:]), keeps=True)

    methods = [named("a", as_original), named("b", unchanged), named("c", one_of_them)]
    (found,) = run_bench([subject()], methods, Tools())
    tested = [one for method in found.methods for one in method.changes if one.p_value is not None]
    moved = [one for one in tested if one.difference]
    assert [one.p_adjusted for one in moved] == benjamini_hochberg([one.p_value for one in moved])
    assert {one.p_adjusted for one in tested if not one.difference} == {1.0}
    assert any(one.p_adjusted > one.p_value for one in moved)


def test_a_fall_counts_as_a_loss_before_it_is_adjusted():
    def spoilt(bench):
        wrong = answered(SUITE, [NO if right(item) == YES else YES for item in SUITE.items])
        return Outcome((*wrong, *bench.before[6:]), keeps=True)

    assert result(spoilt).losses == ("accuracy", "accuracy_mean")
    assert result(as_original).losses == ()


def test_a_proposed_file_stays_below_the_folder_and_has_a_diff_that_patch_takes():
    file = PromptFile("../../suite toml", "a = 1\nb = 2", "a = 2\nb = 2")
    (found,) = result(lambda bench: replace(unchanged(bench), files=(file,))).files
    assert (found.name, found.path) == ("suite-toml", "proposed/toy/one/suite-toml")
    assert found.diff.splitlines()[:2] == ["--- a/suite-toml", "+++ b/suite-toml"]
    assert found.diff.count("\\ No newline at end of file\n") == 1 and "-a = 2\n+a = 1\n" in found.diff


def test_what_is_found_is_the_same_read_back_from_json():
    methods = [named("a", as_original), named("b", lambda bench: Outcome((), keeps=True))]
    found = Mitigation(run="r", suites=run_bench([subject()], methods, Tools(), target=0.1), target_flip_rate=0.1)
    assert read_mitigation(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found
    assert found.to_json()["schema_version"] == 1


def test_a_prior_is_a_probability_of_each_class():
    assert parse_prior("yes=0.5, no=0.25,maybe=0.25") == {"yes": 0.5, "no": 0.25, "maybe": 0.25}
    check_prior(parse_prior("yes=0.5,no=0.3,maybe=0.2"), SUITE)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("yes=0.7,no=0.2", "sum to 0.9, not to 1"),
        ("yes", "'yes' is no CLASS=PROBABILITY"),
        ("yes=1.5,no=-0.5", "'yes=1.5' is no CLASS=PROBABILITY"),
        ("yes=nan", "'yes=nan' is no CLASS=PROBABILITY"),
        ("yes=0.5,no=0.5,maybe=0", "'maybe=0' is no CLASS=PROBABILITY above 0"),
        ("yes=0.5,yes=0.5", "'yes' is there twice"),
        ("yes=0.5,nope=0.5", "unknown class of suite 'toy' in --prior 'nope'"),
        ("yes=0.5,no=0.5", "no probability for maybe"),
    ],
)
def test_a_wrong_prior_is_refused(text, says):
    with pytest.raises(UsageError, match=says):
        check_prior(parse_prior(text), SUITE)
