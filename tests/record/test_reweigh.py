"""What weighs in rates over all families is recorded, and figures of two definitions are never compared unsaid."""

import json
import shutil
from pathlib import Path

import pytest

from probe.cli import exit_code
from probe.comparison.changes import compare_folders
from probe.comparison.history import read_history
from probe.gating.bounds import Bound
from probe.gating.evaluate import evaluate
from probe.metrics import metrics
from probe.record.reweigh import reweighed
from probe.record.run import read_run

EARLIER = Path(__file__).parent / "earlier" / "run"
COMMAND = [
    "run",
    "sentiment",
    "--model",
    "scripted:coin",
    "--perturb",
    "typos,order",
    "--samples",
    "3",
    "--limit",
    "20",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a function that makes a run by its weight, once."""
    known = {}

    def run(weight):
        if weight not in known:
            out = tmp_path_factory.mktemp(weight)
            assert exit_code([*COMMAND, "--out", str(out), *([] if weight == "default" else ["--weight", weight])]) == 0
            known[weight] = next(out.glob("*/manifest.json")).parent
        return known[weight]

    return run


@pytest.fixture
def old(tmp_path):
    return shutil.copytree(EARLIER, tmp_path / "old")


@pytest.mark.parametrize(("asked", "weight"), [("default", "families"), ("families", "families"), ("pairs", "pairs")])
def test_a_run_records_what_weighs_and_computes_by_it(made, asked, weight):
    run = read_run(made(asked))
    assert run.manifest["weight"] == run.summary.weight == run.weight == weight
    rates = {row.family: row for row in run.summary.metrics if row.metric == "flip_rate" and row.family != "null"}
    typos, order, whole = rates["typos"], rates["order"], rates["all"]
    mean = (typos.value + order.value) / 2
    of_pairs = (typos.value * typos.num_pairs + order.value * order.num_pairs) / (typos.num_pairs + order.num_pairs)
    assert mean != pytest.approx(of_pairs)
    assert whole.value == pytest.approx(mean if weight == "families" else of_pairs)
    assert whole.num_pairs == typos.num_pairs + order.num_pairs
    assert metrics.get("flip_rate").value(run.cells()["sentiment"].label_preserving()) == pytest.approx(whole.value)


def test_another_weight_is_refused(tmp_path, capsys):
    assert exit_code([*COMMAND, "--weight", "items", "--out", str(tmp_path)]) == 2
    assert "--weight items: families or pairs" in capsys.readouterr().err


def test_a_run_of_an_earlier_version_is_judged_by_the_rate_of_today(old):
    recorded, today = read_run(old).summary, reweighed(read_run(old))
    changed = {
        (row.family, row.metric) for row, other in zip(recorded.metrics, today.metrics, strict=True) if row != other
    }
    assert changed == {("all", "flip_rate")}
    assert today.figure("flip_rate") == pytest.approx(0.0625) != recorded.figure("flip_rate")
    (check,) = evaluate(old, bounds=[Bound("max-flip-rate", 0.07)]).checks
    assert (
        check.value == pytest.approx(0.0625) and "families weigh equally, where the run weighed pairs" in check.reason
    )
    (other,) = evaluate(old, bounds=[Bound("max-flip-rate", 0.07, family="typos")]).checks
    assert other.value == recorded.figure("flip_rate", family="typos") and "weigh" not in other.reason


def test_a_run_by_pairs_is_judged_by_pairs(made):
    run = made("pairs")
    (check,) = evaluate(run, bounds=[Bound("max-flip-rate", 0.5)]).checks
    assert check.value == read_run(run).summary.figure("flip_rate") and "weigh" not in check.reason


def test_two_runs_are_compared_by_one_definition_and_the_comparison_says_so(made):
    found = compare_folders([made("families"), made("pairs")])
    (row,) = [row for row in found.differences if (row.family, row.metric) == ("all", "flip_rate")]
    assert row.difference == 0 and found.weight == "families"
    assert "recorded were pairs" in found.verdict
    same = compare_folders([made("pairs"), made("pairs")])
    (row,) = [row for row in same.differences if (row.family, row.metric) == ("all", "flip_rate")]
    assert row.value_a == read_run(made("pairs")).summary.figure("flip_rate") and same.weight == "pairs"
    assert "recorded were" not in same.verdict


def test_the_history_has_no_change_between_figures_of_two_definitions(made, tmp_path):
    for number, weight in enumerate(("families", "pairs", "pairs")):
        copy = shutil.copytree(made(weight), tmp_path / "runs" / f"2026010{number}")
        manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
        (copy / "manifest.json").write_text(json.dumps(manifest | {"created": f"2026-01-0{number + 1}T00:00:00Z"}))
        ([line], _) = read_history(tmp_path / "runs")
        if number:
            assert (line.changes["flip_rate"] is None) == (number == 1)
