"""`probe init`: a folder that is whole or not there."""

import os

import pytest
import typer
from typer.testing import CliRunner

from probe.cli.init import init
from probe.errors import StoreError, SuiteError, UsageError
from probe.prompt.render import render
from probe.suite import read_suite

CSV = "text,label\nA joy.,positive\nA bore.,negative\nFine.,positive\nAwful.,negative\n"
PROMPT = "Positive or negative?\nReview: {text}\nSentiment:\n"

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(init)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reviews.csv").write_text(CSV)
    (tmp_path / "prompt.txt").write_text(PROMPT)
    return tmp_path


def run(*args):
    given = ["--data", "reviews.csv", "--prompt", "prompt.txt", *args]
    return CliRunner().invoke(app, given)


def refusal(*args):
    error = run(*args).exception
    assert isinstance(error, UsageError), error
    return str(error)


def test_a_table_and_a_prompt_become_a_folder_and_the_next_command_is_named(here):
    result = run()
    assert result.stdout.splitlines() == [
        "made reviews: suite 'reviews' with 4 items",
        "  prompt: read as an instruction, Review and Sentiment; its layout and wording can be varied",
        '  answers: column "label", one of "negative", "positive" (found there; other ones: --choices a,b, '
        "or none in suite.toml)",
        "look at it:  probe show ./reviews",
        "run it:      probe run ./reviews",
    ]
    suite = read_suite(here / "reviews")
    assert render(suite.items[0].prompt) == "Positive or negative?\nReview: A joy.\nSentiment:"
    assert [item.target for item in suite.items] == ["positive", "negative", "positive", "negative"]
    assert sorted(os.listdir(here)) == ["prompt.txt", "reviews", "reviews.csv"]


def test_every_option_has_its_say(here):
    (here / "reviews.csv").write_text(
        'no,text,verdict\na1,A joy.,"good, really"\na2,A bore.,bad\na3,Fine.,bad\na4,Meh.,bad\n'
    )
    result = run("--target", "verdict", "--choices", '"good, really", bad', "--name", "films", "--out", "my suites/f",
                 "--id", "no", "--train-share", "0.5")  # fmt: skip
    assert "made my suites/f: suite 'films' with 2 items and 2 for training" in result.stdout
    assert "probe run 'my suites/f'" in result.stdout
    suite = read_suite(here / "my suites/f")
    assert suite.name == "films"
    assert {item.id for item in (*suite.items, *suite.train)} == {"a1", "a2", "a3", "a4"}
    assert suite.items[0].prompt.choices == ("good, really", "bad")


def test_a_template_is_written_beside_the_suite(here):
    (here / "prompt.txt").write_text("Is {text} good? Say {{so}}.\n")
    run()
    assert (here / "reviews/prompt.txt").read_text() == "Is {text} good? Say {{so}}.\n"
    assert render(read_suite(here / "reviews").items[0].prompt) == "Is A joy. good? Say {so}."


def test_nothing_is_overwritten_unless_asked(here):
    run()
    before = (here / "reviews/items.jsonl").read_text()
    (here / "reviews.csv").write_text(CSV + "Great.,positive\n")
    assert refusal() == "--out reviews is not empty (it holds items.jsonl)"
    assert (here / "reviews/items.jsonl").read_text() == before
    run("--force", "--train-share", "0.4")
    assert len(read_suite(here / "reviews").train) == 2
    run("--force")
    suite = read_suite(here / "reviews")
    assert (len(suite.items), len(suite.train)) == (5, 0)


def test_force_replaces_suites_and_nothing_else(here):
    run()
    (here / "reviews/notes.txt").write_text("mine")
    assert refusal("--force") == "--out reviews holds notes.txt beside a suite; --force replaces suites only"
    assert refusal("--force", "--out", ".") == "--out . is no suite (it holds prompt.txt); --force replaces suites only"
    (here / "reviews/notes.txt").unlink()
    (here / "reviews/prompt.txt").write_text(PROMPT)
    assert refusal("--force", "--prompt", "reviews/prompt.txt") == (
        "--out reviews holds prompt.txt, which is read from; name another folder with --out"
    )
    assert refusal("--out", "reviews.csv") == "--out reviews.csv is a file; name a folder"


def test_an_empty_folder_is_filled(here, monkeypatch):
    (here / "mine").mkdir()
    monkeypatch.chdir(here / "mine")
    result = CliRunner().invoke(app, ["--data", "../reviews.csv", "--prompt", "../prompt.txt", "--out", "."])
    assert result.exit_code == 0, result.exception
    assert len(read_suite(here / "mine").items) == 4


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--data", "none.csv"], "none.csv: there is no such file"),
        (
            ["--prompt", "none.txt"],
            "--prompt none.txt: there is no such file; write your prompt there, with columns as {column}",
        ),
        (
            ["--target", "text"],
            "prompt.txt:2: {text} shows the model the right answer; take it out of the prompt, or name another column "
            "with --target",
        ),
        (["--name", "a/b"], '--name: name "a/b" goes into file names; use letters, digits, _ and - only'),
    ],
)
def test_a_mistake_leaves_no_folder_behind(here, args, message):
    assert refusal(*args) == message
    assert sorted(os.listdir(here)) == ["prompt.txt", "reviews.csv"]


def test_a_suite_that_would_not_read_is_not_made(here, monkeypatch):
    def half_written(suite, folder):
        (folder / "suite.toml").write_text('name = "reviews"')
        (folder / "items.jsonl").write_text("{}")

    monkeypatch.setattr("probe.suite.write_suite", half_written)
    error = run().exception
    assert isinstance(error, SuiteError)
    assert str(error) == f'{here}/reviews/suite.toml:1: version is missing; write version = "1"'
    assert sorted(os.listdir(here)) == ["prompt.txt", "reviews.csv"]


def test_a_disk_that_is_full_leaves_no_folder_behind(here, monkeypatch):
    def full(suite, folder):
        (folder / "suite.toml").write_text('name = "reviews"')
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("probe.suite.write_suite", full)
    error = run().exception
    assert isinstance(error, StoreError)
    assert str(error) == f"{here}/reviews cannot be written: No space left on device"
    assert sorted(os.listdir(here)) == ["prompt.txt", "reviews.csv"]
