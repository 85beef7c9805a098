"""How often the intervals of a default run hold, of a model whose truth is known; benchmarks/coverage.py has more."""

import pytest
from default_run import FAMILIES, SHARED, Model, columns, misses

from probe.api.settings import Settings
from probe.evaluation.run import Plan
from probe.perturb import select

HEADLINE = ("flip_rate", "accuracy_mean", "mean_drop", "pss")


def test_the_simulated_run_is_the_default_one():
    plan = Plan(tuple(select([*Settings().perturb.split(","), "null"])))
    families = {one.family for one in plan.perturbations}
    assert families == {*FAMILIES, "contrast", "null"}
    assert plan.shared == SHARED
    assert plan.samples == max(map(len, FAMILIES.values()))
    names = {one.name for one in plan.perturbations}
    assert {column.perturbation for column in columns()} - names == {"original"}


@pytest.mark.parametrize(
    ("model", "num_items"),
    [
        (Model(0.033), 20),
        (Model(0.009), 100),
        (Model(0.3, layouts=1.5), 50),
    ],
)
def test_the_headline_of_a_default_run_holds_as_often_as_it_says(model, num_items):
    """Of 200 repeats; before, .85 to .92 of flip rates and .81 to .83 of mean accuracies on 20 to 50 items."""
    found = misses(model, num_items, 200, HEADLINE)
    for name in HEADLINE:
        below, above, _ = found[name, "all"]
        assert below + above <= 0.07 + 0.02, (name, below, above)
        assert max(below, above) <= 0.06, (name, below, above)


def test_intervals_over_items_alone_do_not_hold_where_layouts_differ():
    found = misses(Model(0.3, layouts=1.5), 100, 100, ("flip_rate",), shared=frozenset())
    assert sum(found["flip_rate", "all"][:2]) > 0.10, "twice what an interval of 95 % may miss"
    assert sum(found["flip_rate", "format"][:2]) > 0.3


def test_no_interval_is_too_narrow_on_three_items():
    found = misses(Model(0.1), 3, 200, ("flip_rate", "accuracy_mean"))
    assert sum(found["flip_rate", "all"][:2]) <= 0.06
    assert sum(found["accuracy_mean", "all"][:2]) <= 0.06
