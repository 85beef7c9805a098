"""Metrics of which choice was answered and how surely: golden numbers, statistics packages."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_cells import cells_of
from scipy.stats import spearmanr
from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef

from probe.metrics import Cells, metrics, stack, tabulate
from probe.metrics.confidence import confidence
from probe.metrics.detail import Detail
from probe.metrics.errica import PairSum
from probe.metrics.pss import pss
from probe.metrics.rows import measure
from probe.types import Field, Item, Prompt, Score, Variant

NAN = math.nan


def detailed(probability, target, *, classes=("a", "b"), answer=None, families=None, confidence=None):
    """Make cells from probabilities (N, M, C), NaN where not asked; answers are the likeliest choices."""
    probability = np.array(probability, float)
    target = np.array(target)
    asked = ~np.isnan(probability[:, :, 0])
    if answer is None:
        answer = np.where(asked, np.nan_to_num(probability).argmax(axis=2), -1)
    answer = np.array(answer)
    correct = np.where(asked, (answer == target[:, None]).astype(float), NAN)
    if confidence is None:
        confidence = np.where(asked, np.nan_to_num(probability).max(axis=2), NAN)
    cells = cells_of(correct, answer, families=families)
    detail = Detail(
        answer, target, np.full(len(target), probability.shape[2]), probability, np.array(confidence, float), classes
    )
    return Cells(cells.correct, cells.prediction, cells.unreadable, cells.columns, cells.items, detail)


def value(name, cells):
    return metrics.get(name).value(cells)


def two(shares):
    return [[share, 1 - share] for share in shares]


ERRICA = [two([0.9, 0.8, 0.7]), two([0.6, 0.4, 0.5]), two([0.2, 0.1, 0.3])]


def test_errica_on_the_golden_numbers():
    cells = detailed(ERRICA, [0, 0, 1])
    assert value("sensitivity_soft", cells) == pytest.approx(0.814619, abs=1e-6)
    assert value("consistency_soft", cells) == pytest.approx(0.7)
    votes = detailed([two([0.9, 0.2, 0.1])], [0])
    assert value("sensitivity_hard", votes) == pytest.approx(0.918296, abs=1e-6)
    assert math.isnan(value("consistency_hard", votes)), "a class of one item has no pair"


def test_steady_uncertainty_is_sensitive_but_tells_nothing_of_the_prompt():
    steady = detailed([two([0.6, 0.6, 0.6])] * 3, [0, 0, 1])
    assert value("sensitivity_soft", steady) > 0.9
    assert value("sensitivity_mutual_information", steady) == 0
    assert value("sensitivity_hard", steady) == 0
    torn = detailed([two([1.0, 0.0])], [0])
    assert value("sensitivity_mutual_information", torn) == pytest.approx(1)


def test_an_answer_that_is_none_of_the_choices_is_a_class_of_its_own():
    cells = detailed([two([0.9, 0.9, 0.9])], [0], answer=[[0, 1, 2]])
    assert value("sensitivity_hard", cells) == pytest.approx(1), "three different answers of three"
    assert value("balanced_accuracy_worst", cells) == 0


@st.composite
def random_details(draw):
    num_items, num_columns, num_classes = draw(st.integers(2, 7)), draw(st.integers(2, 5)), draw(st.integers(2, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    probability = rng.dirichlet(np.full(num_classes, 0.6), (num_items, num_columns))
    missing = rng.random((num_items, num_columns)) < draw(st.sampled_from([0.0, 0.3]))
    missing[:, 0] = False
    probability[missing] = NAN
    target = rng.integers(0, num_classes, num_items)
    answer = np.where(missing, -1, rng.integers(0, num_classes + 1, missing.shape))
    confidence = np.where(missing, NAN, rng.integers(1, 6, missing.shape) / 5)
    return detailed(probability, target, classes=tuple("abc"[:num_classes]), answer=answer, confidence=confidence)


def drawn(cells, weights):
    return [n for n, weight in enumerate(weights) for _ in range(weight)]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_rank_correlation_is_that_of_scipy_in_every_resample(data):
    cells = data.draw(random_details())
    size = len(cells.items)
    weights = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any))
    rows = [n for n in drawn(cells, weights) if cells.asked[n, 1:].any()]
    first, second = (np.round(score(cells)[rows], 5) for score in (confidence, pss))
    is_constant = len(rows) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0
    wanted = NAN if is_constant else spearmanr(first, second).statistic
    [got] = metrics.get("confidence_pss_correlation").function(cells, np.array([weights], float))
    assert got == pytest.approx(wanted, abs=1e-9, nan_ok=True)


PACKAGES = {
    "balanced_accuracy": balanced_accuracy_score,
    "mcc": matthews_corrcoef,
    "macro_f1": lambda y, p: f1_score(y, p, average="macro", labels=sorted(set(y)), zero_division=0),
}


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true", "ignore:A single label was found")
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_class_scores_equal_those_of_scikit_learn_in_every_column_and_resample(data):
    cells = data.draw(random_details())
    cells = detailed(np.nan_to_num(cells.detail.probability), cells.detail.target, classes=cells.detail.classes)
    size = len(cells.items)
    weights = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any))
    rows = drawn(cells, weights)
    right = [int(cells.detail.target[n]) for n in rows]
    for name, package in PACKAGES.items():
        if name == "mcc" and len(set(right)) == 1:
            continue
        columns = [package(right, [int(cells.detail.answer[n, i]) for n in rows]) for i in range(len(cells.columns))]
        expected = [columns[0], np.mean(columns), min(columns), max(columns) - min(columns)]
        for end, wanted in zip(("", "_mean", "_worst", "_spread"), expected, strict=True):
            [got] = metrics.get(name + end).function(cells, np.array([weights], float))
            assert got == pytest.approx(wanted, abs=1e-9), name + end


def test_a_constant_answer_looks_good_by_accuracy_only():
    cells = detailed([two([0.9, 0.9])] * 10, [0] * 9 + [1])
    assert value("accuracy", cells) == 0.9
    assert value("balanced_accuracy", cells) == 0.5
    assert value("mcc", cells) == 0
    assert value("macro_f1", cells) == pytest.approx((18 / 19 + 0) / 2)


def test_a_variant_that_changes_nothing_has_the_clean_score_whatever_it_was_asked_on():
    probability = np.array([two([0.9, 0.9])] * 4 + [two([0.2, 0.2])] * 3 + [two([0.7, 0.7])] * 2)
    probability[[0, 1, 5, 8], 1] = NAN
    cells = detailed(probability, [0, 0, 0, 1, 1, 1, 0, 0, 1])
    for name in PACKAGES:
        assert value(f"{name}_spread", cells) == pytest.approx(0, abs=1e-12)
        assert value(f"{name}_mean", cells) == pytest.approx(value(name, cells), abs=1e-12)


def test_without_shared_choices_the_class_scores_say_why():
    shared = detailed(ERRICA, [0, 0, 1])
    cells = detailed(ERRICA, [0, 0, 1], classes=())
    rows = {(row.family, row.metric): row for row in measure("s", cells, seed=0, resamples=20)}
    assert rows["format", "mcc_worst"].value is None
    assert "share" in rows["format", "mcc_worst"].reason
    assert rows["format", "sensitivity_soft"].value == pytest.approx(value("sensitivity_soft", shared))


def test_no_right_answer_as_written_leaves_the_drop_rate_undefined_with_its_reason():
    rows = {(row.family, row.metric): row for row in measure("s", cells_of([[0, 1], [0, 0]]), seed=0, resamples=20)}
    assert rows["format", "pdr"].reason == "no original prompt was answered right"
    assert rows["format", "mean_drop"].value == pytest.approx(-0.25)


@pytest.mark.parametrize(("variants", "expected"), [(0.6, 0.25), (0.88, -0.10)])
def test_the_drop_rate_on_the_golden_numbers(variants, expected):
    right = np.zeros((100, 2))
    right[:80, 0] = 1
    right[: round(100 * variants), 1] = 1
    assert value("pdr", cells_of(right)) == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=12))
def test_the_sorted_sum_over_pairs_equals_the_loop(pairs):
    values, weights = (np.array(column, float) for column in zip(*pairs, strict=True))
    loop = sum(weights[i] * weights[j] * abs(values[i] - values[j]) for i, j in combinations(range(len(values)), 2))
    assert PairSum(values)(weights[None])[0] == pytest.approx(loop)


def scored(item, shown, probabilities, *, family="format", draw=0, correct=True, said=None):
    asked = Item(item.id, Prompt("", item.prompt.fields, choices=shown), item.target)
    variant = Variant(item, asked, family, family, draw, "label-preserving", "text")
    best = shown[int(np.argmax(probabilities))] if said is None else said
    return Score(variant, best, correct, "ranked", probabilities=probabilities, confidence=max(probabilities))


def test_probabilities_are_put_back_into_the_order_as_written():
    item = Item("one", Prompt("", (Field("Q", "?"),), choices=("yes", "no")), "yes")
    scores = [
        scored(item, ("yes", "no"), (0.7, 0.3), family="original"),
        scored(item, ("no", "yes"), (0.4, 0.6)),
        scored(item, ("oui", "non"), (0.2, 0.8), draw=1, correct=False),
        scored(item, ("oui", "non"), (0.8, 0.2), draw=2, correct=True),
    ]
    detail = tabulate(scores).detail
    np.testing.assert_array_equal(detail.probability[0], [[0.7, 0.3], [0.6, 0.4], [NAN, NAN], [NAN, NAN]])
    np.testing.assert_array_equal(detail.answer[0], [0, 0, 2, 0])
    np.testing.assert_array_equal(detail.confidence[0], [0.7, 0.6, 0.8, 0.8])
    assert (detail.classes, detail.target[0], detail.num_choices[0]) == (("yes", "no"), 0, 2)


def test_pooled_details_keep_each_items_own_choices():
    small, large = detailed(ERRICA, [0, 0, 1]), detailed(np.full((2, 2, 3), 1 / 3), [0, 2], classes=("x", "y", "z"))
    both = stack([small, large])
    assert both.detail.classes == ()
    assert both.detail.probability.shape == (5, 3, 3)
    expected = (3 * value("sensitivity_soft", small) + 2 * value("sensitivity_soft", large)) / 5
    assert value("sensitivity_soft", both) == pytest.approx(expected)
    assert stack([small, small]).detail.classes == ("a", "b")
