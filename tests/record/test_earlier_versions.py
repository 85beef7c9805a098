"""A run and a baseline that version 0.1.0 wrote read as those of today; `earlier/` holds them as they were written."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from probe.cli import exit_code
from probe.gating.baseline import read_baseline
from probe.metrics import metrics
from probe.record.earlier import renamed
from probe.record.run import read_run
from probe.record.tables import read_batches, read_table
from probe.types import effect_of

EARLIER = Path(__file__).parent / "earlier"
NEW = ("contrast_consistency_gardner",)
"""Figures that 0.1.0 did not have."""
COMMAND = ["run", "sentiment", "--model", "scripted:coin", "--limit", "4", "--samples", "2"]


@pytest.fixture
def old(tmp_path):
    return shutil.copytree(EARLIER / "run", tmp_path / "runs" / "old")


@pytest.fixture
def today(tmp_path):
    assert exit_code([*COMMAND, "--perturb", "typos,contrast,order", "--out", str(tmp_path / "today")]) == 0
    return next((tmp_path / "today").glob("*/manifest.json")).parent


def test_the_stored_run_holds_the_old_words():
    summary = json.loads((EARLIER / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["schema_version"] == 1 and "blame" in summary
    assert {"clean"} < {row["family"] for row in summary["metrics"]}
    table = pq.read_table(EARLIER / "run" / "variants.parquet")
    assert "draw" in table.column_names and set(table["effect"].to_pylist()) == {"same", "flip"}


def test_an_earlier_run_has_the_figures_of_the_same_run_of_today(old, today):
    before, after = read_run(old).summary, read_run(today).summary
    rates = [row.metric for row in after.metrics if row.num_pairs is not None]  # there pairs weighed, here families do
    figures = [
        {
            (row.suite, row.family, row.metric): row.value
            for row in one.metrics
            if row.family != "null"
            and (row.family != "all" or row.metric not in rates)
            and not row.metric.endswith("_perturbed")
            and row.metric not in NEW
        }
        for one in (before, after)
    ]
    assert figures[0].keys() >= figures[1].keys()
    assert {key: figures[0][key] for key in figures[1]} == figures[1]
    assert {(one.id, one.effect) for one in before.flips} == {(one.id, one.effect) for one in after.flips}
    assert (before.weight, after.weight) == ("pairs", "families")
    of_pairs = metrics.get("flip_rate").value(read_run(old).cells("pairs")["sentiment"].label_preserving())
    assert before.figure("flip_rate") == pytest.approx(of_pairs) != after.figure("flip_rate")
    accuracy = [{(v.perturbation, v.sample): v.original_accuracy for v in one.variants} for one in (before, after)]
    assert accuracy[0] == accuracy[1] and len(accuracy[0]) > 4


def test_the_tables_of_an_earlier_run_have_the_columns_of_today(old, today):
    keys = ("item", "family", "perturbation", "sample")
    batches = [[row for part in read_batches(one, [], ["text"]) for row in part.to_pylist()] for one in (old, today)]
    rows = [{tuple(row[key] for key in keys): row["text"] for row in found} for found in batches]
    assert rows[0] == rows[1]
    assert set(read_table(old, "variants", ["effect"])["effect"].to_pylist()) == {"label-preserving", "label-altering"}


def test_a_run_of_today_passes_against_an_earlier_baseline(today, tmp_path, capsys):
    shutil.copy(EARLIER / "baseline.json", tmp_path)
    assert exit_code(["gate", str(today), "--baseline", str(tmp_path / "baseline.json"), "--allow-inconclusive"]) == 0
    assert "regressed" not in capsys.readouterr().out
    assert read_baseline(EARLIER / "baseline.json").design["samples"] == 2


def test_earlier_and_todays_runs_are_compared_and_reported(old, today, tmp_path, capsys):
    assert exit_code(["compare", str(old), str(today)]) == 0
    assert exit_code(["report", str(old), "-o", str(tmp_path / "page.html")]) == 0
    assert "original" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert exit_code(["history", str(old.parent)]) == 0


def test_renaming_today_s_words_changes_nothing():
    value = {"sample": 1, "family": "original", "effect": "label-altering", "flips": [{"original": "r"}]}
    assert renamed(value) == value


def test_an_unknown_effect_is_refused():
    with pytest.raises(ValueError, match="label-preserving or label-altering"):
        effect_of("sideways")
