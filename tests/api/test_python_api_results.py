"""A run's figures, answers and flips as DataFrames, from its folder."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from probe.api.results import Run
from probe.errors import StoreError, UsageError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from probe.cli import exit_code

    out = tmp_path_factory.mktemp("runs")
    words = ["run", "facts", "sentiment", "--model", "scripted:coin", "--limit", "20", "--draws", "2", "--no-cache"]
    assert exit_code([*words, "--perturb", "format,typos,contrast", "--out", str(out)]) == 0
    return next(out.glob("2*"))


@pytest.fixture
def run(folder):
    return Run.load(folder)


def test_the_newest_run_of_a_folder_is_loaded(folder, tmp_path):
    assert Run.load(folder.parent).folder == folder
    for path, says in ((tmp_path, "nor a run below it"), (tmp_path / "nothing", "there is no folder")):
        with pytest.raises(UsageError, match=says):
            Run.load(path)


def test_the_newest_run_is_no_experiment_and_its_own_record_says_how_old_it_is(folder, tmp_path, monkeypatch, capsys):
    from probe.cli import exit_code

    older, newer = tmp_path / "runs" / "z", tmp_path / "runs" / "a"
    # the older one is written last
    for place, created in ((newer, "2026-02-01T00:00:00Z"), (older, "2026-01-01T00:00:00Z")):
        shutil.copytree(folder, place)
        manifest = json.loads((place / "manifest.json").read_text())
        (place / "manifest.json").write_text(json.dumps(manifest | {"created": created}))
    monkeypatch.chdir(tmp_path)
    words = ["attribute", "facts", "--model", "scripted:coin", "--limit", "4", "--json"]
    assert exit_code(words) == 0
    experiment = json.loads(capsys.readouterr().out)["run"]
    assert Run.load("runs").folder == Path("runs/a")
    assert exit_code(["gate", "runs", "--max-flip-rate", "1.0"]) == 0
    assert "runs/a: the newest of 2 runs" in capsys.readouterr().err
    with pytest.raises(UsageError, match="this is an attribution, not a run"):
        Run.load(experiment)
    assert exit_code(["gate", experiment, "--max-flip-rate", "1.0"]) == 2
    assert "this is an attribution, not a run" in capsys.readouterr().err
    (newer / "summary.json").write_text("{")
    with pytest.raises(StoreError, match="summary.json: damaged"):
        Run.load("runs")


def test_metrics_are_the_rows_of_the_summary(run):
    rows = json.loads((run.folder / "summary.json").read_text())["metrics"]
    frame = run.metrics
    assert list(frame.columns)[:6] == ["suite", "family", "metric", "value", "ci_low", "ci_high"]
    assert len(frame) == len(rows) > 100
    flip_rate = frame.set_index(["suite", "family", "metric"]).loc[("facts", "format", "flip_rate")]
    (row,) = (r for r in rows if (r["suite"], r["family"], r["metric"]) == ("facts", "format", "flip_rate"))
    assert (flip_rate["value"], flip_rate["ci_low"], flip_rate["num_items"]) == (row["value"], row["ci_low"], 20)
    assert run.figure("flip_rate", family="format", suite="facts") == row["value"]


def test_scores_hold_each_answer_with_its_prompt_and_edit(run):
    scores = run.scores
    assert list(scores.columns)[:5] == ["suite", "item", "family", "perturbation", "sample"]
    assert len(scores) == len(pd.read_parquet(run.folder / "scores.parquet"))
    original = scores[scores.family == "original"]
    assert len(original) == 40 and set(original.edit) == {""}
    typos = scores[scores.family == "typos"]
    assert (typos.tokens_added > 0).all() and typos.text.str.len().gt(20).all()
    accuracy = original.groupby("suite").correct.mean()
    assert accuracy["facts"] == run.figure("accuracy", family="original", suite="facts")
    assert isinstance(scores.checks[0], dict)


def test_flips_hold_both_prompts_and_both_answers_worst_first(run):
    flips = run.flips()
    scores = run.scores.set_index(["suite", "item", "perturbation", "sample"])
    assert flips.kind[0] == "right to wrong" and len(flips)
    for flip in flips.itertuples():
        key = (flip.suite, flip.item, flip.perturbation, flip.sample)
        assert (scores.loc[key].text, scores.loc[key].prediction) == (flip.perturbed, flip.answer)
        before = scores.loc[(flip.suite, flip.item, "original", 0)]
        assert (before.text, before.prediction) == (flip.original, flip.original_answer)
    assert len(flips) == run.summary.flips_total == scores.flip.notna().sum()
    shown = [(one.suite, one.item, one.perturbation, one.sample, one.cause) for one in run.summary.flips]
    listed = list(flips[["suite", "item", "perturbation", "sample", "cause"]].itertuples(index=False, name=None))
    assert [tuple(None if pd.isna(x) else x for x in row) for row in listed[: len(shown)]] == shown
    assert list(flips.command[: len(shown)]) == [one.command for one in run.summary.flips]
    assert set(run.flips(family="typos").family) == {"typos"}
    assert set(run.flips(suite="facts").suite) == {"facts"}


@pytest.mark.parametrize("named", [{"family": "typo"}, {"suite": "fact"}])
def test_a_wrong_family_or_suite_is_answered_with_the_near_ones(run, named):
    with pytest.raises(UsageError, match="Did you mean"):
        run.flips(**named)


def test_changing_a_frame_changes_nothing_else(run):
    metrics, scores = run.metrics, run.scores
    metrics["value"] = 0
    del scores["item"]
    assert run.metrics["value"].max() > 0 and "item" in run.scores


def test_a_report_is_written_by_its_extension(run, tmp_path):
    assert "<html" in run.report(tmp_path / "report.html").read_text(encoding="utf-8")
    table = pd.read_csv(run.report(str(tmp_path / "figures.csv")))
    assert len(table) == len(run.metrics)
    for name, says in (("report.xlsx", "a run is written as .html"), ("report.xml", "a run is written as .html")):
        with pytest.raises(UsageError, match=says):
            run.report(tmp_path / name)


def test_a_run_shows_itself_in_two_lines(run):
    first, second = repr(run).splitlines()
    assert str(run.folder) in first and "facts, sentiment; scripted:coin" in first
    assert second == run.verdict and "%" in second


def test_a_damaged_table_is_named(folder, tmp_path):
    broken = Path(shutil.copytree(folder, tmp_path / "broken"))
    (broken / "variants.parquet").write_bytes(b"nothing")
    with pytest.raises(StoreError, match="variants.parquet cannot be read"):
        Run.load(broken).scores  # noqa: B018


def test_a_run_is_saved_as_a_baseline(run, tmp_path):
    path = run.bless(tmp_path / "baselines" / "both.json")
    assert json.loads(path.read_text())["kind"] == "baseline"
