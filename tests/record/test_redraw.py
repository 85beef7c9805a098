"""A finished run is drawn again from its folder: every command that needs its variants gets the same ones."""

import gc
import json
import shutil

import pytest

from probe.cli import exit_code
from probe.errors import StoreError, UsageError
from probe.evaluation.flips import flip_id
from probe.evaluation.requests import requests_for
from probe.evaluation.scoring import score
from probe.evaluation.worst import worst_flips
from probe.record.redraw import redraw, redrawn_results
from probe.record.run import read_run
from probe.record.tables import read_batches
from probe.types import Score, Variant


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    command = ["run", "facts", "sentiment", "--model", "scripted:coin", "--limit", "10", "--perturb", "typos,contrast"]
    assert exit_code([*command, "--no-cache", "--out", str(out)]) == 0
    (made,) = out.iterdir()
    return made


def test_redrawn_results_are_those_of_the_run(folder):
    run = read_run(folder)
    results = redrawn_results(run, then="go on")
    assert sum(len(one.flips) for one in results.values()) == run.summary.flips_total
    for name, cells in run.cells().items():
        assert (results[name].cells.columns, results[name].cells.items) == (cells.columns, cells.items)
        assert (results[name].cells.correct == cells.correct).sum() == cells.asked.sum()
    shown = {flip.id: flip for flip in run.summary.flips}
    for one in results.values():
        causes = {f"{f.suite}/{f.after.variant.item.id}/{f.after.variant.perturbation}": f.cause for f in one.flips}
        assert all(shown[name].cause in causes.values() for name in shown if name.rpartition("/")[0] in causes)


def test_dropped_variants_are_drawn_as_well(folder):
    run = read_run(folder)
    asked = sum(row.asked for row in run.summary.counts if row.suite == "facts")
    dropped = sum(row.dropped for row in run.summary.validity if row.suite == "facts")
    made = redraw(run, "facts", then="go on").variants
    assert sum(variant.family != "original" for variant in made) >= asked and dropped >= 0


def test_a_suite_that_has_changed_since_is_refused_with_what_to_do_then(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "run")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["suites"][0]["digest"] = "other"
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UsageError, match="'facts' has changed since the run") as refused:
        redraw(read_run(copy), "facts", then="shrink a flip of the new run")
    assert refused.value.hint == "run it again, then shrink a flip of the new run"


def test_requests_are_read_back_as_they_were_sent_and_answered(folder):
    results = redrawn_results(read_run(folder), then="go on", with_requests=True)
    for one in results.values():
        for kept in one.scores:
            assert kept.requests == requests_for(kept.variant, one.variants.suite)
            again = score(kept.variant, kept.responses, one.variants.suite)
            assert (again.prediction, again.correct) == (kept.prediction, kept.correct)
            assert again.probabilities == kept.probabilities
    assert all(not kept.requests for one in redrawn_results(read_run(folder), then="").values() for kept in one.scores)


def test_a_run_of_many_row_groups_is_made_again_score_by_score_while_few_are_held(tmp_path, monkeypatch):
    monkeypatch.setattr("probe.record.writing.GROUP", 50)
    for name, most in (("HELD", 40), ("PORTION", 30)):
        monkeypatch.setattr(f"probe.record.redrawn.{name}", most)
    command = ["run", "facts", "sentiment", "--model", "scripted:coin", "--limit", "30", "--perturb", "typos,contrast"]
    assert exit_code([*command, "--no-cache", "--out", str(tmp_path)]) == 0
    (folder,) = tmp_path.iterdir()
    run = read_run(folder)
    before, most = held((Score, Variant)), 0
    results = redrawn_results(run, then="go on", with_requests=True)
    assert sum(len(one.found.flips) for one in results.values()) == run.summary.flips_total
    shown = {one.id: (one.after_prediction, one.after, one.kind) for one in run.summary.flips}
    found = {flip_id(f.suite, f.after.variant): f for f in worst_flips(results, len(shown))}
    answers = {name: (f.after.prediction, f.after.variant.text, f.kind) for name, f in found.items()}
    assert answers == shown
    del found
    for name, one in results.items():
        answered = {(row["item"], row["perturbation"], row["sample"]): row for row in rows_of(folder, name)}
        for number, score_ in enumerate(one.scores):
            row = answered.pop((score_.variant.item.id, score_.variant.perturbation, score_.variant.sample))
            assert (score_.prediction, score_.variant.text) == (row["prediction"], row["text"])
            assert score_.requests == requests_for(score_.variant, one.variants.suite)
            if number % 37 == 0:
                assert one.scores[number] == score_ and one.scores[number : number + 1][0] == score_
                most = max(most, held((Score, Variant)) - before)
        assert not answered and len(one.scores) > 200
    assert most < 400  # portions and held ones of two suites, of 900 scores and as many variants


def held(kinds):
    return sum(type(one) in kinds for one in gc.get_objects())


def rows_of(folder, suite):
    batches = read_batches(folder, ["prediction"], ["text"])
    return [row for part in batches for row in part.to_pylist() if row["suite"] == suite]


def test_an_answer_without_a_prompt_of_this_version_is_refused_by_its_name(folder, tmp_path):
    import pyarrow.parquet as pq

    copy = shutil.copytree(folder, tmp_path / "run")
    for name in ("scores", "variants"):
        rows = pq.read_table(copy / f"{name}.parquet")
        places = [number for number, one in enumerate(rows["perturbation"].to_pylist()) if one == "typo-swap"]
        new = rows["sample"].to_pylist()
        new[places[1]] = 77
        column = rows.schema.get_field_index("sample")
        pq.write_table(rows.set_column(column, "sample", pa_column(new, rows)), copy / f"{name}.parquet")
    with pytest.raises(StoreError, match="typo-swap 77 is drawn otherwise"):
        redrawn_results(read_run(copy), then="go on")


def pa_column(values, rows):
    import pyarrow as pa

    return pa.array(values, rows.schema.field("sample").type)
