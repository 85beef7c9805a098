"""Every metric against its reference, on runs at random and on resamples of their items."""

from functools import cache

import numpy as np
import pytest
from random_runs import random_run

from probe.metrics import command_metrics, metrics
from probe.metrics.rows import _groups
from probe.selftest.reference import expected, references

NUM_RUNS = 150


@cache
def runs():
    """Return the metrics of random runs: what each is computed on, with the family of its reference."""
    found = {}
    for seed in range(NUM_RUNS):
        cells, families = random_run(seed)
        for task in (task for group in _groups(cells) for task in group):
            found.setdefault(task.metric.name, []).append((seed, task, families[task.family]))
    return found


@pytest.mark.parametrize("name", list(metrics))
def test_a_metric_is_what_its_reference_says_on_any_run_and_resample(name):
    num_defined = 0
    for seed, task, family in runs()[name]:
        rng, num_items = np.random.default_rng(seed), len(task.cells.items)
        for counts in (np.ones(num_items, int), *rng.multinomial(num_items, np.full(num_items, 1 / num_items), 2)):
            wanted = expected(name, family.resampled(counts))
            [value] = task.metric.function(task.cells, counts[None].astype(float))
            got = None if np.isnan(value) else value
            assert got == (wanted if wanted is None else pytest.approx(wanted, abs=1e-9)), (seed, task.family, counts)
            num_defined += got is not None
    assert num_defined > 50, "these runs say too little of it"


def test_every_metric_has_a_reference_and_none_is_left_over():
    assert set(references) == {*metrics, *command_metrics}
