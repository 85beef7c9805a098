"""Benches of small real things: suites of a few questions, answers with given probabilities, scripted models."""

from dataclasses import replace

import numpy as np

from probe.evaluation.run import Plan, prepare
from probe.evaluation.variants import original_of
from probe.mitigate.base import Asker, Bench
from probe.mitigate.probabilities import score_of
from probe.perturb import select
from probe.types import Field, Item, Prompt, Suite, Variant

CLASSES = ("yes", "no", "maybe")


def suite_of(num, classes=CLASSES, *, targets=None, **prompt):
    """Return a suite of `num` questions whose targets go round the classes, with as many training items."""
    asked = Prompt("Say yes, no or maybe.", (Field("Text", ""),), classes, **prompt)

    def item(kind, place):
        target = (targets or classes)[place % len(targets or classes)]
        fields = (Field("Text", f"This is the {kind} text of number {place}."),)
        return Item(f"{kind}-{place}", replace(asked, fields=fields), target)

    items, train = (tuple(item(kind, place) for place in range(num)) for kind in ("item", "train"))
    return Suite("toy", "1", "", items, train)


def variant_of(item, column=("original", "original", 0), **changes):
    """Return an item asked in a column, with its prompt changed."""
    original = original_of(item)
    perturbed = replace(item, prompt=replace(item.prompt, **changes))
    family, perturbation, sample = column
    return Variant(item, perturbed, family, perturbation, sample, "label-preserving", f"{original.text} {column}")


def answered(suite, table, column=("original", "original", 0), **changes):
    """Return the answers with the probabilities (N, C) of the item's own choices, in the order asked."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.array(table, float))
    return [score_of(variant_of(item, column, **changes), row) for item, row in zip(suite.items, logs, strict=True)]


def bench_of(suite, before, *, model=None, perturb=("format", "typos", "contrast"), **options):
    """Return a bench with these kept answers."""
    plan = Plan(tuple(select(list(perturb))), samples=2)
    askers = [None, None] if model is None else [Asker(model, suite), Asker(model, suite)]
    return Bench(suite, plan, tuple(before), *askers, options)


def asked_of(suite, model, *, perturb=("format", "typos"), samples=2, **options):
    """Return a bench of a suite's variants as a model answers them."""
    plan = Plan(tuple(select(list(perturb))), samples=samples)
    made = prepare(suite, plan)
    before = Asker(model, made.suite)(made.variants)
    return Bench(made.suite, plan, tuple(before), Asker(model, made.suite), Asker(model, made.suite), options)
