"""`probe show --variant`: one flip of a run again, from the command that its report gives."""

import json
import re
import shlex

import pytest

from probe.cli import exit_code
from probe.metrics.cells import Column
from probe.record.commands import ShowCommands, model_flags
from probe.record.tables import read_batches

FACTS = {"seed": 3, "num_fewshot": 0, "limit": None}


@pytest.mark.slow
def test_the_command_of_a_flip_of_a_run_gives_the_same_two_answers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    command = ["run", "comparison", "--perturb", "typos,format", "--limit", "12", "--max-length", "24"]
    assert exit_code([*command, "--dtype", "float32", "--json", "--no-noise-floor"]) == 0
    flips = json.loads(capsys.readouterr().out)["flips"]
    for family in ("typos", "format"):
        flip = next(one for one in flips if one["family"] == family and not one["near_tie"])
        assert "--model pocket --model-args dtype=float32,max_length=24" in flip["command"]
        assert exit_code(shlex.split(flip["command"])[1:]) == 0
        *_, before, after = capsys.readouterr().out.splitlines()
        assert before.startswith("original") and after.startswith("varied")
        for line, side in ((before, "before"), (after, "after")):
            assert f'"{flip[f"{side}_prediction"]}"' in line
            assert ("right" in line.split()) == (flip[f"{side}_prediction"] == flip["target"])
            for share in flip[f"{side}_probabilities"]:
                assert any(abs(float(word) / 100 - share) < 0.002 for word in line.split() if _is_number(word))


def _is_number(word):
    return word.replace(".", "", 1).isdigit()


def test_a_variant_that_is_not_there_is_answered_with_those_there_are(capsys):
    assert exit_code(["show", "sentiment", "sentiment-001", "--variant", "typo-swap/2"]) == 2
    assert "typo-drop/2" in capsys.readouterr().err
    assert exit_code(["show", "sentiment", "sentiment-001", "--variant", "typo-swap"]) == 2
    assert "not PERTURBATION/NUMBER" in capsys.readouterr().err


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
def test_both_sides_fit_the_terminal(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert exit_code(["show", "reading", "reading-003", "--variant", "typo-swap/1", "--model", "scripted:coin"]) == 0
    head, _, *body = capsys.readouterr().out.splitlines()
    assert head.startswith("reading-003  typo-swap, sample 1  right answer: ")
    assert max(map(len, body[:-2])) <= columns
    assert (" | Varied" in body[0]) == (columns >= 60)
    assert "{+" in "".join(body) and "[-" in "".join(body)
    assert [line.split()[0] for line in body[-2:]] == ["original", "varied"]


def test_a_model_that_is_named_answers_every_variant(capsys):
    command = ["show", "sentiment", "sentiment-001", "--perturb", "typos", "--samples", "2"]
    assert exit_code([*command, "--model", "scripted:coin"]) == 0
    asked = capsys.readouterr().out
    assert exit_code(command) == 0
    assert sum(line.startswith(("    right  ", "    wrong  ")) for line in asked.splitlines()) == 3
    assert len(asked.splitlines()) == len(capsys.readouterr().out.splitlines()) + 3


def test_a_command_names_what_shares_the_draws_only_where_that_is_not_the_whole_family():
    from probe.perturb import select

    family = dict.fromkeys((one.name for one in select(["typos"])), "typos")
    column = Column("typos", "typo-swap", 1, "label-preserving")
    short = ShowCommands({}, family, FACTS, {}, ["--model", "m"]).of("facts", "f-1", column)
    assert short == "probe show facts f-1 --variant typo-swap/1 --seed 3 --model m"
    part = ShowCommands({}, {"typo-swap": "typos"}, FACTS | {"limit": 9}, {}).of("facts", "f-1", column)
    assert part == "probe show facts f-1 --variant typo-swap/1 --perturb typo-swap --seed 3 --limit 9"


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_the_command_of_every_member_of_a_contrast_set_shows_that_member(samples, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "400")
    command = ["run", "comparison", "--perturb", "contrast", "--limit", "8", "--samples", str(samples)]
    assert exit_code([*command, "--model", "scripted:coin", "--no-noise-floor", "--out", str(tmp_path)]) == 0
    manifest = next(tmp_path.glob("*/manifest.json"))
    commands = ShowCommands.of_manifest(json.loads(manifest.read_text(encoding="utf-8")), [])
    rows = (row for part in read_batches(manifest.parent, ["prediction"], ["text"]) for row in part.to_pylist())
    edits = [row for row in rows if row["family"] == "contrast"]
    beyond = [row for row in edits if row["sample"] >= samples]
    assert beyond, "a set is asked whole"
    capsys.readouterr()
    for row in [*beyond, *edits[:3]]:
        column = Column("contrast", row["perturbation"], row["sample"], "label-altering")
        told = commands.of("comparison", row["item"], column)
        assert ("--samples" in told) == (row["sample"] >= samples)
        assert exit_code(shlex.split(told)[1:]) == 0
        shown = re.sub(r"\W", "", re.sub(r"\[-.*?-\]", "", capsys.readouterr().out))
        assert re.sub(r"\W", "", row["text"].splitlines()[-2]) in shown


def test_the_flags_of_a_model_leave_out_what_does_not_change_its_answers():
    from dataclasses import asdict

    from probe.models.options import HuggingFaceOptions

    options = asdict(HuggingFaceOptions(dtype="float16", apply_chat_template=True, batch_size=3, token_budget=99))
    asked = {"model": "hf:x", "model_args": "revision=main", "options": options}
    told = ["--model", "hf:x", "--model-args", "dtype=float16,apply_chat_template=True,revision=main"]
    assert model_flags(asked) == told
    assert model_flags(asked | {"flags": ["--paraphrases", "p.txt"]}) == ["--paraphrases", "p.txt", *told]
    assert model_flags({"model": "pocket", "model_args": "", "options": asdict(HuggingFaceOptions())}) == [
        "--model",
        "pocket",
    ]
    assert model_flags(None) == []
