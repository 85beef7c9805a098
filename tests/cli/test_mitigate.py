"""`probe mitigate` as a user types it: on a run, on a suite, with everything that may be typed wrong."""

import json
import shutil

import pytest

from probe.cli import exit_code
from probe.mitigate.catalogue import catalogue
from probe.record.redraw import redrawn_results
from probe.record.run import read_run

KEPT = "batch-calibration,prior-matching"
"""Methods that ask no model."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the folder of a run with layouts, an order and contrasts."""
    out = tmp_path_factory.mktemp("runs")
    words = ["--perturb", "format,contrast", "--samples", "2", "--limit", "24", "--no-noise-floor", "--no-cache"]
    assert exit_code(["run", "sentiment", "--model", "scripted:coin", *words, "--out", str(out)]) == 0
    (made,) = out.iterdir()
    return made


@pytest.fixture
def folder(run, tmp_path):
    """Return a copy of the run that a test may change."""
    return shutil.copytree(run, tmp_path / run.name)


def typed(capsys, *words, code=0):
    """Return stdout and stderr of `probe mitigate`."""
    capsys.readouterr()
    assert exit_code(["mitigate", *map(str, words)]) == code
    return capsys.readouterr()


def test_a_run_is_improved_from_its_kept_answers_and_shows_it(folder, capsys):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["asked_model"]["model"] = "scripted:gone"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    found = json.loads(typed(capsys, folder, "--method", KEPT, "--json").out)
    assert found["schema_version"] == 1 and found["of_run"] == str(folder)
    (suite,) = found["results"]
    assert [one["status"] for one in suite["methods"]] == ["judged", "judged"], "no model was needed"
    made = folder.parent / found["run"].rpartition("/")[2]
    assert {path.name for path in made.iterdir()} == {"manifest.json", "mitigation.json", "report.html"}
    assert json.loads((made / "mitigation.json").read_text()) == found
    page = (folder / "report.html").read_text()
    assert 'id="cures"' in page and "prior-matching" in page
    before = {one["metric"]: one["before"] for one in suite["figures"]}
    summary = read_run(folder).summary
    assert before["flip_rate"] == summary.figure("flip_rate")
    assert before["contrast_consistency"] == summary.figure("contrast_consistency", family="contrast")
    assert before["spread"] == summary.figure("spread", family="format")


def test_the_answers_before_are_those_of_the_run_whatever_the_model_says_today(folder, capsys):
    typed(capsys, folder, "--method", "batch-calibration", "--json")
    kept = redrawn_results(read_run(folder), then="")["sentiment"].scores
    found = json.loads((folder / "mitigation.json").read_text())["results"][0]
    assert found["num_answers"] == len(kept)


def test_the_table_says_before_and_after_and_what_to_take(folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = typed(capsys, folder, "--method", KEPT, "--target-flip-rate", "0.9").out
    assert "(as asked)" in shown and "flips" in shown and "calls" in shown
    assert max(map(len, (line for line in shown.splitlines() if not line.startswith("report ")))) <= 80
    assert "No method is needed" in shown


def test_a_target_that_nothing_reaches_ends_with_1(folder, capsys):
    shown = typed(capsys, folder, "--method", "batch-calibration", "--target-flip-rate", "0", code=1).out
    assert "No method brings the flip rate to 0.0 %" in shown


def test_files_are_written_by_their_endings(folder, capsys, tmp_path):
    outs = [tmp_path / name for name in ("x.html", "x.md", "x.json")]
    typed(capsys, folder, "--method", "batch-calibration", *(word for out in outs for word in ("-o", out)))
    html, markdown, plain = (out.read_text() for out in outs)
    assert html.startswith("<!doctype html>") and "Content-Security-Policy" in html
    assert markdown.startswith("### Cures without training: `sentiment`") and "| `batch-calibration` |" in markdown
    assert json.loads(plain)["results"]


def test_a_suite_is_run_first_with_its_first_items_and_as_many_as_are_typed(tmp_path, capsys):
    words = ["--model", "scripted:coin", "--perturb", "format", "--samples", "1", "--method", "prior-matching"]
    found = json.loads(typed(capsys, "sentiment", *words, "--limit", "22", "--out", tmp_path, "--json").out)
    assert found["results"][0]["num_items"] == 22
    found = json.loads(typed(capsys, "sentiment", *words, "--out", tmp_path, "--json").out)
    assert found["results"][0]["num_items"] == 60
    kept = read_run(tmp_path / found["of_run"].rpartition("/")[2])
    assert kept.manifest["limit"] == 60 and not [row for row in kept.summary.metrics if row.family == "null"]
    newest = json.loads(typed(capsys, tmp_path, "--method", "prior-matching", "--json").out)
    assert newest["of_run"] == found["of_run"], "a folder of runs stands for its newest one"


def test_free_answers_have_no_probabilities_and_that_is_said(tmp_path, capsys):
    words = ["--model", "scripted:coin", "--limit", "4", "--perturb", "format", "--out", tmp_path]
    shown = typed(capsys, "reading", *words, "--method", KEPT, code=5)
    assert "batch-calibration, prior-matching do not apply" in shown.out.replace("\n  ", " ")
    assert "no method could be judged" in shown.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--method", "batch-calibratoin"], "Did you mean 'batch-calibration'"),
        (["--method", ","], "names no method"),
        (["--limit", "5"], "--limit has no effect on"),
        (["--perturb", "typos"], "--perturb has no effect on"),
        (["--model", "scripted:stubborn-coin", "--method", "shots-1"], "is not the model of"),
        (["--model", "scripted:gone", "--method", "shots-1"], "unknown scripted model 'gone'"),
        (["--prior", "positive=0.7,negative=0.2"], "sum to 0.9, not to 1"),
        (["--prior", "positive=0.7,negativ=0.3"], "Did you mean 'negative'"),
        (["--target-flip-rate", "5"], "a share from 0 to 1"),
        (["-o", "x.pdf"], "the format .pdf is not known"),
    ],
)
def test_what_is_typed_wrong_is_named_before_anything_is_written(run, words, says, capsys):
    before = [path for path in run.parent.iterdir() if path.is_dir()]
    shown = typed(capsys, run, *words, code=2)
    assert says in shown.err
    assert [path for path in run.parent.iterdir() if path.is_dir()] == before


def test_an_import_is_refused(folder, capsys):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["asked_model"] = {"model": "lm-eval", "imported": True}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    shown = typed(capsys, folder, code=2)
    assert "was imported" in shown.err and "probe mitigate SUITE" in shown.err


def test_a_run_that_names_no_model_is_improved_by_what_asks_none(folder, capsys):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["asked_model"] = None
    (folder / "manifest.json").write_text(json.dumps(manifest))
    found = json.loads(typed(capsys, folder, "--method", "batch-calibration,shots-1", "--json").out)
    calibrated, shots = found["results"][0]["methods"]
    assert calibrated["status"] == "judged"
    assert (shots["status"], "name it with --model" in shots["reason"]) == ("not-applicable", True)


def test_all_methods_are_listed_with_their_kind_and_source(capsys):
    capsys.readouterr()
    assert exit_code(["list", "mitigations", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == [one.name for one in catalogue()]
    assert all(row["kind"] and row["source"] for row in rows)
