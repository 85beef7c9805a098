"""Runs of models without answers: overflowing, undecided, thinking. Their figures claim nothing, and the run says why."""

import json
import math
from dataclasses import replace

import pytest

from probe.cli import exit_code
from probe.errors import ModelError
from probe.evaluation.asking import answer
from probe.evaluation.faults import Faults
from probe.evaluation.posix import posix_of_sets
from probe.evaluation.run import Plan, run
from probe.evaluation.variants import original_of
from probe.experiments.search import arms_of, asker
from probe.gating.outcomes import pack, unpack
from probe.metrics import stack
from probe.models.base import ModelFacts
from probe.models.cache import Cached
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.record.summarise import summarise
from probe.suite import find_suite, read_suite

SENTIMENT = read_suite(find_suite("sentiment"))
PLAN = Plan(tuple(select(["typos", "format", "contrast", "null"])), samples=2, limit=12)


def summary_of(model, plan=PLAN, suites=(SENTIMENT,)):
    return summarise(run(suites, model, plan), model, plan, resamples=20)


def prefers_positive(request):
    return float("p" in request.continuation)


def undecided():
    """Return a model without a preference."""
    return Scripted(prefers=lambda r: 0.0)


def test_a_model_without_a_preference_is_neither_right_nor_steady(caplog):
    found = summary_of(undecided())
    assert found.figure("accuracy", family="original") == found.figure("accuracy_best") == 0.0
    for metric in ("flip_rate", "any_flip_rate", "pairwise_agreement", "modal_consistency", "sensitivity_hard"):
        assert found.figure(metric) is None
    assert "tie" in found.row("flip_rate", "sentiment", "all").reason
    assert found.figure("unreadable_rate") == 1.0
    assert found.flips == () and found.responsiveness == ()
    assert "cannot be said" in found.verdict and "(100.0 %) are none: ties" in found.verdict
    assert "are none" not in summary_of(sound_model()).verdict
    assert not any("answers on the original prompts are ''" in one for one in found.warnings)
    assert "100.0 %) are ties" in caplog.text
    json.dumps(found.to_json(), allow_nan=False)


def test_an_answer_that_becomes_a_tie_is_a_flip_that_hung_on_nothing():
    base = {item.prompt.fields[0].text for item in SENTIMENT.items}
    model = Scripted(
        prefers=lambda r: prefers_positive(r) if any(f"Review: {text}\n" in r.context for text in base) else 0.0
    )
    found = summary_of(model, replace(PLAN, perturbations=tuple(select(["typos"]))))
    assert found.figure("flip_rate") == found.figure("flip_near_tie") > 0.5
    assert found.flips[0].after_prediction == "(tie)"


def broken_on(items, prefers=prefers_positive):
    """Return a model whose scores are NaN on prompts that hold the text of one of some items."""
    texts = [item.prompt.fields[0].text for item in items]
    return Scripted(prefers=lambda r: math.nan if any(text in r.context for text in texts) else prefers(r))


def test_a_few_scores_that_are_no_numbers_are_counted_and_change_nothing_else(caplog):
    plan = replace(PLAN, perturbations=tuple(select(["format", "null"])))
    sound, found = (
        run([SENTIMENT], model, plan).suites["sentiment"]
        for model in (Scripted(prefers=prefers_positive), broken_on(SENTIMENT.items[:1]))
    )
    for before, after in zip(sound.scores, found.scores, strict=True):
        if after.reading == "non-finite":
            assert (after.correct, after.prediction, after.variant.item.id) == (False, "", SENTIMENT.items[0].id)
        else:
            assert after == before
    bad = sum(one.reading == "non-finite" for one in found.scores)
    assert 0 < bad < len(found.scores)
    assert not found.flips
    assert f"the scores of {bad} of {len(found.scores)} answers" in caplog.text
    assert "--dtype float32" in caplog.text
    json.dumps(
        summarise(run([SENTIMENT], broken_on(SENTIMENT.items[:1]), plan), sound_model(), plan).to_json(),
        allow_nan=False,
    )


def sound_model():
    return Scripted(prefers=prefers_positive)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_more_than_a_handful_ends_the_run(value):
    with pytest.raises(ModelError, match="no numbers") as raised:
        run([SENTIMENT], Scripted(prefers=lambda r: value), PLAN)
    assert "--dtype float32" in raised.value.hint and raised.value.exit_code == 3
    with pytest.raises(ModelError, match="of 6 of 12 items"):
        run([SENTIMENT], broken_on(SENTIMENT.items[:6]), replace(PLAN, perturbations=tuple(select(["format"]))))


def test_impossible_choices_are_answers():
    found = summary_of(Scripted(prefers=lambda r: 0.0 if "p" in r.continuation else -math.inf))
    assert found.figure("flip_rate") == found.figure("unreadable_rate") == 0.0
    json.dumps(found.to_json(), allow_nan=False)


class OneWeights(Scripted):
    """A model that is taken for the same one whatever it prefers: as one whose kernel overflows now and then."""

    def __init__(self, prefers):
        super().__init__(prefers=prefers)

    def facts(self):
        return ModelFacts(model="one", fingerprint="one")


