"""Consistency class by class: golden numbers, what is left out, and that the metric is the mean of its classes."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef
from test_detail_metrics import NAN, detailed

from probe.metrics import metrics, variant_rows
from probe.metrics.by_class import consistency_by_class


@pytest.fixture
def cells():
    """The golden items: two of class a with mean probabilities (.8, .2) and (.5, .5), and three of class b."""
    soft = [
        [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]],
        [[0.6, 0.4], [0.4, 0.6], [0.5, 0.5]],
        [[0.2, 0.8], [0.1, 0.9], [0.3, 0.7]],
        [[0.2, 0.8], [0.1, 0.9], [0.3, 0.7]],
        [[0.4, 0.6], [0.4, 0.6], [0.4, 0.6]],
    ]
    return detailed(soft, [0, 0, 1, 1, 1])


def test_the_golden_class_has_its_golden_consistency(cells):
    rows = {(row.family, row.metric, row.label): row for row in consistency_by_class("toy", cells, seed=1)}
    golden = rows["all", "consistency_soft", "a"]
    assert golden.value == pytest.approx(0.7)
    assert (golden.num_items, golden.num_variants, golden.direction) == (2, 2, "higher")
    assert rows["all", "consistency_soft", "b"].value == pytest.approx(np.mean([1, 0.8, 0.8]))
    assert all(row.ci_low <= row.value <= row.ci_high for row in rows.values())
    assert {row.family for row in rows.values()} == {"format", "all"}


@pytest.mark.parametrize("name", ["consistency_soft", "consistency_hard"])
def test_the_metric_is_the_mean_of_its_classes(cells, name):
    rows = [row for row in consistency_by_class("toy", cells, seed=1) if (row.family, row.metric) == ("all", name)]
    assert metrics.get(name).value(cells.label_preserving()) == pytest.approx(np.mean([row.value for row in rows]))


def test_a_class_of_one_item_has_no_pair_and_no_row(cells):
    rows = consistency_by_class("toy", cells.take([0, 2, 3]), seed=1)
    assert {row.label for row in rows} == {"b"}


def test_each_variant_has_the_scores_of_its_classes_on_the_items_it_was_asked(cells):
    soft = [
        [[0.9, 0.1], [0.2, 0.8], [NAN, NAN]],
        [[0.9, 0.1], [0.8, 0.2], [0.8, 0.2]],
        [[0.9, 0.1], [0.8, 0.2], [0.8, 0.2]],
        [[0.1, 0.9], [0.8, 0.2], [0.4, 0.6]],
    ]
    truth = [0, 0, 0, 1]
    original, constant, part = variant_rows("toy", detailed(soft, truth), seed=1)
    assert (original.balanced_accuracy, original.macro_f1, original.mcc) == (1.0, 1.0, 1.0)
    said = [1, 0, 0, 0]
    assert constant.accuracy == 0.5
    assert constant.balanced_accuracy == pytest.approx(balanced_accuracy_score(truth, said))
    assert constant.macro_f1 == pytest.approx(f1_score(truth, said, average="macro"))
    assert constant.mcc == pytest.approx(matthews_corrcoef(truth, said))
    assert constant.mcc_low <= constant.mcc <= constant.mcc_high
    assert (part.num_items, part.balanced_accuracy) == (3, 1.0)


def test_many_variants_are_counted_in_parts_that_change_nothing(cells, monkeypatch):
    whole = variant_rows("toy", cells, seed=1)
    monkeypatch.setattr("probe.metrics.by_variant.CHUNK_CELLS", 1)
    assert variant_rows("toy", cells, seed=1) == whole
