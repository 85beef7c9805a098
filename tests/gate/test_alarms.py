"""How often the gate cries wolf and how often it sees what it says it would see; docs/gate.md has the figures of many repeats."""

import numpy as np
import pytest
from simulated import FAMILIES, answered, columns, detection, false_alarms, judged, latent

from probe.cli import exit_code
from probe.gate.baseline import blessed_of, write_baseline
from probe.gate.judge import judge


@pytest.mark.parametrize("rounding", [0.02, 0.15])
def test_two_runs_of_one_model_are_called_regressed_in_at_most_two_of_a_hundred(rounding):
    found = false_alarms(60, rounding, 100)
    assert found["moved"] > 0, "the two runs differ"
    assert found["regressed"] <= 0.02


def test_many_equal_items_pass_and_few_do_not():
    assert false_alarms(100, 0.0, 3)["pass"] == 1.0
    assert false_alarms(40, 0.0, 3)["inconclusive"] == 1.0


@pytest.mark.parametrize("what", ["accuracy", "contrast_consistency", "flip_rate, whole items", "spread"])
def test_the_effect_that_is_stated_is_caught_in_four_cases_of_five(what):
    found = detection(150, 0.15, what, 24)
    assert found["effect"] < 0.25
    # Of 24 repeats with a true rate of 0.80, 14 or fewer are caught once in forty; the benchmark counts more repeats.
    assert found["regressed"] >= 15 / 24
    assert found["pass"] == 0.0


def test_a_worsening_of_the_tolerance_hardly_ever_passes():
    assert detection(200, 0.02, "accuracy", 30, effect=0.06)["pass"] <= 0.1


def test_an_alarm_does_not_depend_on_the_order_of_items():
    rng = np.random.default_rng(5)
    table = latent(rng, 80)
    before, after = answered(rng, table, 0.15), answered(rng, table - 0.6, 0.15)
    order = rng.permutation(80)
    one, other = judged(before, after), judged(before.take(order), after.take(order))
    assert [c.outcome for c in one] == [c.outcome for c in other]
    np.testing.assert_allclose([c.difference for c in one], [c.difference for c in other])


def test_every_figure_of_every_family_is_judged():
    rng = np.random.default_rng(1)
    table = latent(rng, 30)
    found = {(c.family, c.metric) for c in judged(answered(rng, table, 0), answered(rng, table, 0))}
    expected = {("clean", "accuracy"), ("contrast", "contrast_consistency")}
    expected |= {(family, metric) for family in FAMILIES for metric in ("accuracy_mean", "spread", "flip_rate")}
    assert found == expected
    assert len(columns()) == 14


@pytest.mark.slow
def test_the_pocket_model_in_other_batches_raises_no_alarm(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folders = []
    for budget in ("128", "3000"):
        args = ["run", "sentiment", "--limit", "16", "--draws", "1", "--no-cache", "--token-budget", budget]
        assert exit_code([*args, "--out", budget]) == 0
        folders += [path for path in (tmp_path / budget).iterdir() if path.is_dir()]
    capsys.readouterr()
    path = write_baseline(blessed_of(folders[0]), tmp_path / "b.json")
    verdict = judge(folders[1], baseline=path)
    assert verdict.outcome != "regressed"
    assert verdict.changed == ()
