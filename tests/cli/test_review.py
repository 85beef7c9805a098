"""`probe review`: reading variants at the terminal."""

import io
import json
import os
import subprocess
import sys

import pytest

from probe.cli import exit_code

SUITE = """\
name = "toy"
version = "1"
instruction = "Say whether it is late."
fields = ["Text"]
choices = ["yes", "no"]
"""
MINE = """\
import dataclasses
def careless(prompt, rng):
    field = prompt.fields[0]
    return dataclasses.replace(prompt, fields=(dataclasses.replace(field, text=field.text.replace("not ", "")),))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "suite.toml").write_text(SUITE)
    items = [{"id": f"t{n}", "fields": {"Text": f"the owl did not call {n} times"}, "target": "yes"} for n in range(3)]
    items += [{"id": "t9", "fields": {"Text": "the owl was silent"}, "target": "no"}]
    (tmp_path / "toy" / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def probe(*args, typed=""):
    return subprocess.run(
        [sys.executable, "-m", "probe", *args], input=typed, capture_output=True, text=True, check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.mark.slow
def test_decisions_are_kept_and_the_next_run_uses_them(folder):
    review = ["review", "toy", "--perturb", "./mine.py:careless", "--samples", "1"]
    done = probe(*review, typed="r\na\nx\nu\n")
    assert done.returncode == 0, done.stderr
    assert "[1/3] ./mine.py:careless  toy t0" in done.stdout
    assert "polarity: fail: lost not" in done.stdout
    decisions = [json.loads(line)["decision"] for line in (folder / "reviews.jsonl").read_text().splitlines()]
    assert decisions == ["reject", "accept", "unsure"]
    assert probe(*review).returncode == 5, "nothing is left to read"
    shown = probe("show", "toy", "--perturb", "./mine.py:careless", "--samples", "1")
    assert shown.returncode == 0, shown.stderr
    assert "review: not asked, rejected" in shown.stdout
    ran = probe("run", "toy", "--model", "scripted:coin", "--perturb", "./mine.py:careless", "--samples", "1", "--json")
    summary = json.loads(ran.stdout)
    assert {(row["rule"], row["dropped"]) for row in summary["validity"]} == {("review", 1), ("polarity", 1)}
    [counts] = [row for row in summary["counts"] if row["family"] == "own"]
    assert (counts["asked"], counts["invalid"], counts["not_applicable"]) == (1, 2, 1)
    assert probe("review", summary["run"], "--sample", "5").returncode == 5, "all of it is decided"
    other = probe("review", summary["run"], "--reviews", "other.jsonl", typed="q\n")
    assert other.returncode == 0 and "3 variants to read" in other.stderr, "dropped ones too"
    assert other.stdout.count("polarity: fail: lost not") == 1 and "review" not in other.stdout


@pytest.mark.slow
def test_reading_stops_at_the_end_of_the_input_and_keeps_what_was_decided(folder):
    done = probe(
        "review", "toy", "--perturb", "./mine.py:careless", "--samples", "1", "--reviews", "kept.jsonl", typed="a\n"
    )
    assert done.returncode == 0, done.stderr
    assert len((folder / "kept.jsonl").read_text().splitlines()) == 1


def typed(monkeypatch, keys):
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(key + "\n" for key in keys)))


def test_a_run_in_which_all_was_dropped_shows_what_was_dropped(folder, capsys, monkeypatch):
    (folder / "toy" / "items.jsonl").write_text(
        "".join(
            json.dumps({"id": f"t{n}", "fields": {"Text": f"it did not rain {n} times"}, "target": target}) + "\n"
            for n, target in enumerate(["yes", "no"])
        )
    )
    run = ["run", "toy", "--model", "scripted:coin", "--perturb", "./mine.py:careless", "--samples", "1", "--json"]
    assert exit_code(run) == 0
    made = json.loads(capsys.readouterr().out)["run"]
    typed(monkeypatch, "ar")
    assert exit_code(["review", made]) == 0
    shown = capsys.readouterr().out
    assert "[2/2] ./mine.py:careless  toy t1" in shown and shown.count("polarity: fail: lost not") == 2
    assert exit_code(["review", made]) == 5


def test_options_that_draw_are_refused_where_a_run_is_read(folder, capsys):
    run = ["run", "toy", "--model", "scripted:coin", "--perturb", "typos", "--samples", "1", "--json"]
    assert exit_code(run) == 0
    made = json.loads(capsys.readouterr().out)["run"]
    assert exit_code(["review", made, "--compose", "2"]) == 2
    assert "--compose" in capsys.readouterr().err


TABLE = "text,label\nthe owl did not call,yes\nthe owl was silent,no\n"


def drawn_with(monkeypatch, *options):
    """Stop at the first variant and give the exit code."""
    typed(monkeypatch, "q")
    return exit_code(["review", *options])


def test_a_table_is_reviewed_with_the_options_that_show_takes(folder, capsys, monkeypatch):
    (folder / "t.csv").write_text(TABLE)
    table = ["csv:t.csv", "--perturb", "./mine.py:careless", "--samples", "1"]
    assert exit_code(["review", *table]) == 2
    assert "--prompt" in capsys.readouterr().err
    table += ["--prompt", "Say whether it is late: {text}\nAnswer:"]
    assert drawn_with(monkeypatch, *table, "--target", "label", "--choices", "yes,no,perhaps") == 0
    assert "polarity: fail: lost not" in capsys.readouterr().out
    assert exit_code(["review", *table, "--target", "lable"]) == 2
    assert "lable" in capsys.readouterr().err
    assert exit_code(["review", *table, "--choices", "yes,perhaps"]) == 2


def test_pairs_and_shots_are_drawn_for_review(folder, capsys, monkeypatch):
    careless = ["--perturb", "./mine.py:careless,typo-swap", "--samples", "3"]
    assert drawn_with(monkeypatch, "toy", *careless, "--compose", "2") == 0
    assert exit_code(["review", "toy", "--num-fewshot", "2"]) == 2
    assert "has 0 training items" in capsys.readouterr().err
    assert drawn_with(monkeypatch, "sentiment", "-L", "2", "--perturb", "shots", "--sample", "1", "-k", "2") == 0
    assert capsys.readouterr().out.count("Sentiment:") > 1


def test_paraphrases_are_drawn_for_review(folder, capsys, monkeypatch):
    (folder / "ways.txt").write_text("Tell whether it is late.\n")
    ways = ["toy", "--perturb", "typos", "--sample", "9", "--paraphrases", "ways.txt", "--samples", "1"]
    monkeypatch.setattr("sys.stdin", io.StringIO("s\n" * 99))
    assert exit_code(["review", *ways]) == 0
    assert "paraphrase-set" in capsys.readouterr().out
    written = ["--paraphraser", "clippy", "--num-paraphrases", "2", "--paraphrases-file", "kept.jsonl"]
    assert exit_code(["review", "toy", *written]) == 2
    assert "--paraphraser hf:NAME_OR_PATH" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--embedding-model", "--nli-model"])
def test_models_that_doubt_are_loaded_for_review(folder, capsys, option):
    assert exit_code(["review", "toy", option, "./none", option.replace("model", "floor"), "0.4"]) != 0
    assert f"{option} ./none" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--include-path", "."], ["--trust-tasks"], ["--all-prompts"], ["--target", "label"]]
)
def test_an_option_of_suites_from_elsewhere_reaches_their_sources(folder, capsys, option):
    assert exit_code(["review", "toy", *option]) == 2
    assert f"{option[0]}: none of these suites takes it" in capsys.readouterr().err


@pytest.mark.slow
def test_a_function_that_fails_is_named(folder):
    (folder / "mine.py").write_text("def broken(prompt, rng):\n    return prompt.no\n")
    done = probe("show", "toy", "--perturb", "./mine.py:broken")
    assert done.returncode == 2
    assert "./mine.py:broken: failed on item 't0': AttributeError" in done.stderr
    typo = probe("show", "toy", "--perturb", "./mine.py:brokn")
    assert typo.returncode == 2 and "broken" in typo.stderr
    assert probe("show", "toy", "--perturb", "./none.py:f").returncode == 2
