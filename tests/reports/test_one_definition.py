"""A flip is one thing in every place: a label-preserving variant whose answer is another than the original's."""

import csv
import io
import re
from collections import Counter
from types import SimpleNamespace

import pytest
from test_html_page import seen

import probe
from probe.cli import exit_code
from probe.record.run import read_run
from probe.record.tables import read_batches
from reports.console import page as console
from reports.formats import Results, write
from reports.html import page
from reports.markdown import markdown

RUNS = {
    "one suite": ["sentiment", "--model", "scripted:coin", "--perturb", "format,typos,order,contrast", "--limit", "14"],
    "two suites": [
        "sentiment",
        "entailment",
        "--model",
        "scripted:coin",
        "--perturb",
        "typos,contrast",
        "--limit",
        "15",
    ],
    "constant": ["sentiment", "--model", "scripted:stubborn-coin", "--perturb", "typos,contrast", "--limit", "12"],
    "free text": ["facts", "--model", "scripted:coin", "--perturb", "format,typos,wording", "--limit", "12"],
}


@pytest.fixture(scope="module", params=list(RUNS))
def made(request, tmp_path_factory):
    """Return a run's folder and what its rows say, counted here from answers alone."""
    out = tmp_path_factory.mktemp("runs")
    assert exit_code(["run", *RUNS[request.param], "--samples", "2", "--out", str(out)]) == 0
    folder = next(out.glob("*/manifest.json")).parent
    columns = ["prediction", "correct", "reading", "flip", "contrast_failure"]
    rows = [row for part in read_batches(folder, columns, ["effect"]) for row in part.to_pylist()]
    original = {(row["suite"], row["item"]): row for row in rows if row["family"] == "original"}
    flips: Counter = Counter()
    pairs: Counter = Counter()
    failures = edits = 0
    for row in rows:
        before = original[row["suite"], row["item"]]
        if row["effect"] == "label-altering":
            failed = bool(before["correct"] and not row["correct"])
            edits, failures = edits + 1, failures + failed
            assert row["contrast_failure"] is failed and row["flip"] is None
        elif row["family"] not in ("original", "null"):
            answers = [None if one["reading"] == "unreadable" else one["prediction"] for one in (before, row)]
            moved = answers[0] != answers[1] and not (before["correct"] and row["correct"])
            flips[row["suite"], row["family"]] += moved
            pairs[row["suite"], row["family"]] += 1
            assert (row["flip"] is not None) == moved and row["contrast_failure"] is None
    run = read_run(folder)
    return SimpleNamespace(
        folder=folder, run=run, flips=flips, pairs=pairs, failures=failures, edits=edits, total=flips.total()
    )


def of_family(counts, family):
    return sum(num for (_, name), num in counts.items() if name == family)


def test_the_runs_have_what_is_to_be_told_apart(made, request):
    name = request.node.callspec.params["made"]
    assert (made.total > 3) == (name != "constant")
    assert (made.failures > 3) == (name != "free text")


def test_the_summary_counts_the_flips_of_the_rows(made):
    summary = made.run.summary
    assert summary.flips_total == made.total and len(summary.flips) == min(100, made.total)
    assert (summary.contrast_failures_total, summary.contrast_edits_total) == (made.failures, made.edits)
    assert len(summary.contrast_failures) == min(30, made.failures)
    assert {row.effect for row in summary.flips} <= {"label-preserving"}
    assert {row.kind for row in summary.contrast_failures} <= {"should have moved"}
    shares = {row.family: row for row in summary.flip_shares}
    assert sum(row.flips for row in shares.values()) == made.total
    for family, row in shares.items():
        assert (row.flips, row.pairs) == (of_family(made.flips, family), of_family(made.pairs, family))
    for table in summary.outcomes:
        preserving = [row for row in table.variants if row.effect == "label-preserving" and row.family != "null"]
        expected = sum(num for (suite, _), num in made.flips.items() if suite == table.suite)
        assert sum(row.moved for row in preserving) == sum(row.moved for row in table.items) == expected
        assert sum(row.moved for row in table.variants if row.effect == "label-altering") == 0


def test_every_flip_rate_times_its_pairs_is_the_number_of_flips(made):
    for row in made.run.summary.metrics:
        if row.metric != "flip_rate" or row.family in ("null", "all") or row.value is None:
            continue
        suites = [suite for suite, _ in made.pairs] if row.suite == "all" else [row.suite]
        flips = sum(made.flips[suite, row.family] for suite in dict.fromkeys(suites))
        assert row.num_pairs == sum(made.pairs[suite, row.family] for suite in dict.fromkeys(suites))
        assert row.value * row.num_pairs == pytest.approx(flips)


