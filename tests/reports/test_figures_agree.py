"""A figure with one name is one number wherever a report prints it, and what it leaves out is said beside it."""

import re

import numpy as np
import pytest
from test_html_page import seen

from probe.cli import exit_code
from probe.metrics import metrics
from probe.record.run import read_run
from reports import words
from reports.console import page as console
from reports.html import page
from reports.markdown import markdown

PERCENT = re.compile(r"-?\d+\.\d %")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run of which some variants were asked on under half of the items, and are the worst of all."""
    out = tmp_path_factory.mktemp("runs")
    words_typed = "run sentiment --model scripted:coin --perturb format,typos,wording,grammar,lexical-overlap,contrast"
    assert exit_code([*words_typed.split(), "--limit", "24", "--samples", "3", "--out", str(out)]) == 0
    return read_run(next(out.glob("*/manifest.json")).parent)


@pytest.fixture(scope="module")
def html(run):
    return page(run.summary, run.manifest)


def test_the_run_has_variants_that_are_left_out_and_worse_than_those_that_are_not(run):
    rows = [row for row in run.summary.variants if words.is_counted(row)]
    few = [row for row in rows if not row.is_compared]
    assert 0 < len(few) < len(rows)
    assert min(row.accuracy for row in few) < run.summary.figure("accuracy_worst")
    assert all(2 * row.num_items < 24 for row in few) and all(2 * row.num_items >= 24 for row in rows if row not in few)


def test_the_worst_accuracy_is_that_of_the_variant_which_is_named_as_the_worst(run, html):
    summary = run.summary
    worst = summary.figure("accuracy_worst")
    known = [row for row in summary.variants if words.has_part(row)]
    original = next(row for row in summary.variants if row.family == "original")
    assert worst == pytest.approx(min(row.estimate for row in (*known, original)))
    assert summary.figure("accuracy_best") == pytest.approx(max(row.estimate for row in (*known, original)))
    mean = np.mean([row.estimate for row in (*known, original)])
    assert summary.figure("accuracy_mean") == pytest.approx(mean)
    (caption,) = re.findall(r"Worst: [^.]*?(\d+\.\d\s%)", seen(html).words)
    assert caption.replace("\u00a0", " ") == words.percent(min(row.estimate for row in known)) == words.percent(worst)


def test_every_report_says_which_variants_the_figures_leave_out(run, html):
    line = words.left_out(run.summary.variants)
    num = sum(words.is_counted(row) and not row.is_compared for row in run.summary.variants)
    assert line.startswith(f"mean, worst, spread: without {num} of ") and "lexical-overlap" in line
    assert line in console(run.summary, width=200)
    assert " ".join(line.split()) in " ".join(console(run.summary, width=80).split())
    assert line[5:] in seen(html).words
    assert line.split("(")[0][1:] in markdown(run.summary, run.manifest).replace("\\", "")


def figures_of(html):
    """Return the values of each figure on a page by its name and family, from tiles and tables alike."""
    parsed, found, head = seen(html), {}, []
    titles = {words.metric_name(name): name for name in metrics}
    for cells in parsed.rows:
        if cells and cells[0] in ("Family", "Metric"):
            head = cells
        elif head[:2] == ["Metric", "Family"] and len(cells) == len(head):
            found.setdefault((titles.get(cells[0]), cells[1]), set()).update(PERCENT.findall(cells[2])[:1])
        elif head and head[0] == "Family" and len(cells) == len(head):
            family = re.sub(r" ?\d[\d,]* (variant|pair|item).*", "", cells[0]).strip()
            for title, cell in zip(head[1:], cells[1:], strict=True):
                name = titles.get(re.sub(r" (lower|higher) is better", "", title).strip())
                if name:
                    found.setdefault((name, family), set()).update(PERCENT.findall(cell)[:1])
    tiles = re.findall(r"<dt>([^<]*)</dt>\s*<dd>(.*?)</dd>", html, flags=re.DOTALL)
    for title, inner in tiles:
        value = re.search(r'class="value">([^<]*)<', inner)
        if title in titles and value:
            name = titles[title]
            family = {"accuracy": "original", "contrast_consistency": "contrast", "contrast_accuracy": "contrast"}
            found.setdefault((name, family.get(name, "all families")), set()).add(value[1])
    return found


def test_no_figure_of_the_page_has_two_values(run, html):
    found = figures_of(html)
    assert len(found) > 60
    assert {key: values for key, values in found.items() if len(values) > 1} == {}
    for (name, family), values in found.items():
        row = run.summary.row(name, "sentiment", {"all families": "all", "null (noise)": "null"}.get(family, family))
        if row is not None and row.value is not None and values and words.is_share(name):
            assert values == {words.amount(name, row.value)}, (name, family)


def test_the_console_and_the_markdown_have_the_figures_of_the_page(run, html):
    found = figures_of(html)
    names = {
        "mean": "accuracy_mean",
        "worst": "accuracy_worst",
        "spread": "spread",
        "flip rate": "flip_rate",
        "PSS": "pss",
    }
    lines = console(run.summary, width=200).splitlines()
    heads = next(line for line in lines if line.startswith("family "))
    order = [name for name in re.split(r"\s{2,}", heads) if name in names]
    for line in lines:
        family = re.split(r"\s{2,}", line)[0]
        cells = PERCENT.findall(line)
        if (("flip_rate", family) in found) and family != "original" and len(cells) >= len(order):
            before = cells[: len(order) - 1]
            assert [{one} for one in before] == [found[names[name], family] for name in order[:-1]], family
            assert {cells[-1]} == found["pss", family]
    text = markdown(run.summary, run.manifest)
    for family in ("typos", "all families"):
        (row,) = [line for line in text.splitlines() if f"| {family} |" in line]
        cells = [cell.strip() for cell in row.split("|")]
        assert {cells[3]} == found["flip_rate", family] and {cells[-2]} == found["spread", family]
        assert {cells[-3]} == found["accuracy_worst", family] and {cells[-4]} == found["accuracy_mean", family]
