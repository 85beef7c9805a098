"""One summary for everything that reads a run: it is what was written, and figures are found in it by name."""

import json
from zlib import crc32

import pytest

from probe.errors import UsageError
from probe.evaluation.run import Plan, run
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.record.summarise import summarise
from probe.record.summary import SCHEMA_VERSION, Summary, read_summary
from probe.suite import find_suite, read_suite
from probe.validity import RULES


@pytest.fixture(scope="module")
def summary():
    model = Scripted(prefers=lambda request: -crc32(repr(request).encode()) % 997 / 99.7)
    plan = Plan(tuple(select(["format", "contrast", "null"])), samples=2, limit=8)
    suites = [read_suite(find_suite(name)) for name in ("sentiment", "facts")]
    return summarise(run(suites, model, plan), model, plan, resamples=20)


def test_a_summary_is_read_as_it_was_written(summary):
    written = json.loads(json.dumps(summary.to_json(), allow_nan=False))
    assert read_summary(written) == summary
    assert written["schema_version"] == SCHEMA_VERSION and written["suite"] == ["sentiment", "facts"]


def test_a_summary_of_an_earlier_version_is_read_with_what_it_has(summary):
    older = summary.to_json()
    for name in ("flip_share", "places", "classes", "level", "resample"):
        del older[name]
    older["flips"] = [
        {k: v for k, v in row.items() if k not in ("id", "before_target", "before_choices")} for row in older["flips"]
    ]
    read = read_summary(older)
    assert (read.flip_shares, read.places, read.level) == ((), (), 0.95)
    assert [flip.id for flip in read.flips] == [flip.id for flip in summary.flips]
    assert all(flip.before_target for flip in read.flips)
    assert read.metrics == summary.metrics


def test_what_is_no_summary_is_an_empty_one():
    assert read_summary({"kind": "attribution", "metrics": 3}) == Summary()


def test_a_figure_is_found_by_its_names(summary):
    (row,) = [r for r in summary.metrics if (r.metric, r.suite, r.family) == ("flip_rate", "facts", "format")]
    assert summary.figure("flip_rate", family="format", suite="facts") == row.value
    assert summary.figure("flip_rate") == summary.row("flip_rate", "all", "all").value
    with pytest.raises(UsageError, match="flip_rate all all"):
        summary.figure("flip_rat")


def test_each_flip_has_the_check_results_of_its_variant(summary):
    assert summary.flips
    for flip in summary.flips:
        assert set(flip.checks) < set(RULES)
    assert {found for flip in summary.flips if flip.family == "format" for found in flip.checks.values()} == {"ok"}
