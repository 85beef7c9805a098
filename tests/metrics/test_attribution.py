"""The design is balanced, planted components come back, and what is not there is not found."""

import itertools

import numpy as np
import pytest

from probe.metrics.attribution import MAX_FACTORS, decompose, design, num_runs


def made(runs, *, items, item, main, crossed, rest, seed, blocks=1):
    """Return outcomes (T, N, R) with those variances."""
    rng = np.random.default_rng(seed)
    slopes = np.sqrt(main) + np.sqrt(crossed) * rng.normal(size=(blocks, items, runs.shape[1]))
    noise = rng.normal(0, np.sqrt(rest), (blocks, items, len(runs)))
    return rng.normal(0, np.sqrt(item), (blocks, items, 1)) + slopes @ runs.T + noise


def slow_sums_of_squares(outcomes, runs):
    """Return the type II sum of squares of each factor: by how much the fit is worse without it, least squares each time."""
    num_items, num_factors = len(outcomes), runs.shape[1]
    rows = [(n, r) for n in range(num_items) for r in range(len(runs))]
    y = np.array([outcomes[n, r] for n, r in rows])
    columns = {("item", n): np.array([float(m == n) for m, _ in rows]) for n in range(num_items)}
    columns |= {("factor", f): np.array([runs[r, f] for _, r in rows]) for f in range(num_factors)}

    def left_over(keys):
        x = np.stack([columns[key] for key in keys], axis=1)
        return ((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2).sum()

    full = left_over(columns)
    return [left_over([key for key in columns if key != ("factor", f)]) - full for f in range(num_factors)]


@pytest.mark.parametrize("num_factors", range(1, MAX_FACTORS + 1))
def test_the_design_is_an_orthogonal_array_of_strength_three(num_factors):
    runs = design(num_factors)
    assert runs.shape == (num_runs(num_factors), num_factors)
    assert set(np.unique(runs)) <= {-1.0, 1.0}
    assert (runs[0] == -1).all()
    for columns in itertools.combinations(runs.T, min(3, num_factors)):
        _, counts = np.unique(np.stack(columns), axis=1, return_counts=True)
        assert len(counts) == 2 ** len(columns)
        assert len(set(counts)) == 1


@pytest.mark.parametrize("num_factors", [0, MAX_FACTORS + 1])
def test_no_factor_and_too_many_are_refused(num_factors):
    with pytest.raises(ValueError, match="factors"):
        design(num_factors)


PLANTS = [
    ({"item": 1.0, "main": [0.0, 0.3, 0.5, 0.0, 0.0], "crossed": [0.0, 0.3, 0.0, 0.5, 0.0], "rest": 0.4}, 80),
    ({"item": 0.2, "main": [0.0, 0.0, 0.0, 0.0], "crossed": [0.9, 0.0, 0.1, 0.0], "rest": 0.2}, 120),
    ({"item": 2.0, "main": [0.05, 0.0, 0.2, 0.0, 0.0, 0.0, 0.4], "crossed": [0.0] * 7, "rest": 1.0}, 100),
    ({"item": 0.0, "main": [1.0], "crossed": [0.0], "rest": 0.5}, 60),
]


@pytest.mark.parametrize(("plant", "items"), PLANTS)
def test_planted_components_are_recovered_within_their_intervals(plant, items):
    names = [f"f{index}" for index in range(len(plant["main"]))]
    truth = np.array([plant["item"], *plant["main"], *plant["crossed"], plant["rest"]])
    truth /= truth.sum()
    runs = design(len(names))
    inside = []
    for seed in range(20):
        found = decompose(made(runs, items=items, seed=seed, **plant), runs, names, seed=seed)
        inside.append(
            [c.ci_low - 1e-12 <= share <= c.ci_high for c, share in zip(found.components, truth, strict=True)]
        )
        zeros = [c for c, share in zip(found.components, truth, strict=True) if share == 0]
        assert all(c.ci_high < 0.12 for c in zeros)
    assert np.mean(inside) >= 0.9
    assert np.mean(inside, axis=0).min() >= 0.75


@pytest.mark.parametrize("blocks", [1, 3])
def test_the_shares_add_up(blocks):
    runs = design(5)
    plant = PLANTS[0][0]
    found = decompose(made(runs, items=40, seed=1, blocks=blocks, **plant), runs, list("abcde"), seed=0)
    assert sum(c.share for c in found.components) == pytest.approx(1)
    assert sum(s.share for s in found.spread) == pytest.approx(1)
    for one in (*found.components, *found.spread):
        assert 0 <= one.ci_low <= one.share <= one.ci_high <= 1
    assert len(found.effects) == 5 * blocks


def test_the_mean_squares_are_those_of_type_two_sums_of_squares():
    runs = design(3)
    outcomes = made(runs, items=6, seed=4, item=1.0, main=[0.4, 0.0, 0.1], crossed=[0.2, 0.1, 0.0], rest=0.3)[0]
    found = decompose(outcomes[None], runs, list("abc"), seed=0)
    slow = slow_sums_of_squares(outcomes, runs)
    for effect, square in zip(found.effects, slow, strict=True):
        assert 6 * len(runs) * (effect.value / 2) ** 2 == pytest.approx(square)


def test_an_effect_is_what_the_mean_outcome_changes_by():
    runs = design(2)
    outcomes = np.tile(0.5 + 0.1 * runs[:, 1], (1, 9, 1))
    found = decompose(outcomes, runs, ["none", "some"], seed=0)
    assert [e.value for e in found.effects] == pytest.approx([0.0, 0.2])
    assert {s.name: s.share for s in found.spread} == pytest.approx({"none": 0, "some": 1, "residual": 0})


def test_where_nothing_varies_no_share_is_given():
    runs = design(3)
    found = decompose(np.ones((1, 10, len(runs))), runs, list("abc"), seed=0)
    assert all(c.variance == 0 and c.share is None and c.ci_low is None for c in found.components)
    assert all(s.share is None for s in found.spread)


def test_items_that_differ_and_prompts_that_do_not_have_no_spread_to_share_out():
    runs = design(3)
    outcomes = np.repeat(np.arange(10.0)[:, None] % 2, len(runs), axis=1)[None]
    found = decompose(outcomes, runs, list("abc"), seed=0)
    assert found.components[0].share == pytest.approx(1)
    assert all(s.share is None for s in found.spread)


def test_the_same_seed_gives_the_same_intervals():
    runs = design(4)
    outcomes = made(runs, items=20, seed=2, item=1.0, main=[0.1] * 4, crossed=[0.1] * 4, rest=0.2)
    assert decompose(outcomes, runs, list("abcd"), seed=3) == decompose(outcomes, runs, list("abcd"), seed=3)


def test_a_single_item_is_refused():
    runs = design(2)
    with pytest.raises(ValueError, match="1 items"):
        decompose(np.ones((1, 1, len(runs))), runs, ["a", "b"], seed=0)


def test_two_items_are_enough_to_compute_with():
    runs = design(2)
    outcomes = made(runs, items=2, item=1.0, main=[0.5, 0.0], crossed=[0.1, 0.0], rest=0.1, seed=0)
    found = decompose(outcomes, runs, ["a", "b"], seed=0)
    assert sum(c.share for c in found.components) == pytest.approx(1)


def test_eight_items_alike_do_not_say_that_all_are():
    """Every item hangs on the first factor alone: Wilson's interval of 8 of 8 begins at .676."""
    runs = design(2)
    found = decompose(np.tile((runs[:, 0] + 1) / 2, (1, 8, 1)), runs, ("one", "other"), seed=0)
    one, other, _ = found.spread
    assert (one.share, one.ci_low, one.ci_high) == pytest.approx((1.0, 0.676, 1.0), abs=0.001)
    assert (other.share, other.ci_low, other.ci_high) == pytest.approx((0.0, 0.0, 0.324), abs=0.001)
    effect = found.effects[0]
    assert (effect.value, effect.ci_low, effect.ci_high) == pytest.approx((1.0, 0.676, 1.0), abs=0.001)
