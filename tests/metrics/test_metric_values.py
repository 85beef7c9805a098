"""The metrics against golden numbers, closed forms, real accuracies and their own laws."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_cells import cells_of, random_cells

from probe.metrics import metrics

NAN = math.nan
SLAB = Path(__file__).parents[3] / "shared/data/slab-bbh/accuracies"

A, B, C = 0, 1, 2
GOLDEN_RIGHT = [[1, 1, 1, 1, 1], [1, 0, 1, 0, 1], [0, 0, 0, 0, 0], [1, 1, 0, 1, 1]]
GOLDEN_SAID = [[A, A, A, A, A], [A, B, A, C, A], [C, C, C, C, C], [B, B, A, B, B]]
FLIPS = ("flip_right_to_wrong", "flip_wrong_to_right", "flip_wrong_to_wrong")


def value(name, cells):
    return metrics.get(name).value(cells)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 0.75),
        ("accuracy_mean", 0.60),
        ("accuracy_worst", 0.50),
        ("accuracy_best", 0.75),
        ("spread", 0.25),
        ("pss", 0.25),
        ("flip_rate", 0.1875),
        ("any_flip_rate", 0.5),
        ("flip_right_to_wrong", 0.1875),
        ("flip_wrong_to_right", 0.0),
        ("flip_wrong_to_wrong", 0.0),
        ("unreadable_rate", 0.0),
        ("accuracy_median", 0.5),
        ("accuracy_std", 0.13693063937629152),
        ("accuracy_iqr", 0.25),
        ("mean_drop", 0.15),
        ("maxp", 0.75),
        ("avgp", 0.60),
        ("sat", 0.85),
        ("cps", 0.6375),
        ("accuracy_item_worst", 0.25),
        ("pairwise_agreement", 0.725),
        ("pss_ceiling", 0.6),
        ("pss_normalised", 0.25 / 0.6),
    ],
)
def test_golden_numbers(name, expected):
    assert value(name, cells_of(GOLDEN_RIGHT, GOLDEN_SAID)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("m", "k", "expected"), [(12, 6, 36 / 66), (3, 1, 2 / 3), (2, 1, 1.0), (12, 12, 0), (12, 0, 0)]
)
def test_pss_of_k_right_among_m_is_its_closed_form(m, k, expected):
    assert value("pss", cells_of([[1] * k + [0] * (m - k)])) == pytest.approx(expected, abs=1e-12)


def test_pss_counts_for_each_item_only_the_variants_it_was_asked_under():
    cells = cells_of([[1, 0, NAN, NAN], [1, 1, 0, 0], [1, NAN, NAN, NAN]])
    assert value("pss", cells) == pytest.approx((1 + 4 / 6) / 2)


def test_flips_tell_from_what_to_what():
    right = [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    said = [[0, 3, 0], [3, 0, 3], [3, 4, 3]]
    assert [value(name, cells_of(right, said)) for name in ("flip_rate", *FLIPS)] == pytest.approx(
        [3 / 6, *[1 / 6] * 3]
    )


def test_two_spellings_of_the_right_answer_are_no_flip():
    assert value("flip_rate", cells_of([[1, 1]], [[0, 5]])) == 0
    assert value("any_flip_rate", cells_of([[1, 1]], [[0, 5]])) == 0


def test_becoming_unreadable_is_a_flip_even_from_a_wrong_answer():
    cells = cells_of([[0, 0, 0]], [[3, 4, 3]], unreadable=[[False, True, False]])
    assert value("flip_wrong_to_wrong", cells) == 0.5
    assert value("unreadable_rate", cells) == 0.5


def test_unreadable_as_written_counts_only_without_variants():
    cells = cells_of([[0, 1], [1, 1]], unreadable=[[True, False], [False, False]])
    assert value("unreadable_rate", cells) == 0
    assert value("unreadable_rate", cells.select([])) == 0.5


def test_a_contrast_set_needs_its_original_and_every_edit():
    right = [[1, 1, 1], [1, 1, 0], [0, 1, 1], [1, 1, NAN], [1, NAN, NAN]]
    cells = cells_of(
        right,
        families=["original", "contrast", "contrast"],
        effects=["label-preserving", "label-altering", "label-altering"],
    )
    assert value("contrast_consistency", cells) == pytest.approx(2 / 4)
    assert value("contrast_accuracy", cells) == pytest.approx(6 / 7)


def test_a_constant_answerer_never_flips_and_fails_every_contrast():
    right = [[1, 1, 0], [0, 0, 1], [1, 1, 0], [0, 0, 1]]
    said = np.zeros((4, 3), int)
    cells = cells_of(
        right,
        said,
        families=["original", "format", "contrast"],
        effects=["label-preserving", "label-preserving", "label-altering"],
    )
    assert value("flip_rate", cells.label_preserving()) == 0
    assert value("contrast_consistency", cells.label_altering()) == 0


def test_a_variant_asked_on_easy_items_only_gains_nothing_by_it():
    half_asked = [[1, 1]] * 5 + [[0, NAN]] * 5
    assert value("spread", cells_of(half_asked)) == 0
    assert value("accuracy_best", cells_of(half_asked)) == 0.5


def test_the_effect_on_the_items_asked_is_carried_to_the_items_like_them():
    """Of the items right as written, three in four were asked and a third of them turned wrong; none of the others."""
    right = [[1, 1], [1, 1], [1, 0], [1, NAN], [0, 0], [0, 0], [0, NAN], [0, NAN]]
    assert value("accuracy_worst", cells_of(right)) == pytest.approx(0.5 * 2 / 3)


def test_a_variant_asked_on_too_few_items_is_not_compared():
    half, fewer = [[1, 0], [1, 0], [1, NAN], [1, NAN]], [[1, 0], [1, NAN], [1, NAN], [1, NAN]]
    assert value("spread", cells_of(half)) == 1
    assert math.isnan(value("spread", cells_of(fewer)))
    assert value("flip_rate", cells_of(fewer)) == 1


@pytest.mark.skipif(not SLAB.exists(), reason="the SLAB accuracies are not on this machine")
def test_real_templates_have_the_saturation_and_the_combined_score_of_the_formula():
    """Sat = 1 - (MaxP - AvgP) and CPS = Sat MaxP of Mizrahi et al., recomputed from the accuracies of the templates."""
    for path in sorted(SLAB.glob("*.json")):
        templates = list(json.loads(path.read_text())["paraphrases"].values())
        for model in templates[0]["accs"]:
            published = np.array([template["accs"][model] for template in templates])
            cells = cells_of((np.arange(100)[:, None] < np.round(published * 100)).astype(float))
            saturation = 1 - (published.max() - published.mean())
            expected = [published.max(), published.mean(), saturation, saturation * published.max()]
            assert [value(name, cells) for name in ("maxp", "avgp", "sat", "cps")] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", sorted(set(metrics) - {"accuracy", "unreadable_rate"}))
def test_without_variants_there_is_no_value(name):
    assert math.isnan(value(name, cells_of([[1], [0]])))


@pytest.mark.parametrize("name", list(metrics))
def test_without_items_there_is_no_value(name):
    cells = cells_of([[1, 1, 1]], effects=["label-preserving", "label-preserving", "label-altering"]).take([])
    assert math.isnan(value(name, cells))


def test_an_alias_is_the_metric_itself():
    assert metrics.get("maxp") is metrics.get("accuracy_best")
    assert metrics.get("avgp") is metrics.get("accuracy_mean")
    assert not {"maxp", "avgp"} & set(metrics)


@settings(max_examples=50, deadline=None)
@given(random_cells(flips=True), st.randoms(use_true_random=False))
def test_the_order_of_items_and_variants_does_not_matter(cells, random):
    rows, columns = list(range(len(cells.items))), list(range(1, len(cells.columns)))
    random.shuffle(rows)
    random.shuffle(columns)
    shuffled = cells.select(columns).take(rows)
    for metric in metrics.values():
        assert metric.value(shuffled) == pytest.approx(metric.value(cells), abs=1e-12, nan_ok=True), metric.name


@settings(max_examples=50, deadline=None)
@given(random_cells(flips=True))
def test_values_stay_in_their_range_and_kinds_of_flips_add_up(cells):
    values = {metric.name: metric.value(cells) for metric in metrics.values()}
    for metric in metrics.values():
        assert math.isnan(values[metric.name]) or metric.low <= values[metric.name] <= metric.high
    assert sum(values[name] for name in FLIPS) == pytest.approx(values["flip_rate"], abs=1e-12, nan_ok=True)


@settings(max_examples=50, deadline=None)
@given(random_cells(missing=False, min_items=2), st.data())
def test_an_item_of_weight_zero_is_not_there(cells, data):
    kept = data.draw(st.lists(st.booleans(), min_size=len(cells.items), max_size=len(cells.items)).filter(any))
    part = cells.take(np.flatnonzero(kept))
    for metric in metrics.values():
        [got] = metric.function(cells, np.array([kept], float))
        assert got == pytest.approx(metric.value(part), abs=1e-12, nan_ok=True), metric.name


def test_each_row_of_weights_is_computed_on_its_own():
    cells, weights = cells_of(GOLDEN_RIGHT, GOLDEN_SAID), np.random.default_rng(0).integers(0, 3, (20, 4)).astype(float)
    for metric in metrics.values():
        together = metric.function(cells, weights)
        alone = np.concatenate([metric.function(cells, row[None]) for row in weights])
        np.testing.assert_allclose(together, alone, atol=1e-12)


@pytest.mark.skipif(not SLAB.exists(), reason="the SLAB accuracies are not on this machine")
def test_real_templates_have_their_published_accuracies_best_and_spread():
    """Mizrahi et al. evaluate 100 items a template, so that each accuracy is a whole number of right answers."""
    checked = 0
    for path in sorted(SLAB.glob("*.json")):
        templates = list(json.loads(path.read_text())["paraphrases"].values())
        for model in templates[0]["accs"]:
            published = [template["accs"][model] for template in templates]
            num_right = np.round(np.array(published) * 100)
            cells = cells_of((np.arange(100)[:, None] < num_right).astype(float))
            got = [value(name, cells) for name in ("accuracy_best", "accuracy_mean", "accuracy_worst", "spread")]
            best, worst = max(published), min(published)
            expected = [best, sum(published) / len(published), worst, best - worst]
            assert got == pytest.approx(expected, abs=1e-9)
            checked += 1
    assert checked > 100
