import json
from xml.etree import ElementTree as ET

import pytest

from probe.cli import exit_code
from probe.errors import StoreError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a small run's folder."""
    out = tmp_path_factory.mktemp("runs")
    args = ["run", "facts", "sentiment", "--model", "scripted:coin", "--limit", "6", "--samples", "2", "--no-cache"]
    assert exit_code([*args, "--out", str(out)]) == 0
    (folder,) = (path for path in out.iterdir() if path.is_dir())
    return folder


@pytest.fixture(autouse=True)
def no_summary(monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def test_a_report_is_written_in_every_format_that_is_asked_for(run, tmp_path, capsys):
    names = [
        tmp_path / f"r{extension}" for extension in (".html", ".md", ".xml", ".sarif", ".json", ".csv", ".parquet")
    ]
    assert exit_code(["report", str(run), *(arg for name in names for arg in ("-o", str(name)))]) == 0
    assert all(name.stat().st_size for name in names)
    said = capsys.readouterr()
    assert all(f"wrote {name}" in said.err for name in names)
    assert f"report  {names[0]}" in said.out


def test_an_unknown_extension_is_refused_before_anything_is_written(run, tmp_path, capsys):
    assert exit_code(["report", str(run), "-o", str(tmp_path / "a.csv"), "-o", str(tmp_path / "b.pdf")]) == 2
    assert ".pdf" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_a_bound_every_case_passes_and_carries_its_figures(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert exit_code(["report", str(run), "-o", "r.xml", "-o", "r.sarif"]) == 0
    root = ET.parse(tmp_path / "r.xml").getroot()
    assert root.get("failures") == "0" and int(root.get("tests")) >= 6
    assert all("%" in case.find("system-out").text for case in root.iter("testcase"))
    assert json.loads((tmp_path / "r.sarif").read_text(encoding="utf-8"))["runs"][0]["results"] == []


def test_the_bounds_of_probe_toml_make_cases_fail_and_results_at_the_prompt(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "probe.toml").write_text("[gate]\nmax-flip-rate = 0.01\n", encoding="utf-8")
    assert exit_code(["report", str(run), "-o", "r.xml", "-o", "r.sarif"]) == 0
    root = ET.parse(tmp_path / "r.xml").getroot()
    failures = {
        (case.get("classname"), case.get("name")) for case in root.iter("testcase") if case.find("failure") is not None
    }
    assert failures == {("probe.facts", "all"), ("probe.sentiment", "all")}
    results = json.loads((tmp_path / "r.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert {place["artifactLocation"]["uri"] for place in places} == {
        "suites/facts/suite.toml",
        "suites/sentiment/suite.toml",
    }
    assert {place["region"]["startLine"] for place in places} == {4}


def test_markdown_goes_to_stdout_alone(run, capsys):
    assert exit_code(["report", str(run), "--markdown"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("### probe: Answers change on")
    assert "| facts | format |" in shown
    assert exit_code(["report", str(run), "--markdown", "--json"]) == 2


def test_the_page_that_a_report_names_is_made_anew_and_a_folder_that_refuses_it_keeps_what_it_has(
    run, tmp_path, monkeypatch, capsys
):
    page = run / "report.html"
    page.write_text("old", encoding="utf-8")
    for kept in (["--json"], ["--markdown"], ["-o", str(tmp_path / "elsewhere.html")]):
        assert exit_code(["report", str(run), *kept]) == 0
        assert page.read_text(encoding="utf-8") == "old"
    capsys.readouterr()
    monkeypatch.setattr("reports.html.save", refuse := Refusal())
    assert exit_code(["report", str(run)]) == 0
    said = capsys.readouterr()
    assert refuse.asked == [page] and f"warning: {page}: the page could not be made again" in said.err
    assert "still as it was" in said.err and f"report  {page}" in said.out
    monkeypatch.undo()
    assert exit_code(["report", str(run)]) == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


class Refusal:
    """A folder that takes no page."""

    def __init__(self):
        self.asked = []

    def __call__(self, text, place):
        self.asked.append(place)
        raise StoreError(f"{place}: cannot be written")


def test_several_runs_are_shown_one_after_the_other(run, capsys):
    assert exit_code(["report", str(run), str(run)]) == 0
    shown = capsys.readouterr().out
    assert shown.count("Answers change on") == 2 and shown.count(str(run)) >= 2
    assert exit_code(["report", str(run), str(run), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_the_summary_of_a_github_job_gets_the_report_and_the_run(run, tmp_path, monkeypatch):
    target = tmp_path / "summary.md"
    target.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(target))
    assert exit_code(["report", str(run)]) == 0
    text = target.read_text(encoding="utf-8")
    assert text.startswith("before\n### probe: Answers change on") and text.endswith("\n\n")
    args = ["run", "facts", "--model", "scripted:coin", "--limit", "3", "--samples", "1", "--no-cache", "--json"]
    assert exit_code([*args, "--out", str(tmp_path)]) == 0
    assert target.read_text(encoding="utf-8").count("### probe:") == 2


def test_a_summary_that_cannot_be_written_is_a_warning(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert exit_code(["report", str(run)]) == 0
    assert "GITHUB_STEP_SUMMARY" in capsys.readouterr().err


def test_several_runs_are_one_page_that_compares_them(run, tmp_path, capsys):
    args = [
        "run",
        "facts",
        "sentiment",
        "--model",
        "scripted:stubborn-coin",
        "--limit",
        "6",
        "--samples",
        "2",
        "--no-cache",
    ]
    assert exit_code([*args, "--out", str(tmp_path / "runs")]) == 0
    (other,) = (path for path in (tmp_path / "runs").iterdir() if path.is_dir())
    assert exit_code(["report", str(run), str(other), "-o", str(tmp_path / "both.html")]) == 0
    page = (tmp_path / "both.html").read_text(encoding="utf-8")
    assert "scripted:coin" in page and "scripted:stubborn-coin" in page
