"""Paraphrases by the command line: a file of one's own, a model that writes nothing of use, and a run that is read again."""

import json

import pytest

from probe.cli import exit_code

RUN = ["run", "sentiment", "--model", "scripted:coin", "--limit", "6", "--samples", "2", "--perturb", "order", "--json"]
WAYS = ["Is it positive or negative?", "Positive or negative, which is it?"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "ways.txt").write_text("\n".join(WAYS))
    return tmp_path


def test_a_file_of_ones_own_is_drawn_and_shown(capsys):
    assert (
        exit_code(["show", "topic", "--paraphrases", "ways.txt", "--perturb", "order", "--samples", "30", "--full"])
        == 0
    )
    shown = capsys.readouterr().out
    assert all(way in shown for way in WAYS) and "paraphrase-set" in shown


def test_a_wrong_file_ends_with_its_line(elsewhere, capsys):
    (elsewhere / "bad.txt").write_text("\nRead {Revue}.")
    assert exit_code(["plan", "sentiment", "--paraphrases", "bad.txt"]) == 2
    assert "bad.txt:2: {Revue} is no field" in capsys.readouterr().err


def test_a_run_records_its_paraphrases_and_what_was_dropped(elsewhere, capsys):
    args = [*RUN, "--paraphraser", "pocket", "--num-paraphrases", "2", "--out", "runs"]
    assert exit_code(args) == 0
    summary = json.loads(capsys.readouterr().out)
    assert any("paraphrases by pocket are used; not used: " in warning for warning in summary["warnings"])
    (manifest,) = (elsewhere / "runs").glob("*/manifest.json")
    recorded = json.loads(manifest.read_text())["paraphrases"]["sentiment"]
    assert recorded["by"] == "pocket" and sum(recorded["dropped"].values()) > 0
    assert len((elsewhere / "runs" / "paraphrases.jsonl").read_text().splitlines()) == 8


@pytest.mark.slow
def test_what_was_asked_with_a_file_is_drawn_again_without_it(elsewhere, capsys):
    from probe.record.redraw import redrawn_results
    from probe.record.run import read_run

    args = [
        "run",
        "sentiment",
        "--limit",
        "4",
        "--samples",
        "8",
        "--perturb",
        "paraphrase",
        "--paraphrases",
        "ways.txt",
    ]
    assert exit_code([*args, "--model", "scripted:coin", "--json"]) == 0
    folder = json.loads(capsys.readouterr().out)["run"]
    (elsewhere / "ways.txt").unlink()
    scores = redrawn_results(read_run(elsewhere / folder), then="go on")["sentiment"].scores
    assert {way for way in WAYS if any(way in one.variant.text for one in scores)} == set(WAYS)


def test_an_unknown_paraphraser_is_a_usage_error(capsys):
    assert exit_code([*RUN, "--paraphraser", "clippy"]) == 2
    assert "--paraphraser hf:NAME_OR_PATH" in capsys.readouterr().err
