"""A finished run is drawn again from its folder: every command that needs its variants gets the same ones."""

import json
import shutil

import pytest

from probe.cli import exit_code
from probe.errors import UsageError
from probe.evaluation.requests import requests_for
from probe.evaluation.scoring import score
from probe.record.redraw import redraw, redrawn_results
from probe.record.run import read_run


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
