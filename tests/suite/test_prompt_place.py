"""Where a suite's prompt stands, for reports that point at it."""

import shutil
from pathlib import Path

import pytest

from probe.evaluation.run import Plan, manifest_facts, run
from probe.models.scripted import Scripted
from probe.suite import find_suite, prompt_place, read_suite
from probe.types import Suite

SHIPPED = Path(str(find_suite("sentiment")))


@pytest.fixture(autouse=True)
def outside(monkeypatch):
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def test_an_instruction_is_named_by_its_line_from_the_root_of_the_repository(tmp_path, monkeypatch):
    shutil.copytree(SHIPPED, tmp_path / "prompts" / "mine")
    text = (SHIPPED / "suite.toml").read_text(encoding="utf-8")
    (tmp_path / "prompts" / "mine" / "suite.toml").write_text("\n\n" + text, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    line = next(n for n, one in enumerate(text.splitlines(), start=3) if one.startswith("instruction"))
    assert prompt_place(read_suite(Path("prompts/mine"))) == ("prompts/mine/suite.toml", line)
    monkeypatch.chdir(tmp_path / "prompts")
    (tmp_path / "prompts" / "sentiment").symlink_to("mine")
    assert prompt_place(read_suite(Path("sentiment"))) == ("prompts/mine/suite.toml", line)
    assert prompt_place(read_suite(tmp_path / "prompts" / "mine")) == ("prompts/mine/suite.toml", line)


def test_a_ci_job_says_where_its_repository_is_even_without_git_and_above_a_submodule(tmp_path, monkeypatch):
    folder = shutil.copytree(SHIPPED, tmp_path / "shared" / "mine")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert prompt_place(read_suite(folder))[0] == "shared/mine/suite.toml"
    (tmp_path / "shared" / ".git").write_text("gitdir: ../.git/modules/shared\n")
    assert prompt_place(read_suite(folder))[0] == "mine/suite.toml", "the job checked nothing out at its top"
    (tmp_path / ".git").mkdir()
    assert prompt_place(read_suite(folder))[0] == "shared/mine/suite.toml"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert prompt_place(read_suite(folder))[0] == "mine/suite.toml"


def test_a_suite_in_no_repository_has_its_whole_path(tmp_path, monkeypatch):
    shutil.copytree(SHIPPED, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert prompt_place(read_suite(Path("mine")))[0] == (tmp_path / "mine" / "suite.toml").as_posix()


def test_a_template_is_a_file_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompt.txt").write_text("Review: {Review}\nSentiment:", encoding="utf-8")
    rows = (SHIPPED / "items.jsonl").read_text(encoding="utf-8")
    (tmp_path / "items.jsonl").write_text(rows, encoding="utf-8")
    keys = (
        'name = "t"\nversion = "1"\nfields = ["Review"]\nchoices = ["positive", "negative"]\ntemplate = "prompt.txt"\n'
    )
    (tmp_path / "suite.toml").write_text(keys, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    assert prompt_place(read_suite(Path())) == ("prompt.txt", 1)


def test_a_shipped_suite_is_named_as_it_lies_in_the_project(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert prompt_place(read_suite(SHIPPED)) == ("suites/sentiment/suite.toml", 4)


def test_a_shipped_suite_is_no_file_of_a_repository_that_it_is_installed_in(monkeypatch, tmp_path):
    import probe.suite

    installed = tmp_path / ".venv" / "site-packages" / "suites"
    shutil.copytree(SHIPPED, installed / "sentiment")
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(probe.suite, "_shipped_folder", lambda: installed)
    monkeypatch.chdir(tmp_path)
    suite = read_suite(find_suite("sentiment"))
    assert prompt_place(suite)[0] == (installed / "sentiment" / "suite.toml").as_posix()


def test_a_suite_that_is_no_folder_still_has_a_place():
    assert prompt_place(Suite("made", "1", "", ()))[1] == 1


def test_the_manifest_of_a_run_says_where_its_prompts_stand():
    model, plan = Scripted(), Plan((), limit=2)
    facts = manifest_facts(run([read_suite(SHIPPED)], model, plan), plan, model)
    assert facts["suites"][0]["prompt"] == {"file": "suites/sentiment/suite.toml", "line": 4}
