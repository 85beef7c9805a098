"""Alignment, uniformity and relative distance: golden numbers, limits, and slow loops."""

import math

import numpy as np
import pytest

from probe.metrics.representation import alignment, layer_rows, normalised, relative_distance, uniformity

POINTS = np.array([(1.0, 0.0), (0.8, 0.6), (0.0, 1.0), (0.6, 0.8)])


def test_the_golden_numbers():
    assert alignment(POINTS[[0, 2]], POINTS[[1, 3]]) == pytest.approx(0.4)
    assert uniformity(POINTS) == pytest.approx(-1.015692, abs=1e-6)


def test_points_in_one_place_are_aligned_and_not_uniform():
    same = np.repeat(POINTS[:1], 5, axis=0)
    assert alignment(same, same) == 0
    assert uniformity(same) == pytest.approx(0)
    assert math.isnan(relative_distance(same, same, same))


def test_opposite_points_are_as_far_apart_as_can_be():
    assert alignment(POINTS, -POINTS) == pytest.approx(4)
    assert uniformity(np.array([(1.0, 0.0), (-1.0, 0.0)])) == pytest.approx(-8)


def test_too_few_points_have_no_uniformity_and_no_pairs_no_alignment():
    assert math.isnan(uniformity(POINTS[:1]))
    assert math.isnan(alignment(POINTS[:0], POINTS[:0]))


def test_points_are_put_on_the_sphere_and_the_origin_stays():
    points = normalised(np.array([(3.0, 4.0), (0.0, 0.0)]))
    assert points.tolist() == [pytest.approx([0.6, 0.8]), [0.0, 0.0]]


def test_a_layer_agrees_with_slow_loops():
    rng = np.random.default_rng(0)
    clean, variants = rng.normal(size=(7, 5)), rng.normal(size=(7, 3, 5))
    asked = rng.random((7, 3)) < 0.7
    rows = {row.metric: row for row in layer_rows(clean, variants, asked, layer=2, family="all", seed=0)}
    z, v = normalised(clean), normalised(variants)
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
    clean = np.eye(6)
    moved = np.roll(clean, 1, axis=0)[:, None]
    rows = {r.metric: r.value for r in layer_rows(clean, moved, np.ones((6, 1), bool), layer=0, family="all", seed=0)}
    assert rows["relative_distance"] == pytest.approx(1)
    assert rows["alignment"] == pytest.approx(2)


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
    assert np.isnan(relative_distance(points, moved, points))
    (row,) = [
        row
        for row in layer_rows(points, moved[:, None], np.ones((3, 1), dtype=bool), layer=0, family="format", seed=0)
        if row.metric == "relative_distance"
    ]
    assert row.value is None
