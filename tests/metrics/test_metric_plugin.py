"""The worked example of CONTRIBUTING.md: a package that adds a metric, run from a throw-away copy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugins" / "metric"


@pytest.fixture(scope="module")
def probe(plugin_environment, tmp_path_factory):
    """Return a function that runs a command where the package is installed."""
    environment, folder = plugin_environment("metric"), tmp_path_factory.mktemp("runs")

    def run(*command):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_run_has_the_metric_of_an_installed_package_by_family_and_pooled(probe):
    command = ["probe", "run", "sentiment", "entailment", "--perturb", "format", "--limit", "8"]
    summary = json.loads(probe(*command, "--model", "scripted:coin", "--json"))
    rows = {(row["suite"], row["family"]): row for row in summary["metrics"] if row["metric"] == "flip_depth"}
    assert {("sentiment", "format"), ("sentiment", "all"), ("entailment", "all"), ("all", "all")} <= set(rows)
    row = rows["all", "all"]
    assert 0 < row["ci_low"] <= row["value"] <= row["ci_high"] <= 1
    assert (row["direction"], row["num_items"]) == ("lower", sum(rows[s, "all"]["num_items"] for s in summary["suite"]))


def test_it_is_listed_with_what_it_declares(probe):
    [row] = [row for row in json.loads(probe("probe", "list", "metrics", "--json")) if row["name"] == "flip_depth"]
    assert (row["by"], row["range"], row["better"]) == ("probe run", "[0, 1]", "lower")
    assert row["summary"].startswith("Share of variants that flip")
    assert row["source"] == "examples/plugins/metric"


@pytest.mark.slow
def test_the_self_test_holds_it_to_its_reference(probe):
    found = json.loads(probe("probe", "selftest", "--json"))
    assert found["unchecked_metrics"] == []
    assert {check["passed"] for check in found["checks"] if check["figure"] == "flip_depth"} == {True}


def test_its_own_test_passes(probe):
    probe("pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE))
