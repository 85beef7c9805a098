"""Alignment, uniformity and relative distance: golden numbers, limits, and slow loops."""

import math

import numpy as np
import pytest

from probe.metrics.representation import layer_rows, normalised

POINTS = np.array([(1.0, 0.0), (0.8, 0.6), (0.0, 1.0), (0.6, 0.8)])


def layer_of(original, moved):
    """Return the figures of points and where one variant puts them."""
    asked = np.ones((len(original), 1), bool)
    rows = layer_rows(np.asarray(original), np.asarray(moved)[:, None], asked, layer=0, family="all", seed=0)
    return {row.metric: row.value for row in rows}


def test_the_golden_numbers():
    assert layer_of(POINTS[[0, 2]], POINTS[[1, 3]])["alignment"] == pytest.approx(0.4)
    assert layer_of(POINTS, POINTS)["uniformity"] == pytest.approx(-1.015692, abs=1e-6)


def test_points_in_one_place_are_aligned_and_not_uniform():
    same = np.repeat(POINTS[:1], 5, axis=0)
    assert layer_of(same, same) == {"alignment": 0, "uniformity": 0, "relative_distance": None}


def test_opposite_points_are_as_far_apart_as_can_be():
    assert layer_of(POINTS, -POINTS)["alignment"] == pytest.approx(4)
    assert layer_of([(1.0, 0.0), (-1.0, 0.0)], POINTS[:2])["uniformity"] == pytest.approx(-8)


def test_a_single_point_has_no_uniformity():
    assert layer_of(POINTS[:1], POINTS[:1])["uniformity"] is None


def test_points_are_put_on_the_sphere_and_the_origin_stays():
    points = normalised(np.array([(3.0, 4.0), (0.0, 0.0)]))
    assert points.tolist() == [pytest.approx([0.6, 0.8]), [0.0, 0.0]]


def test_a_layer_agrees_with_slow_loops():
    rng = np.random.default_rng(0)
    original, variants = rng.normal(size=(7, 5)), rng.normal(size=(7, 3, 5))
    asked = rng.random((7, 3)) < 0.7
    rows = {row.metric: row for row in layer_rows(original, variants, asked, layer=2, family="all", seed=0)}
    z, v = normalised(original), normalised(variants)
    pairs = [(n, i) for n in range(7) for i in range(3) if asked[n, i]]
    within = [math.dist(z[n], v[n, i]) for n, i in pairs]
    between = [math.dist(z[n], z[m]) for n in range(7) for m in range(n)]
    assert rows["alignment"].value == pytest.approx(np.mean(np.square(within)))
    assert rows["uniformity"].value == pytest.approx(math.log(np.mean([math.exp(-2 * d * d) for d in between])))
    assert rows["relative_distance"].value == pytest.approx(np.mean(within) / np.mean(between))
    for row in rows.values():
        assert row.ci_low < row.value < row.ci_high
        assert (row.num_items, row.num_pairs, row.layer) == (7, len(pairs), 2)


def test_a_rephrasing_that_is_another_item_is_as_far_as_one():
    found = layer_of(np.eye(6), np.roll(np.eye(6), 1, axis=0))
    assert found["relative_distance"] == pytest.approx(1)
    assert found["alignment"] == pytest.approx(2)


def test_without_variants_only_uniformity_is_defined():
    rows = {
        r.metric: r.value
        for r in layer_rows(POINTS, np.zeros((4, 0, 2)), np.zeros((4, 0), bool), layer=0, family="x", seed=0)
    }
    assert rows["alignment"] is None
    assert rows["relative_distance"] is None
    assert rows["uniformity"] == pytest.approx(-1.015692, abs=1e-6)


def test_points_that_differ_by_rounding_alone_have_no_relative_distance():
    points = np.array([[1.0, 0.0], [1.0, 1e-9], [1.0, -1e-9]])
    moved = np.array([[0.0, 1.0]] * 3)
    assert layer_of(points, moved)["relative_distance"] is None
