"""A finished run explained: its prompts come back, what a planted model depends on is found, what cannot be had is said."""

import json
import shutil
from dataclasses import replace

import pytest

from probe.cli import exit_code
from probe.errors import StoreError, UsageError
from probe.evaluation.flips import flip_id
from probe.evaluation.run import Plan, drawn, prepare
from probe.experiments.explain import chosen_flips, correlations_of, explain, salient
from probe.metrics import ORIGINAL
from probe.models.encoding import Encoder
from probe.models.huggingface import HuggingFace
from probe.models.options import HuggingFaceOptions
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.record.redraw import redrawn_results
from probe.record.reviewing import read_of_run
from probe.record.run import read_run
from probe.suite import find_suite, read_suite
from probe.validity.reviews import append_review, key_of

CORPUS = [
    "Decide whether the review is positive or negative.",
    "Review: A joy from start to end. Sentiment: positive",
    "The quick brown fox jumps over the lazy dog.",
]


@pytest.fixture(scope="module")
def tiny():
    """Return a tiny random Llama with a tokenizer made on the spot."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(CORPUS * 4, trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="</s>")
    torch.manual_seed(3)
    torch.set_num_threads(1)
    config = transformers.LlamaConfig(
        vocab_size=400, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, initializer_range=0.3, bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    model = transformers.AutoModelForCausalLM.from_config(config).float().eval()
    return HuggingFace(model, Encoder(tokenizer, max_length=256), name="tiny", options=HuggingFaceOptions())


def read_finished(folder):
    return redrawn_results(read_run(folder), then="explain that run")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a small run of a coin on sentiment."""
    out = tmp_path_factory.mktemp("runs")
    command = ["run", "sentiment", "--model", "scripted:coin", "-L", "12", "-n", "6", "--no-cache", "--out", str(out)]
    assert exit_code(command) == 0
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def finished(folder):
    return read_finished(folder)


@pytest.fixture(scope="module")
def found(finished, tiny):
    return explain(finished, tiny, max_items=8)


def test_the_scores_of_a_run_come_back_with_their_prompts(folder, finished):
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    scores = finished["sentiment"].scores
    assert len({score.variant.item.id for score in scores}) == 12
    flips = finished["sentiment"].flips
    assert len(flips) == summary["flips_total"]
    assert {flip_id(f.suite, f.after.variant) for f in flips} >= {row["id"] for row in summary["flips"]}


def test_every_layer_has_its_rows(found):
    rows = [row for row in found["representation"] if row["family"] == "all"]
    assert {row["layer"] for row in rows} == {0, 1, 2}
    assert {row["metric"] for row in rows} == {"alignment", "uniformity", "relative_distance"}
    assert all(row["num_items"] == 8 for row in rows)
    by_family = {row["family"] for row in found["representation"]}
    assert by_family == {"all", "format", "typos", "wording", "order"}
    typos, formats = (
        next(
            r["value"] for r in found["representation"] if (r["layer"], r["metric"], r["family"]) == (2, "alignment", f)
        )
        for f in ("typos", "format")
    )
    assert typos > 0
    assert 0 < formats <= 4


def test_perplexity_and_tokens_come_from_the_model(found):
    features = {row["feature"] for row in found["correlations"]}
    assert features >= {"perplexity", "length_tokens", "length_words", "readability", "formality"}
    for row in found["correlations"]:
        assert (row["rho"] is None) == bool(row["reason"])
        assert (row["rho"] is None) == (row["q_value"] is None)
        if row["rho"] is not None:
            assert -1 <= row["ci_low"] <= row["rho"] <= row["ci_high"] <= 1


def test_what_a_coin_does_is_explained_by_nothing(found):
    assert found["verdict"].startswith("Nothing that was measured explains it")
    json.dumps(found, allow_nan=False)


def test_a_flip_hangs_on_the_tokens_of_its_prompts(found, finished):
    assert len(found["salience"]) == 3
    texts = {score.variant.text for score in finished["sentiment"].scores}
    for row in found["salience"]:
        for side in ("before", "after"):
            assert "".join(token for token, _ in row[side]["tokens"]) in texts


def test_one_flip_is_chosen_by_its_id(finished, tiny):
    flips = finished["sentiment"].flips
    name = flip_id("sentiment", flips[-1].after.variant)
    (chosen,) = chosen_flips(finished, name, 3)
    row = salient(tiny, chosen)
    assert row["id"] == name
    assert row["reason"] == ""
    # the margin asks how much likelier the new answer is: turned round, its sign turns
    assert row["after"]["margin"] != row["before"]["margin"]


def test_a_flip_that_is_not_there_is_named_with_near_ones(finished):
    with pytest.raises(UsageError, match="flip of the run"):
        chosen_flips(finished, "sentiment/nope", 3)


def test_a_scripted_model_has_no_states_and_no_perplexity(finished):
    said = explain(finished, Scripted())
    missing = {row["what"]: row["reason"] for row in said["missing"]}
    assert {"representation", "salience", "perplexity, length_tokens"} <= set(missing)
    assert said["representation"] == said["salience"] == []
    assert {row["feature"] for row in said["correlations"]} >= {"length_words", "readability", "formality"}


