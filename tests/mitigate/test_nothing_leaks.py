"""What no registered method may see: the target of an evaluation item, and an evaluation item among those that it learns from."""

from dataclasses import replace
from functools import cache

import pytest
from benches import suite_of

from probe.evaluation.keys import said
from probe.evaluation.run import Plan, prepare
from probe.mitigate.base import Asker, Bench, NotApplicable, keyed
from probe.mitigate.catalogue import catalogue
from probe.models.loaders import load_model
from probe.perturb import select
from probe.types import Demonstration

CLASSES = ("yes", "no")
METHODS = {one.name: one for one in catalogue()}
TOKENS = ("sensitivity-aware", "contrastive-input")
"""They take a model of tokens."""


class Scribe:
    """Proposes the same instructions whatever it is asked."""

    name = "scribe"

    def __init__(self):
        self.asked = []

    def write(self, question):
        self.asked.append(question)
        return "1. Judge whether the text says yes or no.\n2. Decide if the text says yes or no."


class Recorder(Asker):
    """An asker that keeps what it was asked."""

    def __init__(self, model, suite):
        super().__init__(model, suite)
        self.asked = []

    def __call__(self, variants, *, suite=None):
        self.asked += variants
        return super().__call__(variants, suite=suite)


def made_of(suite):
    """Return a suite with paraphrases and a demonstration, two of whose training items are evaluation items in capitals."""
    first = suite.train[0]
    shot = Demonstration(first.prompt.fields, first.target, first.prompt.choices)

    def asked(item):
        prompt = replace(item.prompt, instruction="Decide whether the text says yes or no.", demonstrations=(shot,))
        return replace(item, prompt=prompt, paraphrases=("Does the text say yes or no?",))

    def shouted(place, item):
        fields = tuple(replace(field, text=f" {field.text.upper()} ") for field in item.prompt.fields)
        return replace(item, id=f"leak-{place}", prompt=replace(item.prompt, fields=fields))

    leaks = [shouted(place, item) for place, item in enumerate(suite.items[:2])]
    train = tuple(map(asked, (*suite.train, *leaks)))
    return replace(suite, items=tuple(map(asked, suite.items)), train=train, max_new_tokens=3)


LISTED = made_of(suite_of(24, CLASSES, list_choices=True))
WRITTEN = made_of(suite_of(12, (), targets=CLASSES))
WRITTEN = replace(WRITTEN, items=WRITTEN.items[:3])


def turned(suite):
    """Return a suite all of whose evaluation items have the other target."""
    other = dict(zip(CLASSES, reversed(CLASSES), strict=True))
    return replace(suite, items=tuple(replace(item, target=other[item.target]) for item in suite.items))


def bench_of(suite, model, perturb=("format", "whitespace-nbsp", "order-options")):
    plan = Plan(tuple(select(list(perturb))), samples=1)
    made = prepare(suite, plan)
    before = Asker(model, made.suite)(made.variants)
    return Bench(made.suite, plan, tuple(before), Asker(model, made.suite), None)


def pairs(model, suites, *perturb):
    """Return benches, each with the one whose evaluation targets are others."""
    return [[bench_of(one, model, *perturb) for one in (suite, turned(suite))] for suite in suites]


@cache
def of_texts():
    return pairs(load_model("scripted:coin"), [LISTED, WRITTEN])


@pytest.fixture
def benches(request):
    """Return the benches that a method is tried on."""
    if request.getfixturevalue("name") not in TOKENS:
        return of_texts()
    engine = request.getfixturevalue("make_engine")()
    return pairs(engine, [replace(LISTED, items=LISTED.items[:3]), WRITTEN], ["format"])


def applied(name, bench):
    """Return what a method makes of a bench, and what it was told before; None where it does not apply."""
    writer, trying = Scribe(), Recorder(bench.model, bench.suite)
    options = {"rewriter": writer, "budget": 100} | ({"alpha": "train"} if name == "sensitivity-aware" else {})
    try:
        outcome = METHODS[name].apply(replace(bench, trying=trying, options=options))
        return outcome, [*(one.text for one in trying.asked), *writer.asked]
    except NotApplicable:
        return None


def answers(scores):
    return {key: (one.answer, one.probabilities, one.responses) for key, one in keyed(scores).items()}


@pytest.mark.parametrize("name", METHODS)
def test_no_answer_depends_on_an_evaluation_target_and_no_evaluation_item_is_learned_from(name, benches):
    found = 0
    for bench, other in benches:
        assert answers(bench.before) == answers(other.before)
        assert {one.variant.item.target for one in bench.before} == set(CLASSES)
        assert sum(one.correct for one in bench.before) + sum(one.correct for one in other.before) <= len(bench.before)
        first, second = applied(name, bench), applied(name, other)
        if first is None or second is None:
            assert first is second
            continue
        found += 1
        assert answers(first[0].scores) == answers(second[0].scores)
        assert first[0].chose == second[0].chose
        judged = {said(field.text) for item in bench.suite.items for field in item.prompt.fields}
        assert not [text for text in map(said, first[1]) if any(one in text for one in judged)]
        shots = [shot for one in first[0].scores for shot in one.variant.perturbed.prompt.demonstrations]
        assert not {said(field.text) for shot in shots for field in shot.fields} & judged
    assert found, "it was tried"
