"""Runs over time: what is read, what is left out, what the table and the page show."""

import json
import re
import shutil
from html.parser import HTMLParser

import pytest
from made_run import HOSTILE, made_manifest, made_summary

from probe.cli import exit_code
from probe.comparison.history import as_dict, read_history
from probe.errors import NothingToEvaluate, UsageError
from reports.history import page, sparkline, table
from reports.history import text as lined


def put(folder, name, *, created, accuracy=0.9, **manifest):
    """Write a run of made-up figures."""
    (folder / name).mkdir(parents=True)
    summary = made_summary(num_suites=1)
    for row in summary["metrics"]:
        if (row["metric"], row["family"]) == ("accuracy", "original"):
            row |= {"value": accuracy, "ci_low": accuracy - 0.05, "ci_high": accuracy + 0.05}
    whole = made_manifest(num_suites=1) | {"created": created, "id": name} | manifest
    (folder / name / "manifest.json").write_text(json.dumps(whole))
    (folder / name / "summary.json").write_text(json.dumps(summary))


@pytest.fixture
def folder(tmp_path):
    put(tmp_path, "b", created="2026-02-01T00:00:00Z", accuracy=0.8)
    put(tmp_path, "a", created="2026-01-01T00:00:00Z", accuracy=0.9)
    put(tmp_path, "c", created="2026-03-01T00:00:00Z", accuracy=0.5, seed=1)
    return tmp_path


def test_runs_stand_in_the_order_in_which_they_were_made(folder):
    (line,), left_out = read_history(folder)
    assert left_out == []
    assert [point.run for point in line.points] == ["a", "b", "c"]
    assert [point.figures["accuracy"].value for point in line.points] == [0.9, 0.8, 0.5]


def test_what_cannot_be_read_is_named_and_left_out(folder):
    (folder / "broken").mkdir()
    (folder / "broken" / "manifest.json").write_text("{")
    shutil.copytree(folder / "a", folder / "other")
    (folder / "other" / "summary.json").write_text('{"schema_version": 1}')
    (folder / ".half").mkdir()
    (folder / "notes.txt").write_text("")
    (line,), left_out = read_history(folder)
    assert len(line.points) == 3
    assert [text.split(":")[0] for text in left_out] == ["broken", "other"]


def test_no_folder_no_run_and_no_such_suite_are_told_apart(folder, tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        read_history(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToEvaluate):
        read_history(tmp_path / "empty")
    with pytest.raises(UsageError, match="'sentiment'"):
        read_history(folder, suite="sentimant")


def test_the_table_ends_with_the_figures_over_time(folder):
    rows = table(read_history(folder)[0])
    assert [row["run"] for row in rows] == ["a", "b", "c", "over time"]
    assert [row["right"] for row in rows[:3]] == ["90.0 %", "80.0 %", "50.0 %"]
    assert rows[-1]["right"] == "█▇▅"


def test_a_sparkline_holds_the_whole_range_and_gaps():
    assert sparkline([0.0, None, 1.0, 0.5]) == "▁ █▅"
    assert sparkline([0.0, 1.0], plain=True).isascii()
    assert len(sparkline([0.5] * 100)) == 20


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attr) for attr in attrs]


def test_the_page_is_one_file_without_script_and_asks_for_nothing(folder):
    text = page(read_history(folder)[0], folder=HOSTILE)
    read = Tags()
    read.feed(text)
    assert "script" not in read.tags and "img" not in read.tags and "link" not in read.tags
    assert not [a for a in read.attributes if a[1] in ("src", "href") or a[1].startswith("on") or a[1] == "style"]
    assert re.search(r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'", text)
    assert read.tags.count("circle") >= 3 and "prefers-color-scheme: dark" in text


def test_a_line_is_broken_where_other_prompts_were_asked(folder):
    text = page(read_history(folder)[0], folder="runs")
    first = text.split("</svg>")[0]
    assert first.count("<polyline") == 1, "a and b asked the same, c had another seed"
    (points,) = re.findall(r'<polyline points="([^"]+)"', first)
    assert len(points.split()) == 2


def test_the_command_writes_page_table_and_json(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert exit_code(["history", ".", "-o", "out/h.html"]) == 0
    told = capsys.readouterr()
    assert "over time" in told.out and (folder / "out" / "h.html").is_file()
    assert exit_code(["history", ".", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(as_dict(read_history(folder)[0])))
    assert exit_code(["history", ".", "-o", "h.pdf"]) == 2
    assert exit_code(["history", "nowhere"]) == 2


@pytest.mark.parametrize("width", [40, 60, 100, 140])
def test_the_table_fits_the_terminal_and_says_what_its_columns_are(folder, width):
    shutil.copytree(folder / "a", folder / "20261129T101938Z_3-suites")
    rows = table(read_history(folder)[0])
    shown = lined(rows, width=width)
    assert all(len(line) <= width for line in shown.split("\n"))
    assert {cell for row in rows for cell in row.values() if "%" in cell} <= set(re.findall(r"[\d.]+ %", shown))
    for head in ("right", "flips", "spread", "worst", "sets"):
        assert f"{head}: " in " ".join(shown.split()), "each column is explained"