def test_what_was_answered_is_in_the_cache_and_what_was_not_is_asked_again(tmp_path, caplog):
    plan = replace(PLAN, perturbations=tuple(select(["format"])))
    with pytest.raises(ModelError):
        run([SENTIMENT], Cached(OneWeights(broken_on(SENTIMENT.items[:6]).prefers), tmp_path / "c.sqlite"), plan)
    asked = []
    mended = OneWeights(lambda r: asked.append(r) or prefers_positive(r))
    whole = run([SENTIMENT], Cached(mended, tmp_path / "c.sqlite"), plan)
    assert {r.context for r in asked} == {
        s.variant.text
        for s in whole.suites["sentiment"].scores
        if s.variant.item.id in {item.id for item in SENTIMENT.items[:6]}
    }
    assert "given up" not in caplog.text


def test_a_written_answer_without_a_number_is_none():
    reading = read_suite(find_suite("reading"))
    model = Scripted(says=lambda r: "red", sure=lambda r: math.nan if "0" in r.context else -1.0)
    scores = answer(model, [original_of(item) for item in reading.items[:1]], reading, faults=quiet())
    assert {one.reading for one in scores} <= {"non-finite", "other", "exact"}


def quiet():
    """Return counts in which one answer more is never a handful."""
    faults = Faults()
    faults.readings.update({"ranked": 10**6})
    return faults


def test_a_model_that_thinks_aloud_is_warned_of_with_counts(caplog):
    reading = read_suite(find_suite("reading"))
    plan = Plan((), limit=8)
    run([reading], Scripted(says=lambda r: " <think> Okay, the user asks"), plan)
    assert "8 of 8 written answers (100.0 %) are a model's thinking (<think>)" in caplog.text
    caplog.clear()
    run([reading], Scripted(says=lambda r: " I think it is red"), plan)
    assert "thinking" not in caplog.text


def test_a_template_that_opens_the_thinking_is_warned_of(caplog):
    class Thinker(Scripted):
        opens_thinking = "<think>"

    run([SENTIMENT], Thinker(prefers=prefers_positive), Plan((), limit=4))
    assert "opens a block of thinking (<think>)" in caplog.text


def test_ties_and_missing_numbers_survive_a_baseline_and_pooling():
    plan = replace(PLAN, perturbations=tuple(select(["format"])))
    mixed = broken_on(SENTIMENT.items[:1], lambda r: 0.0 if len(r.context) % 3 else prefers_positive(r))
    cells = run([SENTIMENT], mixed, plan).suites["sentiment"].cells
    assert set(cells.void.flat) == {0, 1, 2}
    again = unpack(pack(cells), cells.columns[1:], cells.items)
    assert (again.void == cells.void).all() and (again.comparable == cells.comparable).all()
    sound = run([SENTIMENT], sound_model(), plan).suites["sentiment"].cells
    both = stack([cells, sound])
    assert (both.void[: len(cells.items)] == cells.void).all() and not both.void[len(cells.items) :].any()
    assert not cells.still().comparable[cells.void[:, 0] > 0].any()


def test_a_run_of_ties_says_so_on_its_page_and_in_its_summary(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conftest.py").write_text("")
    command = [
        "run",
        "sentiment",
        "--limit",
        "4",
        "--perturb",
        "typos",
        "--no-cache",
        "--model",
        "hf:" + str(tmp_path / "flat"),
    ]
    save_flat_model(tmp_path / "flat")
    assert exit_code([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert any("are ties" in warning for warning in found["warnings"])
    assert found["engine"]["non_finite"] == 0
    [page] = tmp_path.glob("runs/*/report.html")
    assert "are ties" in page.read_text(encoding="utf-8")


def save_flat_model(folder):
    """Save a model to which every token is as likely."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    characters = {chr(code): code for code in range(256)}
    raw = Tokenizer(models.WordLevel({**characters, "positive": 256, "negative": 257, "<unk>": 258}, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="<unk>", eos_token="<unk>").save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=259,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        initializer_range=0.5,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        # Equal rows, not zeros: then the logits are equal up to the rounding of a matrix product.
        model.lm_head.weight.copy_(model.lm_head.weight[:1].expand_as(model.lm_head.weight).clone())
    model.save_pretrained(folder)


@pytest.mark.parametrize("bad", [math.nan, -math.inf])
def test_posix_leaves_out_and_names_what_has_no_number(bad, caplog):
    sets = [["one", "two"], ["three", "four"]]
    model = Scripted(says=lambda r: r.context, prefers=lambda r: bad if r.context == "two" else -float(len(r.context)))
    first, second = posix_of_sets(model, sets, SENTIMENT)
    assert math.isnan(first) and math.isfinite(second)
    assert "POSIX leaves out 1 of 2 items" in caplog.text


def test_a_search_and_an_experiment_end_where_nothing_is_a_number():
    nothing = Scripted(prefers=lambda r: math.nan)
    arms = arms_of(replace(SENTIMENT, items=SENTIMENT.items[:4]), num=2, seed=0)
    with pytest.raises(ModelError, match="no numbers"):
        asker(SENTIMENT, arms, nothing, progress=lambda num: None)([(0, 0), (1, 0), (1, 1)])