def test_the_same_seed_gives_the_same_correlations(finished):
    assert correlations_of(finished, Scripted(), seed=1) == correlations_of(finished, Scripted(), seed=1)


def test_a_suite_that_has_changed_is_refused(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "run")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["suites"][0]["digest"] = "other"
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UsageError, match="has changed"):
        read_finished(copy)


def test_prompts_that_are_drawn_otherwise_are_refused(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "run")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["seed"] += 1
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(StoreError, match="drawn otherwise"):
        read_finished(copy)


@pytest.mark.slow
def test_a_run_with_decisions_of_people_is_drawn_again_as_it_was_asked(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    typos = [one for one in read_of_run(folder) if one.perturbation.startswith("typo-")]
    append_review(tmp_path / "reviews.jsonl", typos[0].as_row(), "reject")
    command = ["run", "sentiment", "--model", "scripted:coin", "-L", "12", "-n", "6", "--no-cache", "--out", "again"]
    assert exit_code(command) == 0
    (made,) = (tmp_path / "again").iterdir()
    (tmp_path / "reviews.jsonl").unlink()
    told = {flip_id("sentiment", one.variant) for one in read_finished(made)["sentiment"].scores}
    before = {flip_id("sentiment", one.variant) for one in read_finished(folder)["sentiment"].scores}
    assert len(before - told) == 1 and told < before


def run_with(tmp_path, suite, *more):
    """Return the folder of a run of a coin with other options, and which variants have a row in it."""
    import pyarrow.parquet as pq

    command = ["run", suite, "--model", "scripted:coin", "--no-cache", "--out", str(tmp_path / "runs")]
    assert exit_code([*command, *more]) == 0
    (made,) = (tmp_path / "runs").iterdir()
    rows = pq.read_table(made / "scores.parquet").to_pylist()
    return made, sorted(f"{suite}/{row['item']}/{row['perturbation']}/{row['sample']}" for row in rows)


def ids(finished):
    return sorted(flip_id(name, score.variant) for name, one in finished.items() for score in one.scores)


@pytest.mark.parametrize("more", [["--budget", "120", "-L", "30"], ["--target-ci", "0.2", "-L", "90"]])
def test_a_run_that_did_not_ask_everything_is_explained_by_what_it_asked(tmp_path, more):
    folder, asked = run_with(tmp_path, "sentiment", "--perturb", "typos,format", "-n", "4", *more)
    found = read_finished(folder)
    plan = Plan(tuple(select(["typos", "format"])), samples=4, limit=int(more[-1]))
    assert ids(found) == asked and len(asked) < len(prepare(read_suite(find_suite("sentiment")), plan).variants)
    said = explain(found, Scripted())
    assert any(row["rho"] is not None for row in said["correlations"])
    assert json.dumps(said, allow_nan=False)


@pytest.mark.parametrize("decision", ["reject", "accept"])
def test_a_run_with_variants_that_people_rejected_or_accepted_is_explained(tmp_path, decision):
    suite = read_suite(find_suite("comparison"))
    suite = replace(suite, items=suite.items[:12])
    plan = Plan(tuple(select(["paraphrase", "typos"])), samples=6)
    both = (prepare(suite, plan).variants, drawn(suite, plan))
    kept, everything = ({key_of(variant) for variant in found if variant.family != ORIGINAL} for found in both)
    keys = sorted(kept)[:5] if decision == "reject" else sorted(everything - kept)
    assert keys
    reviews = tmp_path / "reviews.jsonl"
    reviews.write_text("".join(json.dumps({"key": key, "decision": decision}) + "\n" for key in keys))
    folder, asked = run_with(
        tmp_path, "comparison", "--perturb", "paraphrase,typos", "-L", "12", "-n", "6", "--reviews", str(reviews)
    )
    num_changed = sum("/null/" not in name and "/original/" not in name for name in asked)
    assert num_changed == (len(kept) - 5 if decision == "reject" else len(everything))
    assert ids(read_finished(folder)) == asked


def test_damaged_tables_are_said_to_be(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "run")
    (copy / "scores.parquet").write_bytes(b"nothing")
    with pytest.raises(StoreError, match="cannot be read"):
        read_finished(copy)


@pytest.mark.slow
def test_the_command_prints_and_writes_the_same(folder, capsys):
    assert exit_code(["explain", str(folder), "--json", "--flips", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert json.loads((folder / "explanation.json").read_text(encoding="utf-8")) == found
    assert not list(folder.glob(".*partial"))
    assert exit_code(["explain", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert found["verdict"] in " ".join(printed.split())
    assert "missing" in printed
    for row in found["correlations"]:
        if row["family"] == "all" and row["q_value"] is not None:
            interval = f"{row['rho_within']:+.2f} [{row['within_low']:+.2f}, {row['within_high']:+.2f}]"
            assert interval in printed
            assert (row["q_value"] <= 0.05) == (row["within_low"] > 0 or row["within_high"] < 0)
            assert f"[{row['ci_low']:+.2f}" not in printed or row["ci_low"] == row["within_low"]
