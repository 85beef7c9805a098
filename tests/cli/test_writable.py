"""What cannot be written is refused before anything is asked: folders, files of -o, the project's `out`, paraphrases."""

import os
import sys

import pytest

from probe.cli import exit_code
from probe.models.scripted import Scripted

RUN = ["run", "facts", "--limit", "3", "--model", "scripted:coin"]
BAD = [
    ("a file where a folder should be", "file/below", "Not a directory"),
    ("a device", "/dev/null/below", "Not a directory"),
    ("a file system that takes no files", "/proc/below", "No such file or directory"),
    ("too long a name", "x" * 300, "File name too long"),
    ("a path that is too long in all", "y/" * 2100 + "z", "File name too long"),
]
bad = pytest.mark.parametrize(("place", "why"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])


@pytest.fixture
def asked(monkeypatch):
    """Return the list of what scripted models are asked."""
    found = []
    honest = Scripted.loglikelihoods

    def seen(self, requests, **more):
        found.extend(requests)
        return honest(self, requests, **more)

    monkeypatch.setattr(Scripted, "loglikelihoods", seen)
    return found


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return a working folder with a file in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    return tmp_path


@bad
@pytest.mark.parametrize(
    "command",
    [
        RUN,
        ["mitigate", *RUN[1:]],
        ["search", "worst", *RUN[1:]],
        ["attribute", *RUN[1:]],
        ["repair", "facts", "--model", "pocket"],
    ],
    ids=lambda one: one[0],
)
def test_a_place_for_folders_that_cannot_be_written_is_refused_before_anything_is_asked(
    command, place, why, here, asked, capsys
):
    assert exit_code([*command, "--out", place]) == 3
    told = capsys.readouterr().err
    assert "error: cannot write" in told and why in told and "hint: choose another place with --out" in told
    assert asked == []
    assert os.listdir(here) == ["file"]


@bad
def test_a_file_to_write_that_cannot_be_written_is_refused_before_anything_is_asked(place, why, here, asked, capsys):
    assert exit_code(["mitigate", *RUN[1:], "-o", f"{place}.md"]) == 3
    told = capsys.readouterr().err
    assert f"cannot write -o to {place}.md" in told and why in told
    assert asked == []
    assert os.listdir(here) == ["file"]


def test_a_folder_is_no_file_to_write(here, asked, capsys):
    (here / "page.md").mkdir()
    assert exit_code(["mitigate", *RUN[1:], "-o", "page.md"]) == 3
    assert "cannot write -o to page.md: Is a directory" in capsys.readouterr().err
    assert asked == []


def test_a_place_that_the_projects_file_names_is_refused_with_its_line(here, asked, capsys):
    (here / "probe.toml").write_text('model = "scripted:coin"\nout = "file/runs"\n')
    assert exit_code(["run", "facts", "--limit", "3"]) == 3
    assert "probe.toml:2: cannot write the run to file/runs: Not a directory" in capsys.readouterr().err
    assert asked == []


def test_a_run_is_refused_where_the_name_of_its_place_is_not_utf_8(here, asked, capsys):
    assert exit_code([*RUN, "--out", os.fsdecode(b"runs-\xff")]) == 3
    assert "the name is not UTF-8, and tables can have no other" in capsys.readouterr().err
    assert not asked and os.listdir() == ["file"]
    assert exit_code([*RUN, "--out", "r\u00fcns-\u65e5"]) == 0


@pytest.mark.parametrize("command", ["report", "gate"])
def test_pages_and_verdicts_are_tried_out_before_any_is_written(command, here, capsys):
    assert exit_code([*RUN, "--no-cache"]) == 0
    more = ["--max-spread", "1"] if command == "gate" else []
    assert exit_code([command, "latest", *more, "-o", "good.xml", "-o", "file/bad.md"]) == 3
    assert "cannot write -o to file/bad.md: Not a directory" in capsys.readouterr().err
    assert not (here / "good.xml").exists()


def test_what_is_added_to_a_run_is_tried_out_before_the_model_is_asked(here, asked, capsys):
    assert exit_code([*RUN, "--no-cache"]) == 0
    (run,) = (here / "runs").iterdir()
    asked.clear()
    (run / "explanation.json").symlink_to("/proc/nothing/there")
    (run / "mitigation.json").mkdir()
    assert exit_code(["mitigate", str(run)]) == 3
    assert "mitigation.json: Is a directory" in capsys.readouterr().err
    assert asked == []


def test_exports_and_imports_are_tried_out_before_the_work(here, capsys):
    assert exit_code(["export", "facts", "file/tasks"]) == 3
    assert "cannot write the tasks to" in capsys.readouterr().err
    assert exit_code(["import", "no.jsonl", "-o", "file/run"]) == 3
    assert "cannot write the run to" in capsys.readouterr().err


def test_a_paraphraser_is_not_asked_where_its_replies_cannot_be_saved(here, asked, capsys, monkeypatch):
    monkeypatch.setattr("probe.paraphrase.writers.Local.write", lambda *_: pytest.fail("asked"))
    command = [*RUN, "--paraphraser", "pocket", "--paraphrases-file", "file/paraphrases.jsonl"]
    assert exit_code(command) == 3
    assert "file/paraphrases.jsonl: the paraphrases cannot be saved" in capsys.readouterr().err
    assert asked == []


def test_a_job_page_that_cannot_be_written_is_said_before_the_run_and_loses_nothing(here, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "file/summary.md")
    assert exit_code([*RUN, "--no-cache", "--json"]) == 0
    told = capsys.readouterr().err
    assert told.startswith("warning: $GITHUB_STEP_SUMMARY: cannot write to file/summary.md: Not a directory\n")


def test_a_name_with_a_zero_byte_is_no_name():
    from pathlib import Path

    from probe.errors import StoreError
    from probe.record.store import check_out, check_outputs

    with pytest.raises(StoreError, match="no possible name"):
        check_out(Path("a\0b"))
    with pytest.raises(StoreError, match="no possible name"):
        check_outputs([Path("a\0b.md")])


def test_what_can_be_written_is_tried_out_without_a_trace(here):
    from probe.record.store import check_out, check_outputs

    check_out(here / "new" / "runs")
    check_outputs([here / "other" / ("x" * 250 + ".md"), here / "file"])
    assert os.listdir(here) == ["file"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a process")
def test_a_disk_that_takes_no_more_is_found_before_anything_is_asked(here, asked, capsys):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # of each file: the system refuses to write more
    try:
        assert exit_code(RUN) == 3
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "cannot write the run to runs: File too large" in capsys.readouterr().err
    assert asked == []