def test_python_and_the_table_of_figures_have_the_same_flips(made, tmp_path):
    run = probe.load(made.folder)
    assert len(run.flips()) == run.scores.flip.notna().sum() == made.total
    failures = run.contrast_failures()
    assert len(failures) == (run.scores.contrast_failure.eq(True)).sum() == made.failures
    assert set(failures.kind) <= {"should have moved"} and not set(failures.columns) ^ set(run.flips().columns)
    text = write(Results((made.folder,)), tmp_path / "figures.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(io.StringIO(text)):
        if row["metric"] == "flip_rate" and row["suite"] != "all" and row["family"] not in ("null", "all"):
            flips = made.flips[row["suite"], row["family"]]
            assert float(row["value"]) * int(row["num_pairs"]) == pytest.approx(flips)


def test_the_console_tells_flips_and_contrast_failures_apart(made):
    summary = made.run.summary
    shown = console(summary, width=200, report="report.html")
    told = re.findall(r"of ([\d,]+) flips are near-ties", shown)
    assert [int(num.replace(",", "")) for num in told] == ([made.total] if made.total else [])
    more = re.findall(r"\(([\d,]+) more flips\)", shown)
    assert [int(num.replace(",", "")) for num in more] == ([made.total - 3] if made.total > 3 else [])
    failed = re.findall(r"(\d+) of (\d+) contrast edits answered wrong", shown)
    assert failed == ([(str(made.failures), str(made.edits))] if made.failures else [])
    assert ("should have moved" in shown) == (made.total < 3)
    assert f"{sum(made.pairs.values()):,} pairs" in summary.verdict


def test_the_markdown_tells_them_apart(made):
    text = markdown(made.run.summary, made.run.manifest)
    more = re.findall(r"\.\.\. ([\d,]+) more flips in the report, ([\d,]+) in all", text)
    assert more == ([(str(made.total - 3), str(made.total))] if made.total > 3 else [])
    failed = re.findall(r"Contrast failures: (\d+) of (\d+) contrast edits", text)
    assert failed == ([(str(made.failures), str(made.edits))] if made.failures else [])


def test_the_page_lists_maps_and_filters_flips_alone(made):
    html = page(made.run.summary, made.run.manifest)
    parsed = seen(html)
    assert html.count('<article id="flip-') == min(100, made.total)
    assert html.count('<article id="contrast-failure-') == min(30, made.failures)
    if made.total > 100:
        assert f"100 of {made.total} flips" in parsed.words
    elif made.total:
        assert f"All {made.total} flip" in parsed.words
    if made.failures > 30:
        assert f"30 of {made.failures} failures among {made.edits} contrast edits" in parsed.words
    elif made.failures:
        assert f"All {made.failures} failure" in parsed.words and f"among {made.edits} contrast edits" in parsed.words
    for family, num in re.findall(r"<bdi>([a-z]+)</bdi> \((\d+)\)</span>", html):
        listed = [row for row in made.run.summary.flips if family in (row.family, row.suite)]
        assert int(num) == len(listed) and family != "contrast"
    for cells in parsed.rows:
        for moved, asked in (re.findall(r"^(\d+) of (\d+)$", cell)[0] for cell in cells[1:2] if " of " in cell):
            assert int(moved) <= int(asked) <= sum(made.pairs.values())


def test_an_answer_that_moved_to_a_wrong_one_is_not_said_to_have_stayed(made):
    from dataclasses import replace

    summary = made.run.summary
    if not summary.contrast_failures:
        return
    stayed = replace(summary.contrast_failures[0], before_prediction="yes", before_target="yes", target="no")
    stayed, astray = replace(stayed, after_prediction="yes"), replace(stayed, after_prediction="maybe")
    for one, says, not_said in (
        (stayed, "should have moved", "moved to a wrong answer"),
        (astray, "moved to a wrong answer", "should have moved"),
    ):
        shown = replace(summary, flips=(), contrast_failures=(one,))
        for text in (console(shown, width=200), markdown(shown, made.run.manifest), page(shown, made.run.manifest)):
            assert says in text and not_said not in text
    told = [markdown(replace(summary, contrast_failures=(one,)), made.run.manifest) for one in (stayed, astray)]
    assert "`yes` stayed, right is `no`" in told[0] and "`yes` became `maybe`, right is `no`" in told[1]


def test_all_families_have_as_many_variants_on_the_page_as_their_rate_counts(made):
    html = " ".join(" ".join(seen(page(made.run.summary, made.run.manifest)).text).split())
    (row,) = [row for row in made.run.summary.metrics if (row.family, row.metric) == ("all", "flip_rate")][-1:]
    told = re.findall(r"all families (\d+) variants ([\d,]+) pairs", html)
    assert (str(row.num_variants), f"{row.num_pairs:,}") in told
    assert len({num for num, pairs in told if pairs == f"{row.num_pairs:,}"}) == 1
