"""Contrastive input decoding as a method: whose answers it gives, what it tells of, and its cost."""

from dataclasses import replace

import pytest
from benches import asked_of, suite_of

from probe.errors import UsageError
from probe.mitigate.base import NotApplicable, keyed, methods, tokens_of
from probe.mitigate.contrastive_input import DEGREES, contrastive_input
from probe.models.contrastive_input import write_contrasted
from probe.models.scripted import Scripted


@pytest.fixture(scope="module")
def engine(make_engine):
    return make_engine()


@pytest.fixture(scope="module")
def bench(engine):
    free = replace(suite_of(2, (), targets=("yes", "no")), stop=(), max_new_tokens=4)
    return asked_of(free, engine, perturb=("format",), samples=2)


def test_a_variant_is_written_against_its_original_and_an_original_keeps_its_answer(bench, engine):
    bench = replace(bench, asker=type(bench.asker)(engine, bench.suite), trying=type(bench.asker)(engine, bench.suite))
    outcome = contrastive_input(bench)
    before, after = keyed(bench.before), keyed(outcome.scores)
    assert before.keys() == after.keys() and not outcome.keeps
    for key, one in after.items():
        if one.variant.family == "original":
            assert one is before[key]
            continue
        original = before[one.variant.item.id, "original", "original", 0]
        [text] = write_contrasted(engine, [(before[key].requests[0], original.requests[0])], degree=1)
        assert one.responses[0].text == text.text and one.requests == before[key].requests
    kept = [one for one in bench.before if one.variant.family == "original"]
    written = [one for one in outcome.scores if one.variant.family != "original"]
    assert (len(kept), len(written)) == (2, 4)
    assert bench.asker.cost.calls == 2 + 2 * 4
    contexts = {one.variant.item.id: one.requests for one in kept}
    others = [replace(one, requests=contexts[one.variant.item.id]) for one in written]
    assert bench.asker.cost.tokens == sum(tokens_of(engine.encoder, part) for part in (kept, written, others))
    assert bench.trying.cost.calls == 2 * 4 * len(DEGREES)


def test_with_degree_0_the_answers_are_the_kept_ones_and_the_details_say_how_texts_change(bench):
    outcome = contrastive_input(replace(bench, options={"degree": 0}))
    now = {key: one.responses[0].text for key, one in keyed(outcome.scores).items()}
    assert now == {key: one.responses[0].text for key, one in keyed(bench.before).items()}
    told = outcome.details
    assert list(told["changed"]) == ["0", "0.5", "1", "2", "4"] and told["changed"]["0"] == 0
    assert told["variants"] == len(told["examples"]) == 4
    for degree in told["changed"]:
        texts = [one["texts"] for one in told["examples"]]
        assert told["changed"][degree] == sum(one[degree] != one["0"] for one in texts) / 4
    assert told["changed"]["4"] > 0
    ways = [len(set(one["texts"].values())) for one in told["examples"]]
    assert ways == sorted(ways, reverse=True)


def test_it_is_asked_for_by_name_alone(bench):
    assert not methods.get("contrastive-input").is_default
    with pytest.raises(NotApplicable, match="answers are rated, not written"):
        contrastive_input(asked_of(suite_of(2), Scripted()))
    with pytest.raises(NotApplicable, match="scripted is no local model"):
        contrastive_input(asked_of(bench.suite, Scripted(says=lambda request: "yes")))
    for degree in (-1, True, "much", float("inf")):
        with pytest.raises(UsageError, match="is no number from 0 on"):
            contrastive_input(replace(bench, options={"degree": degree}))
