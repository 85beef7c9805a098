"""A metric of each item by itself, against weights for one item alone."""

from dataclasses import replace

import numpy as np
import pytest

from probe.metrics import metrics
from probe.metrics.by_item import by_item
from probe.metrics.cells import Cells, Column


def table(num=700):
    """Return cells of more items than are taken at once; some variants are asked on few of them."""
    rng = np.random.default_rng(0)
    families = ("original", "casing", "casing", "typos", "typos", "order")
    asked = rng.random((num, 6)) < (1, 1, 0.9, 0.6, 0.1, 0.45)
    answer = np.where(asked, rng.integers(0, 3, (num, 6)), -1)
    columns = tuple(Column(family, family, place, "label-preserving") for place, family in enumerate(families))
    correct = np.where(asked, answer == 0, np.nan)
    return Cells(correct, answer, np.zeros_like(asked), columns, tuple(map(str, range(num))))


@pytest.mark.parametrize("name", ["accuracy", "accuracy_mean", "accuracy_worst", "flip_rate", "spread"])
@pytest.mark.parametrize("weight", ["families", "pairs"])
def test_it_is_the_metric_with_a_weight_for_that_item_alone(name, weight):
    cells, metric = replace(table(), weight=weight), metrics.get(name)
    np.testing.assert_array_equal(by_item(metric, cells), metric.function(cells, np.eye(len(cells.items))))
