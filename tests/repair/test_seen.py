"""What loss terms are told about the views of a batch, beside what the model made of them."""

from dataclasses import replace

from probe.evolve import evolve
from probe.repair.base import View
from probe.repair.forward import compute, plan_batch
from probe.repair.losses.pairs import pairs_of
from probe.repair.prepared import prepare


def test_views_are_numbered_by_item_formulation_and_suite(make_model, make_engine, suite, view_of):
    engine = make_engine("llama", model=make_model("llama"))
    original = [view_of(item) for item in suite.items[:2]]
    original = [View(evolve(one.variant, family="original", perturbation="original")) for one in original]
    views = [*original, *(view_of(item) for item in suite.items[:2]), view_of(suite.items[0], contrast=True)]
    prepared = prepare(engine, views, suite)
    prepared += [replace(prepared[0], suite="another")]
    seen = compute(engine, plan_batch(engine, prepared), layer=1)
    assert seen.item.tolist() == [0, 1, 0, 1, 2, 3]
    assert seen.contrast_of.tolist() == [-1, -1, -1, -1, 0, -1]
    assert seen.families == ("original", "original", "format", "format", "format", "original")
    assert seen.formulation.tolist() == [0, 0, 1, 1, 1, 0]  # an edit keeps the layout
    assert seen.task.tolist() == [0, 0, 0, 0, 0, 1]
    pairs = pairs_of(seen)
    assert pairs.same_answer[0].tolist() == [False, False, True, False, False, True]
    assert pairs.same_class[0].tolist() == [False, False, True, False, False, False]  # another suite asks another thing
    assert pairs.negatives[0].tolist() == [False, True, False, True, True, False]
