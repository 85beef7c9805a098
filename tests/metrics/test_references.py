"""Every metric against its reference, on runs at random and on resamples of their items."""

from dataclasses import replace

import pytest

from probe.metrics import command_metrics, metrics
from probe.selftest.random_runs import disagreements
from probe.selftest.reference import references


@pytest.mark.parametrize("name", list(metrics))
def test_a_metric_is_what_its_reference_says_on_any_run_and_resample(name):
    assert disagreements(name) == []


def test_every_metric_has_a_reference_and_none_is_left_over():
    assert set(references) == {*metrics, *command_metrics}


def test_a_metric_that_is_not_what_its_reference_says_is_named_with_the_run(monkeypatch):
    monkeypatch.setitem(references._things, "any_flip_rate", references.get("flip_rate"))
    assert all("the reference says" in one for one in disagreements("any_flip_rate"))
    assert disagreements("any_flip_rate")


def test_a_metric_without_a_reference_fails(monkeypatch):
    monkeypatch.setitem(metrics._things, "new_rate", replace(metrics.get("flip_rate"), name="new_rate"))
    assert disagreements("new_rate") == ["new_rate has no reference"]
